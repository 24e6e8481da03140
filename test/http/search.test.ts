/** Search over HTTP: what matches, what is answered, and what is said about it. PS3.18 §10.6, §8.3.4; PS3.4 §C.2.2.2 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CuratedArchive, startCuratedArchive } from './curated.js';
import { firstValue, found, items, type JSONDataSet } from './dicom-json.js';
import { dataSetOfKeywords, type InstanceOptions, makeInstance } from './instances.js';

let archive: CuratedArchive;

const rich = makeInstance({
  study: 'rich',
  series: 'rich/mr',
  instance: 'rich/mr/1',
  modality: 'MR',
  attributes: {
    StudyDate: '20200301',
    StudyTime: '101500.123456',
    AccessionNumber: 'ACC-1',
    ReferringPhysicianName: 'REFER^RED=王^小東=ワン',
    PatientName: 'Müller^Ännchen=山田^太郎=やまだ^たろう',
    PatientID: 'NCCID-Aa1',
    PatientBirthDate: '19601231',
    PatientSex: 'F',
    PatientAge: '059Y',
    StudyID: 'STUDY7',
    StudyDescription: 'Chest 50% & A_B',
    TimezoneOffsetFromUTC: '+0100',
    SeriesNumber: '007',
    SeriesDescription: 'Axial',
    SeriesDate: '20200302',
    SeriesTime: '1016',
    BodyPartExamined: 'CHEST',
    Manufacturer: 'Acme',
    ManufacturerModelName: 'Model 3',
    PerformedProcedureStepStartDate: '20200303',
    PerformedProcedureStepStartTime: '1017',
    RequestAttributesSequence: [
      dataSetOfKeywords({ ScheduledProcedureStepID: 'S1', RequestedProcedureID: 'R1' }),
      dataSetOfKeywords({ ScheduledProcedureStepID: 'S2', RequestedProcedureID: 'R2' }),
    ],
    InstanceNumber: '3',
    NumberOfFrames: '1',
  },
});
const richCT = makeInstance({
  study: 'rich',
  series: 'rich/ct',
  instance: 'rich/ct/1',
  attributes: { PatientID: 'NCCID-Aa1' },
});
const bare = makeInstance({
  study: 'bare',
  modality: 'DX',
  attributes: { StudyDate: undefined, PatientName: undefined, InstanceNumber: undefined },
});

beforeAll(async () => {
  archive = await startCuratedArchive();
  await archive.add(rich);
  await archive.add(richCT, bare);
});
afterAll(() => archive.close());

const S = `/studies/${rich.studyInstanceUID}`;
const E = `${S}/series/${rich.seriesInstanceUID}`;

const search = async (target: string): Promise<readonly JSONDataSet[]> => found(await archive.get(target));
const studies = async (query: string): Promise<readonly (string | undefined)[]> =>
  (await search(`/studies?${query}`)).map((answer) => firstValue(answer, '0020000D'));
const isRichFound = async (query: string): Promise<boolean> => (await studies(query)).includes(rich.studyInstanceUID);
const status = async (target: string): Promise<number> => (await archive.get(target)).status;
const warningOf = async (target: string): Promise<string | null> => (await archive.get(target)).headers.get('warning');
const warning = (text: string): string => `299 ${archive.base}: ${text}`;

describe('resources', () => {
  it.each(['/studies', `${S}/series`, `${S}/instances`, '/series', `${E}/instances`, '/instances'])(
    'QD-01 MT-02 answers %s in DICOM JSON',
    async (target) => {
      const response = await archive.get(target);
      expect([response.status, response.headers.get('content-type')]).toEqual([200, 'application/dicom+json']);
      expect(response.headers.get('warning')).toBeNull();
    },
  );

  it('QD-03 answers 204 without body and Content-Type when nothing matches', async () => {
    const response = await archive.get('/studies?PatientID=nobody');
    expect([response.status, response.headers.get('content-type'), await response.text()]).toEqual([204, null, '']);
  });

  it.each([`/studies/1.2.3/series`, `/studies/1.2.3/instances`, `${S}/series/1.2.3/instances`])(
    'QD-16 AMB-16 answers 204 under an unknown parent: %s',
    async (target) => {
      expect(await status(target)).toBe(204);
    },
  );

  it.each(['/studies/abc/series', `/studies/${'1'.repeat(65)}/series`, `${S}/series/1..2/instances`])(
    'QP-14 B27 answers 400 to a path that holds no UID: %s',
    async (target) => {
      expect(await status(target)).toBe(400);
    },
  );

  it('QP-11 QP-15 takes an empty query and a slash at the end', async () => {
    expect(await search('/studies?')).toEqual(await search('/studies'));
    expect(await search('/studies/')).toEqual(await search('/studies'));
  });

  it('ST-15 answers HEAD with the headers of GET', async () => {
    const response = await archive.get('/studies', {}, 'HEAD');
    expect([response.status, response.headers.get('content-type'), await response.text()]).toEqual([
      200,
      'application/dicom+json',
      '',
    ]);
  });

  it.each([
    'application/dicom+json',
    'application/json',
    'application/dicom+json, multipart/related; type=application/octet-stream',
    '*/*',
  ])('MT-30 MT-31 answers JSON to Accept %s', async (accept) => {
    expect((await archive.get('/studies', { Accept: accept })).status).toBe(200);
  });
});

interface Key {
  readonly keyword: string;
  readonly tag: string;
  readonly hit: string;
  readonly miss: string;
}

const key = (keyword: string, tag: string, hit: string, miss: string): Key => ({ keyword, tag, hit, miss });

const STUDY_KEYS = [
  key('StudyDate', '00080020', '20200301', '20200302'),
  key('StudyTime', '00080030', '101500.123456', '101501'),
  key('AccessionNumber', '00080050', 'ACC-1', 'ACC-2'),
  key('ModalitiesInStudy', '00080061', 'MR', 'PT'),
  key('ReferringPhysicianName', '00080090', 'REFER^RED', 'REFER'),
  key('PatientName', '00100010', 'Müller^Ännchen', 'Möller'),
  key('PatientID', '00100020', 'NCCID-Aa1', 'NCCID-Aa2'),
  key('StudyInstanceUID', '0020000D', rich.studyInstanceUID, '1.2.3'),
  key('StudyID', '00200010', 'STUDY7', 'STUDY8'),
  key('StudyDescription', '00081030', 'Chest 50% & A_B', 'Chest'),
  key('PatientBirthDate', '00100030', '19601231', '19610101'),
  key('PatientSex', '00100040', 'F', 'M'),
];
const SERIES_KEYS = [
  key('Modality', '00080060', 'MR', 'PT'),
  key('SeriesInstanceUID', '0020000E', rich.seriesInstanceUID, '1.2.3'),
  key('SeriesNumber', '00200011', '7', '8'),
  key('PerformedProcedureStepStartDate', '00400244', '20200303', '20200304'),
  key('PerformedProcedureStepStartTime', '00400245', '1017', '1018'),
  key('RequestAttributesSequence.ScheduledProcedureStepID', '00400275.00400009', 'S2', 'S3'),
  key('RequestAttributesSequence.RequestedProcedureID', '00400275.00401001', 'R1', 'R3'),
  key('SeriesDescription', '0008103E', 'Axial', 'Coronal'),
  key('SeriesDate', '00080021', '20200302', '20200303'),
  key('BodyPartExamined', '00180015', 'CHEST', 'HEAD'),
  key('Manufacturer', '00080070', 'Acme', 'Other'),
  key('ManufacturerModelName', '00081090', 'Model 3', 'Model 4'),
];
const INSTANCE_KEYS = [
  key('SOPClassUID', '00080016', rich.sopClassUID, '1.2.3'),
  key('SOPInstanceUID', '00080018', rich.sopInstanceUID, '1.2.3'),
  key('InstanceNumber', '00200013', '3', '4'),
];

const table: readonly (readonly [level: string, resource: string, key: Key])[] = [
  ...STUDY_KEYS.flatMap((one) => ['/studies', '/series', '/instances'].map((at) => ['QM-01', at, one] as const)),
  ...SERIES_KEYS.flatMap((one) =>
    [`${S}/series`, '/series', `${S}/instances`, '/instances'].map((at) => ['QM-02', at, one] as const),
  ),
  ...INSTANCE_KEYS.flatMap((one) =>
    [`${S}/instances`, `${E}/instances`, '/instances'].map((at) => ['QM-03', at, one] as const),
  ),
];

describe('match keys', () => {
  it.each(table.map(([id, resource, one]) => ({ id, resource, one, name: one.keyword })))(
    '$id QM-04 QM-05 QP-04 QP-05 $name of $resource by keyword and by tag',
    async ({ resource, one }) => {
      for (const name of [one.keyword, one.tag, one.tag.toLowerCase()]) {
        const hits = await search(`${resource}?${name}=${encodeURIComponent(one.hit)}`);
        expect(new Set(hits.map((hit) => firstValue(hit, '0020000D')))).toEqual(new Set([rich.studyInstanceUID]));
        expect(await search(`${resource}?${name}=${encodeURIComponent(one.miss)}`)).toEqual([]);
        expect(await warningOf(`${resource}?${name}=${encodeURIComponent(one.hit)}`)).toBeNull();
      }
    },
  );

  it('QP-05 mixes keyword and tag in a path', async () => {
    expect(await search(`/series?RequestAttributesSequence.00401001=R1`)).toHaveLength(1);
    expect(await search(`/series?00400275.RequestedProcedureID=R1`)).toHaveLength(1);
  });

  it.each([
    ['/studies', 'Modality=CT'],
    ['/studies', 'SOPInstanceUID=1.2.3'],
    ['/series', 'InstanceNumber=3'],
    [`${S}/series`, 'PatientID=nobody'],
    [`${E}/instances`, 'Modality=PT'],
    ['/studies', 'NumberOfFrames=2'],
    ['/studies', 'KVP=120'],
    ['/studies', 'PatienID=1'],
    ['/studies', 'patientid=1'],
    ['/studies', '00091001=x'],
    ['/studies', 'RequestAttributesSequence.RequestedProcedureID=R3'],
    ['/series', 'RequestAttributesSequence.AccessionNumber=1'],
  ])('QD-18 QP-01 QP-03 MA-20 AMB-17 AMB-18 ignores on %s the key %s, and names it', async (resource, query) => {
    const name = query.slice(0, query.indexOf('='));
    expect(await search(`${resource}?${query}`)).toEqual(await search(resource));
    expect(await warningOf(`${resource}?${query}`)).toBe(
      warning(`The following parameters are not supported and have been ignored: ${name}`),
    );
  });

  it.each([
    'limit=-1',
    'limit=abc',
    'limit=1&limit=2',
    'limit=',
    'offset=1.5',
    'offset=-1',
    'fuzzymatching=maybe',
    'StudyDate=2020-13-40',
    'StudyDate=2020-04-01',
    'StudyDate=99999999',
    'StudyDate=-',
    'StudyTime=2500',
    'StudyInstanceUID=1.2*',
    'StudyInstanceUID=1.2%00',
    'StudyInstanceUID=1.2,abc',
    'PatientID=A&PatientID=B',
    'PatientID=A&00100020=B',
    `PatientName=${'*'.repeat(10_000)}`,
    'PatientID=%E0%A4%A',
    'PatientID=%0A',
    'RequestAttributesSequence=x',
    '=x',
  ])('QP-02 QP-12 QP-13 MA-04 QD-15 B22 B24 B25 answers 400 to %s', async (query) => {
    const response = await archive.get(`/series?${query}`);
    expect([response.status, response.headers.get('content-type')]).toEqual([400, 'application/problem+json']);
  });

  it.each(['a[b]=1', '__proto__[z]=1', '__proto__=1', 'constructor=1', 'toString=1', 'PatientID[x]=1'])(
    'QP-09 B26 T38 takes %s for a name that it does not know',
    async (query) => {
      expect(await status(`/studies?${query}`)).toBe(200);
      expect(await warningOf(`/studies?${query}`)).toContain('have been ignored');
    },
  );

  it('QP-10 takes names without a value', async () => {
    expect(await status('/studies?PatientName&includefield&PatientID=')).toBe(200);
  });

  it('names at most ten ignored parameters, in characters that a header may hold', async () => {
    const names = Array.from({ length: 12 }, (_, i) => `X${i}%0d%0aY,"%5C=1`).join('&');
    const text = await warningOf(`/studies?${names}`);
    expect(text).toMatch(/^299 \S+: The following[\u0020-\u007e]* and 2 more$/);
  });
});

describe('matching', () => {
  it('MA-01 is exact to the case for all but names', async () => {
    expect(await isRichFound('PatientID=NCCID-Aa1')).toBe(true);
    for (const query of [
      'PatientID=NCCID-AA1',
      'AccessionNumber=acc-1',
      'StudyDescription=chest*',
      'PatientID=NCCID',
    ]) {
      expect(await isRichFound(query)).toBe(false);
    }
  });

  it('MA-02 QP-07 folds names: case, accents, composed or not', async () => {
    for (const name of ['muller*', 'MÜLLER^ÄNNCHEN', 'Mu\u0308ller^A*', 'müller^annchen']) {
      expect([name, await isRichFound(`PatientName=${encodeURIComponent(name)}`)]).toEqual([name, true]);
    }
  });

  it('MA-03 QP-06 knows * and ? as wildcards in text', async () => {
    for (const query of [
      'AccessionNumber=A%3F%3F-1',
      'AccessionNumber=*1',
      'AccessionNumber=*C-*',
      'StudyID=ST*7',
      'StudyDescription=Chest*',
      'PatientID=%3F%3F%3F%3F%3F-Aa1',
      'PatientSex=%3F',
    ]) {
      expect([query, await isRichFound(query)]).toEqual([query, true]);
    }
    for (const query of ['AccessionNumber=A%3F-1', 'AccessionNumber=%3FACC-1', 'StudyID=ST*8', 'PatientSex=%3F%3F']) {
      expect([query, await isRichFound(query)]).toEqual([query, false]);
    }
  });

  it('MA-05 MA-06 takes * and nothing for any value, also for none', async () => {
    const all = await studies('');
    expect(all).toHaveLength(2);
    for (const query of [
      'AccessionNumber=*',
      'AccessionNumber=',
      'PatientName=**',
      'StudyDate=',
      'PatientName=*%3D*',
    ]) {
      expect([query, await studies(query)]).toEqual([query, all]);
    }
  });

  it('MA-07 takes lists of UIDs by comma, encoded comma and backslash', async () => {
    const { studyInstanceUID: a } = rich;
    const { studyInstanceUID: b } = bare;
    for (const list of [`${a},${b}`, `${a}%2C${b}`, `${a}%5C${b}`, `${a},1.2.3,${b}`]) {
      expect(await studies(`StudyInstanceUID=${list}`)).toHaveLength(2);
    }
    const many = Array.from({ length: 100 }, (_, i) => `1.2.840.113619.2.55.3.604688119.971.1268828159.${i}.123456`);
    expect(await studies(`StudyInstanceUID=${[...many, a].join()}`)).toEqual([a]);
  });

  it('MA-08 B24 takes ranges of dates with both ends', async () => {
    for (const range of ['20200301-20200301', '20200229-20200302', '-20200301', '20200301-', '20200301']) {
      expect([range, await isRichFound(`StudyDate=${range}`)]).toEqual([range, true]);
    }
    for (const range of ['20200302-', '-20200229', '20200302-20200301', '20200228-20200229']) {
      expect([range, await isRichFound(`StudyDate=${range}`)]).toEqual([range, false]);
    }
  });

  it('MA-08 never finds by a range what has no date', async () => {
    expect(await studies('StudyDate=-20991231')).not.toContain(bare.studyInstanceUID);
  });

  it('MA-09 takes ranges of times, each end as long as its precision', async () => {
    for (const range of ['10-1130', '1015', '10', '101500.123456', '-1015', '1015-', '101500-101500']) {
      expect([range, await isRichFound(`StudyTime=${range}`)]).toEqual([range, true]);
    }
    for (const range of ['1016-', '-1014', '101500.123457-', '11-10']) {
      expect([range, await isRichFound(`StudyTime=${range}`)]).toEqual([range, false]);
    }
  });

  it('MA-10 combines a range of dates and one of times', async () => {
    for (const query of [
      'StudyDate=20200229-20200301&StudyTime=2200-1100',
      'StudyDate=20200301-20200302&StudyTime=1015-0100',
      'StudyDate=20200301-20200301&StudyTime=10-11',
      'StudyDate=20200301-&StudyTime=1015-',
    ]) {
      expect([query, await isRichFound(query)]).toEqual([query, true]);
    }
    for (const query of [
      'StudyDate=20200229-20200301&StudyTime=0000-1014',
      'StudyDate=20200301-20200302&StudyTime=1016-1000',
      'StudyDate=20200301&StudyTime=11-12',
    ]) {
      expect([query, await isRichFound(query)]).toEqual([query, false]);
    }
  });

  it('MA-12 wants all keys of a sequence to match within one item', async () => {
    const q = (step: string, request: string): string =>
      `/series?RequestAttributesSequence.ScheduledProcedureStepID=${step}&00400275.00401001=${request}`;
    expect(await search(q('S1', 'R1'))).toHaveLength(1);
    expect(await search(q('S2', 'R*'))).toHaveLength(1);
    expect(await search(q('S1', 'R2'))).toEqual([]);
  });

  it('MA-13 answers with the sequence that was searched', async () => {
    const [answer] = await search('/series?RequestAttributesSequence.RequestedProcedureID=R1');
    expect(answer && items(answer, '00400275').map((item) => firstValue(item, '00401001'))).toContain('R1');
  });

  it('MA-14 MA-15 AMB-14 matches any modality of a study with any code of a list', async () => {
    for (const list of ['CT', 'MR', 'PT%2CMR', 'PT,CT', 'CT%5CMR', '%3FT']) {
      expect([list, await isRichFound(`ModalitiesInStudy=${list}`)]).toEqual([list, true]);
    }
    for (const list of ['PT', 'PT,NM', 'C']) {
      expect([list, await isRichFound(`ModalitiesInStudy=${list}`)]).toEqual([list, false]);
    }
  });

  it('MA-16 compares numbers as numbers', async () => {
    for (const number of ['7', '007', '%207', '%2B7', '7.0']) {
      expect([number, (await search(`/series?SeriesNumber=${number}`)).length]).toEqual([number, 1]);
    }
  });

  it('MA-17 finds a name by any of its component groups, and by each of them', async () => {
    for (const name of ['山田*', 'やまだ*', '*=山田^太郎', 'Müller*=山田*=やまだ*', '=山田*']) {
      expect([name, await isRichFound(`PatientName=${encodeURIComponent(name)}`)]).toEqual([name, true]);
    }
    for (const name of ['山田*=', '=Müller*', 'Müller*=王*']) {
      expect([name, await isRichFound(`PatientName=${encodeURIComponent(name)}`)]).toEqual([name, false]);
    }
  });

  it('MA-18 passes over spaces around a value and carets at the end of a name', async () => {
    for (const query of [
      'PatientName=m%C3%BCller%5E%C3%A4nnchen%5E%5E%5E',
      'PatientID=%20NCCID-Aa1%20',
      'StudyID=STUDY7%20',
    ]) {
      expect([query, await isRichFound(query)]).toEqual([query, true]);
    }
  });

  it('MA-19 QP-06 QP-08 takes %, _, quotes, + and & for themselves', async () => {
    expect(await isRichFound('StudyDescription=Chest%2050%25%20%26%20A_B')).toBe(true);
    expect(await isRichFound('StudyDescription=*50%25*A_B')).toBe(true);
    for (const query of [
      'StudyDescription=*A%25',
      'StudyDescription=*_X*',
      'PatientID=%25',
      'PatientID=_*',
      "PatientID='%20OR%201=1--",
      'PatientID=%5C*',
    ]) {
      expect([query, await isRichFound(query)]).toEqual([query, false]);
    }
    const plus = makeInstance({ study: 'plus', attributes: { PatientID: 'A+B', StudyDate: '19000101' } });
    await archive.add(plus);
    expect(await studies('PatientID=A%2BB')).toEqual([plus.studyInstanceUID]);
    expect(await studies('PatientID=A+B')).toEqual([plus.studyInstanceUID]);
  });

  it('MA-21 never matches by Specific Character Set', async () => {
    const all = await search('/studies');
    expect(await search('/studies?SpecificCharacterSet=ISO_IR%20100')).toEqual(all);
    expect(await warningOf('/studies?00080005=x')).toBeNull();
  });
});

const tagsOf = (answer: JSONDataSet | undefined): readonly string[] => Object.keys(answer ?? {});
const STUDY_TAGS =
  '00080020 00080030 00080050 00080056 00080061 00080090 00081190 00100010 00100020 00100030 00100040 0020000D 00200010 00201206 00201208'.split(
    ' ',
  );
const SERIES_TAGS = '00080060 00081190 0020000D 0020000E 00200011 00201209'.split(' ');
const INSTANCE_TAGS = '00080016 00080018 00080056 00081190 00083002 0020000D 0020000E 00200013'.split(' ');
const KNOWN_OF_SERIES = '0008103E 00400244 00400245 00400275'.split(' ');
const KNOWN_OF_INSTANCE = '00280008 00280010 00280011 00280100'.split(' ');

const inOrder = (...tags: readonly string[][]): readonly string[] => [...new Set(tags.flat())].toSorted();

describe('answers', () => {
  const one = async (target: string): Promise<JSONDataSet | undefined> => (await search(target))[0];

  it('QR-01 holds all that is known of a study, in tag order', async () => {
    const answer = await one(`/studies?StudyInstanceUID=${rich.studyInstanceUID}`);
    expect(tagsOf(answer)).toEqual(inOrder(STUDY_TAGS, ['00080201']));
    expect(answer).toMatchObject({
      '00080020': { vr: 'DA', Value: ['20200301'] },
      '00080056': { vr: 'CS', Value: ['ONLINE'] },
      '00080061': { vr: 'CS', Value: ['CT', 'MR'] },
      '00100010': {
        vr: 'PN',
        Value: [{ Alphabetic: 'Müller^Ännchen', Ideographic: '山田^太郎', Phonetic: 'やまだ^たろう' }],
      },
      '00201206': { vr: 'IS', Value: [2] },
      '00201208': { vr: 'IS', Value: [2] },
    });
  });

  it('QR-01 QR-07 has attributes of type R that are not known, without a value', async () => {
    const answer = await one(`/studies?StudyInstanceUID=${bare.studyInstanceUID}`);
    expect(tagsOf(answer)).toEqual(inOrder(STUDY_TAGS));
    for (const tag of ['00080020', '00080030', '00080050', '00080090', '00100010', '00200010']) {
      expect(Object.keys(answer?.[tag] ?? {})).toEqual(['vr']);
    }
  });

  it('QR-02 holds all that is known of a series', async () => {
    const answer = await one(`${S}/series?Modality=MR`);
    expect(tagsOf(answer)).toEqual(inOrder(SERIES_TAGS, KNOWN_OF_SERIES));
    expect(answer?.['00200011']).toEqual({ vr: 'IS', Value: [7] });
    expect(tagsOf(await one(`${S}/series?Modality=CT`))).toEqual(inOrder(SERIES_TAGS));
  });

  it('QR-03 holds all that is known of an instance', async () => {
    const answer = await one(`${E}/instances`);
    expect(tagsOf(answer)).toEqual(inOrder(INSTANCE_TAGS, KNOWN_OF_INSTANCE));
    expect(answer).toMatchObject({ '00280010': { vr: 'US', Value: [3] }, '00280100': { vr: 'US', Value: [16] } });
  });

  it('QR-04 holds the levels above where the path does not name them', async () => {
    expect(tagsOf(await one('/series?Modality=MR'))).toEqual(
      inOrder(
        STUDY_TAGS.filter((tag) => tag !== '00080056'),
        ['00080201'],
        SERIES_TAGS,
        KNOWN_OF_SERIES,
      ),
    );
    expect(tagsOf(await one('/instances?Modality=MR'))).toEqual(
      inOrder(STUDY_TAGS, ['00080201'], SERIES_TAGS, KNOWN_OF_SERIES, INSTANCE_TAGS, KNOWN_OF_INSTANCE),
    );
    expect(tagsOf(await one(`${S}/instances?Modality=MR`))).toEqual(
      inOrder(SERIES_TAGS, KNOWN_OF_SERIES, INSTANCE_TAGS, KNOWN_OF_INSTANCE),
    );
  });

  it('QR-05 QD-12 adds fields asked for, by keyword, tag, list or repetition', async () => {
    const ask = `/studies?StudyInstanceUID=${rich.studyInstanceUID}&includefield`;
    const wanted = inOrder(STUDY_TAGS, ['00080201', '00081030', '00101010']);
    for (const fields of [
      '00081030,00101010',
      '00081030%2C00101010',
      'StudyDescription,PatientAge',
      '00081030&includefield=PatientAge',
      ' 00081030 , 00101010 ',
    ]) {
      expect(tagsOf(await one(`${ask}=${fields.replaceAll(' ', '%20')}`))).toEqual(wanted);
    }
  });

  it('QR-05 adds what was searched by', async () => {
    expect(tagsOf(await one('/studies?StudyDescription=Chest*'))).toContain('00081030');
    expect(tagsOf(await one('/studies?StudyDescription='))).toContain('00081030');
  });

  it('QR-05 answers no field of a lower level, nor unknown ones', async () => {
    const plain = await search('/studies');
    expect(await search('/studies?includefield=00080060,0020000E,KVP,00091001,nonsense')).toEqual(plain);
    expect(tagsOf(await one(`${S}/series?includefield=StudyDescription&Modality=MR`))).toContain('00081030');
  });

  it('QR-06 QD-13 AMB-15 answers all there is of the level for all, whatever stands beside it', async () => {
    const all = tagsOf(await one(`/studies?StudyInstanceUID=${rich.studyInstanceUID}&includefield=all`));
    expect(all).toEqual(inOrder(STUDY_TAGS, ['00080201', '00081030', '00101010']));
    expect(
      tagsOf(await one(`/studies?StudyInstanceUID=${rich.studyInstanceUID}&includefield=all&includefield=KVP`)),
    ).toEqual(all);
  });

  it('QR-08 gives URLs that can be retrieved', async () => {
    for (const resource of ['/studies', '/series', '/instances']) {
      for (const answer of await search(resource)) {
        const url = firstValue(answer, '00081190') ?? '';
        expect(url.startsWith(archive.base)).toBe(true);
        const response = await archive.get(url.slice(archive.base.length));
        expect(response.status).toBe(200);
        await response.arrayBuffer();
      }
    }
  });

  it('T72 takes no URL from what a client says of hosts', async () => {
    const headers = {
      'X-Forwarded-Host': 'evil.example',
      'X-Forwarded-Proto': 'https',
      Forwarded: 'host=evil.example',
    };
    expect(await (await archive.get('/studies', headers)).text()).not.toContain('evil');
  });

  it('QR-09 counts what has just been stored', async () => {
    const make = (instance: string): InstanceOptions => ({ study: 'counted', series: 'counted/1', instance });
    const counts = async (): Promise<unknown> => {
      const answer = await one(`/series?PatientID=PATIENT-counted`);
      return ['00201206', '00201208', '00201209'].map((tag) => answer?.[tag]?.Value?.[0]);
    };
    await archive.add(makeInstance(make('counted/1/1')));
    expect(await counts()).toEqual([1, 1, 1]);
    await archive.add(
      makeInstance(make('counted/1/2')),
      makeInstance({ ...make('counted/2/1'), series: 'counted/2', modality: 'DX' }),
    );
    expect(await counts()).toEqual([2, 3, 2]);
  });
});

describe('ways of matching that are asked for', () => {
  it.each(['fuzzymatching', 'emptyvaluematching', 'multiplevaluematching'])(
    'QD-09 QD-10 QD-11 has %s, and says nothing of it',
    async (name) => {
      for (const value of ['true', 'false']) {
        expect(await warningOf(`/studies?${name}=${value}`)).toBeNull();
        expect(await search(`/studies?${name}=${value}`)).toEqual(await search('/studies'));
      }
    },
  );

  it.each([
    'annchen',
    'ännchen müller',
    'ANN^MUL',
    'm',
    'Müller, Ä',
    '太郎',
    '太郎=',
    'やま',
    'müller=山=たろう',
    '*ller*',
  ])('QD-09 MA-02 finds by %s, fuzzily, the name that it means', async (name) => {
    const query = `PatientName=${encodeURIComponent(name)}`;
    expect(await isRichFound(`${query}&fuzzymatching=true`)).toBe(name !== '太郎=');
    const isLiteral = name === '*ller*';
    expect(await isRichFound(query)).toBe(isLiteral);
    expect(await isRichFound(`${query}&fuzzymatching=false`)).toBe(isLiteral);
  });

  it.each(['ller', 'annchen smith', 'müller 太郎', '%', '_'])('QD-09 does not find by %s', async (name) => {
    expect(await studies(`PatientName=${encodeURIComponent(name)}&fuzzymatching=true`)).toEqual([]);
  });

  it('QD-09 is for names alone', async () => {
    expect(await studies('PatientID=nccid-aa1&fuzzymatching=true')).toEqual([]);
    expect(await isRichFound('ReferringPhysicianName=red&fuzzymatching=true')).toBe(true);
  });

  it.each(['AccessionNumber', 'PatientName', 'StudyDate', 'StudyTime', 'ReferringPhysicianName', 'StudyID'])(
    'QD-10 finds studies without %s',
    async (keyword) => {
      const query = `${keyword}=%22%22&emptyvaluematching=true`;
      expect(await studies(query)).toContain(bare.studyInstanceUID);
      expect(await isRichFound(query)).toBe(false);
    },
  );

  it('QD-10 finds what has no value in a sequence, and what has no such sequence', async () => {
    const q = (key: string): string => `/series?RequestAttributesSequence.${key}=%22%22&emptyvaluematching=true`;
    const uids = async (target: string) => (await search(target)).map((answer) => firstValue(answer, '0020000E'));
    expect(await uids(q('RequestedProcedureID'))).toEqual(
      expect.arrayContaining([bare.seriesInstanceUID, richCT.seriesInstanceUID]),
    );
    expect(await uids(q('RequestedProcedureID'))).not.toContain(rich.seriesInstanceUID);
    expect(await uids(`${q('RequestedProcedureID')}&00400275.00400009=S1`)).toEqual([]);
  });

  it('QD-10 knows no study without any Modality', async () => {
    expect(await studies('ModalitiesInStudy=%22%22&emptyvaluematching=true')).toEqual([]);
    const without = makeInstance({ study: 'without', attributes: { Modality: undefined, StudyDate: '19000102' } });
    await archive.add(without);
    expect(await studies('ModalitiesInStudy=%22%22&emptyvaluematching=true')).toEqual([without.studyInstanceUID]);
  });

  it('QD-10 takes "" for itself when it is not asked for', async () => {
    expect(await studies('AccessionNumber=%22%22')).toEqual([]);
    expect(await status('/studies?StudyDate=%22%22')).toBe(400);
  });

  it('QD-11 finds studies that have all of several modalities, in any order', async () => {
    const q = (list: string): string => `ModalitiesInStudy=${list}&multiplevaluematching=true`;
    expect(await studies(q('CT%5CMR'))).toEqual([rich.studyInstanceUID]);
    expect(await studies(q('MR%5CCT'))).toEqual([rich.studyInstanceUID]);
    expect(await studies(q('MR%5CDX'))).toEqual([]);
    expect(await studies(q('MR%5CSEG'))).toEqual([]);
    expect(await isRichFound(q('MR'))).toBe(true);
    expect(await status(`/studies?${q('M*%5CCT')}`)).toBe(400);
  });
});

describe('what viewers send', () => {
  it('answers the study list of OHIF', async () => {
    const query =
      'PatientName=*m%C3%BCller*&00100020=*Aa1*&ModalitiesInStudy=CT%2CMR&limit=101&offset=0&fuzzymatching=false' +
      `&includefield=00081030%2C00080060%2C00080090%2C00100030&StudyDate=20200101-20201231&StudyInstanceUID=${rich.studyInstanceUID}%5C1.3`;
    const response = await archive.get(`/studies?${query}`);
    expect(response.headers.get('warning')).toBeNull();
    const [answer] = await found(response);
    expect(answer && firstValue(answer, '00081030')).toBe('Chest 50% & A_B');
  });

  it('answers its series list', async () => {
    const answers = await search(`${S}/series?includefield=0008103E,00080021`);
    expect(answers.map((answer) => firstValue(answer, '00080021'))).toEqual(['20200302', undefined]);
  });
});
