/** What the index has to say of the file of an instance: which it is, whether it can be relied on, and that it can be again. */
import type { Kysely, Selectable } from 'kysely';
import type { Database } from '../../database/database.js';
import type { Schema } from '../../database/schema.js';
import { findInstanceKey } from '../instance-key.js';
import { replaceValues } from '../query-attributes/value-rows.js';
import type { IndexRecord } from './index-record.js';

export interface KnownFile {
  readonly rowID: number;
  readonly blobKey: string;
  readonly sizeBytes: number;
  /** Whether a read or a scrub has found other bytes than were stored, or none. */
  readonly isDamaged: boolean;
}

/** Look up the file of an instance; undefined when the instance is not, or no longer, in the index. */
export async function findKnownFile(db: Kysely<Schema>, sopInstanceUID: string): Promise<KnownFile | undefined> {
  const row = await db
    .selectFrom('instance')
    .select(['id', 'blob_key', 'size_bytes', 'damaged_at'])
    .where('sop_instance_uid', '=', sopInstanceUID)
    .executeTakeFirst();
  return row && knownFile(row);
}

/** What a row of an instance says of its file. */
export const knownFile = (
  row: Pick<Selectable<Schema['instance']>, 'id' | 'blob_key' | 'size_bytes' | 'damaged_at'>,
): KnownFile => ({
  rowID: row.id,
  blobKey: row.blob_key,
  sizeBytes: row.size_bytes,
  isDamaged: row.damaged_at !== null,
});

/** Whether a file that the index has named is none of its files any more: its instance was deleted, or given another one. */
export async function isGoneFile({ read }: Database, blobKey: string): Promise<boolean> {
  const sopInstanceUID = findInstanceKey(blobKey)?.sopInstanceUID;
  return sopInstanceUID !== undefined && (await findKnownFile(read, sopInstanceUID))?.blobKey !== blobKey;
}

/** Say that the file is whole again. Returns whether its row is still there. */
export async function markRestored(database: Database, { rowID, blobKey }: KnownFile): Promise<boolean> {
  const { numUpdatedRows } = await database.write((tx) =>
    tx
      .updateTable('instance')
      .set({ damaged_at: null })
      .where('id', '=', rowID)
      .where('blob_key', '=', blobKey)
      .executeTakeFirstOrThrow(),
  );
  return numUpdatedRows > 0n;
}

/**
 * Put a file of the same instance in the place of one that is lost or damaged and whose bytes can not be had again, for it was
 * coerced at another time. Returns whether the row of that file is still there.
 */
export function replaceFile(database: Database, { rowID, blobKey }: KnownFile, record: IndexRecord): Promise<boolean> {
  const { instance, content } = record.description;
  return database.write(async (tx) => {
    const { numUpdatedRows } = await tx
      .updateTable('instance')
      .set({
        ...instance,
        blob_key: record.blobKey,
        size_bytes: record.sizeBytes,
        sha256: record.sha256,
        crc32: record.crc32,
        damaged_at: null,
      })
      .where('id', '=', rowID)
      .where('blob_key', '=', blobKey)
      .executeTakeFirstOrThrow();
    if (numUpdatedRows === 0n) return false;
    // What is kept in memory of the series is of another state of it.
    await tx
      .updateTable('series')
      .set((eb) => ({ removals: eb('removals', '+', 1) }))
      .where('id', '=', (eb) => eb.selectFrom('instance').select('series_row_id').where('id', '=', rowID))
      .execute();
    await tx.updateTable('instance_content').set(content).where('instance_row_id', '=', rowID).execute();
    await replaceValues(tx, { instanceRowID: rowID, seriesRowID: undefined, metadata: content.metadata });
    return true;
  });
}
