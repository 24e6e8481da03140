/** The one form in which values are compared, and in which an index keeps them. */
import { foldPersonName } from './person-names.js';
import { offsetMinutes } from './timezones.js';
import { isDecimal } from './values.js';
import type { VR } from './vr.js';

const NUMBER_VRS: ReadonlySet<VR> = new Set<VR>(['IS', 'DS', 'US', 'SS', 'UL', 'SL', 'FL', 'FD', 'SV', 'UV']);
const DATE_TIME = /^(\d{4})(?:(\d{2})(?:(\d{2})(?:(\d{2})(?:(\d{2})(?:(\d{2})(?:\.(\d{1,6}))?)?)?)?)?)?([+-]\d{4})?$/;
const TIME = /^(\d{2})(?:(\d{2})(?:(\d{2})(?:\.(\d{1,6}))?)?)?$/;

/**
 * The text under which a value is searched: dates as YYYYMMDD, times as HHMMSS.FFFFFF, instants in UTC, numbers without
 * signs and zeros that mean nothing, names folded, other text without its outer spaces.
 * Undefined when the value can not be matched: it is empty, or no date, time or number at all.
 * @param assumedOffset the offset from UTC of an instant that names none
 */
export function normaliseValue(vr: VR, value: string, assumedOffset?: string): string | undefined {
  const text = value.trim();
  if (text === '') return undefined;
  if (NUMBER_VRS.has(vr)) return normaliseNumber(text);
  switch (vr) {
    case 'DA':
      return normaliseDate(text);
    case 'TM':
      return timeBounds(text)?.from;
    case 'DT':
      return dateTimeBounds(text, assumedOffset)?.from;
    case 'PN':
      return foldPersonName(text) || undefined;
    default:
      return text;
  }
}

function normaliseNumber(text: string): string | undefined {
  const number = Number(text);
  return isDecimal(text) && Number.isFinite(number) ? String(number === 0 ? 0 : number) : undefined;
}

/** A day that exists, as YYYYMMDD; the dots of ACR-NEMA files are passed over. PS3.5 §6.2 */
export function normaliseDate(text: string): string | undefined {
  const digits = /^\d{4}\.\d{2}\.\d{2}$/.test(text) ? text.replaceAll('.', '') : text;
  if (!/^\d{8}$/.test(digits)) return undefined;
  const [year, month, day] = [digits.slice(0, 4), digits.slice(4, 6), digits.slice(6)].map(Number);
  return isDay(year ?? 0, month ?? 0, day ?? 0) ? digits : undefined;
}

/** The first and the last instant that a time of that precision can mean. */
export interface Bounds {
  readonly from: string;
  readonly to: string;
}

/** A time, whole or cut short, as HHMMSS.FFFFFF; the colons of ACR-NEMA files are passed over. PS3.5 §6.2 */
export function timeBounds(text: string): Bounds | undefined {
  const [, hours, minutes, seconds, fraction] = TIME.exec(text.replaceAll(':', '')) ?? [];
  if (hours === undefined || Number(hours) > 23 || Number(minutes ?? 0) > 59 || Number(seconds ?? 0) > 60)
    return undefined;
  return {
    from: `${hours}${minutes ?? '00'}${seconds ?? '00'}.${(fraction ?? '').padEnd(6, '0')}`,
    to: `${hours}${minutes ?? '59'}${seconds ?? '59'}.${(fraction ?? '').padEnd(6, '9')}`,
  };
}

/**
 * An instant, whole or cut short, as YYYYMMDDHHMMSS.FFFFFF in UTC. PS3.5 §6.2
 * @param assumedOffset what is taken for its offset from UTC when it names none
 */
export function dateTimeBounds(text: string, assumedOffset = '+0000'): Bounds | undefined {
  const parts = DATE_TIME.exec(text);
  if (parts === null) return undefined;
  const [, year = '', month, day, hours, minutes, seconds, fraction = '', named] = parts;
  const offset = offsetMinutes(named ?? assumedOffset);
  if (offset === undefined || !isDay(Number(year), Number(month ?? 1), Number(day ?? 1))) return undefined;
  if (Number(hours ?? 0) > 23 || Number(minutes ?? 0) > 59 || Number(seconds ?? 0) > 60) return undefined;
  const lastDay = String(lastDayOf(Number(year), Number(month ?? 12)));
  const instant = (fields: readonly string[], digits: string) => inUTC(fields, digits, offset);
  return {
    from: instant(
      [year, month ?? '01', day ?? '01', hours ?? '00', minutes ?? '00', seconds ?? '00'],
      fraction.padEnd(6, '0'),
    ),
    to: instant(
      [year, month ?? '12', day ?? lastDay, hours ?? '23', minutes ?? '59', seconds ?? '59'],
      fraction.padEnd(6, '9'),
    ),
  };
}

/** Instants that the offset brings out of the years 0000 to 9999 stay at their first or last second. */
function inUTC(fields: readonly string[], fraction: string, offset: number): string {
  const [year = 0, month = 1, day = 1, hours = 0, minutes = 0, seconds = 0] = fields.map(Number);
  const date = dayOf(year, month, day);
  date.setUTCHours(hours, minutes - offset, seconds);
  if (date.getUTCFullYear() < 0) return `00000101000000.${fraction}`;
  if (date.getUTCFullYear() > 9999) return `99991231235959.${fraction}`;
  return `${date.toISOString().slice(0, 19).replace(/\D/g, '')}.${fraction}`;
}

function isDay(year: number, month: number, day: number): boolean {
  const date = dayOf(year, month, day);
  return date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
}

const lastDayOf = (year: number, month: number): number => dayOf(year, month + 1, 0).getUTCDate();

/** Midnight of a day in UTC; `Date.UTC` alone takes the years 0 to 99 for those of the 20th century. */
function dayOf(year: number, month: number, day: number): Date {
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  return date;
}
