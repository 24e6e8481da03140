/** The layout of an archive folder, a contract described in docs/architecture.md. */
import { join, resolve } from 'node:path';
import { ArchiveError } from '../errors.js';
import { makeFolder } from './blobs/disk.js';

export interface ArchiveFolder {
  /** Holds `incoming/` and `studies/`. */
  readonly root: string;
  readonly index: string;
  readonly serverLock: string;
  readonly keys: string;
}

/** Find the places of an archive in `folder`, which is made when it is not there. @throws ArchiveError `unavailable` */
export async function openArchiveFolder(folder: string): Promise<ArchiveFolder> {
  const root = resolve(folder);
  try {
    // For its owner alone: the index names patients by their pseudonyms, and the keys sign tokens.
    await makeFolder(root, 0o700);
  } catch (error) {
    throw new ArchiveError('unavailable', `The archive folder ${root} can not be made or opened.`, { cause: error });
  }
  return {
    root,
    index: join(root, 'index.sqlite'),
    serverLock: join(root, 'server.lock'),
    keys: join(root, 'keys'),
  };
}
