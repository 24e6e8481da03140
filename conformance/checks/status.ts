/** PS3.18 §8.4, §8.5, §8.6.3: status codes, header fields, status reports. */
import { AS_STORED, type Check, check, instanceURL, JSON_TYPE, OCTETS_TYPE, studyURL, type Trial } from '../check.js';
import type { Answer } from '../wire/client.js';
import { requestIDOf } from './request-id.js';
import { queryOf } from './searching.js';
import { freshImage, send, sendFiles } from './storing.js';

const UNKNOWN_UID = '2.25.329800735698586629295641978511506172918';
const UNKNOWN_STUDY = `/studies/${UNKNOWN_UID}`;
const LEAKS = /\n\s+at .+:\d+:\d+|node_modules|\/(?:usr|home|var|opt|srv)\/|[A-Z]:\\|Traceback \(most recent/;
/** More bytes than any server holds. */
const IMPOSSIBLE_LENGTH = '1000000000000000';

/** Delete a study; skips where the server does not delete. */
async function deleted(t: Trial, study: string): Promise<void> {
  const answer = await t.ask(`/studies/${study}`, { method: 'DELETE', as: 'storer' });
  t.offered(answer, 'deletion', 401, 403);
  t.status(answer, 200, 202, 204);
}

/** The body without what differs from request to request: the UID that was asked for, and the identifier of the request. */
function withoutNames(answer: Answer, uid: string): string {
  const id = requestIDOf(answer);
  const body = answer.body.toString('utf8').replaceAll(uid, 'UID');
  return id === undefined ? body : body.replaceAll(id, 'ID');
}

const remaining = (t: Trial): string => `/studies?${queryOf({ StudyID: t.session.run.id, limit: '3' })}`;

export const STATUS_CHECKS: readonly Check[] = [
  check('ST-01', 'M', '8.1.2', 'there is always an answer with a valid status', async (t) => {
    const odd = [
      { method: 'PATCH', target: '/studies' },
      { method: 'DELETE', target: UNKNOWN_STUDY },
      { method: 'GET', target: '/%ff%fe' },
      { method: 'GET', target: '/studies?%' },
      { method: 'GET', target: `/${'a/'.repeat(500)}` },
      { method: 'POST', target: '/studies' },
      { method: 'GET', target: '/studies', accept: ',;,=",' },
      { method: 'GET', target: '/studies?limit=99999999999999999999' },
      { method: 'GET', target: '/studies?includefield=,,,&=&&' },
    ];
    for (const { method, target, accept = JSON_TYPE } of odd) {
      if (t.session.isReadOnly && method !== 'GET') continue;
      const { status } = await t.ask(target, { method, headers: { Accept: accept } });
      t.expect(status >= 200 && status < 600 && status !== 500, 'a status between 200 and 599, and not 500', status);
    }
  }),
  check('ST-02', 'M', '8.5', 'a 401 has a challenge', async (t) => {
    const answer = await t.ask('/studies?limit=1', { as: 'none', headers: { Accept: JSON_TYPE } });
    if (answer.status < 300) t.skip('the server answers without a token');
    t.status(answer, 401);
    t.expect(/^\s*[!#$%&'*+.^_`|~\w-]+/.test(answer.header('WWW-Authenticate') ?? ''), 'WWW-Authenticate', 'none');
  }),
  check('ST-03', 'M', '8.5', 'what one may not see is 403, or answered as what is not there', async (t) => {
    if (t.session.client.tokens.outsider === undefined) t.skip('no --outsider-token');
    const ct = t.fixture('CT');
    const ask = { as: 'outsider', headers: { Accept: JSON_TYPE } } as const;
    const hidden = await t.ask(`${studyURL(ct)}/metadata`, ask);
    t.status(hidden, 403, 404);
    if (hidden.status === 403) return;
    const absent = await t.ask(`${UNKNOWN_STUDY}/metadata`, ask);
    t.equal(hidden.status, absent.status, 'the status for a UID that never was');
    t.equal(withoutNames(hidden, ct.study), withoutNames(absent, UNKNOWN_UID), 'the body for a UID that never was');
    const list = await t.ask(`/studies?StudyInstanceUID=${ct.study}`, ask);
    t.status(list, 204, 200);
    t.expect(!list.body.includes(ct.study), 'no study in a search', list.body.toString());
  }),
  check('ST-04', 'M', '8.5', 'what is known to be deleted is 410', async (t) => {
    t.stores();
    const image = freshImage(t);
    t.status(await sendFiles(t, [image.file]), 200, 202);
    await deleted(t, image.study);
    for (const target of [instanceURL(image), `${studyURL(image)}/metadata`]) {
      const answer = await t.get(target, target.endsWith('metadata') ? JSON_TYPE : AS_STORED);
      t.status(answer, 404, 410);
      if (answer.status === 404) t.note('404: the server keeps no record of what was deleted');
    }
    const list = await t.get(`/studies?StudyInstanceUID=${image.study}`, JSON_TYPE);
    t.expect(!list.body.includes(image.study), 'nothing in a search', list.body.toString());
  }),
  check('ST-05', 'M', '8.5', 'a 405 has Allow', async (t) => {
    const answer = await t.ask('/studies', { method: 'PUT', headers: { Accept: JSON_TYPE } });
    t.status(answer, 405);
    const allowed = answer
      .headers('Allow')
      .join()
      .split(/[\s,]+/);
    for (const method of ['GET', 'POST'])
      t.expect(allowed.includes(method), `Allow with ${method}`, allowed.join(', '));
  }),
  check('ST-06', 'S', '8.5', 'an error explains itself, and tells nothing of the server', async (t) => {
    const errors = [
      await t.get(`${UNKNOWN_STUDY}/metadata`, JSON_TYPE),
      await t.get('/studies?limit=-1', JSON_TYPE),
      await t.get(`${studyURL(t.subject())}/metadata`, 'text/csv'),
    ];
    for (const { status, body, target } of errors) {
      t.expect(status >= 400, `an error for ${target}`, status);
      t.expect(body.length > 0, `an explanation of ${status}`, 'an empty body');
      t.expect(!LEAKS.test(body.toString('utf8')), 'no stack trace and no path', body.toString('utf8'));
    }
    const head = await t.ask(`${UNKNOWN_STUDY}/metadata`, { method: 'HEAD', headers: { Accept: JSON_TYPE } });
    t.equal(head.body.length, 0, 'bytes of the body for HEAD');
  }),
  check('ST-07', 'S', '8.6.3', 'a status report is in a type that was asked for', async (t) => {
    const json = await t.get(`${UNKNOWN_STUDY}/metadata`, JSON_TYPE);
    t.expect(/json/i.test(json.header('Content-Type') ?? ''), 'JSON', json.header('Content-Type') ?? 'no Content-Type');
    const html = await t.get(`${UNKNOWN_STUDY}/metadata`, 'text/html');
    t.expect(
      /^text\/html/i.test(html.header('Content-Type') ?? ''),
      'text/html',
      html.header('Content-Type') ?? 'none',
    );
  }),
  check('ST-08', 'M', '8.5', 'there is no 206 without Range', async (t) => {
    const subject = t.subject();
    for (const [target, accept] of [
      [instanceURL(subject), AS_STORED],
      [studyURL(subject), AS_STORED],
      [instanceURL(subject), OCTETS_TYPE],
      [`${studyURL(subject)}/metadata`, JSON_TYPE],
    ] as const) {
      const { status } = await t.get(target, accept);
      t.expect(status !== 206, `no 206 from ${target}`, status);
    }
  }),
  check('ST-09', 'M', '8.5', 'a request too large is 413, before its body is read', async (t) => {
    t.stores();
    const headers = {
      'Content-Type': 'application/dicom',
      'Content-Length': IMPOSSIBLE_LENGTH,
      Expect: '100-continue',
      Accept: JSON_TYPE,
    };
    const ask = { method: 'POST', as: 'storer', body: 'x', headers, stopAtContinue: true, timeoutMs: 10_000 } as const;
    const answer = await t.ask('/studies', ask);
    if (answer.status === 100 || answer.status === 415)
      t.skip(`what is too large is not known beforehand (${answer.status})`);
    t.status(answer, 413);
  }),
  check('ST-11', 'S', '8.5', 'a 415 tells what is supported', async (t) => {
    t.stores();
    const answer = await send(t, Buffer.from('text'), 'text/plain');
    t.status(answer, 415);
    const text = answer.body.toString('utf8') + answer.headers('Accept-Post').join();
    t.expect(text.includes('application/dicom'), 'application/dicom in the body', text);
  }),
  check('ST-14', 'M', '8.4.2', 'Content-Location names what a payload represents', async (t) => {
    const target = `${instanceURL(t.subject())}/metadata`;
    const answer = await t.got(target, JSON_TYPE);
    const location = answer.header('Content-Location') ?? 'none';
    t.expect(location.endsWith(target), `Content-Location of ${target}`, location);
    const single = await t.get(instanceURL(t.subject()), 'application/dicom; transfer-syntax=*');
    if (single.status !== 200) return;
    const here = single.header('Content-Location') ?? 'none';
    t.expect(here.endsWith(instanceURL(t.subject())), `Content-Location of ${instanceURL(t.subject())}`, here);
  }),
  check('ST-15', 'P', 'RFC 9110 §9.3.2', 'HEAD is GET without its body', async (t) => {
    for (const [target, accept] of [
      [`${instanceURL(t.subject())}/metadata`, JSON_TYPE],
      [instanceURL(t.subject()), AS_STORED],
    ] as const) {
      const get = await t.got(target, accept);
      const head = await t.ask(target, { method: 'HEAD', headers: { Accept: accept } });
      t.status(head, 200);
      t.equal(head.body.length, 0, 'bytes of the body');
      const type = (text = ''): string => text.replace(/boundary=[^;]+/, '');
      t.equal(type(head.header('Content-Type')), type(get.header('Content-Type')), 'Content-Type');
    }
  }),
  check('ST-16', 'P', '8.3.4.4.1', 'Warning is 299, a service and a text in ASCII', async (t) => {
    t.fixture('CT');
    const answer = await t.got(remaining(t), JSON_TYPE);
    const values = answer.headers('Warning');
    t.expect(values.length > 0, 'a Warning that there are more results', 'none');
    for (const value of values) t.expect(/^299 [!-~]+:? "?[ -~]+$/.test(value), '299 SERVICE: TEXT', value);
  }),
  check('ST-17', 'M', '8.3.4', 'the texts of Warnings are those of the standard', async (t) => {
    t.fixture('CT');
    await t.got(remaining(t), JSON_TYPE);
    const text = t.last?.headers('Warning').join(' | ') ?? '';
    t.expect(
      /There are \d+ additional results that can be requested/.test(text),
      'There are N additional results that can be requested',
      text,
    );
  }),
];
