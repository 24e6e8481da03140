/**
 * A study and a series are told by the first instance that was stored of them. When instances are taken out of the index,
 * what is left is told anew by the first that is left: nothing of those that went stays in a search.
 */
import type { Transaction } from 'kysely';
import type { Schema } from '../../database/schema.js';
import { replaceValues } from '../query-attributes/value-rows.js';
import { describeLevels, type LevelsDescription } from './describe-instance.js';
import { storedDataSet } from './stored-data-set.js';

/** Which of these are gone does not matter. */
export interface Survivors {
  readonly studyRowIDs: readonly number[];
  readonly seriesRowIDs: readonly number[];
}

/** Describe studies and series anew, in the transaction that has taken instances out of them. */
export async function describeSurvivors(
  tx: Transaction<Schema>,
  { studyRowIDs, seriesRowIDs }: Survivors,
): Promise<void> {
  for (const rowID of seriesRowIDs) {
    const first = await firstInstance(tx, 'series_row_id', rowID);
    if (first !== undefined) await describeSeries(tx, rowID, first);
  }
  for (const rowID of studyRowIDs) {
    const first = await firstInstance(tx, 'study_row_id', rowID);
    if (first === undefined) continue;
    const { study } = await levelsOf(first);
    await tx.updateTable('study').set(study).where('id', '=', rowID).execute();
  }
}

interface FirstInstance {
  readonly instanceRowID: number;
  readonly metadata: Buffer;
}

function firstInstance(
  tx: Transaction<Schema>,
  column: 'series_row_id' | 'study_row_id',
  rowID: number,
): Promise<FirstInstance | undefined> {
  return tx
    .selectFrom('instance_content')
    .select(['instance_row_id as instanceRowID', 'metadata'])
    .where('instance_row_id', '=', (eb) =>
      eb
        .selectFrom('instance')
        .select(({ fn }) => fn.min('instance.id').as('first'))
        .where(`instance.${column}`, '=', rowID),
    )
    .executeTakeFirst();
}

const levelsOf = async ({ metadata }: FirstInstance): Promise<LevelsDescription> =>
  describeLevels(await storedDataSet(metadata));

async function describeSeries(tx: Transaction<Schema>, rowID: number, first: FirstInstance): Promise<void> {
  const { series, requests } = await levelsOf(first);
  // All instances of a series have one Modality, and a Scope has decided by it.
  const { modality: _, ...columns } = series;
  await tx.updateTable('series').set(columns).where('id', '=', rowID).execute();
  await tx.deleteFrom('series_request').where('series_row_id', '=', rowID).execute();
  if (requests.length > 0) {
    await tx
      .insertInto('series_request')
      .values(requests.map((request, index) => ({ ...request, series_row_id: rowID, item_index: index })))
      .execute();
  }
  await replaceValues(tx, { ...first, seriesRowID: rowID });
}
