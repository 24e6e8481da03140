/** Offsets from UTC, as Timezone Offset From UTC and DT write them, and what they do to dates and times. PS3.5 §6.2 */

const OFFSET = /^[+-]\d{4}$/;
const DAY_MINUTES = 24 * 60;

/** Read an offset as minutes: `+0100` is 60. Undefined when it is none: offsets go from -1200 to +1400. */
export function offsetMinutes(text: string): number | undefined {
  if (!OFFSET.test(text) || Number(text.slice(3)) >= 60) return undefined;
  const minutes = (text.startsWith('-') ? -1 : 1) * (Number(text.slice(1, 3)) * 60 + Number(text.slice(3)));
  return minutes >= -12 * 60 && minutes <= 14 * 60 ? minutes : undefined;
}

/** The time of day so many minutes later, as HHMMSS.FFFFFF; after midnight the clock begins anew. */
export function laterTime(time: string, minutes: number): string {
  const asked = Number(time.slice(0, 2)) * 60 + Number(time.slice(2, 4)) + minutes;
  const ofDay = ((asked % DAY_MINUTES) + DAY_MINUTES) % DAY_MINUTES;
  return `${twoDigits(Math.floor(ofDay / 60))}${twoDigits(ofDay % 60)}${time.slice(4)}`;
}

/** The day so many days later, as YYYYMMDD; it stays within the years 0000 to 9999. */
export function laterDay(date: string, days: number): string {
  const day = new Date(0);
  day.setUTCFullYear(Number(date.slice(0, 4)), Number(date.slice(4, 6)) - 1, Number(date.slice(6, 8)) + days);
  if (day.getUTCFullYear() < 0) return '00000101';
  if (day.getUTCFullYear() > 9999) return '99991231';
  return day.toISOString().slice(0, 10).replaceAll('-', '');
}

const twoDigits = (number: number): string => String(number).padStart(2, '0');
