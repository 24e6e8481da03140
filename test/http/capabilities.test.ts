/** Retrieve Capabilities: the description says what there is, all of it, and nothing else. PS3.18 §8.9, Annexes G and H */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FRAME_MEDIA_TYPES } from '../../src/dicom/transfer-syntaxes.js';
import { ROUTES } from '../../src/dicomweb/routes.js';
import { type CuratedArchive, startCuratedArchive } from './curated.js';
import { bytesOf, codeStream, makeInstance } from './instances.js';
import { withUIDs } from './uri-service.js';
import { ask, type WireAnswer } from './wire.js';

const DICOM = 'application/dicom';
const WADL_TYPE = 'application/vnd.sun.wadl+xml';

interface Param {
  readonly '@name': string;
  readonly '@style': string;
  readonly '@default'?: string;
  readonly option?: readonly { readonly '@value': string }[];
}
interface Representations {
  readonly representation?: readonly { readonly '@mediaType': string }[];
}
interface Method {
  readonly '@name': string;
  readonly '@id': string;
  readonly request: Representations & { readonly param: readonly Param[] };
  readonly response: readonly (Representations & { readonly '@status': string })[];
}
interface Resource {
  readonly '@path': string;
  readonly param?: readonly Param[];
  readonly method?: readonly Method[];
  readonly resource?: readonly Resource[];
}
interface Description {
  readonly application: { readonly resources: { readonly '@base': string; readonly resource: readonly Resource[] } };
}

/** A transfer syntax for each media type that compressed frames are given as. */
const SYNTAX_OF: Readonly<Record<string, string>> = {
  'image/dicom-rle': '1.2.840.10008.1.2.5',
  'application/octet-stream': '1.2.840.10008.1.2.1.98',
  'image/jpeg': '1.2.840.10008.1.2.4.50',
  'image/jls': '1.2.840.10008.1.2.4.80',
  'image/jp2': '1.2.840.10008.1.2.4.90',
  'image/jpx': '1.2.840.10008.1.2.4.92',
  'video/mpeg': '1.2.840.10008.1.2.4.100',
  'video/mp4': '1.2.840.10008.1.2.4.102',
  'video/H265': '1.2.840.10008.1.2.4.107',
  'image/jxl': '1.2.840.10008.1.2.4.110',
  'image/jphc': '1.2.840.10008.1.2.4.201',
  'application/x-deflate': '1.2.840.10008.1.2.8.1',
};
const VALUES_OF_OPTIONS = new Map([
  ['limit', '1'],
  ['offset', '1'],
  ['fuzzymatching', 'true'],
  ['emptyvaluematching', 'true'],
  ['multiplevaluematching', 'true'],
]);
const TRANSACTION = '1.2.840.99.1';
/** Ids of attributes that are added; the second is to be removed. */
const attributes: number[] = [];
const DOCUMENTS = ['application/pdf', 'text/xml', 'model/stl', 'model/obj', 'model/mtl'];

const plain = makeInstance({ study: 'capabilities' });
const doomed = makeInstance({ study: 'capabilities, to be deleted' });
const compressed = FRAME_MEDIA_TYPES.map((mediaType) =>
  makeInstance({
    study: `capabilities ${mediaType}`,
    transferSyntaxUID: SYNTAX_OF[mediaType] ?? '',
    attributes: { PixelData: undefined, NumberOfFrames: '1' },
    fragments: [[codeStream(mediaType)]],
  }),
);
const documents = DOCUMENTS.map((mediaType) =>
  makeInstance({
    study: `capabilities ${mediaType}`,
    modality: 'DOC',
    attributes: { MIMETypeOfEncapsulatedDocument: mediaType, EncapsulatedDocument: bytesOf(mediaType, 2_000) },
  }),
);
const report = makeInstance({ study: 'capabilities report', modality: 'SR' });
const stored = [plain, ...compressed, ...documents, report];

let archive: CuratedArchive;
beforeAll(async () => {
  archive = await startCuratedArchive();
  await archive.add(doomed, ...stored);
  const reference = {
    '00081150': { vr: 'UI', Value: [plain.sopClassUID] },
    '00081155': { vr: 'UI', Value: [plain.sopInstanceUID] },
  };
  const asked = await archive.fetch(archive.curatorToken, `/commitment-requests/${TRANSACTION}`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/dicom+json' },
    body: JSON.stringify({ '00081199': { vr: 'SQ', Value: [reference] } }),
  });
  expect(asked.status).toBe(200);
  for (const attribute of ['KVP', 'Exposure']) {
    const added = await archive.fetch(archive.curatorToken, '/attributes', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ attribute, level: 'series' }),
    });
    const { id }: { id: number } = JSON.parse(await added.text());
    attributes.push(id);
  }
});
afterAll(() => archive.close());

const options = (path: string, headers: Readonly<Record<string, string>> = {}): Promise<WireAnswer> =>
  ask(archive.url, `/dicom-web${path}`, { method: 'OPTIONS', headers });

const asCurator = (target: string, method = 'GET', headers: Readonly<Record<string, string>> = {}) =>
  ask(archive.url, `/dicom-web${target}`, {
    method,
    headers: { Authorization: `Bearer ${archive.curatorToken}`, ...headers },
  });

async function describedBy(path: string): Promise<Description> {
  const answer = await options(path, { Accept: 'application/json' });
  expect([answer.status, answer.headers['content-type']]).toEqual([200, 'application/json']);
  return JSON.parse(answer.body.toString());
}

interface Advertised {
  /** `/studies/{StudyInstanceUID}` */
  readonly path: string;
  readonly method: Method;
}

const flatten = (resource: Resource, parent = ''): readonly Advertised[] => {
  const path = `${parent}/${resource['@path']}`;
  return [
    ...(resource.method ?? []).map((method) => ({ path, method })),
    ...(resource.resource ?? []).flatMap((child) => flatten(child, path)),
  ];
};

const advertised = async (path = '/'): Promise<readonly Advertised[]> =>
  (await describedBy(path)).application.resources.resource.flatMap((resource) => flatten(resource));

/** The path as the table of routes has it. */
const templateOf = (path: string): string =>
  path
    .replace('{StudyInstanceUID}', '{study}')
    .replace('{SeriesInstanceUID}', '{series}')
    .replace('{SOPInstanceUID}', '{instance}')
    .replace('{framelist}', '{frames}')
    .replace('{TransactionUID}', '{transaction}')
    .replace('{BulkDataReference}', '{bulkdata*}');

/** The target with the UIDs of an instance in it; of its bulkdata, a value that it has. */
const fill = (path: string, made = plain): string =>
  withUIDs(templateOf(path))
    .replace('{study}', made.studyInstanceUID)
    .replace('{series}', made.seriesInstanceUID)
    .replace('{instance}', made.sopInstanceUID)
    .replace('{frames}', '1')
    .replace('{transaction}', TRANSACTION)
    .replace('{attribute}', String(made === doomed ? attributes[1] : attributes[0]))
    .replace('{bulkdata*}', documents.includes(made) ? '00420011' : '7FE00010');

const mediaTypesOf = ({ method }: Advertised): readonly string[] =>
  (method.response[0]?.representation ?? []).map((one) => one['@mediaType']);

/** A media type as a description has it: without the parameters that say more of the answer at hand. */
const bare = (contentType: string): string =>
  contentType.replace(/; (?:boundary|transfer-syntax|charset|header)=[^;]*/g, '');

describe('a Capabilities Description of the base', () => {
  it.each(['/', ''])('CAP-01 CAP-03 has one application, one resources and its base, asked at "%s"', async (path) => {
    const { application } = await describedBy(path);
    expect(Object.keys(application)).toEqual(['resources']);
    expect(application.resources['@base']).toBe(archive.base);
    expect(application.resources.resource.map((one) => one['@path'])).toEqual([
      'studies',
      'series',
      'instances',
      'attributes',
      'wado',
      'commitment-requests',
    ]);
  });

  it('CAP-03 advertises every route, and no other', async () => {
    const told = (await advertised()).map(({ path, method }) => `${method['@name']} ${templateOf(path)}`);
    expect([...told].sort()).toEqual(ROUTES.map(({ method, template }) => `${method} ${template}`).sort());
  });

  it('CAP-03 names each transaction once', async () => {
    const names = (await advertised()).map(({ method }) => method['@id']);
    expect(new Set(names).size).toBe(names.length);
    expect(names).toEqual(
      expect.arrayContaining(['SearchForStudies', 'StoreInstances', 'RetrieveStudyMetadata', 'RetrieveFrames']),
    );
  });

  it('CAP-03 advertises nothing that is answered with 404 or 405', async () => {
    const wrong: unknown[] = [];
    for (const { path, method } of await advertised()) {
      const name = method['@name'];
      const { status } = await asCurator(fill(path, name === 'DELETE' ? doomed : plain), name);
      if (status === 404 || status === 405) wrong.push([name, path, status]);
    }
    expect(wrong).toEqual([]);
  });

  it('CAP-03 MT-02 tells by which media type who accepts anything is answered', async () => {
    for (const one of await advertised()) {
      if (one.method['@name'] !== 'GET') continue;
      const accept = one.method.request.param.find((param) => param['@style'] === 'header');
      expect(accept?.option?.map((value) => value['@value'])).toEqual(mediaTypesOf(one));
      // It is asked for DICOM here; who accepts anything is answered with an image: URI-03.
      if (one.path === '/wado') continue;
      const { headers } = await asCurator(fill(one.path), 'GET', { Accept: '*/*' });
      expect([one.path, bare(headers['content-type'] ?? '')]).toEqual([one.path, accept?.['@default']]);
      expect(mediaTypesOf(one)[0]).toBe(accept?.['@default']);
    }
  });

  it('CAP-03 HT-04 ST-08 advertises 206 where ranges are answered, and nowhere else', async () => {
    const answers: Record<string, boolean> = {};
    for (const { path, method } of await advertised()) {
      if (method['@name'] !== 'GET') continue;
      const statuses = method.response.flatMap((response) => response['@status'].split(' '));
      const tried = await Promise.all(
        [DICOM, 'application/octet-stream', 'application/dicom+json', '*/*'].map((Accept) =>
          asCurator(fill(path), 'GET', { Accept, Range: 'bytes=0-0' }),
        ),
      );
      answers[method['@id']] = tried.some(({ status }) => status === 206);
      expect([path, statuses.includes('206'), statuses.includes('416')]).toEqual([
        path,
        answers[method['@id']],
        answers[method['@id']],
      ]);
    }
    expect(answers).toMatchObject({ RetrieveInstance: true, RetrieveStudy: false, RetrieveInstanceMetadata: false });
  });

  it('CAP-03 advertises no media type that nothing is given as', async () => {
    const wrong: unknown[] = [];
    for (const one of await advertised()) {
      if (one.method['@name'] !== 'GET') continue;
      for (const mediaType of mediaTypesOf(one)) {
        const accept = { Accept: mediaType };
        const told: unknown[] = [];
        let isGiven = false;
        for (const made of stored) {
          const target = fill(one.path, made).replace(`contentType=${DICOM}`, `contentType=${mediaType}`);
          const { status, headers } = await asCurator(target, 'GET', accept);
          isGiven = status === 200 && bare(headers['content-type'] ?? '') === mediaType;
          if (isGiven) break;
          told.push(status);
        }
        if (!isGiven) wrong.push([one.path, mediaType, told]);
      }
    }
    expect(wrong).toEqual([]);
  });

  it('CAP-03 MT-07 advertises every media type that a 406 lists', async () => {
    for (const one of await advertised()) {
      if (one.method['@name'] !== 'GET') continue;
      for (const made of stored) {
        const { status, body } = await asCurator(fill(one.path, made), 'GET', { Accept: 'text/vtt' });
        if (status === 404 || status === 204) continue;
        expect(status).toBe(406);
        const { available }: { available: string[] } = JSON.parse(body.toString());
        // Not every instance can be rendered: RR-18.
        if (!one.path.endsWith('/rendered') && one.path !== '/wado') expect(available.length).toBeGreaterThan(0);
        expect(mediaTypesOf(one)).toEqual(expect.arrayContaining(available.map(bare)));
      }
    }
  });

  it('CAP-03 advertises the parameters of a search that are understood, by keyword and by tag', async () => {
    let attributes = 0;
    for (const { path, method } of await advertised()) {
      if (!method['@id'].startsWith('SearchFor')) continue;
      const names = method.request.param.filter((param) => param['@style'] === 'query').map((param) => param['@name']);
      expect(names).toEqual(expect.arrayContaining(['accept', 'charset', 'limit', 'offset', 'includefield']));
      for (const name of names) {
        const value = VALUES_OF_OPTIONS.get(name) ?? '';
        const { status, headers } = await asCurator(`${fill(path)}?${name}=${value}`);
        expect([name, status, headers['warning']?.includes('ignored') ?? false]).toEqual([
          name,
          expect.any(Number),
          false,
        ]);
        expect([200, 204]).toContain(status);
        attributes += /^[0-9A-F]{8}/.test(name) ? 1 : 0;
      }
    }
    expect(attributes).toBeGreaterThan(60);
  });

  it('CAP-03 advertises what can be stored', async () => {
    for (const { method, path } of await advertised()) {
      if (method['@name'] !== 'POST' || !method['@id'].startsWith('Store')) continue;
      const types = (method.request.representation ?? []).map((one) => one['@mediaType']);
      expect(types).toContain('multipart/related; type="application/dicom"');
      for (const type of types) {
        const contentType = type.startsWith('multipart') ? `${type}; boundary=b` : type;
        const { status } = await asCurator(fill(path), 'POST', { 'Content-Type': contentType, 'Content-Length': '0' });
        expect([type, status === 415]).toEqual([type, false]);
      }
    }
  });
});

describe('a Capabilities Description of a resource', () => {
  const templates = [
    ...new Set(
      ROUTES.flatMap(({ template }) => {
        const segments = template.split('/').slice(1);
        return segments.map((_, i) => `/${segments.slice(0, i + 1).join('/')}`);
      }),
    ),
  ];
  const asked = (template: string, uid: string): string =>
    template
      .replace(/\{(study|series|instance)\}/g, uid)
      .replace('{frames}', '1')
      .replace('{bulkdata*}', '7FE00010');

  it.each(templates)('CAP-05 describes it with all below it, and names its methods: %s', async (template) => {
    const answer = await options(asked(template, '1.2.3'), { Accept: 'application/json', Origin: 'https://x.example' });
    expect(answer.status).toBe(200);
    const { application }: Description = JSON.parse(answer.body.toString());
    const [resource, ...others] = application.resources.resource;
    if (resource === undefined) throw new Error('The resource is described.');
    expect(others).toEqual([]);
    expect(templateOf(`/${resource['@path']}`)).toBe(template);
    const told = flatten(resource).map(({ path, method }) => `${method['@name']} ${templateOf(path)}`);
    const below = ROUTES.filter((route) => route.template === template || route.template.startsWith(`${template}/`));
    expect([...told].sort()).toEqual(below.map((route) => `${route.method} ${route.template}`).sort());
    const own = ROUTES.filter((route) => route.template === template).map(({ method }) => method);
    const allowed = own.flatMap((method) => (method === 'GET' ? ['GET', 'HEAD'] : [method]));
    expect(answer.headers['allow']).toBe([...allowed, 'OPTIONS'].join(', '));
  });

  it.each(templates)('CAP-05 ST-03 T12 is the same whoever asks, and whatever is there: %s', async (template) => {
    const bad = await options(asked(template, 'no-uid'), { Authorization: 'Bearer x' });
    const curator = { Authorization: `Bearer ${archive.curatorToken}` };
    const there = await options(asked(template, plain.studyInstanceUID), curator);
    const absent = await options(asked(template, '1.2.3'));
    for (const one of [there, bad]) {
      expect([one.status, one.headers['etag'], one.body.toString()]).toEqual([
        200,
        absent.headers['etag'],
        absent.body.toString(),
      ]);
    }
  });

  it.each(['/nothing', '//studies', '/studies/1.2/nothing', '/metadata', '/studies/1.2/series/1.3/frames'])(
    'CAP-05 ST-06 is 404 where there is none: %s',
    async (path) => {
      const answer = await options(path);
      expect([answer.status, answer.headers['content-type']]).toEqual([404, 'application/problem+json']);
    },
  );

  it('QP-14 is 400 where the path is none', async () => {
    expect((await options('/studies/%ff')).status).toBe(400);
  });
});

describe('the forms of a Capabilities Description', () => {
  it.each([
    [{}, WADL_TYPE],
    [{ Accept: '*/*' }, WADL_TYPE],
    [{ Accept: WADL_TYPE }, WADL_TYPE],
    [{ Accept: 'application/json' }, 'application/json'],
    [{ Accept: `${WADL_TYPE};q=0.1, application/json` }, 'application/json'],
  ])('CAP-02 MT-03 are chosen by %j', async (headers, mediaType) => {
    const answer = await options('/', headers);
    expect([answer.status, answer.headers['content-type']]).toEqual([200, mediaType]);
  });

  it('CAP-02 MT-10 may be asked for by the accept parameter', async () => {
    expect((await options('/?accept=application/json')).headers['content-type']).toBe('application/json');
  });

  it('CAP-02 MT-07 are listed to who wants another', async () => {
    const answer = await options('/studies', { Accept: 'text/csv' });
    expect(answer.status).toBe(406);
    expect(JSON.parse(answer.body.toString())).toMatchObject({ available: [WADL_TYPE, 'application/json'] });
  });

  it('CAP-02 CAP-03 are the same description', async () => {
    const xml = (await options('/')).body.toString();
    const description = JSON.stringify(await describedBy('/'));
    expect(
      xml.startsWith('<?xml version="1.0" encoding="UTF-8"?>\n<application xmlns="http://wadl.dev.java.net/2009/02">'),
    ).toBe(true);
    for (const element of ['resource', 'method', 'param', 'option', 'representation', 'response', 'doc']) {
      const inJSON = description.split(`"${element}":[`).length - 1;
      expect([element, inJSON > 0, xml.includes(`<${element} `)]).toEqual([element, true, true]);
    }
    expect(xml.match(/ (?:name|path|value|mediaType|status|id)="/g)).toHaveLength(
      description.match(/"@(?:name|path|value|mediaType|status|id)":/g)?.length ?? 0,
    );
  });

  const hasValidator = spawnSync('xmllint', ['--version']).status === 0;
  if (!hasValidator) console.info('The WADL was not validated: there is no xmllint.');
  it.runIf(hasValidator)('CAP-03 is WADL by its schema', async () => {
    for (const path of ['/', '/studies', '/studies/1.2', '/studies/1.2/series/1.3/instances/1.4/frames/1']) {
      const { body } = await options(path);
      const schema = join(import.meta.dirname, '../support/wadl.rng');
      const { status, stderr } = spawnSync('xmllint', ['--noout', '--nonet', '--relaxng', schema, '-'], {
        input: body,
      });
      expect([path, status, status === 0 ? '' : String(stderr)]).toEqual([path, 0, '']);
    }
  });
});

describe('a conditional request for a Capabilities Description', () => {
  it.each([WADL_TYPE, 'application/json'])('CAP-04 HT-02 MT-28 is answered with 304: %s', async (Accept) => {
    const first = await options('/studies', { Accept });
    const tag = first.headers['etag'] ?? '';
    expect(tag).toMatch(/^"[0-9a-f]{32}"$/);
    for (const value of [tag, `W/${tag}`, `"other", ${tag}`, '*']) {
      const second = await options('/studies', { Accept, 'If-None-Match': value });
      expect([second.status, second.body.length, second.headers['etag']]).toEqual([304, 0, tag]);
      expect(second.headers['content-type']).toBeUndefined();
      expect(second.headers).toMatchObject({ 'cache-control': 'private, no-cache', vary: first.headers['vary'] });
    }
  });

  it('CAP-04 HT-01 is answered whole when it knows another', async () => {
    const [xml, json] = await Promise.all([WADL_TYPE, 'application/json'].map((Accept) => options('/', { Accept })));
    expect(xml?.headers['etag']).not.toBe(json?.headers['etag']);
    const { status } = await options('/', { Accept: WADL_TYPE, 'If-None-Match': json?.headers['etag'] ?? '' });
    expect(status).toBe(200);
  });
});
