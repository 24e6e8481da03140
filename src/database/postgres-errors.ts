/** What PostgreSQL and the way to it say, in the archive's words. Conditions by their SQLSTATE: PostgreSQL, appendix A. */
import pg from 'pg';
import { ArchiveError } from '../errors.js';

/** Whole classes: connection, its authorisation, insufficient resources, operator intervention, system errors. */
const AWAY_CLASSES = new Set(['08', '28', '53', '57', '58']);
/** No such database, a standby that only reads, and what other transactions or their length made impossible this time. */
const AWAY_STATES = new Set(['3D000', '25006', '55P03', '40001', '40P01', '25P03', '25P04']);
const DISK_FULL = '53100';
/** Data exceptions and broken constraints. */
const DATA_CLASSES = new Set(['22', '23']);
/** How the driver names a connection that is gone, beside the operating system's codes. */
const CONNECTION_LOST = /^(?:Connection terminated|Client has encountered a connection error|Client was closed)/;
const POOL_EXHAUSTED = /^timeout exceeded when trying to connect/;

/** The error as an ArchiveError where the database is away, busy or full; any other, which is a bug, as it is. */
export function asArchiveError(error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof ArchiveError) return error;
  if (error instanceof pg.DatabaseError) return ofState(error);
  if (POOL_EXHAUSTED.test(error.message)) return busy(error);
  return 'syscall' in error || isNetworkCode(error) || CONNECTION_LOST.test(error.message) ? away(error) : error;
}

function ofState(error: pg.DatabaseError): unknown {
  const { code = '' } = error;
  const cause = withoutData(error);
  if (code === DISK_FULL) {
    return new ArchiveError('storage-full', 'The index can not be written: its disk is full.', { cause });
  }
  return AWAY_CLASSES.has(code.slice(0, 2)) || AWAY_STATES.has(code) ? away(cause) : cause;
}

/** What may come into a log: the database tells of a row with the values in it, and some messages repeat them. */
function withoutData({ code = '', message, table, constraint, routine }: pg.DatabaseError): Error {
  const isOfData = DATA_CLASSES.has(code.slice(0, 2));
  const text = isOfData ? 'a value is not one that the column takes' : message;
  return Object.assign(new Error(`${text} (SQLSTATE ${code})`), { code, table, constraint, routine });
}

const isNetworkCode = (error: Error): boolean =>
  'code' in error && /^(?:E[A-Z0-9]+|EAI_AGAIN|ERR_TLS_\w+)$/.test(String(error.code));

/** Why no connection could be had: whatever it is, the database is not there for now. */
export function notConnected(error: unknown): unknown {
  const known = asArchiveError(error);
  return known instanceof ArchiveError || error instanceof pg.DatabaseError ? known : away(error);
}

/** The connection broke while it was not asked anything. */
export const connectionLost = (): ArchiveError => away(undefined);

const away = (cause: unknown): ArchiveError =>
  new ArchiveError('unavailable', 'The index does not answer now; try again soon.', { cause });

const busy = (cause: unknown): ArchiveError =>
  new ArchiveError('unavailable', 'The index is busy; try again soon.', { cause });

/** A query that has had no answer for so long that its connection is given up. */
export const noAnswer = (): ArchiveError =>
  new ArchiveError('unavailable', 'The index does not answer in time; try again soon.');
