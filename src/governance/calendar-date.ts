/** Days as licences count them: `YYYY-MM-DD` in UTC, so that their order is the order of their texts. */

const DAY = /^[12]\d{3}-\d{2}-\d{2}$/;

/** Whether `text` is `YYYY-MM-DD`, from the year 1000 to 2999, and a day of the calendar. */
export function isCalendarDate(text: string): boolean {
  if (!DAY.test(text)) return false;
  const instant = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(instant.getTime()) && calendarDateOf(instant.getTime()) === text;
}

/** Give the day in UTC of an instant in milliseconds since 1970. */
export const calendarDateOf = (ms: number): string => new Date(ms).toISOString().slice(0, 10);

/** Give the same day a year later; the 28th for a 29th of February. */
export function oneYearAfter(day: string): string {
  const next = `${Number(day.slice(0, 4)) + 1}${day.slice(4)}`;
  return next.endsWith('-02-29') ? next.replace('-29', '-28') : next;
}
