/** Keys for dates, times and instants: one, or a range of them. PS3.4 §C.2.2.2.5 */
import { invalidRequest } from '../errors.js';
import { type Bounds, dateTimeBounds, normaliseDate, timeBounds } from './matching-values.js';

/** Bounds are inclusive and compared as text; a side that is undefined is open. */
export interface RangeMatch {
  readonly kind: 'between';
  readonly from: string | undefined;
  readonly to: string | undefined;
}

export type RangeVR = 'DA' | 'TM' | 'DT';

const NAMES: Readonly<Record<RangeVR, string>> = {
  DA: 'A date in a search key has the form YYYYMMDD and is a day that exists; a range is two of them with a hyphen.',
  TM: 'A time in a search key has the form HHMMSS.FFFFFF, or is cut short; a range is two of them with a hyphen.',
  DT: 'A date and time in a search key has the form YYYYMMDDHHMMSS.FFFFFF&ZZXX, or is cut short; a range is two of them with a hyphen.',
};

/**
 * Read the key for a date, time or instant. One that is cut short stands for all it can mean: `10` is 10:00:00 to
 * 10:59:59.999999. A range whose end comes before its start is lawful and matches nothing.
 * @param assumedOffset the offset from UTC of an instant that names none
 * @throws ArchiveError `invalid-request`
 */
export function parseRange(vr: RangeVR, key: string, assumedOffset?: string): RangeMatch {
  for (const [start, end] of splits(key)) {
    const from = start === '' ? undefined : bounds(vr, start, assumedOffset);
    const to = end === '' ? undefined : bounds(vr, end, assumedOffset);
    const isWhole = (start === '' || from !== undefined) && (end === '' || to !== undefined);
    if (isWhole && (from !== undefined || to !== undefined)) return { kind: 'between', from: from?.from, to: to?.to };
  }
  throw invalidRequest(NAMES[vr]);
}

/** A hyphen may part a range or belong to an offset from UTC: every way to read the key, the single value first. */
function splits(key: string): (readonly [string, string])[] {
  const ways: (readonly [string, string])[] = [[key, key]];
  for (let at = key.indexOf('-'); at !== -1 && ways.length < 5; at = key.indexOf('-', at + 1)) {
    ways.push([key.slice(0, at).trim(), key.slice(at + 1).trim()]);
  }
  return ways;
}

function bounds(vr: RangeVR, text: string, assumedOffset: string | undefined): Bounds | undefined {
  if (vr === 'TM') return timeBounds(text);
  if (vr === 'DT') return dateTimeBounds(text, assumedOffset);
  const date = /^\d{8}$/.test(text) ? normaliseDate(text) : undefined;
  return date === undefined ? undefined : { from: date, to: date };
}
