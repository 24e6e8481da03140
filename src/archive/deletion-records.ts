/**
 * Of every deletion there is a record beside the files: with it an index that is rebuilt from them neither brings back what
 * was deleted nor takes it again. It is on disk before the deletion is acknowledged, and before the first file goes.
 */
import type { Database } from '../database/database.js';
import type { DeletedInstanceTable, DeletionTable } from '../database/schema.js';
import { isUID } from '../dicom/uids.js';
import { ArchiveError } from '../errors.js';
import type { BlobStore } from './blobs/blob-store.js';
import { keepAllowed } from './index/deleted-resources.js';
import { findInstanceKey } from './instance-key.js';
import { IMAGING_KINDS, SPLITS } from './scope.js';

/** Below it stand the records of all deletions. */
const DELETIONS_PREFIX = 'deletions/';
const KEY = /^deletions\/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\.json$/;
const LEVELS = ['study', 'series', 'instance'] as const;
/** Each may tell of all the instances of a study. */
const ROWS_OF_PAGE = 20;
/** A million instances have less. */
const MAX_RECORD_BYTES = 256 * 1024 * 1024;

export interface DeletedInstance extends Pick<DeletedInstanceTable, 'series_instance_uid' | 'sop_instance_uid'> {
  readonly kind: DeletedInstanceTable['kind'];
  readonly blob_key: string;
}

export interface DeletionRecord extends Omit<DeletionTable, 'site_id' | 'finished_at'> {
  /** Its name. */
  readonly site: string;
  readonly instances: readonly DeletedInstance[];
}

/** The blob key of the record of a deletion. */
export const deletionKey = (id: string): string => `${DELETIONS_PREFIX}${id}.json`;

/** What stands in the record of a deletion, as the index knows it: the same text for the same deletion. */
export async function textOfDeletion({ read }: Database, id: string): Promise<string> {
  const {
    name,
    site_id: _,
    finished_at: __,
    ...deletion
  } = await read
    .selectFrom('deletion')
    .innerJoin('site', 'site.id', 'deletion.site_id')
    .selectAll('deletion')
    .select('site.name')
    .where('deletion.deletion_id', '=', id)
    .executeTakeFirstOrThrow();
  const instances = await read
    .selectFrom('deleted_instance')
    .select(['series_instance_uid', 'sop_instance_uid', 'kind', 'blob_key'])
    .where('deletion_id', '=', id)
    .orderBy('series_instance_uid')
    .orderBy('sop_instance_uid')
    .execute();
  const record: DeletionRecord = { ...deletion, site: name, instances };
  return `${JSON.stringify(record)}\n`;
}

/**
 * Write the record of a deletion as the index knows it. A record that is there already may know more than an index that was
 * restored: that it was allowed is taken into the index first.
 */
export async function writeDeletionRecord(database: Database, blobs: BlobStore, id: string): Promise<void> {
  const key = deletionKey(id);
  const sizeBytes = await blobs.sizeOf(key);
  const known = sizeBytes === undefined ? undefined : await readRecord(blobs, { id, key, sizeBytes });
  const allowedAt = known?.allowed_at ?? null;
  if (allowedAt !== null) await database.write((tx) => keepAllowed(tx, id, allowedAt));
  await blobs.writeText(key, await textOfDeletion(database, id));
}

/** The ids of all deletions that the index knows, a page at a time. */
export async function* pagesOfDeletions({ read }: Database): AsyncGenerator<readonly string[]> {
  for (let lastID: string | undefined = ''; lastID !== undefined; ) {
    const rows: readonly { readonly deletion_id: string }[] = await read
      .selectFrom('deletion')
      .select('deletion_id')
      .where('deletion_id', '>', lastID)
      .orderBy('deletion_id')
      .limit(ROWS_OF_PAGE)
      .execute();
    if (rows.length > 0) yield rows.map((row) => row.deletion_id);
    lastID = rows.at(-1)?.deletion_id;
  }
}

/** Read a record from its text; undefined when it is not one of the deletion with this id. */
function parseDeletion(text: string, id: string): DeletionRecord | undefined {
  try {
    const record: unknown = JSON.parse(text);
    return isRecord(record) && record.deletion_id === id ? record : undefined;
  } catch {
    // A torn record is as none: whoever asks says so by name.
    return undefined;
  }
}

function isRecord(value: unknown): value is DeletionRecord {
  if (!isObject(value)) return false;
  const { deletion_id, level, uid, study_instance_uid, split, site, deleted_at, allowed_at, instances } = value;
  return (
    typeof deletion_id === 'string' &&
    LEVELS.some((known) => known === level) &&
    isLawfulUID(uid) &&
    isLawfulUID(study_instance_uid) &&
    SPLITS.some((known) => known === split) &&
    typeof site === 'string' &&
    typeof deleted_at === 'string' &&
    (allowed_at === null || typeof allowed_at === 'string') &&
    Array.isArray(instances) &&
    instances.every(isInstance)
  );
}

/** Files are removed by it: so it names no other than those of instances. */
function isInstance(value: unknown): value is DeletedInstance {
  if (!isObject(value)) return false;
  const { series_instance_uid, sop_instance_uid, kind, blob_key } = value;
  return (
    isLawfulUID(series_instance_uid) &&
    isLawfulUID(sop_instance_uid) &&
    IMAGING_KINDS.some((known) => known === kind) &&
    typeof blob_key === 'string' &&
    findInstanceKey(blob_key)?.sopInstanceUID === sop_instance_uid
  );
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null;
const isLawfulUID = (value: unknown): boolean => typeof value === 'string' && isUID(value);

/** The records of all deletions; undefined for one that can not be read. */
export async function* deletionRecords(
  blobs: BlobStore,
): AsyncGenerator<{ readonly key: string; readonly record: DeletionRecord | undefined }> {
  for await (const { key, sizeBytes } of blobs.list(DELETIONS_PREFIX)) {
    const id = KEY.exec(key)?.[1];
    yield { key, record: id === undefined ? undefined : await readRecord(blobs, { id, key, sizeBytes }) };
  }
}

async function readRecord(
  blobs: BlobStore,
  { id, key, sizeBytes }: { readonly id: string; readonly key: string; readonly sizeBytes: number },
): Promise<DeletionRecord | undefined> {
  if (sizeBytes > MAX_RECORD_BYTES) return undefined;
  try {
    const blob = await blobs.open(key);
    try {
      const bytes = Buffer.alloc(sizeBytes);
      return parseDeletion(bytes.toString('utf8', 0, await blob.readInto(bytes, 0)), id);
    } finally {
      await blob.close();
    }
  } catch (error) {
    if (error instanceof ArchiveError && error.code === 'corrupt') return undefined;
    throw error;
  }
}
