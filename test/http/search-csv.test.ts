/** Answers of a search as a table, and the number of them. RFC 4180 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CuratedArchive, startCuratedArchive } from './curated.js';
import { firstValue, found, json } from './dicom-json.js';
import { dataSetOfKeywords, makeInstance } from './instances.js';

const HOSTILE = ['=1+2', '+1', '-1', '@SUM(A1)', '\uff1dA1', 'a,b', 'a"b', 'a;=b', ' x ', "'=1"] as const;

const rich = makeInstance({
  study: 'rich',
  modality: 'MR',
  attributes: {
    PatientName: 'Müller^Ännchen=山田^太郎',
    StudyDescription: 'Chest, "50%"',
    StudyDate: '20200501',
    SeriesNumber: '-3',
    RequestAttributesSequence: [
      dataSetOfKeywords({ ScheduledProcedureStepID: 'S1', RequestedProcedureID: 'R1' }),
      dataSetOfKeywords({ RequestedProcedureID: 'R2' }),
    ],
  },
});
const richCT = makeInstance({
  study: 'rich',
  series: 'rich/ct',
  attributes: { PatientName: 'Müller^Ännchen=山田^太郎', StudyDate: '20200501' },
});
const hostile = HOSTILE.map((text, i) =>
  makeInstance({
    study: `hostile ${i}`,
    attributes: { StudyDescription: text, StudyDate: `202001${10 + i}`, PatientName: '' },
  }),
);

let archive: CuratedArchive;
beforeAll(async () => {
  archive = await startCuratedArchive();
  await archive.add(rich);
  await archive.add(richCT, ...hostile);
});
afterAll(() => archive.close());

const CSV = { Accept: 'text/csv' };

/** A reader of RFC 4180 as small as can be, and nothing of the writer's. */
function tableIn(text: string): readonly (readonly string[])[] {
  const rows: string[][] = [[]];
  let rest = text;
  while (rest !== '') {
    const [whole, quoted, plain = '', end = ''] = /^(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/.exec(rest) ?? [];
    if (whole === undefined) throw new Error(`No CSV: ${rest.slice(0, 80)}`);
    rows.at(-1)?.push(quoted?.replaceAll('""', '"') ?? plain);
    rest = rest.slice(whole.length);
    if (end !== ',' && rest !== '') rows.push([]);
  }
  return rows;
}

async function table(target: string): Promise<readonly Readonly<Record<string, string>>[]> {
  const response = await archive.get(target, CSV);
  expect(response.status).toBe(200);
  const [head = [], ...rows] = tableIn(await response.text());
  return rows.map((row) => {
    expect(row).toHaveLength(head.length);
    return Object.fromEntries(head.map((name, i) => [name, row[i] ?? '']));
  });
}

describe('a search as text/csv', () => {
  it('says what it is, and how long it is fresh, as JSON does', async () => {
    const response = await archive.get('/studies', CSV);
    expect(response.headers.get('content-type')).toBe('text/csv; charset=utf-8; header=present');
    expect(response.headers.get('cache-control')).toBe('private, no-cache');
    expect((await response.text()).startsWith('StudyDate,StudyTime,AccessionNumber,')).toBe(true);
  });

  it('is JSON unless a table is asked for', async () => {
    for (const accept of ['*/*', 'application/dicom+json, text/csv;q=0.5']) {
      const response = await archive.get('/studies', { Accept: accept });
      expect(response.headers.get('content-type')).toBe('application/dicom+json');
    }
    const asked = await archive.get('/studies?accept=text/csv');
    expect(asked.headers.get('content-type')).toContain('text/csv');
  });

  it('has a row for each answer, with what the answer has', async () => {
    const [row] = await table(`/series?SeriesInstanceUID=${rich.seriesInstanceUID}&includefield=StudyDescription`);
    expect(row).toMatchObject({
      StudyDate: '20200501',
      ModalitiesInStudy: 'CT\\MR',
      PatientName: 'Müller^Ännchen=山田^太郎',
      StudyDescription: 'Chest, "50%"',
      NumberOfStudyRelatedInstances: '2',
      SeriesNumber: '-3',
      'RequestAttributesSequence.ScheduledProcedureStepID': 'S1\\',
      'RequestAttributesSequence.RequestedProcedureID': 'R1\\R2',
      StudyInstanceUID: rich.studyInstanceUID,
      RetrieveURL: `${archive.base}/studies/${rich.studyInstanceUID}/series/${rich.seriesInstanceUID}`,
    });
  });

  it('lets no text become a formula, and ends no cell too soon', async () => {
    const rows = await table('/studies?StudyDate=-20200131&includefield=StudyDescription');
    const told = rows.map((row) => row['StudyDescription']).toReversed();
    // Outer spaces mean nothing in LO, and are not kept.
    expect(told).toEqual(["'=1+2", "'+1", "'-1", "'@SUM(A1)", "'\uff1dA1", 'a,b', 'a"b', 'a;=b', 'x', "'=1"]);
    const raw = await (await archive.get('/studies?StudyDescription=a%3B*', CSV)).text();
    expect(raw).toContain('"a;=b"');
  });

  it('QD-04 QD-06 is paged as JSON is, with the same Warning', async () => {
    const all = (await table('/studies')).map((row) => row['StudyInstanceUID']);
    expect(all).toEqual((await found(await archive.get('/studies'))).map((answer) => firstValue(answer, '0020000D')));
    const page = await archive.get('/studies?limit=4&offset=5', CSV);
    expect(page.headers.get('warning')).toBe(
      `299 ${archive.base}: There are ${all.length - 9} additional results that can be requested`,
    );
    expect((await table('/studies?limit=4&offset=5')).map((row) => row['StudyInstanceUID'])).toEqual(all.slice(5, 9));
    expect((await archive.get('/studies?Foo=1', CSV)).headers.get('warning')).toContain('have been ignored: Foo');
  });

  it('QD-03 is 204 when nothing matches', async () => {
    const response = await archive.get('/studies?PatientID=nobody', CSV);
    expect([response.status, await response.text()]).toEqual([204, '']);
  });

  it('ST-15 answers HEAD without a body', async () => {
    const response = await archive.get('/studies', CSV, 'HEAD');
    expect([response.status, await response.text()]).toEqual([200, '']);
  });
});

const S = `/studies/${rich.studyInstanceUID}`;

describe('the number of answers', () => {
  const count = async (target: string): Promise<unknown> => {
    const response = await archive.get(target);
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'application/json']);
    return json(response);
  };

  it.each([
    ['/studies/count', 11],
    ['/series/count', 12],
    ['/instances/count', 12],
    [`${S}/series/count`, 2],
    [`${S}/instances/count`, 2],
    [`${S}/series/${rich.seriesInstanceUID}/instances/count`, 1],
    ['/studies/count?ModalitiesInStudy=MR', 1],
    ['/studies/count?PatientName=muller*', 1],
    ['/studies/count?PatientName=anna%20ann&fuzzymatching=true', 0],
    ['/studies/count?limit=3&offset=2', 11],
    ['/studies/count?limit=0', 11],
    ['/studies/1.2.3/series/count', 0],
  ])('%s is %i', async (target, expected) => {
    expect(await count(target)).toEqual({ count: expected });
  });

  it('says what it has ignored', async () => {
    const response = await archive.get('/studies/count?KVP=120');
    expect(response.headers.get('warning')).toContain('have been ignored: KVP');
    expect(await json(response)).toEqual({ count: 11 });
  });

  it.each(['limit=x', 'StudyDate=2020', 'PatientID=A&PatientID=B'])('QP-02 refuses %s', async (query) => {
    expect((await archive.get(`/studies/count?${query}`)).status).toBe(400);
  });

  it('answers HEAD without a body, and nothing in another form', async () => {
    const response = await archive.get('/studies/count', {}, 'HEAD');
    expect([response.status, response.headers.get('content-length'), await response.text()]).toEqual([200, '12', '']);
    expect((await archive.get('/studies/count', { Accept: 'text/csv' })).status).toBe(406);
  });

  it('QP-14 is no study', async () => {
    expect((await archive.get('/studies/counts')).status).toBe(400);
    expect((await archive.get('/studies/count/series')).status).toBe(400);
  });
});
