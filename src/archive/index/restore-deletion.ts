/** Takes a deletion back into an index that has lost it, from its record. */
import type { Database } from '../../database/database.js';
import type { DeletionRecord } from '../deletion-records.js';
import { keepAllowed } from './deleted-resources.js';
import { removeInstances } from './remove-instances.js';

/** Rows of one INSERT: below SQLite's limit of bound values with room to spare. */
const ROWS_PER_INSERT = 200;

/**
 * Take a deletion in that the index does not know, and rows out of it that name files which went with it. It is unfinished
 * then, for nobody knows whether all its files are gone. Of one that it knows, that it was allowed is taken in. Returns
 * whether the index did not know it.
 * @param siteID of the site that the record names
 */
export async function restoreDeletion(database: Database, record: DeletionRecord, siteID: number): Promise<boolean> {
  const { site: _, instances, ...deletion } = record;
  const isNew = await database.write(async (tx) => {
    const added = await tx
      .insertInto('deletion')
      .values({ ...deletion, site_id: siteID, finished_at: null })
      .onConflict((conflict) => conflict.column('deletion_id').doNothing())
      .returning('deletion_id')
      .executeTakeFirst();
    if (added === undefined) {
      if (deletion.allowed_at !== null) await keepAllowed(tx, deletion.deletion_id, deletion.allowed_at);
      return false;
    }
    const shared = {
      deletion_id: deletion.deletion_id,
      study_instance_uid: deletion.study_instance_uid,
      split: deletion.split,
      site_id: siteID,
    };
    for (let i = 0; i < instances.length; i += ROWS_PER_INSERT) {
      const rows = instances.slice(i, i + ROWS_PER_INSERT).map((instance) => ({ ...instance, ...shared }));
      await tx.insertInto('deleted_instance').values(rows).execute();
    }
    return true;
  });
  if (isNew) await removeDeletedRows(database, deletion.deletion_id);
  return isNew;
}

async function removeDeletedRows(database: Database, deletionID: string): Promise<void> {
  const rows = await database.read
    .selectFrom('instance')
    .innerJoin('deleted_instance', (join) =>
      join
        .onRef('deleted_instance.sop_instance_uid', '=', 'instance.sop_instance_uid')
        .onRef('deleted_instance.blob_key', '=', 'instance.blob_key'),
    )
    .select('instance.id')
    .where('deleted_instance.deletion_id', '=', deletionID)
    .execute();
  for (let i = 0; i < rows.length; i += ROWS_PER_INSERT) {
    await removeInstances(
      database,
      rows.slice(i, i + ROWS_PER_INSERT).map(({ id }) => id),
    );
  }
}
