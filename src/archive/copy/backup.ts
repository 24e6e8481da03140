/**
 * Backs up an archive while it is served: first its index, as it is at one moment, then the files which that index names. A
 * row is written after its file and the bytes under a key never change, so whatever was acknowledged when the backup began is in
 * it. Where curators delete meanwhile, or a file that was lost or damaged is replaced, it begins again, with what has come
 * already; and what was deleted or replaced since the last backup goes from this one too.
 */
import { ensureArchiveID } from '../../database/archive-identity.js';
import { invalidRequest } from '../../errors.js';
import { pagesOfDeletions } from '../deletion-records.js';
import { deletedKeys } from '../index/deleted-resources.js';
import { isGoneFile } from '../index/restored-file.js';
import { type OpenArchive, type OpenArchiveOptions, openArchive } from '../open-archive.js';
import { placesInFolder } from '../places.js';
import { BackupFolder } from './backup-folder.js';
import { type CopiedFiles, copyFiles } from './copy-files.js';
import type { CopyWatch } from './copy-watch.js';
import { replacedFiles } from './replaced-files.js';

export interface BackupOptions extends Pick<OpenArchiveOptions, 'log'> {
  readonly watch: CopyWatch;
}

/** More would be for an archive in which nothing but deleting and replacing is done: then files are told as missing. */
const MOST_ROUNDS = 10;

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
    let copied = 0;
    for (let round = 1; ; round++) {
      await backup.begin(index.path);
      const { files, replaced } = await copyToBackup(source, backup, options);
      copied += files.copied;
      if (files.gone > 0 && round < MOST_ROUNDS) continue;
      const alreadyThere = Math.max(0, files.copied + files.alreadyThere - copied);
      await backup.finish();
      await removeGone(folder, replaced, source, options);
      return { copied, alreadyThere, uncopied: files.uncopied + files.gone, gone: 0 };
    }
  } finally {
    backup.release();
  }
}

async function copyToBackup(
  source: OpenArchive,
  backup: BackupFolder,
  { watch, log }: BackupOptions,
): Promise<{ readonly files: CopiedFiles; readonly replaced: readonly string[] }> {
  const coming = await openArchive(backup.comingPlaces, { log, now: source.now });
  try {
    await backup.expectNothingLost(coming.database);
    await coming.blobs.sweepStaged(source.now());
    const files = await copyFiles({
      index: coming.database,
      from: source.blobs,
      to: coming.blobs,
      watch,
      isGone: (key) => isGoneFile(source.database, key),
    });
    return { files, replaced: await backup.withFormer([], (former) => replacedFiles(former, coming)) };
  } finally {
    await coming.close();
  }
}

/** No index of the backup names these files any more: a former backup has left them. */
async function removeGone(
  folder: string,
  replaced: readonly string[],
  source: OpenArchive,
  { log }: BackupOptions,
): Promise<void> {
  const { database, blobs, close } = await openArchive(placesInFolder(folder), { log, now: source.now });
  try {
    for (const key of replaced) await blobs.remove(key);
    for await (const page of pagesOfDeletions(database)) {
      for (const id of page) {
        const keys = await deletedKeys(database, id);
        const sizes = await blobs.sizesOf(keys);
        for (const [i, key] of keys.entries()) if (sizes[i] !== undefined) await blobs.remove(key);
      }
    }
  } finally {
    await close();
  }
}
