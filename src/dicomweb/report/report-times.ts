/** Dates and times of DICOM as people write them; what is none stays as it is. PS3.5 §6.2 */

const DATE = /^(\d{4})(\d{2})(\d{2})$/;
const TIME = /^(\d{2})(\d{2})?(\d{2})?(\.\d{1,6})?$/;
const DATE_TIME = /^(\d{4})(\d{2})?(\d{2})?(\d{2})?(\d{2})?(\d{2})?(\.\d{1,6})?([+-]\d{4})?$/;

/** `20200401` as `2020-04-01` */
export const dateText = (date: string): string => date.replace(DATE, '$1-$2-$3');

/** `114243.273000` as `11:42:43.273` */
export function timeText(time: string): string {
  const parts = TIME.exec(time);
  return parts === null ? time : clock(parts.slice(1, 4), parts[4]);
}

/** `20200401114243+0100` as `2020-04-01 11:42:43 +01:00` */
export function dateTimeText(dateTime: string): string {
  const parts = DATE_TIME.exec(dateTime);
  if (parts === null) return dateTime;
  const date = parts.slice(1, 4).filter(isThere).join('-');
  const time = clock(parts.slice(4, 7), parts[7]);
  const zone = parts[8]?.replace(/(\d{2})$/, ':$1');
  return [date, time, zone].filter(isThere).join(' ');
}

const clock = (parts: readonly (string | undefined)[], fraction: string | undefined): string =>
  parts.filter(isThere).join(':') + (fraction?.replace(/\.?0+$/, '') ?? '');

const isThere = (part: string | undefined): part is string => part !== undefined && part !== '';
