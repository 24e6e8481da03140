/** A licence is a lens: what lies outside of it is, for whoever holds it, as what never was. Threats T12 to T26 */
import { Agent } from 'node:http';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { revokeToken } from '../../src/access/tokens.js';
import { QUERYABLE_ATTRIBUTES } from '../../src/dicom/queryable-attributes.js';
import { ROUTES } from '../../src/dicomweb/routes.js';
import { resumeLicence, suspendLicence } from '../../src/governance/licences.js';
import { type RunningArchive, startArchive } from '../support/running-archive.js';
import { everyElement, firstValue, found, items, type JSONDataSet, json } from './dicom-json.js';
import { type InstanceOptions, type MadeInstance, makeInstance, uidOf } from './instances.js';
import { partsOf } from './parts.js';
import { withUIDs } from './uri-service.js';
import { ask, type WireAnswer } from './wire.js';

const SEARCHES = 2_000;
const SEARCHES_AT_ONCE = 8;

interface Sent {
  readonly site: 'Site A' | 'Site B' | 'Site C';
  readonly modality: string;
  readonly made: MadeInstance;
}

const sent = (site: Sent['site'], modality: string, options: Omit<InstanceOptions, 'modality'>): Sent => ({
  site,
  modality,
  made: makeInstance({ ...options, modality }),
});

/** Site A: training. Site B: validation. Site C: training. One study of A holds CT, DX and a report. */
const everything: readonly Sent[] = [
  sent('Site A', 'CT', { study: 'mixed', series: 'mixed/ct', instance: 'mixed/ct/1' }),
  sent('Site A', 'CT', { study: 'mixed', series: 'mixed/ct', instance: 'mixed/ct/2' }),
  sent('Site A', 'DX', { study: 'mixed', series: 'mixed/dx', instance: 'mixed/dx/1' }),
  sent('Site A', 'SR', { study: 'mixed', series: 'mixed/sr' }),
  sent('Site A', 'CT', { study: 'a ct' }),
  sent('Site A', 'DX', { study: 'a dx' }),
  sent('Site A', 'CR', { study: 'a cr', attributes: { PatientID: 'PATIENT-a dx', StudyDate: '20200501' } }),
  sent('Site B', 'CT', { study: 'b ct' }),
  sent('Site B', 'DX', { study: 'b dx' }),
  sent('Site C', 'CT', { study: 'c ct' }),
  sent('Site C', 'DX', { study: 'c dx', attributes: { PatientName: 'OTHER^NAME' } }),
];

const isXray = ({ modality }: Sent): boolean => modality === 'DX' || modality === 'CR';
/** X-rays of site A's training patients. */
const isOfXrayLicence = (one: Sent): boolean => isXray(one) && one.site === 'Site A';
/** CT of everybody. */
const isOfCTLicence = ({ modality }: Sent): boolean => modality === 'CT';

const pick = (study: string, series: string): MadeInstance => {
  const one = everything.find(({ made }) =>
    made.path.startsWith(`/studies/${uidOf(`study ${study}`)}/series/${uidOf(`series ${series}`)}`),
  );
  if (one === undefined) throw new Error('The instance is there.');
  return one.made;
};
const own = pick('mixed', 'mixed/dx');
const hiddenBeside = pick('mixed', 'mixed/ct');
const foreign = pick('a ct', 'a ct/1');

let archive: RunningArchive;
let references: { readonly xray: string; readonly ct: string };
let tokens: Readonly<Record<'xray' | 'ct' | 'curator' | Sent['site'], string>>;

beforeAll(async () => {
  archive = await startArchive();
  await archive.addSite('Site A', 'training');
  await archive.addSite('Site B', 'validation');
  await archive.addSite('Site C', 'training');
  const xray = await archive.addLicence({ project: 'X-rays of A', kinds: ['xray'], sites: ['Site A'] });
  const ct = await archive.addLicence({ project: 'All CT', kinds: ['ct'], splits: ['training', 'validation'] });
  references = { xray, ct };
  const reader = (reference: string) => archive.token({ kind: 'licence', reference, person: 'reader@example.org' });
  const ofSite = (site: string) => archive.token({ kind: 'site', site });
  tokens = {
    xray: await reader(xray),
    ct: await reader(ct),
    curator: await archive.token({ kind: 'curator' }),
    'Site A': await ofSite('Site A'),
    'Site B': await ofSite('Site B'),
    'Site C': await ofSite('Site C'),
  };
  for (const site of ['Site A', 'Site B', 'Site C'] as const) {
    const files = everything.filter((one) => one.site === site).map(({ made }) => made.file);
    const response = await archive.store(tokens[site], files);
    if (response.status !== 200) throw new Error(await response.text());
  }
});
afterAll(() => archive.close());

const request = (
  token: string,
  target: string,
  headers: Readonly<Record<string, string>> = {},
  method = 'GET',
  agent?: Agent,
): Promise<WireAnswer> =>
  ask(archive.url, `/dicom-web${target}`, {
    method,
    // One name for all requests: what else there is of it would tell any two of them apart.
    headers: { Authorization: `Bearer ${token}`, 'X-Request-Id': 'one', ...headers },
    ...(agent && { agent }),
  });

/** All that a client could tell two answers apart by. */
const told = ({ status, rawHeaders, body }: WireAnswer) => ({
  status,
  headers: rawHeaders.filter(([name]) => name !== 'Date'),
  body: body.toString('latin1'),
});

const search = async (token: string, target: string): Promise<readonly JSONDataSet[]> =>
  found(await archive.fetch(token, target));

const uidsOf = (sentOnes: readonly Sent[]) => new Set(sentOnes.map(({ made }) => made.sopInstanceUID));

interface UIDs {
  readonly study: string;
  readonly series: string;
  readonly instance: string;
}

const uids = (study: MadeInstance, series = study, instance = series): UIDs => ({
  study: study.studyInstanceUID,
  series: series.seriesInstanceUID,
  instance: instance.sopInstanceUID,
});

const NOWHERE: UIDs = { study: uidOf('no study'), series: uidOf('no series'), instance: uidOf('no instance') };
/** Every mixture of what the holder of the X-ray licence may see with what he may not; the study alone is his. */
const HIDDEN: readonly (readonly [name: string, uids: UIDs, from: 'study' | 'series' | 'instance'])[] = [
  ['a foreign study', uids(foreign), 'study'],
  ['a study of another site', uids(pick('c dx', 'c dx/1')), 'study'],
  ['a study of the other split', uids(pick('b dx', 'b dx/1')), 'study'],
  ['a foreign study with his own series', uids(foreign, own), 'study'],
  ['his study with the series that he may not see', uids(own, hiddenBeside), 'series'],
  ['his study with a series of another', uids(own, foreign), 'series'],
  ['his study with an absent series', { ...uids(own), series: NOWHERE.series, instance: NOWHERE.instance }, 'series'],
  ['his series with a hidden instance', uids(own, own, hiddenBeside), 'instance'],
  ['his series with an instance of his other study', uids(own, own, pick('a dx', 'a dx/1')), 'instance'],
  ['his series with an absent instance', { ...uids(own), instance: NOWHERE.instance }, 'instance'],
];

const fill = (template: string, { study, series, instance }: UIDs): string =>
  template
    .replace('{study}', study)
    .replace('{series}', series)
    .replace('{instance}', instance)
    .replace('{frames}', '1')
    .replace('{bulkdata*}', '7FE00010');

const templates = [
  ...new Set(ROUTES.filter(({ permission }) => permission !== 'curate').map(({ template }) => withUIDs(template))),
].filter((template) => template.includes('{study}'));

/** Whether the template names the level from which on the UIDs are hidden. */
const names = (template: string, from: 'study' | 'series' | 'instance'): boolean => template.includes(`{${from}}`);

const CONDITIONS: readonly Readonly<Record<string, string>>[] = [
  {},
  { Range: 'bytes=0-9' },
  { 'If-None-Match': '*' },
  { 'If-Match': '"x"' },
  { 'If-Modified-Since': 'Sat, 01 Jan 2000 00:00:00 GMT' },
  { 'If-Range': '"x"', Range: 'bytes=0-' },
  { Accept: 'application/octet-stream' },
  { Accept: 'text/csv' },
  { Accept: 'multipart/related; type="application/dicom"; transfer-syntax=*' },
  { 'Accept-Encoding': 'gzip' },
];

/** Of what never was there are none, which is a count too. */
const countedStatus = (template: string): readonly number[] => (template.endsWith('/count') ? [200] : []);

describe('what a licence hides', () => {
  const cases = HIDDEN.flatMap(([name, hidden, from]) =>
    templates.filter((template) => names(template, from)).map((template) => ({ name, hidden, template })),
  );

  it.each(cases)('T13 T14 T20 T21 T22 ST-03 is as what never was: $name at $template', async ({ hidden, template }) => {
    for (const method of ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS']) {
      for (const headers of method === 'GET' ? CONDITIONS : [{}]) {
        const [answer, absent] = await Promise.all(
          [hidden, NOWHERE].map((which) => request(tokens.xray, fill(template, which), headers, method)),
        );
        expect(answer && told(answer)).toEqual(absent && told(absent));
        const allowed = method === 'GET' ? [204, 404, 406] : method === 'OPTIONS' ? [200] : [204, 403, 404, 405];
        expect([...allowed, ...countedStatus(template)]).toContain(answer?.status);
      }
    }
  });

  it.each(
    [
      ['a slash at the end', (path: string) => `${path}/`],
      ['two slashes', (path: string) => path.replace('/studies', '//studies')],
      ['a dot', (path: string) => path.replace('/studies/', '/studies/./')],
      ['two dots', (path: string) => `${path}/../`],
      ['an encoded dot', (path: string) => path.replace('2.25', '2%2E25')],
      ['an encoded letter', (path: string) => path.replace('studies', '%73tudies')],
      ['capitals', (path: string) => path.replace('studies', 'STUDIES')],
      ['a parameter of the path', (path: string) => `${path};x=1`],
      ['a query', (path: string) => `${path}?x=1&accept=application/dicom`],
      ['a NUL', (path: string) => `${path}%00`],
      ['a zero', (path: string) => path.replace('2.25', '02.25')],
    ].map(([name, twin]) => ({ name, twin })),
  )('T12 is hidden from a path with $name, too', async ({ twin }) => {
    if (typeof twin !== 'function') throw new Error('A twin is made by a function.');
    for (const template of templates) {
      const [answer, absent] = await Promise.all(
        [uids(foreign), NOWHERE].map((which) => request(tokens.xray, twin(fill(template, which)))),
      );
      expect(answer && told(answer)).toEqual(absent && told(absent));
      expect([204, 400, 404, 405, ...countedStatus(template)]).toContain(answer?.status);
    }
  });

  it.each(['StudyInstanceUID', 'SeriesInstanceUID', 'SOPInstanceUID'])(
    'T16 is as what never was to a search by %s',
    async (keyword) => {
      const value = (which: UIDs): string =>
        keyword === 'StudyInstanceUID' ? which.study : keyword === 'SeriesInstanceUID' ? which.series : which.instance;
      for (const suffix of ['', '&limit=1', '&includefield=all']) {
        const [answer, absent] = await Promise.all(
          [uids(foreign), NOWHERE].map((which) =>
            request(tokens.xray, `/instances?${keyword}=${value(which)}${suffix}`),
          ),
        );
        expect(answer && told(answer)).toEqual(absent && told(absent));
        expect(answer?.status).toBe(204);
      }
    },
  );

  it('T20 RB-09 gives no URI that the holder of another licence could follow', async () => {
    const metadata = await json<JSONDataSet[]>(
      await archive.fetch(tokens.curator, `/studies/${own.studyInstanceUID}/metadata`),
    );
    const answers = (
      await Promise.all(['/studies', '/series', '/instances'].map((at) => search(tokens.curator, at)))
    ).flat();
    const links = [
      ...metadata.flatMap(everyElement).flatMap(([, { BulkDataURI = [] }]) => BulkDataURI),
      ...answers.map((answer) => firstValue(answer, '00081190') ?? ''),
    ];
    const ofXray = everything.filter(isOfXrayLicence).map(({ made }) => archive.base + made.path);
    let hidden = 0;
    for (const link of links) {
      const isSeen = ofXray.some((url) => url === link || url.startsWith(`${link}/`) || link.startsWith(`${url}/`));
      const response = await archive.fetch(tokens.xray, link.slice(archive.base.length));
      await response.arrayBuffer();
      expect([link, response.status]).toEqual([link, isSeen ? 200 : 404]);
      hidden += isSeen ? 0 : 1;
    }
    expect(hidden).toBeGreaterThan(15);
  });
});

describe('what a licence shows', () => {
  it.each([
    ['xray', isOfXrayLicence],
    ['ct', isOfCTLicence],
  ] as const)('T16 finds and gives what the licence %s covers, all of it', async (name, isCovered) => {
    const covered = everything.filter(isCovered);
    const answers = await search(tokens[name], '/instances');
    expect(new Set(answers.map((answer) => firstValue(answer, '00080018')))).toEqual(uidsOf(covered));
    for (const { made } of covered) {
      const response = await archive.fetch(tokens[name], `${made.path}/frames/1`);
      expect((await partsOf(response)).parts).toHaveLength(1);
    }
  });

  it('T15 T17 RI-10 counts, lists and gives of a study of several kinds only what it covers', async () => {
    const study = `/studies/${own.studyInstanceUID}`;
    for (const [token, series, instances, modality] of [
      [tokens.xray, 1, 1, ['DX']],
      [tokens.ct, 1, 2, ['CT']],
      [tokens.curator, 3, 4, ['CT', 'DX', 'SR']],
    ] as const) {
      const [answer] = await search(token, `/studies?StudyInstanceUID=${own.studyInstanceUID}`);
      expect(['00201206', '00201208', '00080061'].map((tag) => answer?.[tag]?.Value)).toEqual([
        [series],
        [instances],
        modality,
      ]);
      expect(await search(token, `${study}/series`)).toHaveLength(series);
      expect(await search(token, `${study}/instances`)).toHaveLength(instances);
      expect(await json<unknown[]>(await archive.fetch(token, `${study}/metadata`))).toHaveLength(instances);
      const files = await archive.fetch(token, study, {
        headers: { Accept: 'multipart/related; type="application/dicom"; transfer-syntax=*' },
      });
      expect((await partsOf(files)).parts).toHaveLength(instances);
    }
  });

  it('T17 finds no study by a modality in it that it does not cover', async () => {
    for (const modality of ['CT', 'SR', 'C*', '?R']) {
      const answers = await search(tokens.xray, `/studies?ModalitiesInStudy=${encodeURIComponent(modality)}`);
      expect(answers.map((answer) => firstValue(answer, '0020000D'))).not.toContain(own.studyInstanceUID);
    }
  });

  it('T17 T19 says of what is left only what it covers', async () => {
    const response = await archive.fetch(tokens.xray, '/studies?limit=1');
    expect(response.headers.get('warning')).toBe(
      `299 ${archive.base}: There are 2 additional results that can be requested`,
    );
    expect(await search(tokens.xray, '/studies?limit=1&offset=3')).toEqual([]);
    expect(await search(tokens.xray, '/studies?limit=10&offset=2')).toHaveLength(1);
  });

  it('T18 answers nothing but the attributes that a search is for', async () => {
    const known = new Set(QUERYABLE_ATTRIBUTES.map(({ tag }) => tag.toString(16).toUpperCase().padStart(8, '0')));
    for (const target of ['/studies', '/series', '/instances']) {
      const text = await (await archive.fetch(tokens.xray, `${target}?includefield=all&includefield=00120062`)).text();
      const answers: readonly JSONDataSet[] = JSON.parse(text);
      for (const answer of answers) for (const tag of Object.keys(answer)) expect(known).toContain(tag);
      for (const inside of ['Site A', 'training', archive.folder]) expect(text).not.toContain(inside);
    }
  });

  it('T25 T24 mixes nothing up on one connection, and lets no cache share an answer', async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const alone: Record<string, unknown> = {};
    for (const name of ['xray', 'ct', 'curator'] as const)
      alone[name] = (await request(tokens[name], '/series')).body.toString();
    for (let i = 0; i < 30; i++) {
      const name = (['xray', 'ct', 'curator'] as const)[i % 3] ?? 'xray';
      const answer = await request(tokens[name], '/series', {}, 'GET', agent);
      expect(answer.body.toString()).toBe(alone[name]);
      expect(answer.headers['cache-control']).toBe('private, no-cache');
      expect(answer.headers['vary']).toContain('Authorization');
    }
    agent.destroy();
  });
});

describe('random searches', () => {
  const keyword = fc.constantFrom(
    ...QUERYABLE_ATTRIBUTES.filter(({ isMatched, vr }) => isMatched && vr !== 'SQ').map((one) => one.keyword),
  );
  const value = fc.oneof(
    fc.constantFrom(
      '*',
      '',
      '?*',
      'P*',
      '*a*',
      'PATIENT-*',
      'CT',
      'DX',
      'CT,DX',
      'CT\\DX',
      '""',
      '20200401',
      '20200101-',
      '-20301231',
      '1',
    ),
    fc.constantFrom(...everything).map(({ made }) => made.studyInstanceUID),
    fc.constantFrom(...everything).map(({ made }) => made.seriesInstanceUID),
    fc.constantFrom(...everything).map(({ made }) => `${made.sopInstanceUID},${foreign.sopInstanceUID}`),
    fc.string({ maxLength: 6 }),
  );
  const parameter = fc.oneof(
    { weight: 4, arbitrary: fc.tuple(keyword, value) },
    fc.constantFrom(
      ['limit', '1'],
      ['limit', '100'],
      ['offset', '1'],
      ['fuzzymatching', 'true'],
      ['emptyvaluematching', 'true'],
      ['multiplevaluematching', 'true'],
      ['includefield', 'all'],
    ),
  );
  const path = fc.oneof(
    fc.constantFrom('/studies', '/series', '/instances'),
    fc.constantFrom(...everything).map(({ made }) => `/studies/${made.studyInstanceUID}/series`),
    fc.constantFrom(...everything).map(({ made }) => `/studies/${made.studyInstanceUID}/instances`),
    fc
      .constantFrom(...everything)
      .map(({ made }) => `/studies/${made.studyInstanceUID}/series/${made.seriesInstanceUID}/instances`),
  );
  const target = fc
    .tuple(path, fc.uniqueArray(parameter, { maxLength: 3, selector: ([name]) => name }))
    .map(([at, pairs]) => `${at}?${pairs.map((pair) => pair.map(encodeURIComponent).join('=')).join('&')}`);

  it('T16 T19 never find what the licence does not cover, and never fail', async () => {
    const covered = everything.filter(isOfXrayLicence);
    const seen: Readonly<Record<string, ReadonlySet<string>>> = {
      '0020000D': new Set(covered.map(({ made }) => made.studyInstanceUID)),
      '0020000E': new Set(covered.map(({ made }) => made.seriesInstanceUID)),
      '00080018': uidsOf(covered),
    };
    const targets = fc.sample(target, { numRuns: SEARCHES, seed: 16 });
    /** The count of the same search is that of the answers before, on and after the page. */
    const expectCounted = async (one: string, onPage: number, warning: string | null): Promise<void> => {
      const counted = await archive.fetch(tokens.xray, one.replace('?', '/count?'));
      const before = Number(/[?&]offset=(\d+)/.exec(one)?.[1] ?? 0);
      const after = Number(/There are (\d+) additional/.exec(warning ?? '')?.[1] ?? 0);
      expect([one, await json(counted)]).toEqual([one, { count: before + onPage + after }]);
    };
    let hits = 0;
    const run = async (one: string): Promise<void> => {
      const response = await archive.fetch(tokens.xray, one);
      const text = await response.text();
      expect([one, [200, 204, 400].includes(response.status)]).toEqual([one, true]);
      if (response.status !== 200) return;
      hits += 1;
      const answers: readonly JSONDataSet[] = JSON.parse(text);
      if (hits % 4 === 0) await expectCounted(one, answers.length, response.headers.get('warning'));
      for (const answer of answers) {
        for (const [tag, uidsSeen] of Object.entries(seen)) {
          const uid = firstValue(answer, tag);
          expect([one, uid === undefined || uidsSeen.has(uid)]).toEqual([one, true]);
        }
      }
    };
    for (let at = 0; at < targets.length; at += SEARCHES_AT_ONCE) {
      await Promise.all(targets.slice(at, at + SEARCHES_AT_ONCE).map(run));
    }
    expect(hits).toBeGreaterThan(SEARCHES / 20);
  }, 60_000);
});

describe('changes', () => {
  it('T8 acts on the next request: suspension, resumption', async () => {
    const status = async (): Promise<number> => (await request(tokens.ct, '/studies')).status;
    expect(await status()).toBe(200);
    await suspendLicence(archive.database, references.ct);
    const refused = await request(tokens.ct, '/studies');
    expect([refused.status, refused.headers['www-authenticate']?.startsWith('Bearer ')]).toEqual([401, true]);
    await resumeLicence(archive.database, references.ct);
    expect(await status()).toBe(200);
  });

  it('T8 acts on the next request: revocation of a token', async () => {
    const token = await archive.token({ kind: 'licence', reference: references.ct, person: 'other@example.org' });
    expect((await request(token, '/studies')).status).toBe(200);
    const { jti }: { jti: string } = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());
    await revokeToken(archive.database, jti, Date.now());
    expect((await request(token, '/studies')).status).toBe(401);
  });
});

describe('sites', () => {
  it('search only what they have sent', async () => {
    for (const site of ['Site A', 'Site B', 'Site C'] as const) {
      const answers = await search(tokens[site], '/instances');
      expect(new Set(answers.map((answer) => firstValue(answer, '00080018')))).toEqual(
        uidsOf(everything.filter((one) => one.site === site)),
      );
    }
  });

  it.each(ROUTES.filter(({ permission }) => permission === 'dicomweb.retrieve').map(({ template }) => template))(
    'B35 may not retrieve, be it their own, of others, or nothing: %s',
    async (template) => {
      const answers = await Promise.all(
        [uids(own), uids(pick('b ct', 'b ct/1')), NOWHERE].map((which) =>
          request(tokens['Site A'], fill(template, which)),
        ),
      );
      expect(new Set(answers.map((answer) => JSON.stringify(told(answer)))).size).toBe(1);
      expect([answers[0]?.status, answers[0]?.headers['www-authenticate']]).toEqual([
        403,
        'Bearer realm="nccid", error="insufficient_scope", scope="dicomweb.retrieve"',
      ]);
    },
  );

  it('T26 hear of a UID that is another site’s what they hear of one that is misplaced among their own', async () => {
    const failure = async (file: Uint8Array): Promise<unknown> => {
      const response = await archive.store(tokens['Site C'], [file]);
      const [item] = items(await json<JSONDataSet>(response), '00081198');
      return [response.status, { ...item, '00081155': undefined }];
    };
    const same = await failure(own.file);
    const other = await failure(
      makeInstance({
        study: 'mixed',
        series: 'mixed/dx',
        instance: 'mixed/dx/1',
        modality: 'DX',
        attributes: { Rows: 4, Columns: 3 },
      }).file,
    );
    const misplaced = await failure(
      makeInstance({ study: 'c dx', series: 'c dx/2', instance: 'c dx/1/1', modality: 'DX' }).file,
    );
    expect(same).toEqual(misplaced);
    expect(other).toEqual(misplaced);
  });
});
