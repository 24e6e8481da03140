/**
 * All that the index knows of a batch of instances before they are written, asked at once: each question of a transaction
 * keeps those waiting that want to write next.
 */
import type { CompiledQuery, InferResult, Kysely } from 'kysely';
import type { Database } from '../../database/database.js';
import type { Schema } from '../../database/schema.js';
import { type QueryAttributeRow, queryAttributeOf, selectQueryAttributes } from '../query-attributes/definitions.js';
import type { QueryAttribute } from '../query-attributes/query-attribute.js';
import { type DeletionRow, deletionLists, KnownDeletions, selectDeletions } from './known-deletions.js';
import {
  type FoundInstance,
  type FoundRows,
  type KnownRows,
  keysOf,
  knownRows,
  type SentKeys,
  selectKnownInstances,
  selectKnownPatients,
  selectKnownSeries,
  selectKnownStudies,
} from './known-rows.js';

/** What a batch is judged and written by. */
export interface KnownBefore {
  readonly known: KnownRows<FoundInstance>;
  readonly deletions: KnownDeletions;
  readonly attributes: readonly QueryAttribute[];
}

/** The question of all of it; its lists are empty. */
export function selectKnownBefore(database: Database) {
  const { read } = database;
  const { isAmongTexts, rowsAsJSON, listOfTexts } = database.dialect;
  const none = listOfTexts([]);
  return read.selectNoFrom([
    rowsAsJSON(selectKnownInstances(read).where(isAmongTexts('instance.sop_instance_uid', none))).as('instances'),
    rowsAsJSON(selectKnownStudies(read).where(isAmongTexts('study.study_instance_uid', none))).as('studies'),
    rowsAsJSON(selectKnownSeries(read).where(isAmongTexts('series.series_instance_uid', none))).as('series'),
    rowsAsJSON(selectKnownPatients(read).where(isAmongTexts('patient.pseudonym', none))).as('patients'),
    rowsAsJSON(selectDeletions(database)).as('deletions'),
    rowsAsJSON(selectQueryAttributes(read)).as('attributes'),
  ]);
}

type KnownBeforeRow = InferResult<ReturnType<typeof selectKnownBefore>>[number];

/** Asked for every instance that is sent, and for every transaction that stores; so the query is built once. */
export class KnownBeforeReader {
  readonly #database: Database;
  readonly #query: CompiledQuery<KnownBeforeRow>;

  constructor(database: Database) {
    this.#database = database;
    this.#query = selectKnownBefore(database).compile();
  }

  /** @param db a transaction, for which it is to hold */
  async read(records: readonly SentKeys[], db: Kysely<Schema> = this.#database.read): Promise<KnownBefore> {
    const { instances, studies, series, patients } = keysOf(records);
    // As they follow each other in the question.
    const lists = [instances, studies, series, patients, ...deletionLists(records.map(({ identity }) => identity))];
    const parameters = lists.map(this.#database.dialect.listOfTexts);
    const { rows } = await db.executeQuery<KnownBeforeRow>({ ...this.#query, parameters });
    const [row] = rows;
    if (row === undefined) throw new Error('A question without a table has an answer.');
    const found: FoundRows = {
      instances: JSON.parse(row.instances),
      studies: JSON.parse(row.studies),
      series: JSON.parse(row.series),
      patients: JSON.parse(row.patients),
    };
    const deletions: readonly DeletionRow[] = JSON.parse(row.deletions);
    const attributes: readonly QueryAttributeRow[] = JSON.parse(row.attributes);
    return {
      known: knownRows(found),
      deletions: new KnownDeletions(deletions),
      attributes: attributes.map(queryAttributeOf),
    };
  }
}
