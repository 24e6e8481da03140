/**
 * Keys for a date and a time that are two halves of one instant, and keys that are written in a time zone. PS3.18
 * §8.3.4.1.1, PS3.4 §C.2.2.2.5
 */
import type { DateTimeBound, DateTimeMatch, ZonedMatch } from '../archive/index/find-query.js';
import { TAG } from '../dicom/attributes.js';
import type { Tag } from '../dicom/data-set.js';
import type { RangeMatch } from '../dicom/matching-ranges.js';
import { dateTimeBounds } from '../dicom/matching-values.js';
import { laterTime, offsetMinutes } from '../dicom/timezones.js';
import { invalidRequest } from '../errors.js';
import type { QueryParameter } from './query-parameters.js';
import type { Key } from './search-keys.js';

const DATE_TIME_PAIRS = [
  { dateTag: TAG.StudyDate, timeTag: TAG.StudyTime },
  { dateTag: TAG.PerformedProcedureStepStartDate, timeTag: TAG.PerformedProcedureStepStartTime },
] as const;

const TIMEZONE_NAMES: readonly string[] = ['TimezoneOffsetFromUTC', '00080201'];
const DAY = { from: '000000.000000', to: '235959.999999' } as const;

/**
 * The offset from UTC in which dates and times of keys are meant; undefined when the search does not say.
 * @throws ArchiveError `invalid-request` when it is no offset
 */
export function readTimezone(parameters: readonly QueryParameter[]): string | undefined {
  const value = parameters.find(({ name }) => TIMEZONE_NAMES.includes(name))?.value.trim() ?? '';
  if (value === '') return undefined;
  if (offsetMinutes(value) === undefined) {
    throw invalidRequest('An offset from UTC in a search key has the form +HHMM or -HHMM, from -1200 to +1400.');
  }
  return value;
}

/**
 * Combine each pair of a date and a time that are the same form of range, from both, to both or between, so that it asks
 * for what lies between two instants. Any other pair, such as hours on one day or an hour on each of some days, holds one
 * by one: its ends can not be concatenated into instants.
 */
export function combineRanges(keys: readonly Key[]): readonly DateTimeMatch[] {
  return DATE_TIME_PAIRS.flatMap(({ dateTag, timeTag }) => {
    const [date, time] = [findMoment(keys, dateTag), findMoment(keys, timeTag)];
    if (date === undefined || time === undefined || !isOneRange(date, time)) return [];
    return [
      {
        dateTag,
        timeTag,
        from: dateTimeBound(date.match.from, time.match.from),
        to: dateTimeBound(date.match.to, time.match.to),
      },
    ];
  });
}

/** Bring the keys of each pair from that offset into UTC, in which entities of any offset can be compared with them. */
export function zonedRanges(keys: readonly Key[], timezone: string): readonly ZonedMatch[] {
  return DATE_TIME_PAIRS.flatMap(({ dateTag, timeTag }) => {
    const [date, time] = [findMoment(keys, dateTag), findMoment(keys, timeTag)];
    if (date === undefined && time === undefined) return [];
    const isOne = date !== undefined && time !== undefined && isOneRange(date, time);
    const { from, to } = isOne ? time.match : DAY;
    return [
      {
        dateTag,
        timeTag,
        dates: time === undefined ? date?.match : undefined,
        instants: date && {
          kind: 'between',
          from: date.match.from && instantInUTC(date.match.from, from ?? DAY.from, timezone),
          to: date.match.to && instantInUTC(date.match.to, to ?? DAY.to, timezone),
        },
        times: isOne || time === undefined ? undefined : timesInUTC(time.match, timezone),
      },
    ];
  });
}

const instantInUTC = (date: string, time: string, timezone: string): string | undefined =>
  dateTimeBounds(`${date}${time}`, timezone)?.from;

/** Hours in one zone may be hours around midnight in another. */
function timesInUTC({ from = DAY.from, to = DAY.to }: RangeMatch, timezone: string): readonly RangeMatch[] {
  if (from > to) return [];
  const minutes = offsetMinutes(timezone) ?? 0;
  const [first, last] = [laterTime(from, -minutes), laterTime(to, -minutes)];
  if (first <= last) return [{ kind: 'between', from: first, to: last }];
  return [
    { kind: 'between', from: first, to: undefined },
    { kind: 'between', from: undefined, to: last },
  ];
}

interface Moment {
  readonly match: RangeMatch;
  readonly isRange: boolean;
}

function findMoment(keys: readonly Key[], tag: Tag): Moment | undefined {
  const key = keys.find((one) => one.sequence === undefined && one.tag === tag);
  return key?.match.kind === 'between' ? { match: key.match, isRange: key.isRange } : undefined;
}

const isOneRange = (date: Moment, time: Moment): boolean =>
  date.isRange &&
  time.isRange &&
  (date.match.from === undefined) === (time.match.from === undefined) &&
  (date.match.to === undefined) === (time.match.to === undefined);

const dateTimeBound = (date: string | undefined, time: string | undefined): DateTimeBound | undefined =>
  date === undefined ? undefined : { date, time };
