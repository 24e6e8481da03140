/** A Kysely dialect for SQLite whose only connection lives in a worker thread: what takes long takes it there. */
import { Worker } from 'node:worker_threads';
import {
  CompiledQuery,
  type DatabaseConnection,
  type DatabaseIntrospector,
  type Dialect,
  type DialectAdapter,
  type Driver,
  type Kysely,
  type QueryCompiler,
  type QueryResult,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from 'kysely';
import { ArchiveError } from '../errors.js';

interface Reply {
  readonly id: number;
  readonly result?: { readonly rows: unknown[]; readonly changes: number; readonly insertID: number };
  readonly error?: { readonly code: string; readonly message: string };
}

interface Waiting {
  readonly resolve: (result: QueryResult<unknown>) => void;
  readonly reject: (error: Error) => void;
}

export interface SqliteThreadOptions {
  readonly path: string;
  /** How long a statement waits for another process's transaction to end. */
  readonly busyTimeoutMs: number;
  /** Whether the connection may only read. */
  readonly isQueryOnly: boolean;
}

/** SQLite can roll back DDL, which Kysely's own adapter does not assume. */
class TransactionalSqliteAdapter extends SqliteAdapter {
  override get supportsTransactionalDdl(): boolean {
    return true;
  }
}

export class SqliteThreadDialect implements Dialect {
  readonly #options: SqliteThreadOptions;

  constructor(options: SqliteThreadOptions) {
    this.#options = options;
  }

  createDriver(): Driver {
    return new SqliteThreadDriver(this.#options);
  }

  createQueryCompiler(): QueryCompiler {
    return new SqliteQueryCompiler();
  }

  createAdapter(): DialectAdapter {
    return new TransactionalSqliteAdapter();
  }

  createIntrospector(database: Kysely<unknown>): DatabaseIntrospector {
    return new SqliteIntrospector(database);
  }
}

class SqliteThreadDriver implements Driver {
  readonly #options: SqliteThreadOptions;
  #connection: WorkerConnection | undefined;
  /** The end of the queue for the one connection. */
  #turn: Promise<void> = Promise.resolve();
  #release: (() => void) | undefined;

  constructor(options: SqliteThreadOptions) {
    this.#options = options;
  }

  async init(): Promise<void> {
    this.#connection = new WorkerConnection(this.#options);
  }

  async acquireConnection(): Promise<DatabaseConnection> {
    const previous = this.#turn;
    let release: (() => void) | undefined;
    this.#turn = new Promise((resolve) => {
      release = resolve;
    });
    await previous;
    this.#release = release;
    if (this.#connection === undefined) throw new Error('The database is closed.');
    // A thread that has died fails the transaction it had, and none that comes after.
    if (this.#connection.hasEnded) this.#connection = new WorkerConnection(this.#options);
    return this.#connection;
  }

  async releaseConnection(): Promise<void> {
    this.#release?.();
  }

  async beginTransaction(connection: DatabaseConnection): Promise<void> {
    await connection.executeQuery(CompiledQuery.raw('begin immediate'));
  }

  async commitTransaction(connection: DatabaseConnection): Promise<void> {
    await connection.executeQuery(CompiledQuery.raw('commit'));
  }

  async rollbackTransaction(connection: DatabaseConnection): Promise<void> {
    await connection.executeQuery(CompiledQuery.raw('rollback'));
  }

  /** Resolves when every transaction that has begun or waits for its turn has ended. */
  async destroy(): Promise<void> {
    await this.#turn;
    await this.#connection?.close();
    this.#connection = undefined;
  }
}

class WorkerConnection implements DatabaseConnection {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, Waiting>();
  #nextID = 0;
  #isClosing = false;
  #end: Error | undefined;

  constructor(options: SqliteThreadOptions) {
    this.#worker = new Worker(new URL('./sqlite-thread.worker.mjs', import.meta.url), { workerData: options });
    this.#worker.on('message', (reply: Reply) => this.#settle(reply));
    this.#worker.on('error', (error) => this.#failAll(asDatabaseError(error)));
    this.#worker.on('exit', () => this.#failAll(this.#isClosing ? new Error('The database is closed.') : died()));
  }

  get hasEnded(): boolean {
    return this.#end !== undefined;
  }

  executeQuery<R>(query: CompiledQuery): Promise<QueryResult<R>> {
    if (this.#end !== undefined) return Promise.reject(this.#end);
    const id = this.#nextID++;
    const answer = new Promise<QueryResult<unknown>>((resolve, reject) => this.#waiting.set(id, { resolve, reject }));
    this.#worker.postMessage({ id, sql: query.sql, parameters: query.parameters });
    return answer as Promise<QueryResult<R>>;
  }

  streamQuery<R>(): AsyncIterableIterator<QueryResult<R>> {
    throw new Error('A connection in a thread does not stream.');
  }

  async close(): Promise<void> {
    if (this.#end !== undefined) return;
    this.#isClosing = true;
    const exited = new Promise<void>((resolve) => this.#worker.once('exit', () => resolve()));
    this.#worker.postMessage('close');
    await exited;
  }

  #settle(reply: Reply): void {
    const waiting = this.#waiting.get(reply.id);
    this.#waiting.delete(reply.id);
    if (reply.result !== undefined) {
      const { rows, changes, insertID } = reply.result;
      waiting?.resolve({ rows, numAffectedRows: BigInt(changes), insertId: BigInt(insertID) });
    } else if (reply.error !== undefined) {
      waiting?.reject(databaseError(reply.error.code, reply.error.message));
    }
  }

  #failAll(error: Error): void {
    this.#end ??= error;
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
  }
}

const died = (): ArchiveError => new ArchiveError('unavailable', 'The index can not be written now; try again soon.');

/** The error that ended the worker, which could not open the file or ran out of memory. */
function asDatabaseError(error: Error): Error {
  if (!('code' in error) || typeof error.code !== 'string') return error;
  return error.code.startsWith('ERR_WORKER') ? died() : databaseError(error.code, error.message);
}

/** SQLite's own error as one the doors can answer: full and busy are the client's business, the rest is a bug. */
function databaseError(code: string, message: string): Error {
  if (code === 'SQLITE_FULL' || code.startsWith('SQLITE_IOERR')) {
    return new ArchiveError('storage-full', 'The index can not be written: its disk is full or failing.');
  }
  if (code.startsWith('SQLITE_BUSY')) return new ArchiveError('unavailable', 'The index is busy; try again soon.');
  if (code.startsWith('SQLITE_READONLY')) return new ArchiveError('unavailable', 'The index can not be written now.');
  return Object.assign(new Error(message), { code });
}
