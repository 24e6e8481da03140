/**
 * Backs up an archive while it is served: first its index, as it is at one moment, then the files which that index names. A
 * row is written after its file and a file never changes, so whatever was acknowledged when the backup began is in it.
 */
import { ensureArchiveID } from '../../database/archive-identity.js';
import { invalidRequest } from '../../errors.js';
import { type OpenArchive, type OpenArchiveOptions, openArchive } from '../open-archive.js';
import { BackupFolder } from './backup-folder.js';
import { type CopiedFiles, copyFiles } from './copy-files.js';
import type { CopyWatch } from './copy-watch.js';

export interface BackupOptions extends Pick<OpenArchiveOptions, 'log'> {
  readonly watch: CopyWatch;
}

/**
 * Back up to `folder`, which is an archive folder afterwards. What a former backup has left there is not copied again.
 * @throws ArchiveError `invalid-request` when the index is not in SQLite; `conflict` when the folder is not one for it
 */
export async function backUpArchive(source: OpenArchive, folder: string, options: BackupOptions): Promise<CopiedFiles> {
  const { database: index } = source.places;
  if (index.kind !== 'sqlite') {
    throw invalidRequest(
      'This index is in PostgreSQL: back it up, and the files, with the means of their engines, as docs/deployment.md says.',
    );
  }
  const backup = await BackupFolder.take(folder, source.places, await ensureArchiveID(source.database));
  try {
    await backup.begin(index.path);
    const copied = await copyToBackup(source, backup, options);
    await backup.finish();
    return copied;
  } finally {
    backup.release();
  }
}

async function copyToBackup(
  source: OpenArchive,
  backup: BackupFolder,
  { watch, log }: BackupOptions,
): Promise<CopiedFiles> {
  const coming = await openArchive(backup.comingPlaces, { log, now: source.now });
  try {
    await backup.expectNothingLost(coming.database);
    await coming.blobs.sweepStaged(source.now());
    return await copyFiles({ index: coming.database, from: source.blobs, to: coming.blobs, watch });
  } finally {
    await coming.close();
  }
}
