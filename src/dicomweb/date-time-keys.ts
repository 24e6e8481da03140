/** Keys for a date and a time that are two halves of one instant. PS3.18 §8.3.4.1.1, PS3.4 §C.2.2.2.5 */
import type { DateTimeBound, DateTimeMatch } from '../archive/index/find-query.js';
import { TAG } from '../dicom/attributes.js';
import type { Tag } from '../dicom/data-set.js';
import type { RangeMatch } from '../dicom/matching-ranges.js';
import type { Key } from './search-keys.js';

const DATE_TIME_PAIRS = [
  { dateTag: TAG.StudyDate, timeTag: TAG.StudyTime },
  { dateTag: TAG.PerformedProcedureStepStartDate, timeTag: TAG.PerformedProcedureStepStartTime },
] as const;

/**
 * Combine each pair of a date and a time that are the same form of range, from both, to both or between, so that it asks
 * for what lies between two instants. Any other pair, such as hours on one day or an hour on each of some days, holds one
 * by one: its ends can not be concatenated into instants.
 */
export function combineRanges(keys: readonly Key[]): readonly DateTimeMatch[] {
  return DATE_TIME_PAIRS.flatMap(({ dateTag, timeTag }) => {
    const date = findRange(keys, dateTag);
    const time = findRange(keys, timeTag);
    if (date === undefined || time === undefined) return [];
    const isSameForm =
      (date.from === undefined) === (time.from === undefined) && (date.to === undefined) === (time.to === undefined);
    return isSameForm
      ? [{ dateTag, timeTag, from: dateTimeBound(date.from, time.from), to: dateTimeBound(date.to, time.to) }]
      : [];
  });
}

function findRange(keys: readonly Key[], tag: Tag): RangeMatch | undefined {
  const key = keys.find((one) => one.sequence === undefined && one.tag === tag);
  return key?.isRange && key.match.kind === 'between' ? key.match : undefined;
}

const dateTimeBound = (date: string | undefined, time: string | undefined): DateTimeBound | undefined =>
  date === undefined ? undefined : { date, time };
