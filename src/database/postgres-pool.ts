/**
 * A pool of connections as Kysely takes one. Beyond what `pg` does by itself: errors are told in the archive's words, a
 * query that stays without an answer gives its connection up, and what is asked again and again is prepared once.
 */
import { createHash } from 'node:crypto';
import type { PostgresCursor, PostgresPoolClient, PostgresQueryResult } from 'kysely';
import pg from 'pg';
import { UNHEARD } from './dialects.js';
import { asArchiveError, connectionLost, noAnswer, notConnected } from './postgres-errors.js';

export interface PoolOptions {
  readonly url: string;
  /** How many connections it opens at most; whoever finds them all in use waits for a moment, and is refused then. */
  readonly connections: number;
  /** Within this time a query is answered, or ends its connection. Milliseconds. */
  readonly answerMs: number;
  /**
   * What is kept of a query for the next time that a connection is asked it. Nothing; or how it reads, as searches need, which
   * are planned anew by the values that they ask for; or how it is planned as well, as is good for look-ups by key.
   */
  readonly kept: 'nothing' | 'reading' | 'plan';
  /** The statement that every transaction begins with, whose lock it holds to its end. */
  readonly lock?: string;
  /** Told of a connection that broke while nobody used it. */
  readonly onIdleError: (error: Error) => void;
}

/** Waiting longer than this, for a connection to be made or to be free, is to be told that the database is away or busy. */
const CONNECT_MS = 5_000;
const IDLE_MS = 60_000;
/** The server ends a statement itself a little before its client would end the connection. */
const CANCEL_MARGIN_MS = 500;
/** Statements that a connection keeps prepared: queries differ by how many values they ask for. */
const KEPT_STATEMENTS = 256;
const NAME_DIGITS = 32;

/**
 * What a connection is told when it is made. All that is asked is a matter of a few index pages: a second process or a
 * compiler would cost more than they save, and one page is as near as the next.
 */
const settingsOf = ({ answerMs, kept }: PoolOptions): readonly string[] => [
  `statement_timeout = ${answerMs - CANCEL_MARGIN_MS}`,
  `idle_in_transaction_session_timeout = ${answerMs}`,
  'max_parallel_workers_per_gather = 0',
  'jit = off',
  'random_page_cost = 1.1',
  ...(kept === 'reading' ? ['plan_cache_mode = force_custom_plan'] : []),
  // By any other, what is asked behind the lock would see what there was before it was had.
  "default_transaction_isolation = 'read committed'",
];

const INT8 = 20;
/** 64-bit integers as numbers: row ids, counts and sizes are all below 2^53. */
const TYPES: pg.CustomTypesConfig = {
  getTypeParser: ((oid: number, format?: 'text') =>
    oid === INT8 ? Number : pg.types.getTypeParser(oid, format)) as typeof pg.types.getTypeParser,
};

export class PostgresPool {
  readonly #pool: pg.Pool;
  readonly #options: PoolOptions;
  /** Kysely knows a connection by its object, so each has one for as long as it lives. */
  readonly #connections = new WeakMap<pg.PoolClient, PooledConnection>();
  readonly #names = new Map<string, string>();

  constructor(options: PoolOptions) {
    this.#options = options;
    this.#pool = new pg.Pool({
      connectionString: options.url,
      application_name: 'nccid',
      max: options.connections,
      connectionTimeoutMillis: CONNECT_MS,
      idleTimeoutMillis: IDLE_MS,
      keepAlive: true,
      types: TYPES,
      // What is asked at the same moment of one connection goes out together.
      pipeline: true,
    });
    this.#pool.on('error', options.onIdleError);
  }

  async connect(): Promise<PooledConnection> {
    try {
      const client = await this.#pool.connect();
      const known = this.#connections.get(client);
      if (known !== undefined) return known;
      const { kept } = this.#options;
      const connection = new PooledConnection(client, {
        ...this.#options,
        nameOf: kept === 'nothing' ? () => undefined : (text) => this.#nameOf(text),
      });
      await connection.configure(settingsOf(this.#options));
      this.#connections.set(client, connection);
      return connection;
    } catch (error) {
      throw notConnected(error);
    }
  }

  end(): Promise<void> {
    return this.#pool.end();
  }

  /** The name under which a query is prepared; undefined for those that come after too many others. */
  #nameOf(text: string): string | undefined {
    const known = this.#names.get(text);
    if (known !== undefined || this.#names.size >= KEPT_STATEMENTS) return known;
    const name = createHash('sha256').update(text).digest('hex').slice(0, NAME_DIGITS);
    this.#names.set(text, name);
    return name;
  }
}

interface ConnectionOptions extends Pick<PoolOptions, 'answerMs' | 'lock'> {
  /** The name under which a query is prepared, if it is. */
  readonly nameOf: (text: string) => string | undefined;
}

/** What changes nothing that would stay if there were no transaction: a function that does must not be asked first of all. */
const READS = /^\s*select\b/i;
/** How a transaction with settings of its own begins, which would have no lock. */
const BEGINS_OTHERWISE = /^\s*(?:start|begin)\b/i;

/** A value that can be sent, whatever it is. */
const isPlain = (value: unknown): boolean =>
  value === null || typeof value === 'string' || typeof value === 'number' || Buffer.isBuffer(value);

export class PooledConnection implements PostgresPoolClient {
  readonly #client: pg.PoolClient;
  readonly #options: ConnectionOptions;
  #isBroken = false;
  /** Of the transaction that runs: fulfilled when it has begun and holds its lock. */
  #begun: Promise<unknown> | undefined;
  /** Of the transaction that runs: its statements that went out unheard. */
  #unheard: Promise<unknown>[] = [];

  constructor(client: pg.PoolClient, options: ConnectionOptions) {
    this.#client = client;
    this.#options = options;
    // What breaks it while it is in use fails the query that runs, or the next one; unheard it would end the process.
    client.on('error', () => {
      this.#isBroken = true;
    });
  }

  query<R>(text: string, values: readonly unknown[]): Promise<PostgresQueryResult<R>>;
  query<R>(cursor: PostgresCursor<R>): PostgresCursor<R>;
  query<R>(
    text: string | PostgresCursor<R>,
    values: readonly unknown[] = [],
  ): Promise<PostgresQueryResult<R>> | PostgresCursor<R> {
    if (typeof text !== 'string') throw new Error('A pooled connection does not stream.');
    switch (text) {
      case 'begin':
        return this.#begin<R>();
      case 'commit':
        return this.#commit<R>();
      case 'rollback':
        return this.#rollBack<R>();
      default:
        if (BEGINS_OTHERWISE.test(text)) throw new Error('A transaction begins by begin alone.');
        return text.startsWith(UNHEARD) ? this.#askUnheard<R>(text, values) : this.#ask<R>(text, values);
    }
  }

  release(): void {
    this.#client.release(this.#isBroken);
  }

  /** Make settings for as long as it lives; it is given up when that fails. */
  async configure(settings: readonly string[]): Promise<void> {
    try {
      await this.#inTime(this.#client.query(settings.map((setting) => `set ${setting}`).join('; ')));
    } catch (error) {
      this.#isBroken = true;
      this.release();
      throw error;
    }
  }

  /** It goes out with what is asked next, and so does its lock: nobody waits for their answers alone. */
  async #begin<R>(): Promise<PostgresQueryResult<R>> {
    const { lock } = this.#options;
    this.#unheard = [];
    const opening = lock === undefined ? ['begin'] : ['begin', lock];
    this.#begun = Promise.all(opening.map((text) => this.#answerTo(this.#send(text))));
    this.#begun.catch(() => undefined);
    return { command: 'SELECT', rowCount: 0, rows: [] };
  }

  /** A transaction in which something has failed is rolled back instead, and PostgreSQL calls that no error. */
  async #commit<R>(): Promise<PostgresQueryResult<R>> {
    const answer = await this.#ask<R>('commit');
    this.#begun = undefined;
    this.#unheard = [];
    if (String(answer.command) !== 'COMMIT') throw new Error('A transaction that has failed can not be committed.');
    return answer;
  }

  /** However it has begun: whether it could is of no more interest. */
  async #rollBack<R>(): Promise<PostgresQueryResult<R>> {
    this.#begun = undefined;
    this.#unheard = [];
    return this.#ask<R>('rollback');
  }

  /**
   * What a transaction reads first goes out behind `begin` and the lock. All else waits until both are known to be there, for
   * what is written without them would stay. Where one of them, or a statement that went out unheard, has failed, that is told,
   * and not what came of it.
   */
  async #ask<R>(text: string, values: readonly unknown[] = []): Promise<PostgresQueryResult<R>> {
    const early = READS.test(text) ? this.#send<R>(text, values) : undefined;
    early?.catch(() => undefined);
    await this.#begun;
    const answer = this.#answerTo(early ?? this.#send<R>(text, values));
    answer.catch(() => undefined);
    await Promise.all(this.#unheard);
    return answer;
  }

  async #askUnheard<R>(text: string, values: readonly unknown[]): Promise<PostgresQueryResult<R>> {
    if (this.#begun === undefined) throw new Error('Only in a transaction is there a commit that hears it.');
    // What fails before it has reached the database leaves there a transaction that can be committed without it.
    if (!values.every(isPlain)) throw new Error('A statement with such a value is not for nobody to hear.');
    await this.#begun;
    const answer = this.#answerTo(this.#send(text, values));
    answer.catch(() => undefined);
    this.#unheard.push(answer);
    return { command: 'SELECT', rowCount: 0, rows: [] };
  }

  #send<R>(text: string, values: readonly unknown[] = []): Promise<pg.QueryResult<R & pg.QueryResultRow>> {
    // A roll-back would wait behind the query that got no answer.
    if (this.#isBroken) return Promise.reject(connectionLost());
    const name = this.#options.nameOf(text);
    return this.#client.query({ text, values: [...values], ...(name === undefined ? {} : { name }) });
  }

  async #answerTo<R>(asked: Promise<pg.QueryResult<R & pg.QueryResultRow>>): Promise<PostgresQueryResult<R>> {
    try {
      const { command, rowCount, rows } = await this.#inTime(asked);
      return { command: command as PostgresQueryResult<R>['command'], rowCount: rowCount ?? 0, rows };
    } catch (error) {
      const known = asArchiveError(error);
      // Whatever the database itself has answered leaves a connection that can be used; all else does not.
      if (!(error instanceof pg.DatabaseError)) this.#isBroken = true;
      throw known;
    }
  }

  async #inTime<T>(asked: Promise<T>): Promise<T> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(noAnswer()), this.#options.answerMs);
    });
    try {
      return await Promise.race([asked, late]);
    } finally {
      clearTimeout(timer);
      // Once late, nobody hears any more what becomes of it.
      asked.catch(() => undefined);
    }
  }
}
