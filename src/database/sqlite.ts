/**
 * SQLite: a connection that looks rows up, here; one that searches and one that writes, each in a thread of its own, for
 * both may take long. WAL with `synchronous=FULL`: a commit that has returned survives a power cut; readers never wait for
 * writers.
 */
import { chmod } from 'node:fs/promises';
import Sqlite from 'better-sqlite3';
import { Kysely, type SqliteDatabase, SqliteDialect } from 'kysely';
import type { Connections } from './connections.js';
import { SQLITE } from './dialects.js';
import type { Schema } from './schema.js';
import { SqliteThreadDialect } from './sqlite-thread.js';

const BUSY_TIMEOUT_MS = 5_000;
const KEPT_STATEMENTS = 256;
/** The index holds the keys that sign tokens. */
const OWNER_ONLY = 0o600;

/**
 * Open the index at `path`, made when it is not there; `prepare` is given the writing connection before any other is opened.
 * @throws ArchiveError `unavailable` when another process keeps it locked
 */
export async function openSqlite(
  path: string,
  prepare: (writer: Kysely<Schema>) => Promise<void>,
): Promise<Connections> {
  const write = openThread(path, false);
  try {
    await prepare(write);
    await chmod(path, OWNER_ONLY);
    const reader = openReader(path);
    const read = new Kysely<Schema>({ dialect: new SqliteDialect({ database: reader }) });
    const search = openThread(path, true);
    return {
      dialect: SQLITE,
      read,
      search,
      write,
      // Kysely would leave a connection open that never ran a query.
      close: async () => {
        await write.destroy();
        await search.destroy();
        await read.destroy();
        reader.close();
      },
    };
  } catch (error) {
    await write.destroy();
    throw error;
  }
}

/** The thread starts with its first query. */
const openThread = (path: string, isQueryOnly: boolean): Kysely<Schema> =>
  new Kysely<Schema>({ dialect: new SqliteThreadDialect({ path, busyTimeoutMs: BUSY_TIMEOUT_MS, isQueryOnly }) });

function openReader(path: string): SqliteDatabase {
  const sqlite = new Sqlite(path, { timeout: BUSY_TIMEOUT_MS });
  sqlite.pragma('query_only = ON');
  sqlite.pragma('case_sensitive_like = ON');
  sqlite.pragma('cache_size = -16384');
  const statements = new Map<string, ReturnType<typeof sqlite.prepare>>();
  return {
    prepare(text: string) {
      let statement = statements.get(text);
      if (statement === undefined) {
        if (statements.size >= KEPT_STATEMENTS) statements.clear();
        statement = sqlite.prepare(text);
        statements.set(text, statement);
      }
      return statement;
    },
    close: () => sqlite.close(),
  };
}
