/** The index of an archive, in whichever database it is kept: what reads, what searches, and what writes. */
import { type Kysely, Migrator, type Transaction } from 'kysely';
import { ArchiveError } from '../errors.js';
import type { Connections } from './connections.js';
import type { DatabasePlace } from './database-place.js';
import { type Dialect, POSTGRES, SQLITE } from './dialects.js';
import { migrationsFor } from './migrations/migrations.js';
import { openPostgres } from './postgres.js';
import type { Schema } from './schema.js';
import { openSqlite } from './sqlite.js';

export class Database {
  readonly dialect: Dialect;
  /** Looks rows up by their keys; sees every transaction that has been committed, by this process or another. */
  readonly read: Kysely<Schema>;
  /** Runs queries that may look at many rows without holding up anything else. Sees what `read` sees. */
  readonly search: Kysely<Schema>;
  readonly #connections: Connections;

  private constructor(connections: Connections) {
    this.dialect = connections.dialect;
    this.read = connections.read;
    this.search = connections.search;
    this.#connections = connections;
  }

  /**
   * Open the index at `place` and bring it to the newest schema; that is done once, however many open it at the same moment.
   * @throws ArchiveError `unavailable` when it does not answer, is locked, was made by a newer version, or would lose what
   * it has committed
   */
  static async open(place: DatabasePlace): Promise<Database> {
    const connections =
      place.kind === 'sqlite'
        ? await openSqlite(place.path, (writer) => migrateToLatest(writer, SQLITE))
        : await openPostgres(place, (writer) => migrateToLatest(writer, POSTGRES));
    return new Database(connections);
  }

  /**
   * Run `work` in one transaction. From the first that it asks of it no other writes, in this process or another; what it does
   * before may run beside others. All of it is on disk when the promise resolves, none when it rejects. Only when the
   * connection broke as it committed it may be there all the same.
   */
  write<T>(work: (transaction: Transaction<Schema>) => Promise<T>): Promise<T> {
    return this.#connections.write.transaction().execute(work);
  }

  /** Close it when every write that has begun has ended. */
  close(): Promise<void> {
    return this.#connections.close();
  }
}

async function migrateToLatest(writer: Kysely<Schema>, dialect: Dialect): Promise<void> {
  const migrations = migrationsFor(dialect);
  const migrator = new Migrator({ db: writer, provider: { getMigrations: async () => ({ ...migrations }) } });
  const { error } = await migrator.migrateToLatest();
  if (error === undefined) return;
  const isNewer = error instanceof Error && error.message.startsWith('corrupted migrations');
  throw isNewer ? new ArchiveError('unavailable', 'The index was made by a newer version of the archive.') : error;
}
