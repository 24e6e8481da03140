/** Storage commitment over HTTP: what a hospital hears before it deletes its own. SC-01, SC-02 */
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RESULT_DAYS } from '../../src/archive/commitments.js';
import { openArchive } from '../../src/archive/open-archive.js';
import { silentLog } from '../../src/log.js';
import { type RunningArchive, startArchive } from '../support/running-archive.js';
import { readBlob, writeBlob } from '../support/whole-blob.js';
import { firstValue, items, type JSONDataSet, json } from './dicom-json.js';
import { type MadeInstance, makeInstance, uidOf } from './instances.js';
import { ask } from './wire.js';

let archive: RunningArchive;
let tokens: Readonly<Record<'licence' | 'curator' | 'siteA' | 'siteB', string>>;

beforeAll(async () => {
  archive = await startArchive();
  await archive.addSite('Site A', 'training');
  await archive.addSite('Site B', 'training');
  const reference = await archive.addLicence({ project: 'CT', kinds: ['ct'] });
  tokens = {
    licence: await archive.token({ kind: 'licence', reference, person: 'reader@example.org' }),
    curator: await archive.token({ kind: 'curator' }),
    siteA: await archive.token({ kind: 'site', site: 'Site A' }),
    siteB: await archive.token({ kind: 'site', site: 'Site B' }),
  };
});
afterAll(() => archive.close());

async function stored(study: string, count = 1, token = tokens.siteA): Promise<readonly MadeInstance[]> {
  const made = Array.from({ length: count }, (_, i) => makeInstance({ study, instance: `${study}/1/${i}` }));
  const response = await archive.store(
    token,
    made.map(({ file }) => file),
  );
  if (response.status !== 200) throw new Error(await response.text());
  return made;
}

const newUID = (): string => `2.25.${BigInt(`0x${randomBytes(15).toString('hex')}`)}`;
type Reference = Pick<MadeInstance, 'sopClassUID' | 'sopInstanceUID'>;
const moduleOf = (references: readonly Reference[]): unknown => ({
  '00081199': {
    vr: 'SQ',
    Value: references.map(({ sopClassUID, sopInstanceUID }) => ({
      '00081150': { vr: 'UI', Value: [sopClassUID] },
      '00081155': { vr: 'UI', Value: [sopInstanceUID] },
    })),
  },
});
const post = (token: string, uid: string, body: unknown, headers: Record<string, string> = {}): Promise<Response> =>
  archive.fetch(token, `/commitment-requests/${uid}`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/dicom+json', Accept: 'application/dicom+json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
const get = (token: string, uid: string): Promise<Response> => archive.fetch(token, `/commitment-requests/${uid}`);

/** Which instances are committed, and why the others are not. */
async function heard(response: Response) {
  expect([response.status, response.headers.get('content-type')]).toEqual([200, 'application/dicom+json']);
  const answer = await json<JSONDataSet>(response);
  return {
    committed: items(answer, '00081199').map((item) => firstValue(item, '00081155')),
    failed: items(answer, '00081198').map((item) => [firstValue(item, '00081155'), item['00081197']?.Value?.[0]]),
  };
}

const fileOf = async (made: MadeInstance): Promise<string> => {
  const { blob_key: key } = await archive.database.read
    .selectFrom('instance')
    .select('blob_key')
    .where('sop_instance_uid', '=', made.sopInstanceUID)
    .executeTakeFirstOrThrow();
  return key;
};

describe('a request for commitment', () => {
  it('SC-01 SC-02 is answered at once, and again later: what is stored is committed', async () => {
    const made = await stored('committed', 3);
    const uid = newUID();
    const response = await post(tokens.siteA, uid, moduleOf(made));
    const text = await response.clone().text();
    expect(Object.keys(JSON.parse(text))).toEqual(['00081199']);
    expect(await heard(response)).toEqual({ committed: made.map(({ sopInstanceUID }) => sopInstanceUID), failed: [] });
    const again = await get(tokens.siteA, uid);
    expect(await again.text()).toBe(text);
    const head = await ask(archive.url, `/dicom-web/commitment-requests/${uid}`, {
      method: 'HEAD',
      headers: { Authorization: `Bearer ${tokens.siteA}` },
    });
    expect([head.status, head.headers['content-length'], head.body.length]).toEqual([200, String(text.length), 0]);
  });

  it('SC-01 says of each instance why it is not committed', async () => {
    const [good, otherClass, damaged, lost, cut, marked, deleted] = await stored('not committed', 7);
    const [foreign] = await stored('of B', 1, tokens.siteB);
    if (!good || !otherClass || !damaged || !lost || !cut || !marked || !deleted || !foreign)
      throw new Error('All are.');
    const { blobs } = archive;
    const bytes = await readBlob(blobs, await fileOf(damaged));
    bytes[bytes.length - 1] = (bytes[bytes.length - 1] ?? 0) ^ 1;
    await writeBlob(blobs, await fileOf(damaged), bytes);
    await blobs.remove(await fileOf(lost));
    await writeBlob(blobs, await fileOf(cut), bytes.subarray(0, 300));
    await archive.database.write((tx) =>
      tx
        .updateTable('instance')
        .set({ damaged_at: '2020-04-01T00:00:00.000Z' })
        .where('sop_instance_uid', '=', marked.sopInstanceUID)
        .execute(),
    );
    expect((await archive.fetch(tokens.curator, deleted.path, { method: 'DELETE' })).status).toBe(204);
    const never = { sopClassUID: good.sopClassUID, sopInstanceUID: uidOf('never sent') };
    const wrongClass = { ...otherClass, sopClassUID: '1.2.840.10008.5.1.4.1.1.7' };
    const all = [good, wrongClass, damaged, lost, cut, marked, deleted, foreign, never];
    const reasons = [0, 0x0119, 0x0110, 0x0110, 0x0110, 0x0110, 0x0112, 0x0112, 0x0112];
    expect(await heard(await post(tokens.siteA, newUID(), moduleOf(all)))).toEqual({
      committed: [good.sopInstanceUID],
      failed: all.slice(1).map(({ sopInstanceUID }, i) => [sopInstanceUID, reasons[i + 1]]),
    });
    const rows = await archive.database.read
      .selectFrom('instance')
      .select('sop_instance_uid')
      .where('damaged_at', 'is not', null)
      .execute();
    expect(new Set(rows.map((row) => row.sop_instance_uid))).toEqual(
      new Set([damaged, lost, cut, marked].map(({ sopInstanceUID }) => sopInstanceUID)),
    );
    // Sent again, they are whole again.
    expect((await archive.store(tokens.siteA, [damaged.file, lost.file, cut.file, marked.file])).status).toBe(200);
    expect((await heard(await post(tokens.siteA, newUID(), moduleOf([damaged, lost, cut, marked])))).failed).toEqual(
      [],
    );
  });

  it('SC-01 is refused a UID that was used before, also for something else', async () => {
    const [made] = await stored('used twice');
    const uid = newUID();
    expect((await post(tokens.siteA, uid, moduleOf(made ? [made] : []))).status).toBe(200);
    for (const references of [made ? [made] : [], [{ sopClassUID: '1.2', sopInstanceUID: '1.2.3' }]]) {
      expect((await post(tokens.siteA, uid, moduleOf(references))).status).toBe(409);
    }
  });

  it('SC-02 is its requester’s alone: to others it never was, and they may use its UID', async () => {
    const made = await stored('secret');
    const uid = newUID();
    const own = await heard(await post(tokens.siteA, uid, moduleOf(made)));
    for (const token of [tokens.siteB, tokens.curator]) {
      const told = async (which: string) => {
        const { status, rawHeaders, body } = await ask(archive.url, `/dicom-web/commitment-requests/${which}`, {
          headers: { Authorization: `Bearer ${token}`, 'X-Request-Id': 'one' },
        });
        return { status, headers: rawHeaders.filter(([name]) => name !== 'Date'), body: body.toString() };
      };
      const absent = await told(newUID());
      expect(absent.status).toBe(404);
      expect(await told(uid)).toEqual(absent);
    }
    expect(await heard(await post(tokens.siteB, uid, moduleOf(made)))).toEqual({
      committed: [],
      failed: made.map(({ sopInstanceUID }) => [sopInstanceUID, 0x0112]),
    });
    expect((await heard(await post(tokens.curator, uid, moduleOf(made)))).committed).toHaveLength(1);
    expect(await heard(await get(tokens.siteA, uid))).toEqual(own);
  });

  it('is not for licences, there or not, and needs a token', async () => {
    const made = await stored('not for licences');
    const uid = newUID();
    await post(tokens.siteA, uid, moduleOf(made));
    for (const which of [uid, newUID()]) {
      const response = await get(tokens.licence, which);
      expect([response.status, response.headers.get('www-authenticate')]).toEqual([
        403,
        'Bearer realm="nccid", error="insufficient_scope", scope="dicomweb.store"',
      ]);
      expect((await post(tokens.licence, which, moduleOf(made))).status).toBe(403);
      expect((await archive.fetch(undefined, `/commitment-requests/${which}`)).status).toBe(401);
    }
  });

  it('SC-02 is gone when its result was there for long enough, and its UID stays used', async () => {
    const made = await stored('swept');
    const uid = newUID();
    await post(tokens.siteA, uid, moduleOf(made));
    const later = (days: number) =>
      openArchive(archive.places, { log: silentLog, now: () => new Date(Date.now() + days * 86_400_000) });
    for (const [days, status] of [
      [RESULT_DAYS - 1, 200],
      [RESULT_DAYS + 1, 410],
    ] as const) {
      const opened = await later(days);
      await opened.archive.commitments.sweep();
      await opened.close();
      expect((await get(tokens.siteA, uid)).status).toBe(status);
    }
    expect((await post(tokens.siteA, uid, moduleOf(made))).status).toBe(409);
    const { instances } = await archive.database.read
      .selectFrom('commitment')
      .select('instances')
      .where('transaction_uid', '=', uid)
      .executeTakeFirstOrThrow();
    expect(instances).toBeNull();
  });
});

describe('a request for commitment that is not one', () => {
  const reference = { sopClassUID: '1.2.840.10008.5.1.4.1.1.2', sopInstanceUID: '1.2.3' };

  it.each([
    ['no JSON', 'x'],
    ['nothing', ''],
    ['null', 'null'],
    ['a number', '1'],
    ['an empty object', '{}'],
    ['an empty list', '[]'],
    ['two objects', JSON.stringify([moduleOf([reference]), moduleOf([reference])])],
    ['a sequence that is none', '{"00081199":{"vr":"SQ","Value":{}}}'],
    ['no item', JSON.stringify(moduleOf([]))],
    ['an item that is none', '{"00081199":{"vr":"SQ","Value":[null]}}'],
    ['an item without UIDs', '{"00081199":{"vr":"SQ","Value":[{}]}}'],
    ['UIDs that are none', JSON.stringify(moduleOf([{ ...reference, sopInstanceUID: '../x' }]))],
    ['an instance that is named twice', JSON.stringify(moduleOf([reference, reference]))],
    ['two UIDs', '{"00081199":{"vr":"SQ","Value":[{"00081150":{"Value":["1.2"]},"00081155":{"Value":["1","2"]}}]}}'],
    ['studies', '{"00081110":{"vr":"SQ","Value":[{"0020000D":{"vr":"UI","Value":["1.2"]}}]}}'],
    ['a prototype', '{"__proto__":{"00081199":{"Value":[{}]}}}'],
    ['depth', '['.repeat(100_000) + ']'.repeat(100_000)],
  ])('SC-01 B21 is 400: %s', async (_name, body) => {
    const uid = newUID();
    const response = await post(tokens.siteA, uid, body);
    expect([response.status, response.headers.get('content-type')]).toEqual([400, 'application/problem+json']);
    expect((await get(tokens.siteA, uid)).status).toBe(404);
  });

  it('SC-01 is 400, 406, 413 or 415 by its path, Accept, size and type, and uses no UID up', async () => {
    const uid = newUID();
    const body = moduleOf([reference]);
    const many = moduleOf(Array.from({ length: 5_001 }, (_, i) => ({ ...reference, sopInstanceUID: `1.2.${i}` })));
    for (const [status, request] of [
      [400, () => post(tokens.siteA, 'abc', body)],
      [400, () => get(tokens.siteA, '1..2')],
      [406, () => post(tokens.siteA, uid, body, { Accept: 'image/png' })],
      [413, () => post(tokens.siteA, uid, many)],
      [413, () => post(tokens.siteA, uid, ' '.repeat(2 * 1024 * 1024 + 1))],
      [415, () => post(tokens.siteA, uid, body, { 'Content-Type': 'application/dicom+xml' })],
      [415, () => post(tokens.siteA, uid, body, { 'Content-Type': 'text/plain' })],
      [415, () => post(tokens.siteA, uid, body, { 'Content-Encoding': 'gzip' })],
      [405, () => archive.fetch(tokens.siteA, `/commitment-requests/${uid}`, { method: 'PUT' })],
    ] as const) {
      expect((await request()).status).toBe(status);
    }
    expect((await get(tokens.siteA, uid)).status).toBe(404);
    expect((await post(tokens.siteA, uid, body, { 'Content-Type': 'application/json' })).status).toBe(200);
  });

  it('MT-01 takes one without Accept, as dicomweb-client would send it, and one object in a list', async () => {
    const response = await archive.fetch(tokens.siteA, `/commitment-requests/${newUID()}`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/dicom+json' },
      body: JSON.stringify([moduleOf([reference])]),
    });
    expect((await heard(response)).failed).toEqual([[reference.sopInstanceUID, 0x0112]]);
  });
});
