/**
 * The index of an archive, over three connections: one that looks rows up, here; one that searches and one that writes,
 * each in a thread of its own, for both may take long. WAL with `synchronous=FULL`: a commit that has returned survives a power cut; readers never wait for writers.
 */
import Sqlite from 'better-sqlite3';
import { Kysely, Migrator, type SqliteDatabase, SqliteDialect, type Transaction } from 'kysely';
import { MIGRATIONS } from './migrations/migrations.js';
import type { Schema } from './schema.js';
import { SqliteThreadDialect } from './sqlite-thread.js';

const BUSY_TIMEOUT_MS = 5_000;
const KEPT_STATEMENTS = 256;

export class Database {
  /** Looks rows up by their keys; sees every transaction that has been committed, by this process or another. */
  readonly read: Kysely<Schema>;
  /** Runs queries that may look at many rows, one after the other, without holding up anything else. Sees what `read` sees. */
  readonly search: Kysely<Schema>;
  readonly #reader: SqliteDatabase;
  readonly #writer: Kysely<Schema>;

  private constructor(reader: SqliteDatabase, search: Kysely<Schema>, writer: Kysely<Schema>) {
    this.search = search;
    this.read = new Kysely<Schema>({ dialect: new SqliteDialect({ database: reader }) });
    this.#reader = reader;
    this.#writer = writer;
  }

  /**
   * Open the index at `path`, made when it is not there, and bring it to the newest schema.
   * @throws ArchiveError `unavailable` when another process keeps it locked
   */
  static async open(path: string): Promise<Database> {
    const writer = openThread(path, false);
    try {
      await migrateToLatest(writer);
      return new Database(openReader(path), openThread(path, true), writer);
    } catch (error) {
      await writer.destroy();
      throw error;
    }
  }

  /** Run `work` in one transaction: all of it is on disk when the promise resolves, none when it rejects. */
  write<T>(work: (transaction: Transaction<Schema>) => Promise<T>): Promise<T> {
    return this.#writer.transaction().execute(work);
  }

  /** Close it when every write that has begun has ended. Kysely would leave a connection open that never ran a query. */
  async close(): Promise<void> {
    await this.#writer.destroy();
    await this.search.destroy();
    await this.read.destroy();
    this.#reader.close();
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

async function migrateToLatest(writer: Kysely<Schema>): Promise<void> {
  const migrator = new Migrator({ db: writer, provider: { getMigrations: async () => ({ ...MIGRATIONS }) } });
  const { error } = await migrator.migrateToLatest();
  if (error !== undefined) throw error;
}
