/**
 * Whether the archive has what it is asked to commit to. A hospital deletes its own copy on this word: so the row must be
 * there, and the file be read from first to last and be, by its SHA-256, what was stored.
 */
import type { Database } from '../database/database.js';
import { COMMITMENT_FAILURE } from '../dicom/failure-reasons.js';
import { ArchiveError } from '../errors.js';
import type { Log } from '../log.js';
import type { BlobStore } from './blobs/blob-store.js';
import { bytesOf, ContentDigest } from './content-digest.js';
import type { InstanceReference } from './index/commitment-rows.js';
import { findReferenced, markDamaged, type ReferencedInstance } from './index/referenced-instances.js';
import type { Scope } from './scope.js';

/** Instances whose rows are read, and whose files are read side by side: one is digested while the next is on its way. */
export const CHECKED_AT_ONCE = 4;
const ROWS_AT_ONCE = 200;

export interface CheckOptions {
  readonly database: Database;
  readonly blobs: BlobStore;
  readonly log: Log;
  readonly now: () => Date;
}

/** How many bytes would be read to check these instances. */
export async function bytesToCheck(
  { database }: Pick<CheckOptions, 'database'>,
  scope: Scope,
  references: readonly InstanceReference[],
): Promise<number> {
  let bytes = 0;
  for (let i = 0; i < references.length; i += ROWS_AT_ONCE) {
    const uids = references.slice(i, i + ROWS_AT_ONCE).map(([, sopInstanceUID]) => sopInstanceUID);
    for (const { sizeBytes } of (await findReferenced(database, scope, uids)).values()) bytes += sizeBytes;
  }
  return bytes;
}

/**
 * Check a few instances; for each 0 when the archive commits to it, else the Failure Reason. PS3.3 §C.14.1.1
 * @param goOn asked between pieces of files; what it throws ends the check, once none of the files is read any more
 * @throws ArchiveError `unavailable` when index or store do not answer now
 */
export async function checkInstances(
  options: CheckOptions,
  scope: Scope,
  references: readonly InstanceReference[],
  goOn: () => Promise<void>,
): Promise<readonly number[]> {
  const uids = references.map(([, sopInstanceUID]) => sopInstanceUID);
  const found = await findReferenced(options.database, scope, uids);
  const checks = await Promise.allSettled(
    references.map(async (reference) => {
      const [sopClassUID, sopInstanceUID] = reference;
      const instance = found.get(sopInstanceUID);
      if (instance === undefined) return COMMITMENT_FAILURE.noSuchObjectInstance;
      if (instance.sopClassUID !== sopClassUID) return COMMITMENT_FAILURE.classInstanceConflict;
      if (instance.isDamaged) return COMMITMENT_FAILURE.processingFailure;
      if (await isWhole(options, instance, goOn)) return 0;
      const { database, log, now } = options;
      if (!(await markDamaged(database, instance, now().toISOString()))) {
        const [reason = COMMITMENT_FAILURE.noSuchObjectInstance] = await checkInstances(
          options,
          scope,
          [reference],
          goOn,
        );
        return reason;
      }
      log.error({ sopInstanceUID, finding: 'its file is not what was stored' }, 'a stored instance is damaged');
      return COMMITMENT_FAILURE.processingFailure;
    }),
  );
  return checks.map((check) => {
    if (check.status === 'rejected') throw check.reason;
    return check.value;
  });
}

async function isWhole({ blobs }: CheckOptions, instance: ReferencedInstance, goOn: () => Promise<void>) {
  try {
    const blob = await blobs.open(instance.blobKey);
    try {
      const digest = new ContentDigest();
      for await (const piece of bytesOf(blob)) {
        digest.take(piece);
        await goOn();
      }
      const { sizeBytes, sha256 } = digest.finish();
      return sizeBytes === instance.sizeBytes && sha256 === instance.sha256;
    } finally {
      await blob.close();
    }
  } catch (error) {
    if (error instanceof ArchiveError && error.code === 'corrupt') return false;
    // A disk that can not give the bytes back has damaged them; one that is away altogether has a code.
    if (error instanceof Error && 'syscall' in error) return false;
    throw error;
  }
}
