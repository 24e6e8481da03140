/** HTTP/2, as the proxy before an archive speaks it. PS3.18 §8.1.1 */
import { spawnSync } from 'node:child_process';
import { type ClientHttp2Session, connect } from 'node:http2';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type LoadBalancer, startNginx } from '../servers/nginx.js';
import { type CuratedArchive, startCuratedArchive } from './curated.js';
import { digest, makeInstance } from './instances.js';

const hasNginx = spawnSync('nginx', ['-v']).status === 0;
if (!hasNginx) console.info('HTTP/2 was not tested: there is no nginx.');

const made = makeInstance({ study: 'http2' });

let archive: CuratedArchive;
let proxy: LoadBalancer;
let session: ClientHttp2Session;
beforeAll(async () => {
  if (!hasNginx) return;
  archive = await startCuratedArchive();
  proxy = await startNginx([Number(new URL(archive.url).port)]);
  session = connect(proxy.tlsURL, { rejectUnauthorized: false });
});
afterAll(async () => {
  if (!hasNginx) return;
  session.close();
  await proxy.stop();
  await archive.close();
});

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[] | number | undefined>>;
  readonly body: Buffer;
}

function ask(path: string, headers: Readonly<Record<string, string>> = {}, body?: Buffer): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const authorization = `Bearer ${archive.curatorToken}`;
    const stream = session.request({
      ':path': `/dicom-web${path}`,
      ':method': body === undefined ? 'GET' : 'POST',
      authorization,
      ...headers,
    });
    const chunks: Buffer[] = [];
    let answered: Answer['headers'] = {};
    stream.on('response', (fields) => {
      answered = { ...fields };
    });
    stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    stream.on('end', () =>
      resolve({ status: Number(answered[':status']), headers: answered, body: Buffer.concat(chunks) }),
    );
    stream.on('error', reject);
    stream.end(body);
  });
}

describe.runIf(hasNginx)('an archive behind a proxy', () => {
  it('HT-14 stores, finds and gives over HTTP/2, many requests at once on one connection', async () => {
    const stored = await ask('/studies', { 'content-type': 'application/dicom' }, made.file);
    expect(stored.status).toBe(200);
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, i) =>
        i % 2 === 0 ? ask(`/studies?PatientID=*`) : ask(made.path, { accept: 'application/dicom' }),
      ),
    );
    for (const [i, { status, body }] of answers.entries()) {
      expect(status).toBe(200);
      if (i % 2 === 1) expect(digest(body)).toBe(digest(made.file));
    }
  });

  it('HT-14 HT-13 has names of requests, errors and conditions there, too', async () => {
    const absent = await ask('/studies/1.2.3/metadata');
    const { requestID }: { requestID: string } = JSON.parse(absent.body.toString());
    expect([absent.status, requestID]).toEqual([404, absent.headers['x-request-id']]);
    const first = await ask(`${made.path}/metadata`);
    const again = await ask(`${made.path}/metadata`, { 'if-none-match': String(first.headers['etag']) });
    expect([first.status, again.status, again.body.length]).toEqual([200, 304, 0]);
  });
});
