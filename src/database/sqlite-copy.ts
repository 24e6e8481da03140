/** Copies of an index in SQLite, made while a server and commands have it open; and how one takes the place of another. */
import { existsSync } from 'node:fs';
import { open, rename, rm, writeFile } from 'node:fs/promises';
import Sqlite from 'better-sqlite3';
import { ArchiveError } from '../errors.js';

const BUSY_TIMEOUT_MS = 5_000;
/** What is copied before others have their turn: some milliseconds' worth. */
const PAGES_OF_STEP = 1_024;
/** The index holds the keys that sign tokens. */
const OWNER_ONLY = 0o600;
/** What SQLite may have left beside a file when its process was killed; it would be read into whatever has that name next. */
const BESIDE = ['-journal', '-wal', '-shm'];

/**
 * Copy the index at `path`, as it is now, to `copyPath`; it is on disk when this resolves. Writers are not held up, but the
 * write-ahead log keeps all they write until the copy is done.
 * @throws ArchiveError `unavailable` when it can not be read, or the copy not be written
 */
export async function copySqlite(path: string, copyPath: string): Promise<void> {
  try {
    await removeSqlite(copyPath);
    await writeFile(copyPath, '', { flag: 'wx', mode: OWNER_ONLY });
    const source = new Sqlite(path, { fileMustExist: true, timeout: BUSY_TIMEOUT_MS });
    try {
      source.pragma('query_only = ON');
      // The copy is of this transaction's moment. Outside of one it would begin anew after every commit of a server.
      source.exec('begin');
      source.prepare('select count(*) from sqlite_schema').get();
      await source.backup(copyPath, { progress: () => PAGES_OF_STEP });
    } finally {
      source.close();
    }
    await flush(copyPath);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new ArchiveError('unavailable', `The index can not be copied to ${copyPath}: ${why}`, { cause: error });
  }
}

/** The name of the archive whose index is at `path`; undefined when there is none, or it is no index of an archive. */
export function findArchiveIDAt(path: string): string | undefined {
  try {
    const sqlite = new Sqlite(path, { fileMustExist: true, timeout: BUSY_TIMEOUT_MS });
    try {
      sqlite.pragma('query_only = ON');
      const id = sqlite.prepare('select archive_id from archive_identity').pluck().get();
      return typeof id === 'string' ? id : undefined;
    } finally {
      sqlite.close();
    }
  } catch (error) {
    if (error instanceof Sqlite.SqliteError) return undefined;
    throw error;
  }
}

/**
 * Put the index at `comingPath`, which nobody has open, in the place of that at `path`, where there may be none.
 * @throws ArchiveError `conflict` when another process has that one open
 */
export async function replaceSqlite(comingPath: string, path: string): Promise<void> {
  if (existsSync(path)) closeWell(path);
  if (existsSync(`${path}-wal`)) {
    throw new ArchiveError('conflict', `Another process has ${path} open: run this again when it has ended.`);
  }
  await rename(comingPath, path);
}

/** Give an index another name; what was there under it is removed. Nobody may have either open. */
export async function renameSqlite(from: string, to: string): Promise<void> {
  await Promise.all(BESIDE.map((ending) => rm(to + ending, { force: true })));
  await rename(from, to);
}

async function flush(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function removeSqlite(path: string): Promise<void> {
  await Promise.all(['', ...BESIDE].map((ending) => rm(path + ending, { force: true })));
}

/** Whoever closes it last takes what is in its write-ahead log into it, and removes the log. */
function closeWell(path: string): void {
  const sqlite = new Sqlite(path, { timeout: BUSY_TIMEOUT_MS });
  try {
    sqlite.prepare('select count(*) from sqlite_schema').get();
  } finally {
    sqlite.close();
  }
}
