/** What the row of an instance says of its file, whoever writes it. */
import type { IndexRecord } from './index-record.js';

/** Where in the index the instance is. */
export interface RowsAround {
  readonly studyRowID: number;
  readonly seriesRowID: number;
}

/** The columns of an instance but for when it was stored; its file has been found right. */
export const instanceColumns = (
  record: Omit<IndexRecord, 'site' | 'sha256AsSent'>,
  { studyRowID, seriesRowID }: RowsAround,
) => ({
  ...record.description.instance,
  sop_instance_uid: record.identity.sopInstanceUID,
  sop_class_uid: record.identity.sopClassUID,
  series_row_id: seriesRowID,
  study_row_id: studyRowID,
  blob_key: record.blobKey,
  size_bytes: record.sizeBytes,
  sha256: record.sha256,
  crc32: record.crc32,
  damaged_at: null,
});
