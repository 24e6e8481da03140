/** An archive opened: its index, its blobs, and the archive over both. Every command and the server begin here. */
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { Database } from '../database/database.js';
import type { DatabasePlace } from '../database/database-place.js';
import { isFolderLocked, takeFolderLock } from '../database/folder-lock.js';
import { ArchiveError } from '../errors.js';
import type { Log } from '../log.js';
import { Archive } from './archive.js';
import type { BlobStore } from './blobs/blob-store.js';
import { makeFolder } from './blobs/disk.js';
import { FilesystemBlobStore, INCOMING } from './blobs/filesystem.js';
import type { ArchivePlaces, BlobsPlace } from './places.js';

export interface OpenArchive {
  readonly archive: Archive;
  readonly database: Database;
  readonly blobs: BlobStore;
  readonly places: ArchivePlaces;
  readonly now: () => Date;
  /**
   * Whether a server may be storing into this archive now. Of an index that many nodes share nobody can tell, so it may.
   * @throws ArchiveError `unavailable` when the lock can not be looked at
   */
  mayBeServed(): boolean;
  close(): Promise<void>;
}

export interface OpenArchiveOptions {
  readonly log: Log;
  readonly now: () => Date;
  /** The option that names the places, where it is not the settings of the process. */
  readonly namedBy?: string | undefined;
}

/** For its owner alone: the index names patients by their pseudonyms, and holds the keys that sign tokens. */
const FOLDER_MODE = 0o700;

/**
 * Open the archive at `places`; what is missing there of folders and tables is made. Any number of processes may have it open.
 * @throws ArchiveError `unavailable`, naming the setting, when one of the two can not be used
 */
export async function openArchive(
  places: ArchivePlaces,
  { log, now, namedBy }: OpenArchiveOptions,
): Promise<OpenArchive> {
  const blobs = await openBlobs(places.blobs, namedBy ?? 'NCCID_BLOBS');
  try {
    const database = await openDatabase(places.database, namedBy);
    const archive = new Archive({ database, blobs, log, now, spoolFolder: workingFolderOf(places.blobs) });
    const lock = lockPathOf(places.database);
    return {
      archive,
      database,
      blobs,
      places,
      now,
      mayBeServed: () => lock === undefined || isFolderLocked(lock),
      close: async () => {
        await database.close();
        await blobs.close();
      },
    };
  } catch (error) {
    await blobs.close();
    throw error;
  }
}

/**
 * Take the archive for one server, where only one may serve it: an index in a file. Gives what lets go of it.
 * @throws ArchiveError `conflict` when another server has it
 */
export async function takeServerLock({ database }: ArchivePlaces): Promise<() => void> {
  const lock = lockPathOf(database);
  if (lock === undefined) return () => undefined;
  await makeArchiveFolder(dirname(lock));
  return takeFolderLock(lock);
}

const lockPathOf = (place: DatabasePlace): string | undefined =>
  place.kind === 'sqlite' ? join(dirname(resolve(place.path)), 'server.lock') : undefined;

/** Open the index alone, which is all that sites, licences and tokens need. @throws ArchiveError as `openArchive` */
export async function openDatabase(place: DatabasePlace, setting = 'NCCID_DATABASE_URL'): Promise<Database> {
  if (place.kind === 'sqlite') await makeArchiveFolder(dirname(resolve(place.path)));
  return place.kind === 'sqlite' ? Database.open(place) : named(setting, () => Database.open(place));
}

/** Where files without a name are: beside those that are on their way in; with an object store, where this machine keeps what it keeps for a while. */
export const workingFolderOf = (place: BlobsPlace): string =>
  place.kind === 'folder' ? join(resolve(place.path), INCOMING) : tmpdir();

async function openBlobs(place: BlobsPlace, setting: string): Promise<BlobStore> {
  if (place.kind === 's3') {
    // Loaded where it is used: its client takes as much memory as all the rest.
    const { S3BlobStore } = await import('./blobs/s3/store.js');
    return named(setting, () => S3BlobStore.open(place));
  }
  await makeArchiveFolder(resolve(place.path));
  return FilesystemBlobStore.open(place.path);
}

async function makeArchiveFolder(path: string): Promise<void> {
  try {
    await makeFolder(path, FOLDER_MODE);
  } catch (error) {
    throw new ArchiveError('unavailable', `The archive folder ${path} can not be made or opened.`, { cause: error });
  }
}

/** Whoever reads that it failed sets it right by this setting. */
async function named<T>(setting: string, open: () => Promise<T>): Promise<T> {
  try {
    return await open();
  } catch (error) {
    if (!(error instanceof ArchiveError)) throw error;
    throw new ArchiveError(error.code, `${error.message} It is set by ${setting}.`, { cause: error.cause ?? error });
  }
}
