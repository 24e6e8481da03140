/** Takes rows out of the index whose files are lost, and with them the series, studies and patients that nothing is left of. */
import type { Transaction } from 'kysely';
import type { Database } from '../../database/database.js';
import type { Schema } from '../../database/schema.js';
import { describeSurvivors } from './describe-survivors.js';

/** Remove these rows of `instance`, and what is empty without them, in one transaction. */
export async function removeInstances(database: Database, rowIDs: readonly number[]): Promise<void> {
  if (rowIDs.length === 0) return;
  await database.write(async (tx) => {
    const rows = await tx
      .selectFrom('instance')
      .select(['series_row_id', 'study_row_id'])
      .where('id', 'in', rowIDs)
      .execute();
    await tx.deleteFrom('instance_content').where('instance_row_id', 'in', rowIDs).execute();
    await tx.deleteFrom('instance').where('id', 'in', rowIDs).execute();
    const seriesRowIDs = [...new Set(rows.map((row) => row.series_row_id))];
    const studyRowIDs = [...new Set(rows.map((row) => row.study_row_id))];
    await removeEmptySeries(tx, seriesRowIDs);
    await removeEmptyStudies(tx, studyRowIDs);
    await describeSurvivors(tx, { studyRowIDs, seriesRowIDs });
  });
}

/** Count what is left of these series after instances were taken out of them, and remove those of which nothing is. */
export async function removeEmptySeries(tx: Transaction<Schema>, rowIDs: readonly number[]): Promise<void> {
  for (const rowID of rowIDs) {
    const { count } = await tx
      .selectFrom('instance')
      .select((eb) => eb.fn.countAll<number>().as('count'))
      .where('series_row_id', '=', rowID)
      .executeTakeFirstOrThrow();
    if (count > 0) {
      await tx
        .updateTable('series')
        .set((eb) => ({ instance_count: count, removals: eb('removals', '+', 1) }))
        .where('id', '=', rowID)
        .execute();
    } else {
      await tx.deleteFrom('series_request').where('series_row_id', '=', rowID).execute();
      await tx.deleteFrom('series').where('id', '=', rowID).execute();
    }
  }
}

/** Remove those of these studies that have no series, and their patients where no study is left of them. */
export async function removeEmptyStudies(tx: Transaction<Schema>, rowIDs: readonly number[]): Promise<void> {
  if (rowIDs.length === 0) return;
  const removed = await tx
    .deleteFrom('study')
    .where('id', 'in', rowIDs)
    .where(({ not, exists, selectFrom }) =>
      not(exists(selectFrom('series').select('series.id').whereRef('series.study_row_id', '=', 'study.id'))),
    )
    .returning('patient_row_id')
    .execute();
  if (removed.length === 0) return;
  await tx
    .deleteFrom('patient')
    .where(
      'id',
      'in',
      removed.map((row) => row.patient_row_id),
    )
    .where(({ not, exists, selectFrom }) =>
      not(exists(selectFrom('study').select('study.id').whereRef('study.patient_row_id', '=', 'patient.id'))),
    )
    .execute();
}
