/** The lock that lets one server have an archive folder. The operating system frees it when the process ends, however it ends. */
import Sqlite from 'better-sqlite3';
import { ArchiveError } from '../errors.js';

/** Whoever only looks whether there is a server has the lock for a moment. */
const MOMENT_MS = 1_000;

/** What nobody refers to is closed by the garbage collector, and a lock with it: a process keeps those that it has. */
const held = new Set<Sqlite.Database>();

/**
 * Take the lock at `path` for as long as this process lives, or until the returned function is called. It waits for up to
 * a second, and the whole process with it.
 * @throws ArchiveError `conflict` when another process has it, `unavailable` when the file can not be opened or is no lock
 */
export const takeFolderLock = (path: string): (() => void) => lock(path, MOMENT_MS);

/** Whether a process has the lock at `path` now. @throws ArchiveError `unavailable` when nobody can tell */
export function isFolderLocked(path: string): boolean {
  try {
    lock(path, 0)();
    return false;
  } catch (error) {
    if (error instanceof ArchiveError && error.code === 'conflict') return true;
    throw error;
  }
}

function lock(path: string, waitMs: number): () => void {
  const sqlite = open(path, waitMs);
  try {
    sqlite.exec('begin exclusive');
  } catch (error) {
    sqlite.close();
    if (error instanceof Sqlite.SqliteError && error.code.startsWith('SQLITE_BUSY')) {
      throw new ArchiveError('conflict', 'Another server already serves this archive folder.', { cause: error });
    }
    throw unavailable(path, error);
  }
  held.add(sqlite);
  return () => {
    held.delete(sqlite);
    sqlite.close();
  };
}

function open(path: string, waitMs: number) {
  try {
    return new Sqlite(path, { timeout: waitMs });
  } catch (error) {
    throw unavailable(path, error);
  }
}

const unavailable = (path: string, cause: unknown): ArchiveError =>
  new ArchiveError(
    'unavailable',
    `The lock ${path} can not be taken: its disk is full, read-only or failing, or the file is not a lock.`,
    { cause },
  );
