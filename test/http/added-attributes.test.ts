/** Attributes that curators add to those that are searched and answered. */
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { addQueryAttribute } from '../../src/archive/query-attributes/definitions.js';
import { defineAttribute } from '../../src/archive/query-attributes/query-attribute.js';
import { type CuratedArchive, startCuratedArchive } from './curated.js';
import { firstValue, found, items, type JSONDataSet, json } from './dicom-json.js';
import { dataSetOfKeywords, element, type InstanceOptions, makeInstance } from './instances.js';

const text = (value: string): Buffer => Buffer.from(value.length % 2 === 0 ? value : `${value} `);

/** A private attribute xx02 of AcmeCompany in that block. */
const acme = (block: number, value: string, vr: 'LO' | 'UN' = 'LO'): InstanceOptions['elements'] => [
  element(0x00230000 + block, text('AcmeCompany'), 'LO'),
  element(0x00230002 + block * 0x100, text(value), vr),
];

const old = makeInstance({
  study: 'old',
  series: 'old/ct',
  attributes: {
    KVP: '120',
    ImageType: ['ORIGINAL', 'PRIMARY', 'AXIAL'],
    AcquisitionDateTime: '20200301101500.5+0100',
    OperatorsName: 'Jones^Änne=王^小東\\Smith^Bob',
    AnatomicRegionSequence: [
      dataSetOfKeywords({ CodeValue: 'T-D3000', CodingSchemeDesignator: 'SRT' }),
      dataSetOfKeywords({ CodeValue: 'T-28000', CodingSchemeDesignator: 'SCT' }),
    ],
  },
  elements: acme(0x10, 'alpha') ?? [],
});
const oldXray = makeInstance({
  study: 'old',
  series: 'old/dx',
  modality: 'DX',
  attributes: { KVP: '80.0', BodyPartExamined: 'CHEST' },
  elements: [
    element(0x00230010, text('Other'), 'LO'),
    element(0x00231002, text('not alpha'), 'LO'),
    ...(acme(0x11, 'beta', 'UN') ?? []),
  ],
});
const bare = makeInstance({ study: 'bare', attributes: { AcquisitionDateTime: '20200302', KVP: 'many' } });

let archive: CuratedArchive;
let xrayToken: string;

beforeAll(async () => {
  archive = await startCuratedArchive();
  await archive.add(old);
  await archive.add(oldXray);
  await archive.add(bare);
  const reference = await archive.addLicence({ project: 'X', kinds: ['xray'], splits: ['training'] });
  xrayToken = await archive.token({ kind: 'licence', reference, person: 'ada@example.org' });
});
afterAll(() => archive.close());

interface Shown {
  readonly id: number;
  readonly attribute: string;
  readonly status: string;
  readonly done: number;
  readonly total?: number;
}

const send = (method: string, path: string, body?: unknown, token = archive.curatorToken): Promise<Response> =>
  archive.fetch(token, path, {
    method,
    ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { 'Content-Type': 'application/json' } }),
  });

/** Add an attribute, and wait until all that is stored is indexed by it. */
async function add(written: Readonly<Record<string, string>>): Promise<Shown> {
  const response = await send('POST', '/attributes', written);
  expect(response.status).toBe(201);
  const location = response.headers.get('location') ?? '';
  expect(location.startsWith(`${archive.base}/attributes/`)).toBe(true);
  for (let i = 0; i < 400; i++) {
    const shown = await json<Shown>(await archive.get(location.slice(archive.base.length)));
    if (shown.status === 'ready') return shown;
    await pause(100);
  }
  throw new Error('It is not indexed.');
}

const search = async (target: string): Promise<readonly JSONDataSet[]> => found(await archive.get(target));
const studies = async (query: string): Promise<readonly (string | undefined)[]> =>
  (await search(`/studies?${query}`)).map((answer) => firstValue(answer, '0020000D'));
const series = async (query: string): Promise<readonly (string | undefined)[]> =>
  (await search(`/series?${query}`)).map((answer) => firstValue(answer, '0020000E'));

describe('an attribute that is added', () => {
  it('is ignored with a Warning before, and found with all that was stored after', async () => {
    const before = await archive.get('/series?KVP=120');
    expect(before.headers.get('warning')).toContain('have been ignored: KVP');
    const shown = await add({ attribute: 'KVP', level: 'series' });
    expect(shown).toMatchObject({ attribute: 'KVP', tag: '00180060', vr: 'DS', level: 'series', done: 3, total: 3 });
    const after = await archive.get('/series?KVP=120');
    expect(after.headers.get('warning')).toBeNull();
    const [answer] = await found(after);
    expect(answer?.['00180060']).toEqual({ vr: 'DS', Value: [120] });
    expect(await series('00180060=120')).toEqual([old.seriesInstanceUID]);
  });

  it('MA-16 is compared as its VR is', async () => {
    expect(await series('KVP=80')).toEqual([oldXray.seriesInstanceUID]);
    expect(await series('KVP=120.00')).toEqual([old.seriesInstanceUID]);
    expect((await archive.get('/series?KVP=high')).status).toBe(400);
  });

  it('QR-05 QR-06 is returned when it is asked for, by name or among all', async () => {
    for (const query of ['includefield=KVP', 'includefield=00180060,StudyDescription', 'includefield=all', 'KVP=']) {
      const answers = await search(`/studies/${old.studyInstanceUID}/series?${query}`);
      expect(answers.map((answer) => answer['00180060'])).toEqual([
        { vr: 'DS', Value: [120] },
        { vr: 'DS', Value: [80] },
      ]);
    }
    const [plain] = await search(`/studies/${old.studyInstanceUID}/series`);
    expect(Object.keys(plain ?? {})).not.toContain('00180060');
  });

  it('QR-07 is returned without a value where there is none', async () => {
    const [answer] = await search(`/studies/${bare.studyInstanceUID}/series?includefield=KVP`);
    expect(answer?.['00180060']?.vr).toBe('DS');
  });

  it('QD-10 is found where it has no value', async () => {
    expect(await series('KVP=%22%22&emptyvaluematching=true')).toEqual([bare.seriesInstanceUID]);
  });

  it('QR-05 is not returned with a higher level', async () => {
    const response = await archive.get('/studies?includefield=KVP');
    expect(Object.keys((await found(response))[0] ?? {})).not.toContain('00180060');
  });

  it('finds what is stored after it was added, and what is stored of a series that was there', async () => {
    const later = makeInstance({ study: 'later', attributes: { KVP: '100' } });
    await archive.add(later);
    expect(await series('KVP=100')).toEqual([later.seriesInstanceUID]);
    await archive.add(makeInstance({ study: 'later', instance: 'later/2', attributes: { KVP: '140' } }));
    expect(await series('KVP=140')).toEqual([]);
    expect(await series('KVP=100')).toEqual([later.seriesInstanceUID]);
  });

  it('is counted, and stands in tables', async () => {
    expect(await json(await archive.get('/series/count?KVP=120'))).toEqual({ count: 1 });
    const table = await (await archive.get('/series?KVP=120', { Accept: 'text/csv' })).text();
    expect(table.split('\r\n')[0]?.split(',')).toContain('KVP');
    expect(table).toContain('120');
  });
});

describe('of a level', () => {
  it('MA-14 QD-11 finds any of several values, or all of them', async () => {
    await add({ attribute: 'ImageType', level: 'instance' });
    const instances = async (query: string) => (await search(`/instances?${query}`)).length;
    expect(await instances('ImageType=AXIAL')).toBe(1);
    expect(await instances('ImageType=AX*')).toBe(1);
    expect(await instances('ImageType=AXIAL%5CORIGINAL&multiplevaluematching=true')).toBe(1);
    expect(await instances('ImageType=AXIAL%5CDERIVED&multiplevaluematching=true')).toBe(0);
    const sixteen = Array.from({ length: 16 }, (_, i) => `V${i}`).join('%5C');
    expect(await instances(`ImageType=${sixteen}&multiplevaluematching=true`)).toBe(0);
    const more = await archive.get(`/instances?ImageType=${sixteen}%5CV16&multiplevaluematching=true`);
    expect(more.status).toBe(400);
    expect(await instances('ImageType=AXIAL%5CDERIVED')).toBe(1);
    const [answer] = await search(`${old.path.replace(/\/[^/]*$/, '')}?includefield=ImageType`);
    expect(answer?.['00080008']).toEqual({ vr: 'CS', Value: ['ORIGINAL', 'PRIMARY', 'AXIAL'] });
  });

  it('MA-11 compares instants, whatever offset from UTC they name', async () => {
    await add({ attribute: 'AcquisitionDateTime', level: 'instance' });
    const at = async (key: string, more = ''): Promise<readonly (string | undefined)[]> =>
      (await search(`/instances?AcquisitionDateTime=${encodeURIComponent(key)}${more}`)).map((answer) =>
        firstValue(answer, '00080018'),
      );
    expect(await at('20200301091500.5')).toEqual([old.sopInstanceUID]);
    expect(await at('20200301101500.5+0100')).toEqual([old.sopInstanceUID]);
    expect(await at('20200301101500.5')).toEqual([]);
    expect(await at('20200301101500.5', '&00080201=%2B0100')).toEqual([old.sopInstanceUID]);
    expect(await at('202003010900+0000-202003010930+0000')).toEqual([old.sopInstanceUID]);
    expect(await at('202003010400-0500-202003010430-0500')).toEqual([old.sopInstanceUID]);
    expect(await at('20200302')).toEqual([bare.sopInstanceUID]);
    expect(await at('20200301-')).toEqual([old.sopInstanceUID, bare.sopInstanceUID]);
  });

  it('MA-02 MA-17 QD-09 finds names as names, fuzzily too', async () => {
    await add({ attribute: 'OperatorsName', level: 'study' });
    for (const name of ['jones^anne', '王*', 'jones*=王*', 'SMITH^BOB', '=王^小東']) {
      expect([name, await studies(`OperatorsName=${encodeURIComponent(name)}`)]).toEqual([
        name,
        [old.studyInstanceUID],
      ]);
    }
    for (const name of ['anne', '=jones*', 'jones*=李*', 'smith*=王*=x']) {
      expect([name, await studies(`OperatorsName=${encodeURIComponent(name)}`)]).toEqual([name, []]);
    }
    expect(await studies('OperatorsName=ann%20jon&fuzzymatching=true')).toEqual([old.studyInstanceUID]);
    expect(await studies('OperatorsName=ann%20smith&fuzzymatching=true')).toEqual([]);
  });

  it('QP-05 MA-12 MA-13 finds within one item of a sequence', async () => {
    await add({ attribute: 'AnatomicRegionSequence.CodeValue', level: 'series' });
    await add({ attribute: '00082218.00080102', level: 'series' });
    const q = (code: string, scheme: string): string =>
      `AnatomicRegionSequence.CodeValue=${code}&00082218.CodingSchemeDesignator=${scheme}`;
    expect(await series(q('T-D3000', 'SRT'))).toEqual([old.seriesInstanceUID]);
    expect(await series(q('T-28*', 'SCT'))).toEqual([old.seriesInstanceUID]);
    expect(await series(q('T-D3000', 'SCT'))).toEqual([]);
    const [answer] = await search(`/series?${q('T-D3000', 'SRT')}`);
    expect(answer && items(answer, '00082218').map((item) => firstValue(item, '00080100'))).toEqual([
      'T-D3000',
      'T-28000',
    ]);
  });
});

describe('a private attribute', () => {
  it('QD-14 is found by its Private Creator, in whatever block it is, and returned with it', async () => {
    expect((await archive.get('/series?00230010=AcmeCompany&00231002=alpha')).headers.get('warning')).toContain(
      'have been ignored: 00230010, 00231002',
    );
    await add({ attribute: '00231002', creator: 'AcmeCompany', level: 'series' });
    for (const block of ['10', '11', 'FE']) {
      const target = (value: string): string => `/series?0023${block}02=${value}&002300${block}=AcmeCompany`;
      const response = await archive.get(target('alpha'));
      expect(response.headers.get('warning')).toBeNull();
      const [answer, ...others] = await found(response);
      expect(others).toEqual([]);
      expect(answer).toMatchObject({
        [`002300${block}`]: { vr: 'LO', Value: ['AcmeCompany'] },
        [`0023${block}02`]: { vr: 'LO', Value: ['alpha'] },
        '0020000E': { vr: 'UI', Value: [old.seriesInstanceUID] },
      });
      expect((await search(target('beta'))).map((one) => firstValue(one, '0020000E'))).toEqual([
        oldXray.seriesInstanceUID,
      ]);
      expect(await search(target('not%20alpha'))).toEqual([]);
    }
  });

  it('QD-14 is returned as a field, and among all', async () => {
    const path = `/studies/${old.studyInstanceUID}/series`;
    const [asked] = await search(`${path}?00230010=AcmeCompany&includefield=00231002`);
    expect(asked).toMatchObject({
      '00230010': { vr: 'LO', Value: ['AcmeCompany'] },
      '00231002': { vr: 'LO', Value: ['alpha'] },
    });
    const [all] = await search(`${path}?includefield=all`);
    expect(all).toMatchObject({ '00230010': { Value: ['AcmeCompany'] }, '00231002': { Value: ['alpha'] } });
  });

  it('QD-14 is ignored without its Private Creator, or with another', async () => {
    for (const query of ['00231002=alpha', '00230010=Other&00231002=alpha', '00230011=AcmeCompany&00231002=alpha']) {
      const response = await archive.get(`/series?${query}`);
      expect([query, response.headers.get('warning')?.includes('00231002')]).toEqual([query, true]);
    }
  });
});

describe('an attribute that is being indexed', () => {
  it('MA-20 T16 says that not all can be found yet, and not how much there is', async () => {
    const definition = defineAttribute({ attribute: 'Exposure', level: 'series' });
    const { database } = archive;
    const { id } = await addQueryAttribute(database, definition, new Date());
    await database.write((tx) =>
      tx
        .updateTable('query_attribute_progress')
        .set({ done: 1, total: 4, finished_at: null, worked_by: 'another node', worked_until: '2100' })
        .where('attribute_id', '=', id)
        .execute(),
    );
    const warningOf = async (target: string) => (await archive.get(target)).headers.get('warning');
    expect(await warningOf('/series?Exposure=1')).toBe(
      `299 ${archive.base}: Exposure is being added to the index: not all that is stored can be found yet`,
    );
    expect(await warningOf('/series?includefield=Exposure')).toBeNull();
    expect(await json(await archive.get(`/attributes/${id}`))).toMatchObject({ status: 'indexing', done: 1, total: 4 });
    await send('DELETE', `/attributes/${id}`);
  });
});

describe('what a licence shows', () => {
  it('T16 finds studies by the series that it covers, and returns what those have', async () => {
    await add({ attribute: 'KVP', level: 'study' });
    await add({ attribute: 'BodyPartExamined', level: 'study' });
    const seen = async (query: string): Promise<readonly JSONDataSet[]> =>
      found(await archive.fetch(xrayToken, `/studies?${query}`));
    const uids = async (query: string) => (await seen(query)).map((answer) => firstValue(answer, '0020000D'));
    expect(await studies('KVP=120')).toEqual([old.studyInstanceUID]);
    // Where both levels are searched the lower one is meant.
    expect(await series('KVP=120')).toEqual([old.seriesInstanceUID]);
    expect(await uids('KVP=120')).toEqual([]);
    expect(await uids('KVP=80')).toEqual([old.studyInstanceUID]);
    expect(await uids('BodyPartExamined=CHEST')).toEqual([old.studyInstanceUID]);
    expect(await uids('KVP=%22%22&emptyvaluematching=true')).toEqual([]);
    const [whole] = await search(`/studies?StudyInstanceUID=${old.studyInstanceUID}&includefield=KVP`);
    expect(whole && firstValue(whole, '00180060')).toBe('120');
    const [part] = await seen('includefield=KVP');
    expect(part && firstValue(part, '00180060')).toBe('80');
    expect(await json(await archive.fetch(xrayToken, '/studies/count?KVP=120'))).toEqual({ count: 0 });
    const [all] = await seen('includefield=all');
    expect(all?.['00180060']).toEqual({ vr: 'DS', Value: [80] });
  });

  it('is for curators alone to say', async () => {
    for (const token of [xrayToken, archive.siteToken]) {
      for (const [method, path] of [
        ['GET', '/attributes'],
        ['POST', '/attributes'],
        ['GET', '/attributes/1'],
        ['DELETE', '/attributes/1'],
      ] as const) {
        const response = await send(
          method,
          path,
          method === 'POST' ? { attribute: 'KVP', level: 'series' } : undefined,
          token,
        );
        expect([method, path, response.status]).toEqual([method, path, 403]);
      }
    }
  });
});

describe('the list of attributes', () => {
  it('has each that was added, until it is removed', async () => {
    const { id } = await add({ attribute: 'SliceThickness', level: 'series' });
    const listed = async () => (await json<Shown[]>(await archive.get('/attributes'))).map((one) => one.attribute);
    expect(await listed()).toContain('SliceThickness');
    expect((await send('DELETE', `/attributes/${id}`)).status).toBe(204);
    expect(await listed()).not.toContain('SliceThickness');
    expect((await archive.get(`/attributes/${id}`)).status).toBe(404);
    expect((await send('DELETE', `/attributes/${id}`)).status).toBe(404);
    expect((await archive.get('/series?SliceThickness=1')).headers.get('warning')).toContain('SliceThickness');
  });

  it.each([
    [{ attribute: 'KVP', level: 'series' }, 409],
    [{ attribute: 'PatientID', level: 'study' }, 409],
    [{ attribute: 'KVP', level: 'patient' }, 400],
    [{ attribute: 'Nothing', level: 'study' }, 400],
    [{ attribute: 'PixelData', level: 'instance' }, 400],
    [{ attribute: 'AnatomicRegionSequence', level: 'series' }, 400],
    [{ attribute: 'RequestAttributesSequence.AccessionNumber', level: 'series' }, 400],
    [{ attribute: '00231002', level: 'series' }, 400],
    [{ attribute: '00231002', level: 'series', creator: 'x', vr: 'OB' }, 400],
    [{ attribute: 'KVP', level: 'instance', creator: 'x' }, 400],
    [{ attribute: 'KVP', level: 'instance', vr: 'LO' }, 400],
    [{ attribute: 'KVP', level: 'instance', name: 'x' }, 400],
    [{ attribute: 7, level: 'instance' }, 400],
    [['KVP'], 400],
    [{ attribute: 'x'.repeat(5_000), level: 'series' }, 413],
  ])('refuses %j with %i', async (written, status) => {
    expect((await send('POST', '/attributes', written)).status).toBe(status);
  });

  it('refuses what is no JSON', async () => {
    const headers = { 'Content-Type': 'application/json' };
    const broken = await archive.fetch(archive.curatorToken, '/attributes', { method: 'POST', body: '{', headers });
    expect(broken.status).toBe(400);
    const form = await archive.fetch(archive.curatorToken, '/attributes', { method: 'POST', body: 'attribute=KVP' });
    expect(form.status).toBe(415);
  });
});
