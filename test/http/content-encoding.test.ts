/** Content codings: text is packed for who takes gzip, pixels never are. PS3.18 §8.4.1; RFC 9110 §12.5.3 */
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CuratedArchive, startCuratedArchive } from './curated.js';
import { digest, makeInstance } from './instances.js';
import { ask } from './wire.js';

const many = Array.from({ length: 12 }, (_, i) => makeInstance({ study: `packed ${i}` }));
const [one = makeInstance({ study: 'packed' })] = many;

let archive: CuratedArchive;
beforeAll(async () => {
  archive = await startCuratedArchive();
  await archive.add(...many);
});
afterAll(() => archive.close());

const get = (target: string, encoding: string | undefined, method = 'GET') =>
  ask(archive.url, `/dicom-web${target}`, {
    method,
    headers: {
      Authorization: `Bearer ${archive.curatorToken}`,
      ...(encoding === undefined ? {} : { 'Accept-Encoding': encoding }),
    },
  });

describe('text', () => {
  it.each(['/studies', '/series', '/instances', `${one.path}/metadata`])(
    'MT-32 MT-29 is packed for who takes gzip: %.40s',
    async (target) => {
      const plain = await get(target, undefined);
      expect([plain.status, plain.headers['content-encoding']]).toEqual([200, undefined]);
      for (const encoding of ['gzip', 'br;q=1, GZIP;q=0.5', '*', 'deflate, gzip']) {
        const packed = await get(target, encoding);
        expect([encoding, packed.headers['content-encoding']]).toEqual([encoding, 'gzip']);
        expect(packed.headers['vary']).toContain('Accept-Encoding');
        expect(digest(gunzipSync(packed.body))).toBe(digest(plain.body));
      }
      expect((await get(target, 'gzip', 'HEAD')).headers['content-encoding']).toBe('gzip');
    },
  );

  it.each(['/', '/studies', '/studies/1.2/metadata'])(
    'MT-32 CAP-02 is packed in a Capabilities Description, too: %s',
    async (path) => {
      const options = (headers: Readonly<Record<string, string>>) =>
        ask(archive.url, `/dicom-web${path}`, { method: 'OPTIONS', headers });
      const plain = await options({});
      const packed = await options({ 'Accept-Encoding': 'gzip' });
      expect([plain.headers['content-encoding'], packed.headers['content-encoding']]).toEqual([undefined, 'gzip']);
      expect(digest(gunzipSync(packed.body))).toBe(digest(plain.body));
      expect(packed.headers['etag']).not.toBe(plain.headers['etag']);
      expect(packed.headers['content-length']).toBe(String(packed.body.length));
      const again = await options({ 'Accept-Encoding': 'gzip', 'If-None-Match': packed.headers['etag'] ?? '' });
      expect(again.status).toBe(304);
    },
  );

  it.each(['identity', 'br', 'gzip;q=0', '*;q=0', ''])('MT-32 is as it is for who takes "%s"', async (encoding) => {
    for (const target of ['/studies', `${one.path}/metadata`]) {
      const answer = await get(target, encoding);
      expect([answer.status, answer.headers['content-encoding']]).toEqual([200, undefined]);
    }
  });

  it('MT-32 is as it is where there is little of it', async () => {
    const answer = await get(`/studies?StudyInstanceUID=${one.studyInstanceUID}`, 'gzip');
    expect([answer.status, answer.headers['content-encoding']]).toEqual([200, undefined]);
  });
});

describe('what is stored', () => {
  it.each([one.path, `${one.path}/frames/1`, `${one.path}/bulkdata/7FE00010`, `/studies/${one.studyInstanceUID}`])(
    'MT-32 is never packed: %.40s',
    async (target) => {
      const answer = await get(target, 'gzip');
      expect([answer.status, answer.headers['content-encoding']]).toEqual([200, undefined]);
    },
  );
});
