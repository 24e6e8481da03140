/** What HTTP itself offers: validators, ranges, CORS, and headers that protect. RFC 9110, Fetch */
import { connect } from 'node:http2';
import { type Check, check, instanceURL, JSON_TYPE, OCTETS_TYPE, type Trial } from '../check.js';
import type { Answer } from '../wire/client.js';
import { parseMultipart } from '../wire/multipart.js';
import { pixelDataURI } from './bulkdata-uris.js';
import { PNG_TYPE, renderedURL } from './rendering.js';
import { requestIDOf } from './request-id.js';

const ORIGIN = { Origin: 'https://viewer.example' };
const SINGLE = 'application/octet-stream';

const metadataURL = (t: Trial): string => `${instanceURL(t.subject())}/metadata`;

/** The whole of a value that answers Range. @throws Skipped where Range is not supported */
async function rangeable(t: Trial): Promise<{ readonly uri: string; readonly whole: Answer }> {
  const uri = await pixelDataURI(t, t.fixture('CT'));
  const whole = await t.get(uri, SINGLE);
  t.offered(whole, 'bulkdata by itself', 400, 406);
  t.status(whole, 200);
  const ranged = await t.get(uri, SINGLE, { Range: 'bytes=0-9' });
  if (ranged.status === 200) t.skip('Range is not supported');
  t.status(ranged, 206);
  return { uri, whole };
}

export const HTTP_CHECKS: readonly Check[] = [
  check('HT-01', 'P', 'RFC 9110 §8.8.3', 'every representation has its own strong ETag', async (t) => {
    const tagOf = async (target: string, accept: string): Promise<string> =>
      (await t.got(target, accept)).header('ETag') ?? t.skip('there are no ETags');
    const ct = t.session.fixtures.get('CT');
    if (ct !== undefined) {
      for (const uri of [`${instanceURL(ct)}/frames/1`, await pixelDataURI(t, ct)]) {
        t.equal(await tagOf(uri, OCTETS_TYPE), await tagOf(uri, OCTETS_TYPE), `the same ETag of ${uri} each time`);
      }
    }
    const target = instanceURL(t.subject());
    const types = ['multipart/related; type="application/dicom"; transfer-syntax=*', OCTETS_TYPE];
    for (const accept of types) {
      const tag = await tagOf(target, accept);
      t.expect(!tag.startsWith('W/'), 'a strong ETag', tag);
      t.equal(await tagOf(target, accept), tag, 'the same ETag for the same request');
    }
    const [one, other] = types;
    t.expect(
      (await tagOf(target, one ?? '')) !== (await tagOf(target, other ?? '')),
      'another ETag for another type',
      'the same',
    );
    const slice = t.session.fixtures.get('SLICE1');
    if (slice === undefined || (await t.get(renderedURL(slice), PNG_TYPE)).status !== 200) return;
    const tags = [renderedURL(slice), renderedURL(slice, '?viewport=16,12')].map((drawn) => tagOf(drawn, PNG_TYPE));
    t.expect((await tags[0]) !== (await tags[1]), 'another ETag for another size of a picture', 'the same');
  }),
  check('HT-02', 'P', 'RFC 9110 §13.1.2', 'If-None-Match gives 304 without a body', async (t) => {
    const first = await t.got(metadataURL(t), JSON_TYPE);
    const tag = first.header('ETag') ?? t.skip('there are no ETags');
    for (const value of [tag, `"other", ${tag}`, '*', `W/${tag.replace(/^W\//, '')}`]) {
      const again = await t.get(metadataURL(t), JSON_TYPE, { 'If-None-Match': value });
      t.status(again, 304);
      t.equal(again.body.length, 0, 'bytes of the body of a 304');
      t.equal(again.header('ETag'), tag, 'ETag of a 304');
      for (const name of ['Vary', 'Cache-Control']) t.equal(again.header(name), first.header(name), `${name} of a 304`);
    }
    t.status(await t.get(metadataURL(t), JSON_TYPE, { 'If-None-Match': '"other"' }), 200);
  }),
  check('HT-03', 'P', 'RFC 9111', 'what a token shows is kept by no shared cache', async (t) => {
    if (t.session.client.tokens.reader === undefined) t.skip('the server is asked without a token');
    for (const [target, accept] of [
      [metadataURL(t), JSON_TYPE],
      ['/studies?limit=1', JSON_TYPE],
    ] as const) {
      const control = (await t.got(target, accept)).headers('Cache-Control').join().toLowerCase();
      t.expect(!/\bpublic\b/.test(control), 'Cache-Control without public', control);
      t.expect(/\bprivate\b|\bno-store\b/.test(control), 'Cache-Control with private or no-store', control);
      t.expect(/\bno-cache\b|\bno-store\b|max-age=0/.test(control), 'Cache-Control with no-cache', control);
    }
  }),
  check('HT-04', 'M', '8.6.1.1', 'a Range of a single part is 206 and those bytes', async (t) => {
    const { uri, whole } = await rangeable(t);
    const part = await t.get(uri, SINGLE, { Range: 'bytes=2-11' });
    t.status(part, 206);
    t.equal(part.header('Content-Range'), `bytes 2-11/${whole.body.length}`, 'Content-Range');
    t.sameBytes(part.body, whole.body.subarray(2, 12), 'the range');
    t.equal(part.header('Content-Length') ?? '10', '10', 'Content-Length');
    t.equal(whole.header('Accept-Ranges'), 'bytes', 'Accept-Ranges');
  }),
  check('HT-05', 'P', 'RFC 9110 §14', 'ranges of every form', async (t) => {
    const { uri, whole } = await rangeable(t);
    const total = whole.body.length;
    for (const [range, from, to] of [
      ['-10', total - 10, total],
      ['10-', 10, total],
      ['0-', 0, total],
      [`5-${total + 99}`, 5, total],
    ] as const) {
      const part = await t.get(uri, SINGLE, { Range: `bytes=${range}` });
      t.status(part, 206);
      t.equal(part.header('Content-Range'), `bytes ${from}-${to - 1}/${total}`, `Content-Range of bytes=${range}`);
      t.sameBytes(part.body, whole.body.subarray(from, to), `bytes=${range}`);
    }
    const beyond = await t.get(uri, SINGLE, { Range: `bytes=${total}-` });
    t.status(beyond, 416);
    t.equal(beyond.header('Content-Range'), `bytes */${total}`, 'Content-Range of a 416');
    for (const malformed of ['bytes=5-2', 'bytes=x-y', 'lines=1-2']) {
      t.status(await t.get(uri, SINGLE, { Range: malformed }), 200);
    }
    t.status(await t.get(uri, SINGLE, { Range: 'bytes=0-1,4-5' }), 200, 206);
  }),
  check('HT-06', 'P', 'RFC 9110 §13.1.5', 'If-Range with an old ETag gives all of it', async (t) => {
    const { uri, whole } = await rangeable(t);
    const stale = await t.get(uri, SINGLE, { Range: 'bytes=0-9', 'If-Range': '"stale"' });
    t.status(stale, 200);
    t.sameBytes(stale.body, whole.body, 'the whole');
    const tag = whole.header('ETag');
    if (tag === undefined) return t.note('there are no ETags');
    t.status(await t.get(uri, SINGLE, { Range: 'bytes=0-9', 'If-Range': tag }), 206);
  }),
  check('HT-07', 'P', 'dicomweb-client', 'a Range never cuts a part within multipart', async (t) => {
    const uri = await pixelDataURI(t, t.fixture('CT'));
    const whole = await t.got(uri, OCTETS_TYPE);
    const ranged = await t.get(uri, OCTETS_TYPE, { Range: 'bytes=0-9' });
    t.status(ranged, 200, 206, 416);
    if (ranged.status === 206) return t.equal(ranged.body.length, 10, 'bytes of the range of the whole body');
    if (ranged.status !== 200) return;
    const [one, other] = [parseMultipart(ranged).parts[0]?.body, parseMultipart(whole).parts[0]?.body];
    t.equal(one?.length, other?.length, 'bytes of the part');
  }),
  check('HT-09', 'P', 'CORS', 'pre-flight requests tell what is allowed', async (t) => {
    const answer = await t.ask('/studies', {
      method: 'OPTIONS',
      as: 'none',
      headers: { ...ORIGIN, 'Access-Control-Request-Method': 'GET', 'Access-Control-Request-Headers': 'authorization' },
    });
    t.status(answer, 200, 204);
    const origin = answer.header('Access-Control-Allow-Origin') ?? t.skip('https://viewer.example is not allowed');
    t.expect(['*', ORIGIN.Origin].includes(origin), 'the origin or *', origin);
    const listed = (name: string): string => answer.headers(name).join().toLowerCase();
    for (const method of ['get', 'post', 'delete']) {
      t.expect(
        listed('Access-Control-Allow-Methods').includes(method),
        `${method} among the methods`,
        listed('Access-Control-Allow-Methods'),
      );
    }
    for (const field of ['authorization', 'accept', 'content-type', 'range', 'if-none-match', 'if-range']) {
      t.expect(
        listed('Access-Control-Allow-Headers').includes(field),
        `${field} among the headers`,
        listed('Access-Control-Allow-Headers'),
      );
    }
    t.expect(
      /^\d+$/.test(listed('Access-Control-Max-Age')),
      'Access-Control-Max-Age',
      listed('Access-Control-Max-Age'),
    );
  }),
  check('HT-10', 'P', 'CORS', 'scripts may read the headers of every answer, errors too', async (t) => {
    const answers = [
      await t.get(metadataURL(t), JSON_TYPE, ORIGIN),
      await t.get('/studies/2.25.1/metadata', JSON_TYPE, ORIGIN),
      await t.ask('/studies', { as: 'none', headers: { ...ORIGIN, Accept: JSON_TYPE } }),
    ];
    if (answers[0]?.header('Access-Control-Allow-Origin') === undefined)
      t.skip('https://viewer.example is not allowed');
    for (const answer of answers) {
      t.expect(
        answer.header('Access-Control-Allow-Origin') !== undefined,
        `Access-Control-Allow-Origin of ${answer.status}`,
        'none',
      );
      const exposed = answer.headers('Access-Control-Expose-Headers').join().toLowerCase();
      for (const name of [
        'content-location',
        'location',
        'content-range',
        'accept-ranges',
        'etag',
        'warning',
        'retry-after',
        'www-authenticate',
      ]) {
        t.expect(exposed.includes(name), `${name} exposed by ${answer.status}`, exposed);
      }
    }
  }),
  check('HT-11', 'P', 'Fetch', 'pages that are isolated may embed what is answered', async (t) => {
    const answer = await t.got(metadataURL(t), JSON_TYPE);
    t.equal(answer.header('Cross-Origin-Resource-Policy'), 'cross-origin', 'Cross-Origin-Resource-Policy');
  }),
  check('HT-12', 'P', 'Fetch', 'nothing is sniffed', async (t) => {
    for (const answer of [await t.got(metadataURL(t), JSON_TYPE), await t.get('/studies/2.25.1/metadata', JSON_TYPE)]) {
      t.equal(answer.header('X-Content-Type-Options'), 'nosniff', `X-Content-Type-Options of ${answer.status}`);
    }
    const report = t.session.fixtures.get('SR');
    const page = report === undefined ? undefined : await t.get(`${instanceURL(report)}/rendered`, 'text/html');
    if (page?.status !== 200) return;
    t.equal(page.header('X-Content-Type-Options'), 'nosniff', 'X-Content-Type-Options of a report');
    const policy = page.headers('Content-Security-Policy').join('; ');
    t.expect(/\bsandbox\b/.test(policy), 'Content-Security-Policy: sandbox, of a report as HTML', policy || 'none');
  }),
  check('HT-13', 'P', '—', 'an error has the identifier of its request', async (t) => {
    const answer = await t.get('/studies/2.25.1/metadata', JSON_TYPE);
    const id = requestIDOf(answer) ?? '';
    t.expect(id !== '', 'a request id among the headers', answer.rawHeaders.map(([name]) => name).join(', '));
    t.expect(answer.body.toString('utf8').includes(id), `${id} in the body`, answer.body.toString('utf8'));
  }),
  check('HT-14', 'S', '8.1.1', 'HTTP/2 is spoken', async (t) => {
    const { base } = t.session.client;
    if (!base.startsWith('https:')) t.skip('HTTP/2 is for https');
    await t.ask('/studies?limit=1', { headers: { Accept: JSON_TYPE } });
    const protocol = await new Promise<string>((resolve, reject) => {
      const session = connect(new URL(base).origin, {}, () => {
        resolve(session.alpnProtocol ?? 'none');
        session.close();
      });
      session.on('error', reject);
    });
    t.equal(protocol, 'h2', 'the protocol that is agreed on');
  }),
];
