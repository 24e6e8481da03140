/** Pages of a search over HTTP: they join without gap and overlap, and each says what is left. PS3.18 §8.3.4.4 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CuratedArchive, startCuratedArchive } from './curated.js';
import { firstValue, found } from './dicom-json.js';
import { makeInstance } from './instances.js';

const STUDIES = 25;

let archive: CuratedArchive;
beforeAll(async () => {
  archive = await startCuratedArchive();
  const made = Array.from({ length: STUDIES }, (_, i) => [
    makeInstance({
      study: `page ${i}`,
      series: `page ${i}/a`,
      attributes: { StudyDate: `202004${String(1 + (i % 3)).padStart(2, '0')}` },
    }),
    makeInstance({
      study: `page ${i}`,
      series: `page ${i}/b`,
      modality: 'MR',
      attributes: { StudyDate: `202004${String(1 + (i % 3)).padStart(2, '0')}` },
    }),
  ]);
  await archive.add(...made.flat());
});
afterAll(() => archive.close());

const page = async (target: string): Promise<{ readonly uids: readonly string[]; readonly warning: string | null }> => {
  const response = await archive.get(target);
  const uids = (await found(response)).map((answer) =>
    ['0020000D', '0020000E', '00080018'].map((tag) => firstValue(answer, tag)).join(' '),
  );
  return { uids, warning: response.headers.get('warning') };
};

const left = (remaining: number): string =>
  `299 ${archive.base}: There are ${remaining} additional results that can be requested`;

describe('limit and offset', () => {
  it.each([
    ['/studies', STUDIES],
    ['/series', 2 * STUDIES],
    ['/instances', 2 * STUDIES],
    ['/series?Modality=MR', STUDIES],
  ])('QD-04 QD-07 joins the pages of %s to the whole, each once', async (target, count) => {
    const whole = (await page(target)).uids;
    expect([whole.length, new Set(whole).size]).toEqual([count, count]);
    for (const limit of [1, 7, 25]) {
      const joined: string[] = [];
      for (let offset = 0; offset < count; offset += limit) {
        const { uids } = await page(`${target}${target.includes('?') ? '&' : '?'}limit=${limit}&offset=${offset}`);
        expect(uids.length).toBe(Math.min(limit, count - offset));
        joined.push(...uids);
      }
      expect(joined).toEqual(whole);
    }
  });

  it('QD-06 ST-16 ST-17 says how many more there are, and nothing when there are none', async () => {
    expect((await page('/studies?limit=10')).warning).toBe(left(15));
    expect((await page('/studies?limit=10&offset=10')).warning).toBe(left(5));
    expect((await page('/studies?limit=10&offset=15')).warning).toBeNull();
    expect((await page('/studies?limit=10&offset=20')).warning).toBeNull();
    expect((await page('/studies?limit=25')).warning).toBeNull();
    expect((await page('/series?Modality=MR&limit=1')).warning).toBe(left(24));
  });

  it('QD-04 QD-05 T19 answers 204 to limit=0 and beyond the last', async () => {
    for (const query of ['limit=0', 'offset=25', 'offset=1000000', 'offset=99999999999999999999', 'limit=0&offset=3']) {
      const response = await archive.get(`/studies?${query}`);
      expect([query, response.status]).toEqual([query, 204]);
    }
  });

  it('QD-05 B22 takes a limit beyond the greatest for the greatest', async () => {
    expect((await page('/studies?limit=1000000000')).uids).toHaveLength(STUDIES);
    expect((await page('/studies?limit=99999999999999999999')).uids).toHaveLength(STUDIES);
  });

  it('QD-07 answers the same in the same order, with ties', async () => {
    const first = await page('/studies');
    for (let i = 0; i < 5; i++) expect(await page('/studies')).toEqual(first);
  });
});
