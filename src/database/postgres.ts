/** PostgreSQL: a pool that looks rows up, one that searches and one that writes, so that none can starve the others. */
import { Kysely, PostgresDialect, sql } from 'kysely';
import { ArchiveError } from '../errors.js';
import type { Connections } from './connections.js';
import { describeDatabasePlace, type PostgresPlace } from './database-place.js';
import { POSTGRES } from './dialects.js';
import { type PoolOptions, PostgresPool } from './postgres-pool.js';
import type { Schema } from './schema.js';

const LOOK_UP_MS = 10_000;
const SEARCH_MS = 30_000;
/** A transaction waits for those before it; a step of a reindex is the longest. */
const WRITE_MS = 30_000;
/** A migration may rewrite tables of a hundred million rows, and other nodes wait for it. */
const PREPARE_MS = 6 * 3_600_000;
const PREPARE_CONNECTIONS = 2;
/** Any number will do, as long as nothing else in the database takes it: "NCCID" in ASCII. */
const WRITE_LOCK = 0x4e43434944;
/** What a transaction that writes does before all else, to be alone. */
export const LOCK_FOR_WRITING = `select pg_advisory_xact_lock(${WRITE_LOCK})`;
/** The search and the write pool have a quarter each, the look-ups the rest. */
const SHARE = 4;

/**
 * Open the index at `place`, whose database must be there; `prepare` may take hours with it before anything else is asked.
 * @throws ArchiveError `unavailable` when it can not be reached, or would lose what it has committed
 */
export async function openPostgres(
  place: PostgresPlace,
  prepare: (writer: Kysely<Schema>) => Promise<void>,
): Promise<Connections> {
  const share = Math.max(1, Math.floor(place.connections / SHARE));
  const open = (options: Omit<PoolOptions, 'url' | 'onIdleError'>): Kysely<Schema> =>
    new Kysely<Schema>({
      // A connection that broke in its pool is replaced by the next that is asked for.
      dialect: new PostgresDialect({
        pool: new PostgresPool({ ...options, url: place.url, onIdleError: () => undefined }),
      }),
    });
  const lookUps = Math.max(1, place.connections - 2 * share);
  const read = open({ connections: lookUps, answerMs: LOOK_UP_MS, kept: 'plan' });
  const search = open({ connections: share, answerMs: SEARCH_MS, kept: 'reading' });
  const write = open({ connections: share, answerMs: WRITE_MS, kept: 'plan', lock: LOCK_FOR_WRITING });
  const close = async (): Promise<void> => {
    await Promise.all([write.destroy(), search.destroy(), read.destroy()]);
  };
  const preparing = open({ connections: PREPARE_CONNECTIONS, answerMs: PREPARE_MS, kept: 'nothing' });
  try {
    await expectDurable(preparing);
    await prepare(preparing);
    return { dialect: POSTGRES, read, search, write, close };
  } catch (error) {
    await close();
    throw told(error, place);
  } finally {
    await preparing.destroy();
  }
}

/** What is acknowledged must be on disk: a database that is told otherwise is not one for an archive. */
async function expectDurable(db: Kysely<Schema>): Promise<void> {
  const { rows } = await sql<{ fsync: string | null; synchronous_commit: string | null }>`
    select current_setting('fsync', true) as fsync, current_setting('synchronous_commit', true) as synchronous_commit
  `.execute(db);
  const off = Object.entries(rows[0] ?? {}).filter(([, value]) => value === 'off');
  if (off.length === 0) return;
  const names = off.map(([name]) => name).join(' and ');
  throw new ArchiveError('unavailable', `The database would lose what it has committed: ${names} is off.`);
}

/** Whoever starts a server reads this: which database it is, and what is wrong with it. */
function told(error: unknown, place: PostgresPlace): unknown {
  if (!(error instanceof Error)) return error;
  const cause = error instanceof ArchiveError && error.cause instanceof Error ? error.cause : error;
  const isOurs = error instanceof ArchiveError && error.cause === undefined;
  const why = isOurs ? error.message : cause.message || String('code' in cause ? cause.code : cause.name);
  return new ArchiveError('unavailable', `The database ${describeDatabasePlace(place)} can not be used: ${why}`, {
    cause,
  });
}
