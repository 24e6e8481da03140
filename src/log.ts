/** The log: one JSON line an event on standard error. Lines hold UIDs and rule names, never patient data and never a token. */
import { type Logger, pino } from 'pino';

export type Log = Pick<Logger, 'info' | 'warn' | 'error'>;

/** Make the log of a running server; `level` is pino's (`silent` for tests). */
export const createLog = (level: string): Logger =>
  pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime }, pino.destination({ fd: 2, sync: true }));

/** A log that says nothing. */
export const silentLog: Log = pino({ level: 'silent' });
