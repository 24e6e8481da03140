/**
 * Takes a study, a series or an instance out of the index, in one transaction with all that follows from it: counts,
 * Modalities, studies and patients of which nothing is left, what searches tell of those of which something is. What stays
 * of it says who could see it, and nothing of a patient.
 */
import type { Transaction } from 'kysely';
import type { Database } from '../../database/database.js';
import type { DeletionTable, Schema } from '../../database/schema.js';
import { describeSurvivors } from './describe-survivors.js';
import type { ResourcePath } from './locate.js';
import { removeEmptySeries, removeEmptyStudies } from './remove-instances.js';

export type DeletedLevel = DeletionTable['level'];

export interface IndexedDeletion {
  readonly id: string;
  readonly level: DeletedLevel;
  /** How many instances went. */
  readonly instances: number;
}

export interface DeletionStamp {
  /** A UUID that no other deletion has. */
  readonly id: string;
  /** ISO 8601. */
  readonly deletedAt: string;
}

/** Delete what is at a path; undefined when nothing is there. */
export function deleteResource(
  database: Database,
  path: ResourcePath,
  stamp: DeletionStamp,
): Promise<IndexedDeletion | undefined> {
  return database.write(async (tx) => {
    const found = await findResource(tx, path);
    if (found === undefined) return undefined;
    await tx
      .insertInto('deletion')
      .values({
        deletion_id: stamp.id,
        level: levelOf(path),
        uid: path.sopInstanceUID ?? path.seriesInstanceUID ?? path.studyInstanceUID,
        study_instance_uid: path.studyInstanceUID,
        site_id: found.siteID,
        split: found.split,
        deleted_at: stamp.deletedAt,
        allowed_at: null,
        finished_at: null,
      })
      .execute();
    await rememberInstances(tx, path, stamp.id);
    const instances = await removeRows(tx, stamp.id);
    await removeEmptySeries(tx, found.seriesRowIDs);
    await removeEmptyStudies(tx, [found.studyRowID]);
    await describeSurvivors(tx, { studyRowIDs: [found.studyRowID], seriesRowIDs: found.seriesRowIDs });
    return { id: stamp.id, level: levelOf(path), instances };
  });
}

export const levelOf = ({ seriesInstanceUID, sopInstanceUID }: ResourcePath): DeletedLevel =>
  sopInstanceUID !== undefined ? 'instance' : seriesInstanceUID !== undefined ? 'series' : 'study';

interface FoundResource {
  readonly studyRowID: number;
  readonly siteID: number;
  readonly split: 'training' | 'validation';
  readonly seriesRowIDs: readonly number[];
}

async function findResource(tx: Transaction<Schema>, path: ResourcePath): Promise<FoundResource | undefined> {
  let query = tx
    .selectFrom('series')
    .innerJoin('study', 'study.id', 'series.study_row_id')
    .select(['series.id', 'series.study_row_id', 'series.site_id', 'series.split'])
    .where('study.study_instance_uid', '=', path.studyInstanceUID);
  const { seriesInstanceUID, sopInstanceUID } = path;
  if (seriesInstanceUID !== undefined) query = query.where('series.series_instance_uid', '=', seriesInstanceUID);
  if (sopInstanceUID !== undefined) {
    query = query.where(({ exists, selectFrom }) =>
      exists(
        selectFrom('instance')
          .select('instance.id')
          .whereRef('instance.series_row_id', '=', 'series.id')
          .where('instance.sop_instance_uid', '=', sopInstanceUID),
      ),
    );
  }
  const series = await query.execute();
  const [first] = series;
  if (first === undefined) return undefined;
  const { study_row_id: studyRowID, site_id: siteID, split } = first;
  return { studyRowID, siteID, split, seriesRowIDs: series.map(({ id }) => id) };
}

/** Keep of each instance what tells who could see it, and which file goes. */
async function rememberInstances(tx: Transaction<Schema>, path: ResourcePath, deletionID: string): Promise<void> {
  await tx
    .insertInto('deleted_instance')
    .columns([
      'deletion_id',
      'sop_instance_uid',
      'series_instance_uid',
      'study_instance_uid',
      'kind',
      'split',
      'site_id',
      'blob_key',
    ])
    .expression((eb) => {
      const instances = eb
        .selectFrom('instance')
        .innerJoin('series', 'series.id', 'instance.series_row_id')
        .innerJoin('study', 'study.id', 'instance.study_row_id')
        .select((columns) => [
          columns.cast<string>(columns.val(deletionID), 'text').as('deletion_id'),
          'instance.sop_instance_uid',
          'series.series_instance_uid',
          'study.study_instance_uid',
          'series.kind',
          'series.split',
          'series.site_id',
          'instance.blob_key',
        ])
        .where('study.study_instance_uid', '=', path.studyInstanceUID);
      const inSeries =
        path.seriesInstanceUID === undefined
          ? instances
          : instances.where('series.series_instance_uid', '=', path.seriesInstanceUID);
      return path.sopInstanceUID === undefined
        ? inSeries
        : inSeries.where('instance.sop_instance_uid', '=', path.sopInstanceUID);
    })
    .execute();
}

/** Remove the rows of the instances that are remembered. Returns how many. */
async function removeRows(tx: Transaction<Schema>, deletionID: string): Promise<number> {
  const remembered = tx
    .selectFrom('instance')
    .innerJoin('deleted_instance', 'deleted_instance.sop_instance_uid', 'instance.sop_instance_uid')
    .select('instance.id')
    .where('deleted_instance.deletion_id', '=', deletionID);
  await tx.deleteFrom('instance_content').where('instance_row_id', 'in', remembered).execute();
  const { numDeletedRows } = await tx
    .deleteFrom('instance')
    .where(
      'sop_instance_uid',
      'in',
      tx.selectFrom('deleted_instance').select('sop_instance_uid').where('deletion_id', '=', deletionID),
    )
    .executeTakeFirstOrThrow();
  return Number(numDeletedRows);
}
