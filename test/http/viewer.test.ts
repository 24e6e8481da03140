/** The viewer as it is served: its files, the page it runs in, and what it is told of this server. */
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runInNewContext } from 'node:vm';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startServer } from '../../src/app.js';
import { loadConfig } from '../../src/config.js';
import { unpackViewer } from '../../src/portal/viewer/unpack-viewer.js';
import { VIEWER_RELEASE } from '../../src/portal/viewer/viewer-package.js';
import { freePort } from '../support/free-port.js';
import { newPlaces } from '../support/test-places.js';
import { PACKAGE_FILES, SCRIPT, writePackage } from '../support/viewer-package.js';
import { type CuratedArchive, startCuratedArchive } from './curated.js';
import { ask, type WireAnswer } from './wire.js';

const FILES = `/viewer/${VIEWER_RELEASE}`;
const LARGER_THAN_SOCKETS_BYTES = 20 * 1024 * 1024;
const place = mkdtempSync(join(tmpdir(), 'nccid-viewer-'));

let archive: CuratedArchive;
beforeAll(async () => {
  archive = await startCuratedArchive({ viewerFolder: join(place, 'viewer') });
});
afterAll(async () => {
  await archive.close();
  rmSync(place, { recursive: true });
});

type Headers = Readonly<Record<string, string>>;
const get = (target: string, headers: Headers = {}): Promise<WireAnswer> => ask(archive.url, target, { headers });
const signedIn = (token = archive.curatorToken): Headers => ({ Cookie: `nccid-session=${token}` });

describe('an archive without the viewer', () => {
  it('is served, and says how the viewer is had', async () => {
    const answer = await get('/viewer/', signedIn());
    expect(answer.status).toBe(503);
    expect(answer.body.toString()).toContain('nccid fetch viewer');
    expect((await get(`${FILES}/${SCRIPT}`)).status).toBe(404);
    expect((await get('/dicom-web/studies', signedIn())).status).toBe(204);
  });

  it('serves it from when it is there', async () => {
    const tarball = join(place, 'package.tgz');
    await unpackViewer(tarball, join(place, 'viewer'), writePackage(tarball));
    expect((await get('/viewer/', signedIn())).status).toBe(200);
  });
});

describe('the viewer', () => {
  it.each(['/viewer', '/viewer/', '/viewer/viewer?StudyInstanceUIDs=1.2.3', '/viewer/any/route'])(
    'has its page at %s',
    async (target) => {
      const { status, headers, body } = await get(target, signedIn());
      expect([status, headers['content-type'], headers['cache-control']]).toEqual([
        200,
        'text/html; charset=utf-8',
        'no-store',
      ]);
      expect(headers).toMatchObject({
        'cross-origin-opener-policy': 'same-origin',
        'cross-origin-embedder-policy': 'require-corp',
        'cross-origin-resource-policy': 'same-origin',
      });
      expect(headers['content-security-policy']).not.toMatch(/https?:|\*/);
      expect(headers['content-security-policy']).not.toContain("'unsafe-eval'");
      expect(body.toString()).toContain('<title>NCCID viewer</title>');
      expect(body.toString()).toContain(`src="${FILES}/${SCRIPT}"`);
    },
  );

  it('sends a site, which looks at no images, to the start page', async () => {
    expect((await get('/viewer/', signedIn(archive.siteToken))).headers['location']).toBe('/');
  });

  it.each([
    ['br, gzip', 'br', brotliDecompressSync],
    ['gzip, deflate', 'gzip', gunzipSync],
    ['identity', undefined, (bytes: Buffer) => bytes],
    [undefined, undefined, (bytes: Buffer) => bytes],
  ])('has its files for who accepts %s', async (accepted, encoding, unpack) => {
    const { status, headers, body } = await get(
      `${FILES}/${SCRIPT}`,
      accepted === undefined ? {} : { 'Accept-Encoding': accepted },
    );
    expect([status, headers['content-encoding']]).toEqual([200, encoding]);
    expect(unpack(body).toString()).toMatch(/^\/\/ A script\.\n/);
    expect(headers).toMatchObject({
      'content-type': 'text/javascript; charset=utf-8',
      'content-length': String(body.length),
      'cache-control': 'public, max-age=31536000, immutable',
      'cross-origin-embedder-policy': 'require-corp',
      vary: 'Accept-Encoding',
    });
  });

  it.each([
    ['app.bundle.css', 'text/css; charset=utf-8'],
    ['0123.woff2', 'font/woff2'],
    ['assets/images/CT-Bone.png', 'image/png'],
    ['LICENSE.txt', 'text/plain; charset=utf-8'],
  ])('says what kind of file %s is', async (path, mediaType) => {
    expect((await get(`${FILES}/${path}`)).headers['content-type']).toBe(mediaType);
    const head = await ask(archive.url, `${FILES}/${path}`, { method: 'HEAD' });
    expect([head.status, head.headers['content-type'], head.body.length]).toEqual([200, mediaType, 0]);
  });

  it.each([
    'contents.json',
    `${SCRIPT}.br`,
    'app-config.js',
    'sw.js',
    '../contents.json',
    '%2e%2e/package.tgz',
    '..%2f..%2fpackage.tgz',
    '',
    'nothing.js',
  ])('has no file %j', async (path) => {
    const answer = await get(`${FILES}/${path}`, signedIn());
    expect(answer.status).toBe(404);
  });

  it.each(['/viewer/favicon.ico', '/viewer/sw.js', '/viewer/ohif-0.0.0/app.js'])(
    'does not take %s for a page',
    async (target) => {
      expect((await get(target, signedIn())).status).toBe(404);
    },
  );

  it('is told of one data source, at the host by which the browser knows the archive', async () => {
    const { body, headers } = await get('/viewer/app-config.js');
    expect(headers['content-type']).toBe('text/javascript; charset=utf-8');
    const window: Record<string, unknown> = {};
    runInNewContext(body.toString(), {
      window,
      location: { origin: 'http://localhost:1' },
    });
    expect(window).toMatchObject({
      __filename: '',
      PUBLIC_URL: '/viewer/',
      config: {
        routerBasename: '/viewer',
        defaultDataSourceName: 'nccid',
        dataSources: [
          {
            sourceName: 'nccid',
            configuration: {
              qidoRoot: 'http://localhost:1/dicom-web',
              wadoRoot: 'http://localhost:1/dicom-web',
              bulkDataURI: { enabled: true, startsWith: archive.url, prefixWith: 'http://localhost:1' },
            },
          },
        ],
      },
    });
  });
});

describe('a visitor who leaves', () => {
  it('while a file is sent is nothing for the log', async () => {
    const viewerFolder = join(place, 'large');
    const path = 'assets/images/large.png';
    const tarball = join(place, 'large.tgz');
    const files = { ...PACKAGE_FILES, [`package/dist/${path}`]: ' '.repeat(LARGER_THAN_SOCKETS_BYTES) };
    await unpackViewer(tarball, viewerFolder, writePackage(tarball, files));
    const { places, drop } = await newPlaces();
    const port = await freePort();
    const lines: string[] = [];
    const log = pino({ level: 'warn' }, { write: (line: string) => void lines.push(line) });
    const config = { ...loadConfig({}), places, port, publicURL: `http://127.0.0.1:${port}`, viewerFolder };
    const server = await startServer({ config, log, now: Date.now });
    try {
      const visitor = connect(port, '127.0.0.1');
      visitor.write(`GET ${FILES}/${path} HTTP/1.1\r\nHost: archive\r\n\r\n`);
      const [first] = await once(visitor, 'data');
      expect(String(first)).toMatch(/^HTTP\/1\.1 200 /);
      visitor.destroy();
      // Answered by the same process after it has seen the visitor go.
      for (let asked = 0; asked < 20; asked += 1) await ask(config.publicURL, '/healthz');
    } finally {
      await server.close();
      await drop();
    }
    expect(lines).toEqual([]);
  });
});

describe('the viewer below a path', () => {
  it('is told of that path', async () => {
    const below = await startCuratedArchive({
      publicURL: 'https://images.example/nccid',
      viewerFolder: join(place, 'viewer'),
    });
    try {
      const page = await ask(below.url, '/viewer/', {
        headers: { Cookie: `__Host-nccid-session=${below.curatorToken}` },
      });
      expect(page.body.toString()).toContain(`src="/nccid${FILES}/${SCRIPT}"`);
      const away = await ask(below.url, '/viewer/');
      expect(away.headers['location']).toBe('/nccid/sign-in?next=%2Fnccid%2Fviewer%2F');
      const configuration = (await ask(below.url, '/viewer/app-config.js')).body.toString();
      expect(configuration).toContain('"routerBasename":"/nccid/viewer"');
    } finally {
      await below.close();
    }
  });
});
