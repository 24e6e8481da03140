/**
 * Indexes what was stored before an attribute was added, from the metadata in the index, a few instances in each transaction;
 * and removes the values of attributes that are gone. How far it has come stands in the index: it goes on there after a
 * crash, on whichever node. One node works on an attribute at a time; two that did would find out at their next transaction.
 */
import { randomUUID } from 'node:crypto';
import type { Kysely, Transaction } from 'kysely';
import type { Database } from '../../database/database.js';
import type { Schema } from '../../database/schema.js';
import { attributeValues } from './attribute-values.js';
import { firstProgress, readQueryAttributes } from './definitions.js';
import type { QueryAttribute } from './query-attribute.js';
import { insertValues, type ValuesOfRow, valueTableOf } from './value-rows.js';

/** Series or instances of one transaction. */
const ROWS_AT_ONCE = 100;
/** Values that are removed in one transaction. */
const REMOVED_AT_ONCE = 1_000;
/** How long nobody else works on what one has begun; longer than any transaction takes. */
const LEASE_MS = 60_000;

export interface AttributeIndexingOptions {
  readonly database: Database;
  readonly now: () => Date;
}

export class AttributeIndexing {
  readonly #database: Database;
  readonly #now: () => Date;
  readonly #name = randomUUID();

  constructor({ database, now }: AttributeIndexingOptions) {
    this.#database = database;
    this.#now = now;
  }

  /**
   * Do what there is to do, and nobody else is doing; a step, some hundred rows, for each time that it is asked on. Whoever
   * stops asking leaves the rest for later.
   */
  async *run(): AsyncGenerator<void> {
    yield* this.#index();
    yield* this.#removeAbandoned();
  }

  async *#index(): AsyncGenerator<void> {
    for (const attribute of await readQueryAttributes(this.#database.read)) {
      if (attribute.indexed.isWhole || !(await this.#claim(attribute))) continue;
      while (await this.#indexSome(attribute)) yield;
    }
  }

  /** Take an attribute, unless another has it; what is new in a copied archive begins with it. */
  async #claim({ id, level }: QueryAttribute): Promise<boolean> {
    const total = await this.#countUpTo(id, level);
    return this.#database.write(async (tx) => {
      const isThere = await tx.selectFrom('query_attribute').select('id').where('id', '=', id).executeTakeFirst();
      if (isThere === undefined) return false;
      await tx
        .insertInto('query_attribute_progress')
        .values(await firstProgress(tx, id, level))
        .onConflict((conflict) => conflict.column('attribute_id').doNothing())
        .execute();
      return this.#lease(tx, id, { total });
    });
  }

  async #lease(tx: Transaction<Schema>, id: number, columns: { readonly total?: number } = {}): Promise<boolean> {
    const nowMs = this.#now().getTime();
    const claimed = await tx
      .updateTable('query_attribute_progress')
      .set({ ...columns, worked_by: this.#name, worked_until: new Date(nowMs + LEASE_MS).toISOString() })
      .where('attribute_id', '=', id)
      .where(({ eb, or }) =>
        or([
          eb('worked_by', 'is', null),
          eb('worked_by', '=', this.#name),
          eb('worked_until', '<', new Date(nowMs).toISOString()),
        ]),
      )
      .returning('attribute_id')
      .executeTakeFirst();
    return claimed !== undefined;
  }

  async #countUpTo(id: number, level: QueryAttribute['level']): Promise<number> {
    const progress = await this.#database.read
      .selectFrom('query_attribute_progress')
      .select(['up_to_row_id', 'total'])
      .where('attribute_id', '=', id)
      .executeTakeFirst();
    if (progress !== undefined && progress.total !== null) return Number(progress.total);
    let query = this.#database.search
      .selectFrom(level === 'instance' ? 'instance' : 'series')
      .select((eb) => eb.fn.countAll<number>().as('count'));
    if (progress !== undefined) query = query.where('id', '<=', progress.up_to_row_id);
    return Number((await query.executeTakeFirstOrThrow()).count);
  }

  /** Index some more rows. False when it is whole, gone, or in the hands of another. */
  async #indexSome(attribute: QueryAttribute): Promise<boolean> {
    const progress = await this.#database.read
      .selectFrom('query_attribute_progress')
      .select(['last_row_id', 'up_to_row_id'])
      .where('attribute_id', '=', attribute.id)
      .executeTakeFirst();
    if (progress === undefined) return false;
    const entities = await readEntities(this.#database.read, attribute, progress);
    const found: ValuesOfEntity[] = [];
    for (const { rowID, instanceRowID, metadata } of entities) {
      const values = metadata === undefined ? [] : await attributeValues(metadata, [attribute]);
      found.push({ rowID, instanceRowID, values });
    }
    return this.#database.write((tx) => this.#keep(tx, attribute, found, progress.last_row_id));
  }

  async #keep(
    tx: Transaction<Schema>,
    attribute: QueryAttribute,
    found: readonly ValuesOfEntity[],
    lastRowID: number,
  ): Promise<boolean> {
    const { id } = attribute;
    const isDefined = await tx.selectFrom('query_attribute').select('id').where('id', '=', id).executeTakeFirst();
    if (isDefined === undefined || !(await this.#lease(tx, id))) return false;
    const rowIDs = found.map(({ rowID }) => rowID);
    // Whoever has taken the first instance out of a series meanwhile has given the series the values of the next one.
    const there = await tx
      .selectFrom('instance')
      .select('id')
      .where(
        this.#database.dialect.isAmong(
          'id',
          found.map(({ instanceRowID }) => instanceRowID),
        ),
      )
      .execute();
    const isThere = new Set(there.map((row) => row.id));
    await insertValues(
      tx,
      valueTableOf(attribute),
      found.filter(({ instanceRowID }) => isThere.has(instanceRowID)),
    );
    const isWhole = found.length < ROWS_AT_ONCE;
    await tx
      .updateTable('query_attribute_progress')
      .set((eb) => ({
        last_row_id: rowIDs.at(-1) ?? lastRowID,
        done: eb('done', '+', found.length),
        ...(isWhole ? { finished_at: this.#now().toISOString(), worked_by: null, worked_until: null } : {}),
      }))
      .where('attribute_id', '=', id)
      .where('last_row_id', '=', lastRowID)
      .execute();
    return !isWhole;
  }

  /** Of attributes that are no longer there. */
  async *#removeAbandoned(): AsyncGenerator<void> {
    const abandoned = await this.#database.read
      .selectFrom('query_attribute_progress')
      .select(['attribute_id as id', 'level'])
      .where(({ not, exists, selectFrom }) =>
        not(
          exists(
            selectFrom('query_attribute')
              .select('query_attribute.id')
              .whereRef('query_attribute.id', '=', 'query_attribute_progress.attribute_id'),
          ),
        ),
      )
      .execute();
    for (const attribute of abandoned) while (await this.#removeSome(attribute)) yield;
  }

  async #removeSome(attribute: { readonly id: number; readonly level: QueryAttribute['level'] }): Promise<boolean> {
    const table = valueTableOf(attribute);
    return this.#database.write(async (tx) => {
      const rows = await tx
        .selectFrom(table)
        .select('row_id')
        .where('attribute_id', '=', attribute.id)
        .limit(REMOVED_AT_ONCE)
        .execute();
      if (rows.length > 0) {
        const rowIDs = [...new Set(rows.map((row) => row.row_id))];
        await tx
          .deleteFrom(table)
          .where('attribute_id', '=', attribute.id)
          .where(this.#database.dialect.isAmong('row_id', rowIDs))
          .execute();
        return true;
      }
      await tx.deleteFrom('query_attribute_progress').where('attribute_id', '=', attribute.id).execute();
      return false;
    });
  }
}

interface ValuesOfEntity extends ValuesOfRow {
  /** The instance that they are from. */
  readonly instanceRowID: number;
}

interface Entity {
  readonly rowID: number;
  /** The instance itself, or the first one of the series; 0 where there is none. */
  readonly instanceRowID: number;
  /** Of that instance; undefined where it went meanwhile. */
  readonly metadata: Buffer | undefined;
}

async function readEntities(
  read: Kysely<Schema>,
  { level }: QueryAttribute,
  { last_row_id: after, up_to_row_id: upTo }: { readonly last_row_id: number; readonly up_to_row_id: number },
): Promise<readonly Entity[]> {
  const rows =
    level === 'instance'
      ? await read
          .selectFrom('instance')
          .select(['id', 'id as instance_id'])
          .where('id', '>', after)
          .where('id', '<=', upTo)
          .orderBy('id')
          .limit(ROWS_AT_ONCE)
          .execute()
      : await read
          .selectFrom('series')
          .select((eb) => [
            'series.id',
            eb
              .selectFrom('instance')
              .select((inner) => inner.fn.min('instance.id').as('first'))
              .whereRef('instance.series_row_id', '=', 'series.id')
              .as('instance_id'),
          ])
          .where('series.id', '>', after)
          .where('series.id', '<=', upTo)
          .orderBy('series.id')
          .limit(ROWS_AT_ONCE)
          .execute();
  const entities: Entity[] = [];
  for (const row of rows) {
    const instanceRowID = Number(row.instance_id ?? 0);
    // One by one, for the metadata of one may have megabytes.
    const content = await read
      .selectFrom('instance_content')
      .select('metadata')
      .where('instance_row_id', '=', instanceRowID)
      .executeTakeFirst();
    entities.push({ rowID: row.id, instanceRowID, metadata: content?.metadata });
  }
  return entities;
}
