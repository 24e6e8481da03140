/** NCCID_STRICT: to the letter of the standard what is otherwise answered as clients need it. PS3.18 §8.3, §8.7 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ROUTES } from '../../src/dicomweb/routes.js';
import { type CuratedArchive, startCuratedArchive } from './curated.js';
import { items, type JSONDataSet, json } from './dicom-json.js';
import { makeInstance, SYNTAX } from './instances.js';
import { ask, type WireRequest } from './wire.js';

const made = makeInstance({ study: 'strict' });

let strict: CuratedArchive;
let lenient: CuratedArchive;
beforeAll(async () => {
  strict = await startCuratedArchive({ isStrict: true });
  lenient = await startCuratedArchive();
  for (const archive of [strict, lenient]) await addAccepting(archive, made.file);
});
afterAll(async () => {
  await strict.close();
  await lenient.close();
});

const send = (archive: CuratedArchive, target: string, { headers = {}, ...more }: WireRequest = {}) =>
  ask(archive.url, `/dicom-web${target}`, {
    headers: { Authorization: `Bearer ${archive.curatorToken}`, ...headers },
    ...more,
  });

const addAccepting = (archive: CuratedArchive, body: Buffer) =>
  send(archive, '/studies', {
    method: 'POST',
    headers: { 'Content-Type': 'application/dicom', Accept: 'application/dicom+json' },
    body,
  });

const fill = (template: string): string =>
  template
    .replace('{study}', made.studyInstanceUID)
    .replace('{series}', made.seriesInstanceUID)
    .replace('{instance}', made.sopInstanceUID)
    .replace('{frames}', '1')
    .replace('{bulkdata*}', '7FE00010');

describe('a request without Accept', () => {
  // What is not stored but asked for has names of its own; the URI service has its own way to say what is accepted.
  const gets = ROUTES.filter(({ method, parameters }) => method === 'GET' && parameters === undefined)
    .map(({ template }) => fill(template))
    .filter((target) => !target.includes('{'));

  it.each(gets)('MT-01 MT-07 AMB-01 is 406 with a list when strict, else taken for any: %.60s', async (target) => {
    expect((await send(lenient, target)).status).toBe(200);
    const answer = await send(strict, target);
    expect(answer.status).toBe(406);
    const { available }: { available: string[] } = JSON.parse(answer.body.toString());
    expect(available.length).toBeGreaterThan(0);
    for (const Accept of ['*/*', available[0] ?? '']) {
      expect([Accept, (await send(strict, target, { headers: { Accept } })).status]).toEqual([Accept, 200]);
    }
    const asked = encodeURIComponent(available[0] ?? '');
    expect((await send(strict, `${target}?accept=${asked}`)).status).toBe(200);
  });

  it('MT-01 is 406 for Store and for capabilities, too, and stores nothing', async () => {
    const other = makeInstance({ study: 'strict store' });
    const request = { method: 'POST', headers: { 'Content-Type': 'application/dicom' }, body: other.file };
    expect((await send(strict, '/studies', request)).status).toBe(406);
    expect((await send(strict, other.path, { headers: { Accept: '*/*' } })).status).toBe(404);
    expect((await send(lenient, '/studies', request)).status).toBe(200);
    expect((await send(strict, '/', { method: 'OPTIONS' })).status).toBe(406);
    expect((await send(lenient, '/', { method: 'OPTIONS' })).status).toBe(200);
  });
});

describe('an Accept of DICOM and rendered media types', () => {
  it.each([
    'application/dicom+json, text/html',
    'application/dicom, image/jpeg;q=0.5',
    'image/png, application/dicom+xml',
  ])('MT-09 AMB-03 is 400 when strict, else what there is of it: %s', async (Accept) => {
    const path = Accept.includes('json') ? `${made.path}/metadata` : made.path;
    expect((await send(strict, path, { headers: { Accept } })).status).toBe(400);
    const { status } = await send(lenient, path, { headers: { Accept } });
    expect(status).toBe(Accept.includes('xml') ? 406 : 200);
  });

  it.each([
    'application/dicom+json, multipart/related; type="application/octet-stream"',
    '*/*',
    'application/dicom+json, application/*',
  ])('MT-09 MT-31 is none of what only looks alike: %s', async (Accept) => {
    expect((await send(strict, `${made.path}/metadata`, { headers: { Accept } })).status).toBe(200);
  });
});

describe('a search by what can not be searched', () => {
  const headers = { Accept: 'application/dicom+json' };

  it.each(['PatienID=1', 'Rows=512', 'Modality=CT', 'foo=bar', 'PatientID%5Bx%5D=1'])(
    'AMB-18 AMB-17 QP-01 QP-09 is 400 and says so when strict, else ignored with a Warning: %s',
    async (query) => {
      const refused = await send(strict, `/studies?${query}`, { headers });
      expect(refused.status).toBe(400);
      const { detail }: { detail: string } = JSON.parse(refused.body.toString());
      const [name = ''] = query.split('=');
      expect(detail).toBe(`The following parameters are not supported here: ${decodeURIComponent(name)}.`);
      const ignored = await send(lenient, `/studies?${query}`, { headers });
      expect([ignored.status, ignored.headers['warning']]).toEqual([200, expect.stringContaining('ignored')]);
      expect(ignored.body.toString()).toBe((await send(lenient, '/studies', { headers })).body.toString());
    },
  );

  it('AMB-18 does not touch what can', async () => {
    const { status } = await send(strict, '/studies?PatientID=*&includefield=all&limit=1&charset=utf-8', { headers });
    expect(status).toBe(200);
  });
});

describe('an instance in a transfer syntax that shall not be used', () => {
  it.each(['implicit', 'bigEndian'] as const)(
    'SW-23 is refused with C122H when strict, else stored: %s',
    async (syntax) => {
      const { file, sopInstanceUID } = makeInstance({ study: `strict ${syntax}`, transferSyntaxUID: SYNTAX[syntax] });
      const refused = await strict.fetch(strict.siteToken, '/studies', {
        method: 'POST',
        headers: { 'Content-Type': 'application/dicom' },
        body: new Uint8Array(file),
      });
      expect(refused.status).toBe(409);
      const [item] = items(await json<JSONDataSet>(refused), '00081198');
      expect([item?.['00081155']?.Value, item?.['00081197']?.Value]).toEqual([[sopInstanceUID], [0xc122]]);
      expect((await addAccepting(lenient, file)).status).toBe(200);
    },
  );

  it.each(['explicit', 'deflated'] as const)('SW-23 is not one in %s', async (syntax) => {
    const { file } = makeInstance({ study: `strict ${syntax}`, transferSyntaxUID: SYNTAX[syntax] });
    expect((await addAccepting(strict, file)).status).toBe(200);
  });
});
