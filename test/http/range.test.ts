/** Ranges of what is one payload by itself: an instance, a frame, a value. RFC 9110 §14; PS3.18 §8.6.1.1 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CuratedArchive, startCuratedArchive } from './curated.js';
import { bytesOf, codeStream, digest, makeInstance, SYNTAX, valueBytes } from './instances.js';
import { spoilFile } from './stored-blob.js';
import { ask } from './wire.js';

const OCTETS = 'application/octet-stream';
const DICOM = 'application/dicom';
const ANY_DICOM = 'application/dicom; transfer-syntax=*';

/** Several pieces long, as files are read. */
const large = makeInstance({
  study: 'range large',
  attributes: { Rows: 1_024, Columns: 1_024, PixelData: bytesOf('range large', 2 * 1024 * 1024) },
});
const frames = makeInstance({
  study: 'range frames',
  attributes: { NumberOfFrames: '3', PixelData: bytesOf('range frames', 72) },
});
const deflated = makeInstance({ study: 'range deflated', transferSyntaxUID: SYNTAX.deflated });
const implicit = makeInstance({ study: 'range implicit', transferSyntaxUID: SYNTAX.implicit });
const stream = codeStream('range jpeg', 2_000);
const jpeg = makeInstance({
  study: 'range jpeg',
  transferSyntaxUID: SYNTAX.jpegBaseline,
  attributes: { PixelData: undefined, NumberOfFrames: '1' },
  fragments: [[stream]],
});

let archive: CuratedArchive;
beforeAll(async () => {
  archive = await startCuratedArchive();
  await archive.add(large, frames, deflated, implicit, jpeg);
});
afterAll(() => archive.close());

const get = (path: string, headers: Readonly<Record<string, string>>, method = 'GET') =>
  ask(archive.url, `/dicom-web${path}`, {
    method,
    headers: { Authorization: `Bearer ${archive.curatorToken}`, ...headers },
  });

const pixels = valueBytes(frames, 0x7fe00010);
/** What can be had in ranges, and its bytes. */
const SINGLE: readonly (readonly [name: string, path: string, accept: string, bytes: Buffer])[] = [
  ['an instance of several pieces', large.path, DICOM, large.file],
  ['an instance', frames.path, DICOM, frames.file],
  ['an instance as it is stored', deflated.path, ANY_DICOM, deflated.file],
  ['a compressed instance', jpeg.path, ANY_DICOM, jpeg.file],
  ['a frame', `${frames.path}/frames/2`, OCTETS, pixels.subarray(24, 48)],
  ['a frame of several pieces', `${large.path}/frames/1`, OCTETS, valueBytes(large, 0x7fe00010)],
  ['a compressed frame', `${jpeg.path}/frames/1`, 'image/jpeg', stream],
  ['a value', `${frames.path}/bulkdata/7FE00010`, OCTETS, pixels],
];

describe.each(SINGLE)('%s', (_name, path, Accept, bytes) => {
  const size = bytes.length;
  const middle = Math.floor(size / 2);

  it.each([
    ['the first bytes', 'bytes=0-9', 0, 9],
    ['one byte', `bytes=${middle}-${middle}`, middle, middle],
    ['its last bytes', 'bytes=-10', size - 10, size - 1],
    ['its last byte', `bytes=${size - 1}-`, size - 1, size - 1],
    ['its second half', `bytes=${middle}-`, middle, size - 1],
    ['more than there is', `bytes=5-${size * 2}`, 5, size - 1],
    ['all by number', `bytes=0-${size - 1}`, 0, size - 1],
    ['all, as a player asks', 'bytes=0-', 0, size - 1],
  ])('HT-04 HT-05 HT-08 ST-08 gives %s', async (_which, Range, first, last) => {
    const answer = await get(path, { Accept, Range });
    expect([answer.status, answer.headers['content-range'], answer.headers['accept-ranges']]).toEqual([
      206,
      `bytes ${first}-${last}/${size}`,
      'bytes',
    ]);
    expect(answer.headers['content-length']).toBe(String(last - first + 1));
    expect(digest(answer.body)).toBe(digest(bytes.subarray(first, last + 1)));
    const whole = await get(path, { Accept });
    expect([whole.status, digest(whole.body)]).toEqual([200, digest(bytes)]);
    for (const name of ['content-type', 'etag', 'content-location']) {
      expect([name, answer.headers[name]]).toEqual([name, whole.headers[name]]);
    }
  });

  it.each(['bytes=1-2,5-6', 'bytes=5-4', 'bytes=x', 'bytes=', 'items=0-1', '0-1', `bytes=${'0-1,'.repeat(2_000)}0-1`])(
    'HT-05 T58 gives the whole to who asks for %.30s',
    async (Range) => {
      const answer = await get(path, { Accept, Range });
      expect([answer.status, answer.headers['content-range'], digest(answer.body)]).toEqual([
        200,
        undefined,
        digest(bytes),
      ]);
    },
  );

  it('HT-05 answers 416 with the size to what lies beyond', async () => {
    for (const Range of [`bytes=${size}-`, `bytes=${size + 100}-${size + 200}`, 'bytes=-0']) {
      const answer = await get(path, { Accept, Range });
      expect([answer.status, answer.headers['content-range'], answer.headers['etag']]).toEqual([
        416,
        `bytes */${size}`,
        undefined,
      ]);
    }
  });

  it('HT-06 cuts a range from what the client has begun, and gives another whole', async () => {
    const tag = (await get(path, { Accept }, 'HEAD')).headers['etag'] ?? '';
    expect((await get(path, { Accept, Range: 'bytes=1-2', 'If-Range': tag })).status).toBe(206);
    for (const stale of ['"stale"', `W/${tag}`, 'Sat, 01 Jan 2000 00:00:00 GMT']) {
      const answer = await get(path, { Accept, Range: 'bytes=1-2', 'If-Range': stale });
      expect([answer.status, digest(answer.body)]).toEqual([200, digest(bytes)]);
    }
    expect((await get(path, { Accept, Range: `bytes=${size}-`, 'If-Range': '"stale"' })).status).toBe(200);
  });

  it('ST-15 tells HEAD of the whole', async () => {
    const answer = await get(path, { Accept, Range: 'bytes=0-1' }, 'HEAD');
    expect([answer.status, answer.headers['content-length'], answer.headers['accept-ranges']]).toEqual([
      200,
      String(size),
      'bytes',
    ]);
  });

  it('HT-07 MP-17 ST-08 never cuts parts', async () => {
    const asParts = Accept.replace(/^([^;]+)(.*)$/, 'multipart/related; type="$1"$2');
    const [cut, whole] = await Promise.all(
      [{ Range: 'bytes=0-9' }, {}].map((more) => get(path, { Accept: asParts, ...more })),
    );
    expect([cut?.status, digest(cut?.body), cut?.headers['accept-ranges']]).toEqual([
      200,
      digest(whole?.body),
      undefined,
    ]);
  });
});

describe('a range', () => {
  it('HT-05 MP-18 of what is rewritten on its way out is the whole, for nobody knows its size', async () => {
    const answer = await get(implicit.path, { Accept: DICOM, Range: 'bytes=0-9' });
    expect([answer.status, answer.headers['accept-ranges'], answer.headers['content-length']]).toEqual([
      200,
      undefined,
      undefined,
    ]);
    expect(answer.body.length).toBeGreaterThan(200);
  });

  it('HT-04 resumes a download where it broke off', async () => {
    const size = large.file.length;
    const pieces: Buffer[] = [];
    let tag = '';
    for (let at = 0; at < size; at += 1_000_000) {
      const range = { Range: `bytes=${at}-${at + 999_999}`, ...(tag === '' ? {} : { 'If-Range': tag }) };
      const answer = await get(large.path, { Accept: DICOM, ...range });
      expect(answer.status).toBe(206);
      tag = answer.headers['etag'] ?? '';
      pieces.push(answer.body);
    }
    expect(digest(Buffer.concat(pieces))).toBe(digest(large.file));
  });

  it('MP-20 F11 of a damaged instance is never whole, wherever the damage is', async () => {
    const made = makeInstance({
      study: 'range damaged',
      attributes: { Rows: 1_024, Columns: 1_024, PixelData: bytesOf('range damaged', 2 * 1024 * 1024) },
    });
    await archive.add(made);
    await spoilFile(archive, made, (bytes) => {
      bytes[bytes.length - 5] = (bytes.at(-5) ?? 0) ^ 1;
      return bytes;
    });
    for (const Range of ['bytes=0-9', 'bytes=0-1999999', 'bytes=-3', 'bytes=1500000-']) {
      const answer = await get(made.path, { Accept: DICOM, Range });
      expect([Range, answer.status === 206 && answer.isComplete]).toEqual([Range, false]);
    }
  });
});
