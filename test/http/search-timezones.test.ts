/** Dates and times that are searched in a time zone, against a clock of its own. PS3.18 §8.3.4.1.1 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CuratedArchive, startCuratedArchive } from './curated.js';
import { firstValue, found } from './dicom-json.js';
import { makeInstance } from './instances.js';

interface Written {
  readonly date: string;
  readonly time: string;
  readonly timezone: string | undefined;
}

const DATES = ['20200229', '20200301'];
const TIMES = ['000000', '013000.5', '120000', '235959.999999'];
const TIMEZONES = ['+0100', '-0530', '+1400', '-1200', undefined, 'nowhere'];

const written: readonly Written[] = DATES.flatMap((date) =>
  TIMES.flatMap((time) => TIMEZONES.map((timezone) => ({ date, time, timezone }))),
);
const made = written.map(({ date, time, timezone }, i) => ({
  written: { date, time, timezone },
  instance: makeInstance({
    study: `zoned ${i}`,
    attributes: {
      StudyDate: date,
      StudyTime: time,
      PerformedProcedureStepStartDate: date,
      PerformedProcedureStepStartTime: time,
      TimezoneOffsetFromUTC: timezone,
    },
  }),
}));
const timeless = makeInstance({
  study: 'timeless',
  attributes: { StudyDate: '20200301', StudyTime: undefined, TimezoneOffsetFromUTC: '+1400' },
});

let archive: CuratedArchive;
beforeAll(async () => {
  archive = await startCuratedArchive();
  await archive.add(...made.map(({ instance }) => instance), timeless);
});
afterAll(() => archive.close());

const find = async (target: string): Promise<readonly (string | undefined)[]> =>
  (await found(await archive.get(target))).map((answer) => firstValue(answer, '0020000D')).toSorted();

const minutesOf = (timezone: string | undefined): number => {
  const [, sign, hours, minutes] = /^([+-])(\d\d)(\d\d)$/.exec(timezone ?? '') ?? [];
  return hours === undefined ? 0 : (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes));
};

/** What a clock in that zone shows at the instant that was written: `20200301` and `101500.123456`. */
function shown({ date, time, timezone }: Written, zone: string): { readonly date: string; readonly time: string } {
  const [year = 0, month = 0, day = 0] = [date.slice(0, 4), date.slice(4, 6), date.slice(6)].map(Number);
  const [hours = 0, minutes = 0, seconds = 0] = [time.slice(0, 2), time.slice(2, 4), time.slice(4, 6)].map(Number);
  const clock = new Date(
    Date.UTC(year, month - 1, day, hours, minutes - minutesOf(timezone) + minutesOf(zone), seconds),
  );
  const digits = clock.toISOString().replace(/\D/g, '');
  return { date: digits.slice(0, 8), time: `${digits.slice(8, 14)}.${time.slice(7).padEnd(6, '0')}` };
}

const expected = (zone: string, isIn: (moment: { date: string; time: string }) => boolean): readonly string[] =>
  made
    .filter((one) => isIn(shown(one.written, zone)))
    .map(({ instance }) => instance.studyInstanceUID)
    .toSorted();

const ZONES = ['+0000', '+0100', '-0800', '+1400', '-1200', '+0545'];
const PAIRS = [
  ['/studies', 'StudyDate', 'StudyTime'],
  ['/series', 'PerformedProcedureStepStartDate', 'PerformedProcedureStepStartTime'],
] as const;

describe.each(PAIRS)('%s by %s and %s', (resource, date, time) => {
  const ask = (zone: string, keys: string): Promise<readonly (string | undefined)[]> =>
    find(`${resource}?00080201=${encodeURIComponent(zone)}&${keys}`);
  const isStudy = resource === '/studies';

  it.each(ZONES)('QD-19 takes a day for a day in %s', async (zone) => {
    for (const day of ['20200228', '20200229', '20200301', '20200302']) {
      const timed = expected(zone, (moment) => moment.date === day);
      const uids = isStudy && day === '20200301' ? [...timed, timeless.studyInstanceUID].toSorted() : timed;
      expect(await ask(zone, `${date}=${day}`)).toEqual(uids);
    }
  });

  it.each(ZONES)('QD-19 takes open ranges of days in %s', async (zone) => {
    const from = await ask(zone, `${date}=20200301-`);
    expect(from.filter((uid) => uid !== timeless.studyInstanceUID)).toEqual(
      expected(zone, (moment) => moment.date >= '20200301'),
    );
    const to = await ask(zone, `${date}=-20200229`);
    expect(to).toEqual(expected(zone, (moment) => moment.date <= '20200229'));
  });

  it.each(ZONES)('QD-19 takes hours for hours in %s, around midnight too', async (zone) => {
    for (const [from, to] of [
      ['00', '01'],
      ['0130', '12'],
      ['2300', '2359'],
      ['12', '03'],
    ] as const) {
      const isIn = (moment: { time: string }): boolean =>
        from <= moment.time && moment.time.slice(0, to.length) <= to && from <= to;
      expect(await ask(zone, `${time}=${from}-${to}`)).toEqual(expected(zone, isIn));
    }
  });

  it.each(ZONES)('QD-19 MA-10 takes both for ends of one range in %s', async (zone) => {
    const isIn = (moment: { date: string; time: string }): boolean => {
      const instant = moment.date + moment.time;
      return instant >= '20200229220000.000000' && instant <= '20200301005959.999999';
    };
    expect(await ask(zone, `${date}=20200229-20200301&${time}=2200-00`)).toEqual(expected(zone, isIn));
  });

  it.each(ZONES)('QD-19 takes an hour of a day in %s', async (zone) => {
    const isIn = (moment: { date: string; time: string }): boolean =>
      moment.date === '20200229' && moment.time.startsWith('12');
    expect(await ask(zone, `${date}=20200229&${time}=12`)).toEqual(expected(zone, isIn));
  });
});

describe('the key itself', () => {
  it('QD-19 says how other keys are meant, and matches nothing itself', async () => {
    const response = await archive.get('/studies?TimezoneOffsetFromUTC=%2B0900');
    expect(response.headers.get('warning')).toBeNull();
    expect(await found(response)).toHaveLength(made.length + 1);
    expect(await find('/studies?00080201=')).toHaveLength(made.length + 1);
  });

  it('QD-19 is returned where it is known, for having been asked by', async () => {
    const { instance } = made.find((one) => one.written.timezone === '-0530') ?? made[0] ?? { instance: timeless };
    const target = `/studies/${instance.studyInstanceUID}/series`;
    const [answer] = await found(await archive.get(`${target}?00080201=%2B0000`));
    expect(answer?.['00080201']).toEqual({ vr: 'SH', Value: ['-0530'] });
    expect(Object.keys((await found(await archive.get(target)))[0] ?? {})).not.toContain('00080201');
  });

  it.each(['0100', '%2B1', '%2B1500', 'UTC', '%2B0100%5C%2B0200'])('QP-02 QD-19 refuses %s', async (offset) => {
    expect((await archive.get(`/studies?00080201=${offset}`)).status).toBe(400);
  });

  it('QP-12 refuses two of it', async () => {
    expect((await archive.get('/studies?00080201=%2B0100&TimezoneOffsetFromUTC=%2B0100')).status).toBe(400);
  });
});
