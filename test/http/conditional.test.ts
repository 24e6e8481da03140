/** Validators: the same is not sent twice, and nobody learns by them what he may not see. RFC 9110 §8.8.3, §13 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { revokeToken } from '../../src/access/tokens.js';
import { resumeLicence, suspendLicence } from '../../src/governance/licences.js';
import { type CuratedArchive, startCuratedArchive } from './curated.js';
import { bytesOf, codeStream, digest, makeInstance, SYNTAX, uidOf } from './instances.js';
import { spoilFile } from './stored-blob.js';
import { ask, type WireAnswer, type WireRequest } from './wire.js';

const PARTS = 'multipart/related; type="application/dicom"; transfer-syntax=*';
const PARTS_OF_OCTETS = 'multipart/related; type="application/octet-stream"; transfer-syntax=*';

const native = makeInstance({
  study: 'conditional',
  attributes: { NumberOfFrames: '2', PixelData: bytesOf('conditional', 48) },
});
const second = makeInstance({ study: 'conditional', instance: 'conditional/1/2' });
const radiograph = makeInstance({ study: 'conditional', series: 'conditional/2', modality: 'DX' });
const implicit = makeInstance({ study: 'conditional implicit', transferSyntaxUID: SYNTAX.implicit });
const compressed = makeInstance({
  study: 'conditional jpeg',
  transferSyntaxUID: SYNTAX.jpegBaseline,
  attributes: { PixelData: undefined, NumberOfFrames: '1' },
  fragments: [[codeStream('conditional')]],
});
const study = `/studies/${native.studyInstanceUID}`;
const series = `${study}/series/${native.seriesInstanceUID}`;

let archive: CuratedArchive;
let licence: string;
let licenceToken: string;
beforeAll(async () => {
  archive = await startCuratedArchive();
  await archive.add(native, second, radiograph, implicit, compressed);
  licence = await archive.addLicence({ project: 'Radiographs', kinds: ['xray'] });
  licenceToken = await archive.token({ kind: 'licence', reference: licence, person: 'reader@example.org' });
});
afterAll(() => archive.close());

const ask1 = (path: string, headers: Readonly<Record<string, string>>, token?: string, method = 'GET') => {
  const options: WireRequest = {
    method,
    headers: { Authorization: `Bearer ${token ?? archive.curatorToken}`, ...headers },
  };
  return ask(archive.url, `/dicom-web${path}`, options);
};

/** Representations of what does not change, none of which is another. */
const REPRESENTATIONS: readonly (readonly [path: string, accept: string, encoding: 'identity' | 'gzip'])[] = [
  [study, PARTS, 'identity'],
  [study, PARTS_OF_OCTETS, 'identity'],
  [series, PARTS, 'identity'],
  [native.path, PARTS, 'identity'],
  [native.path, 'application/dicom', 'identity'],
  [native.path, PARTS_OF_OCTETS, 'identity'],
  [implicit.path, PARTS, 'identity'],
  [implicit.path, 'application/dicom; transfer-syntax=*', 'identity'],
  [implicit.path, 'application/dicom', 'identity'],
  [`${native.path}/frames/1`, '*/*', 'identity'],
  [`${native.path}/frames/2`, '*/*', 'identity'],
  [`${native.path}/frames/1,2`, '*/*', 'identity'],
  [`${native.path}/frames/2,1`, '*/*', 'identity'],
  [`${native.path}/frames/1`, 'application/octet-stream', 'identity'],
  [`${compressed.path}/frames/1`, 'image/jpeg', 'identity'],
  [`${compressed.path}/frames/1`, 'application/octet-stream; transfer-syntax=*', 'identity'],
  [`${compressed.path}/frames/1`, 'multipart/related; type="image/jpeg"', 'identity'],
  [`${native.path}/bulkdata/7FE00010`, 'application/octet-stream', 'identity'],
  [`${native.path}/bulkdata/7FE00010`, 'multipart/related; type="application/octet-stream"', 'identity'],
  [`${study}/metadata`, 'application/dicom+json', 'identity'],
  [`${study}/metadata`, 'application/dicom+json', 'gzip'],
  [`${series}/metadata`, 'application/dicom+json', 'identity'],
  [`${native.path}/metadata`, 'application/dicom+json', 'identity'],
  [`${native.path}/metadata`, 'application/dicom+json', 'gzip'],
  [`${study}/metadata`, 'multipart/related; type="application/dicom+xml"', 'identity'],
  [`${study}/metadata`, 'multipart/related; type="application/dicom+xml"', 'gzip'],
  [`${native.path}/metadata`, 'application/dicom+xml', 'identity'],
  [study, 'application/zip', 'identity'],
  [native.path, 'application/zip', 'identity'],
  [`${compressed.path}/pixeldata`, 'multipart/related; type="image/jpeg"', 'identity'],
];

const conditions = (accept: string, encoding: string) => ({ Accept: accept, 'Accept-Encoding': encoding });

const expectNotModified = (answer: WireAnswer, first: WireAnswer): void => {
  expect([answer.status, answer.body.length, answer.headers['etag']]).toEqual([304, 0, first.headers['etag']]);
  for (const name of ['vary', 'cache-control', 'content-location']) {
    expect([name, answer.headers[name]]).toEqual([name, first.headers[name]]);
  }
  expect(answer.headers['content-type']).toBeUndefined();
  expect(answer.headers['content-encoding']).toBeUndefined();
};

describe('an entity tag', () => {
  it.each(REPRESENTATIONS)(
    'HT-01 MP-17 is strong and names the same bytes each time: %.90s %s %s',
    async (path, accept, encoding) => {
      const [first, again] = await Promise.all([1, 2].map(() => ask1(path, conditions(accept, encoding))));
      expect([first?.status, first?.headers['etag']]).toEqual([200, expect.stringMatching(/^"[0-9a-f]{32}"$/)]);
      expect(again?.headers['etag']).toBe(first?.headers['etag']);
      expect(digest(again?.body)).toBe(digest(first?.body));
      const head = await ask1(path, conditions(accept, encoding), undefined, 'HEAD');
      expect([head.status, head.headers['etag'], head.body.length]).toEqual([200, first?.headers['etag'], 0]);
    },
  );

  it('HT-01 is another for every other representation', async () => {
    const bytesOfTag = new Map<string, string>();
    for (const [path, accept, encoding] of REPRESENTATIONS) {
      const { headers, body } = await ask1(path, conditions(accept, encoding));
      const bytes = `${headers['content-type']} ${digest(body)}`;
      const tag = headers['etag'] ?? '';
      expect([path, bytesOfTag.get(tag) ?? bytes]).toEqual([path, bytes]);
      bytesOfTag.set(tag, bytes);
    }
    // The one value of an instance is the same body as all its values.
    expect(bytesOfTag.size).toBe(REPRESENTATIONS.length - 1);
  });

  it('HT-01 is none of what changes, nor of an error', async () => {
    for (const path of ['/studies', '/series?limit=1', `${native.path}/frames/3`, '/studies/1.2.3/metadata']) {
      expect((await ask1(path, {})).headers['etag']).toBeUndefined();
    }
    expect((await ask1(`${study}/metadata`, { Accept: 'text/csv' })).headers['etag']).toBeUndefined();
  });

  it('HT-01 changes when an instance joins the series, on the next request', async () => {
    const grown = (number: number) =>
      makeInstance({ study: 'growing', instance: `growing/${number}`, attributes: { InstanceNumber: String(number) } });
    const paths = [`/studies/${grown(1).studyInstanceUID}`, `/studies/${grown(1).studyInstanceUID}/metadata`];
    const seen = new Map<string, string>();
    for (const number of [1, 2, 3]) {
      await archive.add(grown(number));
      for (const path of paths) {
        const before = seen.get(path) ?? '"none"';
        const answer = await ask1(path, { 'If-None-Match': before });
        expect([path, number, answer.status]).toEqual([path, number, 200]);
        expectNotModified(await ask1(path, { 'If-None-Match': answer.headers['etag'] ?? '' }), answer);
        seen.set(path, answer.headers['etag'] ?? '');
      }
    }
  });

  it('HT-01 T17 of a study is that of what a licence shows of it', async () => {
    for (const path of [`${study}/metadata`, study]) {
      const [all, some] = await Promise.all([ask1(path, {}), ask1(path, {}, licenceToken)]);
      expect([all.status, some.status]).toEqual([200, 200]);
      expect(some.headers['etag']).not.toBe(all.headers['etag']);
      expect((await ask1(path, { 'If-None-Match': all.headers['etag'] ?? '' }, licenceToken)).status).toBe(200);
    }
  });
});

describe('a conditional request', () => {
  it.each(REPRESENTATIONS)(
    'HT-02 MT-28 is answered with 304 to who has it: %.90s %s %s',
    async (path, accept, encoding) => {
      const first = await ask1(path, conditions(accept, encoding));
      const tag = first.headers['etag'] ?? '';
      for (const value of [tag, `W/${tag}`, `"x", ${tag}`, '*']) {
        for (const method of ['GET', 'HEAD']) {
          const headers = { ...conditions(accept, encoding), 'If-None-Match': value };
          expectNotModified(await ask1(path, headers, undefined, method), first);
        }
      }
      const other = await ask1(path, { ...conditions(accept, encoding), 'If-None-Match': '"x"' });
      expect([other.status, digest(other.body)]).toEqual([200, digest(first.body)]);
    },
  );

  it.each(REPRESENTATIONS)(
    'HT-02 is answered with 412 to who wants another one only: %.90s %s %s',
    async (path, accept, encoding) => {
      const first = await ask1(path, conditions(accept, encoding));
      const tag = first.headers['etag'] ?? '';
      const asked = (value: string, more: Readonly<Record<string, string>> = {}) =>
        ask1(path, { ...conditions(accept, encoding), 'If-Match': value, ...more });
      for (const value of [tag, `"x", ${tag}`, '*']) expect((await asked(value)).status).toBe(200);
      for (const value of ['"x"', `W/${tag}`, '', tag.slice(1, -1)]) {
        const answer = await asked(value);
        expect([value, answer.status, answer.headers['etag']]).toEqual([value, 412, undefined]);
        expect(JSON.parse(answer.body.toString())).toMatchObject({ status: 412, title: 'Not what was expected' });
      }
      expectNotModified(await asked(tag, { 'If-None-Match': tag }), first);
    },
  );

  it('HT-02 F11 asks no file, so that what the client has is good even while the archive has lost it', async () => {
    const [one, two] = [1, 2].map((number) => makeInstance({ study: 'lost', instance: `lost/${number}` }));
    if (one === undefined || two === undefined) throw new Error('There are two.');
    // Read once, it is in no node's memory.
    const alone = makeInstance({ study: 'lost alone' });
    await archive.add(one, two, alone);
    const lost = `/studies/${one.studyInstanceUID}`;
    const wholes = [
      [lost, PARTS],
      [lost, PARTS_OF_OCTETS],
      [lost, 'application/zip'],
      [`${lost}/bulkdata`, PARTS_OF_OCTETS],
      [`${lost}/pixeldata`, PARTS_OF_OCTETS],
      [alone.path, 'application/dicom'],
    ] as const;
    const firsts = await Promise.all(wholes.map(([path, Accept]) => ask1(path, { Accept })));
    for (const made of [one, alone]) await spoilFile(archive, made, () => undefined);
    for (const [i, [path, Accept]] of wholes.entries()) {
      const tag = firsts[i]?.headers['etag'] ?? '';
      expect([path, (await ask1(path, { Accept, 'If-None-Match': tag })).status]).toEqual([path, 304]);
      const whole = await ask1(path, { Accept });
      expect([path, whole.status, whole.headers['etag']]).toEqual([path, 500, undefined]);
    }
  });

  it('HT-02 goes before the range that is asked for', async () => {
    const first = await ask1(native.path, { Accept: 'application/dicom' });
    const headers = { Accept: 'application/dicom', Range: 'bytes=0-1', 'If-None-Match': first.headers['etag'] ?? '' };
    expect((await ask1(native.path, headers)).status).toBe(304);
  });

  it('HT-02 comes after the form of the answer has been agreed on', async () => {
    expect((await ask1(`${study}/metadata`, { Accept: 'text/csv', 'If-None-Match': '*' })).status).toBe(406);
  });

  it('HT-02 of a search is answered whole', async () => {
    expect((await ask1('/studies', { 'If-None-Match': '*' })).status).toBe(200);
  });

  const radiographs = [
    [radiograph.path, PARTS],
    [radiograph.path, 'application/dicom'],
    [`${radiograph.path}/metadata`, '*/*'],
    [`${study}/metadata`, '*/*'],
    [`${radiograph.path}/frames/1`, '*/*'],
    [`${radiograph.path}/bulkdata/7FE00010`, '*/*'],
  ] as const;

  it.each(radiographs)('HT-03 T8 is 401 after a suspension, never 304: %.90s %s', async (path, Accept) => {
    const first = await ask1(path, { Accept }, licenceToken);
    const headers = { Accept, 'If-None-Match': first.headers['etag'] ?? '' };
    expectNotModified(await ask1(path, headers, licenceToken), first);
    await suspendLicence(archive.database, licence);
    const suspended = await ask1(path, headers, licenceToken);
    await resumeLicence(archive.database, licence);
    expect([suspended.status, suspended.headers['etag']]).toEqual([401, undefined]);
  });

  it('HT-03 T8 is 401 after the token has been revoked', async () => {
    const token = await archive.token({ kind: 'licence', reference: licence, person: 'gone@example.org' });
    const first = await ask1(radiograph.path, {}, token);
    const { jti }: { jti: string } = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());
    await revokeToken(archive.database, jti, Date.now());
    for (const value of [first.headers['etag'] ?? '', '*']) {
      expect((await ask1(radiograph.path, { 'If-None-Match': value }, token)).status).toBe(401);
    }
  });

  it.each(REPRESENTATIONS)(
    'HT-03 T14 is 404 to who may not see it, and 403 to who may not retrieve: %.90s %s',
    async (path, Accept) => {
      const tag = (await ask1(path, { Accept })).headers['etag'] ?? '';
      for (const value of [tag, '*']) {
        const absent = path.replace(/studies\/[\d.]+/, `studies/${uidOf('nowhere')}`);
        const headers = { Accept, 'If-None-Match': value };
        // The study as such is in the licence, for its radiographs.
        const isVisible = path === study || path === `${study}/metadata`;
        expect((await ask1(path, headers, licenceToken)).status).toBe(
          isVisible && value === '*' ? 304 : isVisible ? 200 : 404,
        );
        expect((await ask1(absent, headers)).status).toBe(404);
        expect((await ask1(path, headers, archive.siteToken)).status).toBe(403);
        expect((await ask1(path, headers, 'x')).status).toBe(401);
      }
    },
  );
});
