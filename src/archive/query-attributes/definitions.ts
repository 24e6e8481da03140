/** The attributes that have been added, in the index: every node and every transaction reads them anew. */
import type { InferResult, Kysely } from 'kysely';
import type { Database } from '../../database/database.js';
import type { Schema } from '../../database/schema.js';
import type { QueryLevel } from '../../dicom/queryable-attributes.js';
import { isVR } from '../../dicom/vr.js';
import { ArchiveError } from '../../errors.js';
import { parsePathText, pathText, type QueryAttribute, type QueryAttributeDefinition } from './query-attribute.js';

/** Each is looked for in every instance that is stored, and may stand in every answer. */
export const MOST_ATTRIBUTES = 32;

/** Read them all, in the order in which they were added. */
export async function readQueryAttributes(db: Kysely<Schema>): Promise<readonly QueryAttribute[]> {
  return (await selectQueryAttributes(db).execute()).map(queryAttributeOf);
}

/** The question of them all. */
export const selectQueryAttributes = (db: Kysely<Schema>) =>
  db
    .selectFrom('query_attribute')
    .leftJoin('query_attribute_progress as progress', 'progress.attribute_id', 'query_attribute.id')
    .select(['query_attribute.id', 'path', 'creator', 'vr', 'query_attribute.level', 'done', 'total', 'finished_at'])
    .orderBy('query_attribute.id');

export type QueryAttributeRow = InferResult<ReturnType<typeof selectQueryAttributes>>[number];

export function queryAttributeOf(row: QueryAttributeRow): QueryAttribute {
  if (!isVR(row.vr)) throw new Error('A searched attribute has a VR.');
  return {
    id: row.id,
    path: parsePathText(row.path),
    creator: row.creator === '' ? undefined : row.creator,
    vr: row.vr,
    level: row.level,
    indexed: {
      done: Number(row.done ?? 0),
      total: row.total === null ? undefined : Number(row.total),
      isWhole: row.finished_at !== null,
    },
  };
}

/**
 * Add an attribute. From the next transaction on what is stored is indexed by it; what was there before waits for
 * `AttributeIndexing`. @throws ArchiveError `conflict` when it is there, or there are 32
 */
export async function addQueryAttribute(
  database: Database,
  definition: QueryAttributeDefinition,
  now: Date,
): Promise<QueryAttribute> {
  const { creator = '', vr, level } = definition;
  const id = await database.write(async (tx) => {
    const there = await readQueryAttributes(tx);
    const path = pathText(definition);
    if (there.some((one) => pathText(one) === path && (one.creator ?? '') === creator && one.level === level)) {
      throw new ArchiveError('conflict', 'This attribute is searched at this level already.');
    }
    if (there.length >= MOST_ATTRIBUTES) {
      throw new ArchiveError('conflict', `At most ${MOST_ATTRIBUTES} attributes can be added.`);
    }
    const row = await tx
      .insertInto('query_attribute')
      .values({ path, creator, vr, level, created_at: now.toISOString() })
      .returning('id')
      .executeTakeFirstOrThrow();
    await tx
      .insertInto('query_attribute_progress')
      .values(await firstProgress(tx, row.id, level))
      .execute();
    return row.id;
  });
  return { ...definition, id, indexed: { done: 0, total: undefined, isWhole: false } };
}

/** Remove an attribute; its values go in the background. @throws ArchiveError `not-found` */
export async function removeQueryAttribute(database: Database, id: number): Promise<void> {
  const removed = await database.write((tx) =>
    tx.deleteFrom('query_attribute').where('id', '=', id).returning('id').executeTakeFirst(),
  );
  if (removed === undefined) throw new ArchiveError('not-found', 'There is no such attribute.');
}

/** What is there now has to be indexed; all that comes later is indexed as it comes. */
export async function firstProgress(tx: Kysely<Schema>, attributeID: number, level: QueryLevel) {
  const { last } = await tx
    .selectFrom(level === 'instance' ? 'instance' : 'series')
    .select((eb) => eb.fn.max('id').as('last'))
    .executeTakeFirstOrThrow();
  return { attribute_id: attributeID, level, up_to_row_id: Number(last ?? 0), last_row_id: 0, done: 0 };
}
