/** What holds for every answer: CORS, security headers, problem documents, methods, tokens. PS3.18 §8.4, §8.5; RFC 6750, 9110, 9457 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ROUTES } from '../../src/dicomweb/routes.js';
import { startArchive } from '../support/running-archive.js';
import { type CuratedArchive, startCuratedArchive } from './curated.js';
import { makeInstance } from './instances.js';
import { ask, lastStatus, sendRaw, type WireAnswer, type WireRequest } from './wire.js';

const VIEWER = 'https://viewer.example';
const made = makeInstance({ study: 'common' });

let archive: CuratedArchive;
beforeAll(async () => {
  archive = await startCuratedArchive({ corsOrigins: new Set([VIEWER, 'http://localhost:3000']) });
  await archive.add(made);
});
afterAll(() => archive.close());

const curator = (): Readonly<Record<string, string>> => ({ Authorization: `Bearer ${archive.curatorToken}` });

const send = (target: string, options: WireRequest = {}): Promise<WireAnswer> => ask(archive.url, target, options);

const fill = (template: string): string =>
  `/dicom-web${template
    .replace('{study}', made.studyInstanceUID)
    .replace('{series}', made.seriesInstanceUID)
    .replace('{instance}', made.sopInstanceUID)
    .replace('{frames}', '1')
    .replace('{bulkdata*}', '7FE00010')}`;

interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
}

/** Read a problem document and judge its form. */
function problemOf({ status, headers, body }: WireAnswer): Problem {
  expect(headers['content-type']).toBe('application/problem+json');
  const problem: Problem = JSON.parse(body.toString());
  expect(problem).toMatchObject({ type: 'about:blank', status, isTemporary: false });
  expect(problem.title).toMatch(/^[A-Z][\w ]+$/);
  expect(problem.detail).toMatch(/^[A-Z].*\.$/);
  for (const inside of ['    at ', '.ts', '.js', 'node_modules', archive.folder, 'SQLITE', 'select ']) {
    expect(body.toString()).not.toContain(inside);
  }
  return problem;
}

interface Way extends WireRequest {
  readonly anonymous?: boolean;
}

const way = (status: number, target: string, options: Way = {}) => ({
  status,
  target,
  options,
  name: target.slice(0, 60),
});

/** Requests that are answered in every way there is, and the status of each. */
const WAYS = [
  way(200, '/healthz'),
  way(200, '/readyz'),
  way(200, '/.well-known/jwks.json'),
  way(200, '/dicom-web/studies'),
  way(200, fill('/studies/{study}')),
  way(200, fill('/studies/{study}/metadata')),
  way(200, fill('/studies/{study}/series/{series}/instances/{instance}/frames/1')),
  way(204, '/dicom-web/studies?PatientID=nobody'),
  way(200, '/dicom-web/studies', { method: 'OPTIONS' }),
  way(206, fill('/studies/{study}/series/{series}/instances/{instance}/bulkdata/7FE00010'), {
    headers: { Range: 'bytes=0-1' },
  }),
  way(304, fill('/studies/{study}/metadata'), { headers: { 'If-None-Match': '*' } }),
  way(400, '/dicom-web/studies?limit=x'),
  way(400, '/dicom-web/studies/abc'),
  way(400, '/dicom-web/%'),
  way(401, '/dicom-web/studies', { anonymous: true }),
  way(404, '/nowhere'),
  way(404, '/dicom-web'),
  way(404, '/nothing'),
  way(404, '/dicom-web/nothing'),
  way(404, '/dicom-web/studies/1.2.3'),
  way(405, '/dicom-web/studies', { method: 'PUT' }),
  way(406, fill('/studies/{study}/metadata'), { headers: { Accept: 'text/csv' } }),
  way(412, fill('/studies/{study}/metadata'), { headers: { 'If-Match': '"x"' } }),
  way(414, `/dicom-web/studies?PatientName=${'x'.repeat(64 * 1024)}`),
  way(415, '/dicom-web/studies', { method: 'POST', body: Buffer.from('x') }),
  way(416, fill('/studies/{study}/series/{series}/instances/{instance}/bulkdata/7FE00010'), {
    headers: { Range: 'bytes=99-' },
  }),
];

const go = (target: string, { anonymous, ...options }: Way) =>
  send(target, { ...options, headers: { ...(anonymous === true ? {} : curator()), ...options.headers } });

describe('every answer', () => {
  it.each(WAYS)(
    'HT-09 HT-10 HT-11 HT-12 T24 T44 MT-29 $status $name has the headers of all',
    async ({ status, target, options }) => {
      const answer = await go(target, { ...options, headers: { Origin: VIEWER, ...options.headers } });
      expect(answer.status).toBe(status);
      expect(answer.headers).toMatchObject({
        'access-control-allow-origin': VIEWER,
        'access-control-expose-headers':
          'Content-Type, Content-Length, Content-Location, Location, Content-Range, Accept-Ranges, ETag, Warning, Retry-After, WWW-Authenticate, X-Request-Id',
        'cache-control': 'private, no-cache',
        'content-security-policy': "default-src 'none'; sandbox",
        'cross-origin-resource-policy': 'cross-origin',
        'x-content-type-options': 'nosniff',
        vary: 'Accept, Accept-Charset, Accept-Encoding, Origin, Authorization, Cookie',
      });
      expect(answer.headers['x-powered-by']).toBeUndefined();
      expect(answer.headers['access-control-allow-credentials']).toBeUndefined();
    },
  );

  it.each(WAYS.filter(({ status }) => status >= 400))(
    'ST-01 ST-06 ST-07 $status $name explains itself',
    async ({ target, options }) => {
      problemOf(await go(target, options));
    },
  );

  it.each(WAYS.filter(({ status }) => status >= 400))(
    'ST-06 ST-15 $status $name has no body for HEAD',
    async ({ status, target, options }) => {
      if (options.method !== undefined) return expect(status).toBeGreaterThan(404);
      const answer = await go(target, { ...options, method: 'HEAD' });
      // A range is of GET alone.
      expect([answer.status, answer.body.length]).toEqual([status === 416 ? 200 : status, 0]);
      return undefined;
    },
  );

  it.each(WAYS)('HT-09 $status $name says nothing to a page of another origin', async ({ target, options }) => {
    for (const origin of [
      undefined,
      'https://other.example',
      `${VIEWER}.other.example`,
      'null',
      `${VIEWER}/`,
      'https://VIEWER.example',
    ]) {
      const { headers } = await go(target, {
        ...options,
        headers: { ...(origin === undefined ? {} : { Origin: origin }), ...options.headers },
      });
      expect([origin, headers['access-control-allow-origin']]).toEqual([origin, undefined]);
      expect(headers['vary']).toContain('Origin');
    }
  });

  it.each(WAYS)(
    'HT-13 $status $name has the name that the request was given, also in the problem',
    async ({ target, options }) => {
      const named = await go(target, {
        ...options,
        headers: { 'X-Request-Id': 'Root=1-67891233-abcdef', ...options.headers },
      });
      expect(named.headers['x-request-id']).toBe('Root=1-67891233-abcdef');
      if (named.status >= 400)
        expect(JSON.parse(named.body.toString())).toMatchObject({ requestID: 'Root=1-67891233-abcdef' });
      const [one, other] = await Promise.all([go(target, options), go(target, options)]);
      expect(one?.headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/);
      expect(one?.headers['x-request-id']).not.toBe(other?.headers['x-request-id']);
    },
  );

  it('HT-13 is given another name where the one sent could do harm', async () => {
    for (const sent of ['x'.repeat(129), 'a b', '"}', '<script>', 'ä', '']) {
      const { headers } = await send('/healthz', { headers: { 'X-Request-Id': sent } });
      expect(headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/);
    }
  });

  it('MT-28 has a Content-Type only where it has a body', async () => {
    for (const { status, target, options } of WAYS) {
      const answer = await go(target, options);
      expect([status, answer.headers['content-type'] !== undefined]).toEqual([status, answer.body.length > 0]);
    }
  });

  it('MP-18 tells a length or is chunked, never both', async () => {
    for (const { target, options } of WAYS) {
      const { headers, status } = await go(target, options);
      const ways = [headers['content-length'], headers['transfer-encoding']].filter((value) => value !== undefined);
      expect(ways).toHaveLength(status === 204 || status === 304 ? 0 : 1);
    }
  });
});

describe('preflight', () => {
  it.each(['/dicom-web/studies', fill('/studies/{study}/metadata'), '/healthz', '/dicom-web/nothing'])(
    'HT-09 CAP-06 AMB-27 needs no token: %.40s',
    async (target) => {
      const answer = await send(target, {
        method: 'OPTIONS',
        headers: {
          Origin: VIEWER,
          'Access-Control-Request-Method': 'POST',
          'Access-Control-Request-Headers': 'authorization,content-type',
        },
      });
      expect([answer.status, answer.body.length]).toEqual([204, 0]);
      expect(answer.headers).toMatchObject({
        'access-control-allow-origin': VIEWER,
        'access-control-allow-methods': 'GET, HEAD, POST, PUT, DELETE, OPTIONS',
        'access-control-allow-headers':
          'Authorization, Accept, Content-Type, Range, If-Match, If-None-Match, If-Range, X-Requested-With, X-Request-Id',
        'access-control-max-age': '600',
      });
    },
  );

  it.each(['https://other.example', undefined])('HT-09 allows nothing to a page of %s', async (origin) => {
    const headers = { ...(origin === undefined ? {} : { Origin: origin }), 'Access-Control-Request-Method': 'POST' };
    const answer = await send('/dicom-web/studies', { method: 'OPTIONS', headers });
    expect([answer.status, answer.body.length]).toEqual([204, 0]);
    expect(Object.keys(answer.headers).filter((name) => name.startsWith('access-control-'))).toEqual([]);
  });

  it('HT-09 allows a page of any origin where it is told so, without credentials', async () => {
    const open = await startArchive({ corsOrigins: '*' });
    const headers = { Origin: 'https://other.example', 'Access-Control-Request-Method': 'GET' };
    const preflight = await ask(open.url, '/dicom-web/studies', { method: 'OPTIONS', headers });
    const refused = await ask(open.url, '/dicom-web/studies', { headers: { Origin: 'https://other.example' } });
    await open.close();
    for (const answer of [preflight, refused]) expect(answer.headers['access-control-allow-origin']).toBe('*');
    expect([preflight.headers['access-control-allow-methods'], refused.status]).toEqual([expect.any(String), 401]);
  });

  it('CAP-05 CAP-06 AMB-27 is told from other OPTIONS, which describe the resource', async () => {
    const headers = { Origin: 'https://viewer.example' };
    const answer = await send('/dicom-web/studies', { method: 'OPTIONS', headers });
    expect([answer.status, answer.headers['allow']]).toEqual([200, 'POST, GET, HEAD, OPTIONS']);
    expect(answer.headers['access-control-allow-methods']).toBeUndefined();
  });
});

describe('methods and paths', () => {
  it.each([
    ['PUT', '/dicom-web/studies', 'POST, GET, HEAD, OPTIONS'],
    ['PUT', fill('/studies/{study}'), 'POST, GET, HEAD, DELETE, OPTIONS'],
    ['DELETE', '/dicom-web/studies', 'POST, GET, HEAD, OPTIONS'],
    ['PATCH', fill('/studies/{study}/metadata'), 'GET, HEAD, OPTIONS'],
    ['POST', '/dicom-web/instances', 'GET, HEAD, OPTIONS'],
    ['POST', fill('/studies/{study}/series/{series}/instances/{instance}/frames/{frames}'), 'GET, HEAD, OPTIONS'],
  ])('ST-05 B30 answers 405 with Allow to %s %.50s', async (method, target, allow) => {
    const answer = await send(target, { method, headers: curator() });
    expect([answer.status, answer.headers['allow']]).toEqual([405, allow]);
    problemOf(answer);
  });

  it.each([
    '/dicom-web/',
    '/dicom-web//studies',
    '/dicom-web/studies/1.2/series/1.3/instances/1.4/frames',
    '/dicom-web/studies/1.2/rendered',
    '/dicom-web/studies/1.2/thumbnail',
    '/dicom-web/Studies',
    '/dicom-web/../healthz',
    '/%2e%2e/%2e%2e/etc/passwd',
    '/.git/config',
  ])('B29 answers 404 to %s', async (target) => {
    const answer = await send(target, { headers: curator() });
    expect(answer.status).toBe(404);
    problemOf(answer);
  });

  it.each([
    '/dicom-web/studies//',
    '/dicom-web/studies/..%2f..%2fetc',
    '/dicom-web/studies/%00',
    '/dicom-web/studies/%ff',
    `/dicom-web/studies/${'1'.repeat(65)}`,
  ])('QP-14 B27 B28 answers 400 to %.40s', async (target) => {
    expect((await send(target, { headers: curator() })).status).toBe(400);
  });

  it('QP-16 answers 414 to a target of 64 KiB, and takes a hundred UIDs', async () => {
    expect((await send(`/dicom-web/studies?${'x'.repeat(64 * 1024)}`, { headers: curator() })).status).toBe(414);
    const list = Array.from({ length: 100 }, (_, i) => `2.25.${'3'.repeat(50)}${i}`).join();
    expect((await send(`/dicom-web/studies?StudyInstanceUID=${list}`, { headers: curator() })).status).toBe(204);
  });

  it('takes a target in absolute form, as a proxy sends it', async () => {
    const lines = [
      `GET ${archive.base}/studies HTTP/1.1`,
      'Host: archive',
      `Authorization: Bearer ${archive.curatorToken}`,
    ];
    expect(lastStatus(await sendRaw(archive.url, [...lines, 'Connection: close', '', ''].join('\r\n')))).toBe(200);
  });

  it.each([
    ['no Host', ['GET /healthz HTTP/1.1']],
    ['two lengths', ['POST /dicom-web/studies HTTP/1.1', 'Host: a', 'Content-Length: 1', 'Content-Length: 2']],
    ['a folded header', ['GET /healthz HTTP/1.1', 'Host: a', 'X: 1', ' 2']],
    ['a bare line feed', ['GET /healthz HTTP/1.1\nHost: a']],
  ])('T71 B38 answers 400 to %s', async (_name, lines) => {
    expect(lastStatus(await sendRaw(archive.url, [...lines, '', ''].join('\r\n'), { halfClose: true }))).toBe(400);
  });

  it('ST-01 answers 431 to header fields of 200 KiB', async () => {
    const head = ['GET /healthz HTTP/1.1', 'Host: a', `X: ${'x'.repeat(200 * 1024)}`, '', ''].join('\r\n');
    expect(lastStatus(await sendRaw(archive.url, head))).toBe(431);
  });
});

describe('tokens', () => {
  it.each(ROUTES.map(({ method, template }) => [method, template] as const))(
    'T1 ST-02 B35 answers 401 with a challenge to %s %s without one',
    async (method, template) => {
      for (const target of [fill(template), `${fill(template)}/`, `${fill(template)}?x=1`]) {
        for (const one of method === 'GET' ? ['GET', 'HEAD'] : [method]) {
          const answer = await send(target, { method: one });
          expect([answer.status, answer.headers['www-authenticate']]).toEqual([401, 'Bearer realm="nccid"']);
          if (one !== 'HEAD') problemOf(answer);
        }
      }
    },
  );

  it('T12 answers 401 without one whatever the path, so that nobody learns which there are', async () => {
    for (const target of [
      '/dicom-web',
      '/dicom-web/nothing',
      '/dicom-web/%',
      '/DICOM-WEB/studies',
      '/dicom-web/studies/abc',
    ]) {
      expect([target, (await send(target)).status]).toEqual([target, 401]);
    }
  });

  it.each(['Bearer x', 'Bearer ', 'Bearer a.b.c', 'bearer x y'])('B35 says that a token is bad: %s', async (value) => {
    const answer = await send('/dicom-web/studies', { headers: { Authorization: value } });
    expect(answer.status).toBe(401);
    expect(answer.headers['www-authenticate']).toMatch(/^Bearer realm="nccid", error="invalid_token"/);
  });

  it.each(['Basic YTpi', 'Negotiate x', 'x'])('challenges who comes with something else: %s', async (value) => {
    const answer = await send('/dicom-web/studies', { headers: { Authorization: value } });
    expect([answer.status, answer.headers['www-authenticate']]).toEqual([401, 'Bearer realm="nccid"']);
  });

  it('B36 answers 400 to two Authorization headers, good as they may be', async () => {
    const value = `Bearer ${archive.curatorToken}`;
    for (const values of [
      [value, value],
      [value, 'Basic x'],
      ['x', value],
    ]) {
      expect((await send('/dicom-web/studies', { headers: { Authorization: values } })).status).toBe(400);
    }
  });

  it.each(['token', 'access_token', 'Authorization', 'authToken'])(
    'URI-19 B36 takes no token in a query: %s',
    async (name) => {
      expect((await send(`/dicom-web/studies?${name}=${archive.curatorToken}`)).status).toBe(401);
    },
  );

  it('B37 answers 401 to a token beyond all reason', async () => {
    const headers = { Authorization: `Bearer ${'x'.repeat(60_000)}` };
    expect((await send('/dicom-web/studies', { headers })).status).toBe(401);
  });

  it('knows the scheme in any case', async () => {
    const headers = { Authorization: `bEaReR ${archive.curatorToken}` };
    expect((await send('/dicom-web/studies', { headers })).status).toBe(200);
  });
});

describe('what needs no token', () => {
  it('is health and readiness', async () => {
    expect(JSON.parse((await send('/healthz')).body.toString())).toEqual({ status: 'alive' });
    expect(JSON.parse((await send('/readyz')).body.toString())).toEqual({ status: 'ready' });
  });

  it('is the public keys, and nothing private of them', async () => {
    const { keys }: { keys: Record<string, unknown>[] } = JSON.parse(
      (await send('/.well-known/jwks.json')).body.toString(),
    );
    expect(keys).toHaveLength(1);
    expect(keys[0]).toMatchObject({ kty: 'EC', crv: 'P-256', alg: 'ES256', use: 'sig', kid: expect.any(String) });
    expect(keys[0]).not.toHaveProperty('d');
  });
});

describe('shutting down', () => {
  it('F14 B41 finishes the request that runs, and closes within a second', async () => {
    const other = await startArchive();
    await other.addSite('Site');
    const token = await other.token({ kind: 'site', site: 'Site' });
    const storing = other.store(token, [made.file]);
    await new Promise((resolve) => setTimeout(resolve, 5));
    const begun = performance.now();
    const [response] = await Promise.all([storing.catch(() => undefined), storing.then(() => other.close())]);
    expect(response?.status).toBe(200);
    expect(performance.now() - begun).toBeLessThan(5_000);
  });
});
