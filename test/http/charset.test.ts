/** Character sets of answers: UTF-8 whatever is stored, and 406 to who takes no UTF-8. PS3.18 §8.8, §F.2 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DataElement } from '../../src/dicom/data-set.js';
import { type CuratedArchive, startCuratedArchive } from './curated.js';
import { found, type JSONDataSet, json } from './dicom-json.js';
import { makeInstance } from './instances.js';
import { ask } from './wire.js';

const text = (tag: number, vr: 'PN' | 'LO', hex: string): DataElement => ({
  tag,
  vr,
  bytes: Buffer.from(hex, 'hex'),
  valueOffset: 0,
});

/** Names as the standard's own examples have them in bytes, with the term that says how to read them. PS3.5 Annexes H to K */
const NAMES = [
  [
    'ISO 2022 IR 87',
    '\\ISO 2022 IR 87',
    '59616d6164615e5461726f753d1b24423b3345441b28425e1b24424240 4f3a1b28423d1b2442246424 5e24401b28425e1b2442243f246d24261b2842'.replaceAll(
      ' ',
      '',
    ),
    { Alphabetic: 'Yamada^Tarou', Ideographic: '山田^太郎', Phonetic: 'やまだ^たろう' },
  ],
  [
    'GB18030',
    'GB18030',
    '57616e675e5869616f446f6e673dcdf55ed0a1b6ab3d',
    { Alphabetic: 'Wang^XiaoDong', Ideographic: '王^小东' },
  ],
  ['ISO_IR 100', 'ISO_IR 100', '4275635e4ae972f46d65', { Alphabetic: 'Buc^Jérôme' }],
  ['ISO_IR 192', 'ISO_IR 192', '57616e673de78e8b', { Alphabetic: 'Wang', Ideographic: '王' }],
  ['none', undefined, '446f65 5e4a6f686e'.replaceAll(' ', ''), { Alphabetic: 'Doe^John' }],
] as const;

const made = NAMES.map(([name, term, hex]) =>
  makeInstance({
    study: `charset ${name}`,
    attributes: { SpecificCharacterSet: term, PatientName: undefined },
    elements: [text(0x00100010, 'PN', hex)],
  }),
);
/** Backslashes that JIS X 0201 shows as yen signs. */
const yen = makeInstance({
  study: 'charset yen',
  attributes: { SpecificCharacterSet: 'ISO_IR 13', PatientName: undefined },
  elements: [text(0x00081080, 'LO', 'd4cfc0de5cc0dbb3')],
});
const [first = yen] = made;

let archive: CuratedArchive;
beforeAll(async () => {
  archive = await startCuratedArchive();
  await archive.add(...made, yen);
});
afterAll(() => archive.close());

const status = async (path: string, headers: Readonly<Record<string, string>> = {}): Promise<number> =>
  (await archive.get(path, headers)).status;
const metadata = async (path: string): Promise<JSONDataSet> =>
  (await json<JSONDataSet[]>(await archive.get(`${path}/metadata`)))[0] ?? {};

describe('text', () => {
  it.each(
    NAMES.map(([name, , , person], i) => ({
      name,
      person,
      path: made[i]?.path ?? '',
      study: made[i]?.studyInstanceUID,
    })),
  )('CS-06 CS-01 is Unicode whatever it was stored in: $name', async ({ person, path, study }) => {
    expect((await metadata(path))['00100010']?.Value).toEqual([person]);
    const [answer] = await found(await archive.get(`/studies?StudyInstanceUID=${study}`));
    expect(answer?.['00100010']?.Value).toEqual([person]);
  });

  it('CS-06 says that it is in UTF-8', async () => {
    for (const { path } of made.slice(0, 4)) {
      expect((await metadata(path))['00080005']?.Value).toEqual(['ISO_IR 192']);
    }
  });

  it('CS-08 has two values where a backslash parts them, whatever glyph it shows', async () => {
    expect((await metadata(yen.path))['00081080']?.Value).toEqual(['ﾔﾏﾀﾞ', 'ﾀﾛｳ']);
  });
});

describe('a request for a character set', () => {
  const TEXTS = ['/studies', '/series', '/instances', `${first.path}/metadata`];

  it.each(TEXTS)(
    'CS-01 CS-02 CS-07 takes UTF-8 by any of its names, and ignores what there is not: %s',
    async (path) => {
      for (const charset of ['utf-8', 'UTF-8', '%22ISO_IR%20192%22', 'ISO_IR%20192', 'klingon', '']) {
        expect([charset, await status(`${path}?charset=${charset}`)]).toEqual([charset, 200]);
      }
      for (const value of ['utf-8', 'UTF-8', '*', 'iso-8859-5, utf-8;q=0.1', 'iso-8859-5, *;q=0.1']) {
        expect([value, await status(path, { 'Accept-Charset': value })]).toEqual([value, 200]);
      }
    },
  );

  it.each(TEXTS)('CS-03 CS-05 answers 406 to who takes no UTF-8: %s', async (path) => {
    for (const value of ['iso-8859-5', 'iso-8859-1, us-ascii', 'utf-8;q=0', '*;q=0']) {
      const response = await archive.get(path, { 'Accept-Charset': value });
      expect([value, response.status]).toEqual([value, 406]);
      expect(await json(response)).toMatchObject({ charsets: ['utf-8'] });
    }
  });

  it.each(TEXTS)('CS-04 is judged in order: media type, query, header: %s', async (path) => {
    const header = { 'Accept-Charset': 'iso-8859-5' };
    expect(await status(`${path}?charset=utf-8`, header)).toBe(200);
    expect(await status(`${path}?charset=klingon`, header)).toBe(406);
    expect(await status(path, { ...header, Accept: 'application/dicom+json;charset=utf-8' })).toBe(200);
    expect(await status(path, { Accept: 'application/dicom+json;charset=klingon' })).toBe(200);
  });

  it('CS-03 is none of what is not text', async () => {
    for (const path of [first.path, `${first.path}/frames/1`, `${first.path}/bulkdata/7FE00010`]) {
      expect([path, await status(path, { 'Accept-Charset': 'iso-8859-5' })]).toEqual([path, 200]);
    }
  });

  it('CS-03 holds for capabilities, too', async () => {
    const answer = await ask(archive.url, '/dicom-web/', {
      method: 'OPTIONS',
      headers: { 'Accept-Charset': 'iso-8859-5' },
    });
    expect(answer.status).toBe(406);
  });
});
