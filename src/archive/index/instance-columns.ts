/** What the row of an instance says of it and its file, whoever writes it. */
import type { IndexRecord } from './index-record.js';

/** The columns of an instance but for what it belongs to and when it was stored; its file has been found right. */
export const instanceColumns = (record: Omit<IndexRecord, 'site' | 'sha256AsSent'>) => ({
  ...record.description.instance,
  sop_instance_uid: record.identity.sopInstanceUID,
  sop_class_uid: record.identity.sopClassUID,
  blob_key: record.blobKey,
  size_bytes: record.sizeBytes,
  sha256: record.sha256,
  crc32: record.crc32,
  damaged_at: null,
});
