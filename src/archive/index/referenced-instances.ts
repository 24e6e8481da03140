/** The rows of instances that are referred to by SOP Instance UID alone, as far as a Scope shows them. */
import type { Database } from '../../database/database.js';
import type { Scope } from '../scope.js';
import { visibleSeries } from './visible-series.js';

export interface ReferencedInstance {
  readonly rowID: number;
  readonly sopClassUID: string;
  readonly blobKey: string;
  readonly sizeBytes: number;
  readonly sha256: string;
  readonly isDamaged: boolean;
}

/** Find instances by their UIDs. Not more than some hundred at a time. */
export async function findReferenced(
  { read }: Database,
  scope: Scope,
  sopInstanceUIDs: readonly string[],
): Promise<ReadonlyMap<string, ReferencedInstance>> {
  if (sopInstanceUIDs.length === 0) return new Map();
  const rows = await read
    .selectFrom('instance')
    .innerJoin('series', 'series.id', 'instance.series_row_id')
    .select([
      'instance.id',
      'instance.sop_instance_uid',
      'instance.sop_class_uid',
      'instance.blob_key',
      'instance.size_bytes',
      'instance.sha256',
      'instance.damaged_at',
    ])
    .where('instance.sop_instance_uid', 'in', sopInstanceUIDs)
    .where((eb) => visibleSeries(eb, scope))
    .execute();
  return new Map(
    rows.map((row) => [
      row.sop_instance_uid,
      {
        rowID: row.id,
        sopClassUID: row.sop_class_uid,
        blobKey: row.blob_key,
        sizeBytes: row.size_bytes,
        sha256: row.sha256,
        isDamaged: row.damaged_at !== null,
      },
    ]),
  );
}

/** Mark an instance whose file is not what was stored. Returns whether it was: not when it was deleted, or its file replaced. */
export async function markDamaged(
  database: Database,
  { rowID, blobKey }: Pick<ReferencedInstance, 'rowID' | 'blobKey'>,
  damagedAt: string,
): Promise<boolean> {
  const { numUpdatedRows } = await database.write((tx) =>
    tx
      .updateTable('instance')
      .set({ damaged_at: damagedAt })
      .where('id', '=', rowID)
      .where('blob_key', '=', blobKey)
      .executeTakeFirstOrThrow(),
  );
  return numUpdatedRows > 0n;
}
