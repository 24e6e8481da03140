/** What is damaged where it is stored is never handed out: told by a status, or by a connection that breaks. DESIGN: stored means stored */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CuratedArchive, startCuratedArchive } from './curated.js';
import { bytesOf, type MadeInstance, makeInstance } from './instances.js';
import { spoilFile } from './stored-blob.js';
import { ask, type WireAnswer } from './wire.js';

const PIXEL_BYTES = 2 * 1024 * 1024;
const STORED = 'multipart/related; type="application/dicom"; transfer-syntax=*';
const OCTETS = 'application/octet-stream';

/** Three instances of one study. */
const studyOf = (name: string): readonly [MadeInstance, MadeInstance, MadeInstance] => {
  const one = (number: number): MadeInstance =>
    makeInstance({
      study: name,
      instance: `${name}/${number}`,
      attributes: {
        InstanceNumber: String(number),
        Rows: 512,
        Columns: 512,
        NumberOfFrames: '4',
        PixelData: bytesOf(`${name} ${number}`, PIXEL_BYTES),
      },
    });
  return [one(1), one(2), one(3)];
};

let archive: CuratedArchive;
beforeAll(async () => {
  archive = await startCuratedArchive();
});
afterAll(() => archive.close());

/** Flip one bit, `fromEnd` bytes before the end. */
const flip = (made: MadeInstance, fromEnd: number): Promise<void> =>
  spoilFile(archive, made, (bytes) => {
    const at = bytes.length - fromEnd;
    bytes[at] = (bytes[at] ?? 0) ^ 1;
    return bytes;
  });

const get = (path: string, accept: string): Promise<WireAnswer> =>
  ask(archive.url, `/dicom-web${path}`, {
    headers: { Authorization: `Bearer ${archive.curatorToken}`, Accept: accept },
  });

const expectDamage = (answer: WireAnswer): void => {
  expect([answer.status, answer.headers['content-type'], answer.isComplete]).toEqual([
    500,
    'application/problem+json',
    true,
  ]);
  const text = answer.body.toString();
  expect(JSON.parse(text)).toMatchObject({ status: 500, title: 'The stored data is damaged' });
  expect(text).not.toContain(archive.folder);
  expect(answer.headers['content-location']).toBeUndefined();
};

const isMarked = async ({ sopInstanceUID }: MadeInstance): Promise<boolean> => {
  const row = await archive.database.read
    .selectFrom('instance')
    .select('damaged_at')
    .where('sop_instance_uid', '=', sopInstanceUID)
    .executeTakeFirstOrThrow();
  return row.damaged_at !== null;
};

describe('a flipped bit', () => {
  it('is told of however often the file is asked for, until it is mended', async () => {
    const [made] = studyOf('mended');
    await archive.add(made);
    await flip(made, 100);
    for (let n = 0; n < 4; n++) expectDamage(await get(`${made.path}/frames/4`, OCTETS));
    await flip(made, 100);
    for (let n = 0; n < 4; n++) expect((await get(`${made.path}/frames/4`, OCTETS)).status).toBe(200);
  });

  it('MP-20 F11 breaks the connection of a study in whose middle it is, never ends it well', async () => {
    const [first, second, third] = studyOf('middle');
    await archive.add(first, second, third);
    await flip(second, 100);
    const answer = await get(`/studies/${first.studyInstanceUID}`, STORED);
    expect([answer.status, answer.isComplete]).toEqual([200, false]);
    expect(answer.body.toString('latin1').trimEnd().endsWith('--')).toBe(false);
    expect(answer.body.includes(second.file.subarray(-4_096))).toBe(false);
    await expect.poll(() => isMarked(second)).toBe(true);
    expect(await isMarked(first)).toBe(false);
  });

  it('F11 is told by 500 where it is in the first part of what is asked for', async () => {
    const made = makeInstance({ study: 'small' });
    await archive.add(made);
    await flip(made, 3);
    for (const accept of [STORED, 'application/dicom', `multipart/related; type="${OCTETS}"`]) {
      expectDamage(await get(made.path, accept));
    }
    expectDamage(await get(`${made.path}/bulkdata/7FE00010`, OCTETS));
    await expect.poll(() => isMarked(made)).toBe(true);
  });

  it('F11 does not touch the frames beside the one it is in', async () => {
    const [made] = studyOf('frames');
    await archive.add(made);
    await flip(made, 10);
    for (const accept of [OCTETS, `multipart/related; type="${OCTETS}"`]) {
      expectDamage(await get(`${made.path}/frames/4`, accept));
      expect((await get(`${made.path}/frames/3`, accept)).status).toBe(200);
    }
    const answer = await get(`${made.path}/frames/1,2,3,4`, '*/*');
    expect(answer.isComplete).toBe(false);
  });

  it('leaves search and metadata as they were', async () => {
    const made = makeInstance({ study: 'metadata of the damaged' });
    await archive.add(made);
    await flip(made, 3);
    expect((await get(`${made.path}/metadata`, '*/*')).status).toBe(200);
  });
});

describe('a file that is not there, or not whole', () => {
  it.each<[string, (bytes: Buffer) => Buffer | undefined]>([
    ['lost', () => undefined],
    ['cut', (bytes) => bytes.subarray(0, 1_000)],
  ])('F12 F13 is told by 500 before the first byte of its study: %s', async (name, spoil) => {
    const [first, second, third] = studyOf(`file ${name}`);
    await archive.add(first, second, third);
    await spoilFile(archive, third, spoil);
    expectDamage(await get(`/studies/${first.studyInstanceUID}`, STORED));
    expectDamage(await get(third.path, 'application/dicom'));
    expectDamage(await get(`${third.path}/frames/1`, OCTETS));
    expect((await get(first.path, 'application/dicom')).status).toBe(200);
    await expect.poll(() => isMarked(third)).toBe(true);
  });
});
