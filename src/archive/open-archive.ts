/** An archive folder opened: its index, its files, and the archive over both. Every command and the server begin here. */
import { Database } from '../database/database.js';
import { isFolderLocked } from '../database/folder-lock.js';
import type { Log } from '../log.js';
import { Archive } from './archive.js';
import { type ArchiveFolder, openArchiveFolder } from './archive-folder.js';
import type { BlobStore } from './blobs/blob-store.js';
import { FilesystemBlobStore } from './blobs/filesystem.js';

export interface OpenArchive {
  readonly archive: Archive;
  readonly database: Database;
  readonly blobs: BlobStore;
  readonly folder: ArchiveFolder;
  readonly now: () => Date;
  close(): Promise<void>;
}

export interface OpenArchiveOptions {
  readonly log: Log;
  readonly now: () => Date;
}

/**
 * Open the archive in `folder`, made when it is not there. Any number of processes may have it open.
 * @throws ArchiveError `unavailable` when the folder can not be made, or another process keeps the index locked
 */
export async function openArchive(folder: string, { log, now }: OpenArchiveOptions): Promise<OpenArchive> {
  const places = await openArchiveFolder(folder);
  const blobs = await FilesystemBlobStore.open(places.root);
  const database = await Database.open(places.index);
  const archive = new Archive({ database, blobs, log, now });
  return { archive, database, blobs, folder: places, now, close: () => database.close() };
}

/** Whether a server has the folder now. @throws ArchiveError `unavailable` when nobody can tell */
export const isServed = ({ serverLock }: ArchiveFolder): boolean => isFolderLocked(serverLock);
