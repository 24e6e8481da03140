/** Lengths of time as they are written on a command line. */
import { invalidRequest } from '../errors.js';

const SECONDS_IN = { s: 1, m: 60, h: 3_600, d: 86_400 } as const;

/**
 * Read `30s`, `15m`, `1h` or `7d` as seconds.
 * @throws ArchiveError `invalid-request` for any other text, and for no time at all
 */
export function parseDurationSeconds(text: string): number {
  const [, digits, unit] = /^(\d{1,8})([smhd])$/.exec(text) ?? [];
  const seconds = digits === undefined || !isUnit(unit) ? 0 : Number(digits) * SECONDS_IN[unit];
  if (seconds === 0) throw invalidRequest('A length of time is a number and s, m, h or d, such as 30s, 15m, 1h or 7d.');
  return seconds;
}

const isUnit = (text: string | undefined): text is keyof typeof SECONDS_IN =>
  text !== undefined && Object.hasOwn(SECONDS_IN, text);
