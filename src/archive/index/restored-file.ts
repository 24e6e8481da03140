/** What the index has to say of the file of an instance that is sent again: whether it can be relied on, and that it can be again. */
import type { Kysely } from 'kysely';
import type { Database } from '../../database/database.js';
import type { Schema } from '../../database/schema.js';

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
  if (row === undefined) return undefined;
  return { rowID: row.id, blobKey: row.blob_key, sizeBytes: row.size_bytes, isDamaged: row.damaged_at !== null };
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
