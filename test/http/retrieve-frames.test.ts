/** Retrieve of frames over HTTP. PS3.18 §10.4.1.1.6, §8.7.3.3 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CuratedArchive, startCuratedArchive } from './curated.js';
import { json } from './dicom-json.js';
import {
  bytesOf,
  codeStream,
  digest,
  element,
  type MadeInstance,
  makeInstance,
  SYNTAX,
  valueBytes,
} from './instances.js';
import { partsOf } from './parts.js';
import { ask } from './wire.js';

const OCTETS = 'application/octet-stream';
const PARTS_OF_OCTETS = `multipart/related; type="${OCTETS}"`;
const PIXEL_DATA = 0x7fe00010;

const single = makeInstance({ study: 'single' });
const odd = makeInstance({
  study: 'odd',
  modality: 'OT',
  attributes: {
    Rows: 3,
    Columns: 5,
    BitsAllocated: 8,
    BitsStored: 8,
    HighBit: 7,
    NumberOfFrames: '3',
    PixelData: bytesOf('odd', 45),
  },
});
const bigEndian = makeInstance({
  study: 'big',
  transferSyntaxUID: SYNTAX.bigEndian,
  attributes: { NumberOfFrames: '2', PixelData: bytesOf('big', 48) },
});
const deflated = makeInstance({
  study: 'deflated',
  transferSyntaxUID: SYNTAX.deflated,
  attributes: { NumberOfFrames: '2', PixelData: bytesOf('deflated', 48) },
});
/** 3 by 5 pixels of one bit: the second frame begins in the middle of a byte. */
const bits = makeInstance({
  study: 'bits',
  modality: 'SEG',
  attributes: {
    Rows: 3,
    Columns: 5,
    BitsAllocated: 1,
    BitsStored: 1,
    HighBit: 0,
    NumberOfFrames: '3',
    PixelData: undefined,
  },
  elements: [
    element(PIXEL_DATA, Buffer.from([0b10101010, 0b01100110, 0b11110000, 0b00001111, 0b11001100, 0b00011010]), 'OB'),
  ],
});
const floats = makeInstance({
  study: 'floats',
  modality: 'OT',
  attributes: {
    BitsAllocated: 32,
    BitsStored: undefined,
    HighBit: undefined,
    PixelRepresentation: undefined,
    PixelData: undefined,
    FloatPixelData: bytesOf('floats', 48),
  },
});
const report = makeInstance({ study: 'sr', modality: 'SR' });

const streams = [1, 2, 3].map((number) => codeStream(`frame ${number}`, 20 + 2 * number));
const many = { attributes: { NumberOfFrames: '3' } };
const compressed = (study: string, transferSyntaxUID: string, hasOffsets: boolean, pieces = 1): MadeInstance =>
  makeInstance({
    study,
    transferSyntaxUID,
    hasOffsets,
    fragments: streams.map((stream) =>
      pieces === 1 ? [stream] : [stream.subarray(0, 10), stream.subarray(10, 16), stream.subarray(16)],
    ),
    ...many,
  });
const withoutOffsets = compressed('no offsets', SYNTAX.jpeg2000, false);
const withOffsets = compressed('offsets', SYNTAX.jpegLS, true);
const inFragments = compressed('fragments', SYNTAX.jpegBaseline, true, 3);
const oneFrameInFragments = makeInstance({
  study: 'one frame in fragments',
  transferSyntaxUID: SYNTAX.rle,
  hasOffsets: false,
  fragments: [[bytesOf('rle a', 64), bytesOf('rle b', 32)]],
});
const htj2k = ['1.2.840.10008.1.2.4.201', '1.2.840.10008.1.2.4.202', '1.2.840.10008.1.2.4.203'].map(
  (transferSyntaxUID) =>
    [transferSyntaxUID, compressed(`htj2k ${transferSyntaxUID}`, transferSyntaxUID, true)] as const,
);
const extended = makeInstance({
  study: 'extended offsets',
  transferSyntaxUID: SYNTAX.jpeg2000,
  hasOffsets: false,
  fragments: streams.map((stream) => [stream]),
  attributes: {
    NumberOfFrames: '3',
    ExtendedOffsetTable: offsets([0, 8 + 22, 16 + 22 + 24]),
    ExtendedOffsetTableLengths: offsets([22, 24, 26]),
  },
});

function offsets(values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 8);
  for (const [i, value] of values.entries()) bytes.writeBigUInt64LE(BigInt(value), i * 8);
  return bytes;
}

let archive: CuratedArchive;
beforeAll(async () => {
  archive = await startCuratedArchive();
  await archive.add(single, odd, bigEndian, deflated, bits, floats, report);
  await archive.add(...htj2k.map(([, made]) => made));
  await archive.add(withoutOffsets, withOffsets, inFragments, oneFrameInFragments, extended);
});
afterAll(() => archive.close());

const framesPath = (made: MadeInstance, list: string): string => `${made.path}/frames/${list}`;
const frames = (made: MadeInstance, list: string, accept = '*/*'): Promise<Response> =>
  archive.get(framesPath(made, list), { Accept: accept });
const bodies = async (made: MadeInstance, list: string, accept?: string): Promise<readonly string[]> =>
  (await partsOf(await frames(made, list, accept))).parts.map(({ body }) => body.toString('hex'));
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const statusOf = async (made: MadeInstance, list: string, accept?: string): Promise<number> =>
  (await frames(made, list, accept)).status;

describe('native frames', () => {
  it('RF-01 RF-03 RF-09 MT-02 gives the one frame of an image without NumberOfFrames', async () => {
    const response = await frames(single, '1');
    const { type, transferSyntaxUID, parts } = await partsOf(response);
    expect([type, transferSyntaxUID]).toEqual([OCTETS, SYNTAX.explicit]);
    expect(parts.map(({ body }) => hex(body))).toEqual([hex(valueBytes(single, PIXEL_DATA))]);
    expect(parts[0]?.headers.get('Content-Type')).toBe(`${OCTETS}; transfer-syntax=${SYNTAX.explicit}`);
    expect(parts[0]?.headers.get('Content-Location')).toBe(archive.base + framesPath(single, '1'));
  });

  it('RF-01 RF-03 AMB-08 AMB-25 gives a part for each frame, without padding', async () => {
    const pixels = valueBytes(odd, PIXEL_DATA);
    const frame = (number: number): string => hex(pixels.subarray((number - 1) * 15, number * 15));
    expect(await bodies(odd, '1,3')).toEqual([frame(1), frame(3)]);
    expect(await bodies(odd, '1%2C3')).toEqual([frame(1), frame(3)]);
    expect(await bodies(odd, '1,2,3')).toEqual([frame(1), frame(2), frame(3)]);
    const { parts } = await partsOf(await frames(odd, '1,3'));
    expect(parts.map(({ headers }) => headers.get('Content-Location'))).toEqual(
      ['1', '3'].map((number) => archive.base + framesPath(odd, number)),
    );
    expect(parts.map(({ headers }) => headers.get('Content-Length'))).toEqual(['15', '15']);
  });

  it('RF-02 B33 serves frames in the order asked for, also twice', async () => {
    const [one, , three] = await bodies(odd, '1,2,3');
    expect(await bodies(odd, '3,1,1')).toEqual([three, one, one]);
  });

  it.each([
    ['big endian', bigEndian],
    ['deflated', deflated],
  ] as const)('RB-04 RF-03 gives %s pixels in little endian', async (_name, made) => {
    const pixels = valueBytes(made, PIXEL_DATA);
    expect(await bodies(made, '2,1')).toEqual([hex(pixels.subarray(24)), hex(pixels.subarray(0, 24))]);
  });

  it('RF-08 AMB-08 begins every frame of single bits at the first bit of a byte', async () => {
    const value = valueBytes(bits, PIXEL_DATA);
    const bit = (at: number): number => ((value[at >> 3] ?? 0) >> (at & 7)) & 1;
    const expected = [0, 15, 30].map((start) => {
      const frame = Buffer.alloc(2);
      for (let i = 0; i < 15; i++) frame[i >> 3] = (frame[i >> 3] ?? 0) | (bit(start + i) << (i & 7));
      return hex(frame);
    });
    expect(await bodies(bits, '1,2,3')).toEqual(expected);
  });

  it('RF-10 gives floating point pixels', async () => {
    expect(await bodies(floats, '1')).toEqual([hex(valueBytes(floats, 0x7fe00008))]);
  });
});

describe('compressed frames', () => {
  it.each([
    ['without an offset table', withoutOffsets, 'image/jp2'],
    ['with an offset table', withOffsets, 'image/jls'],
    ['in several fragments each', inFragments, 'image/jpeg'],
    ['with an extended offset table', extended, 'image/jp2'],
  ] as const)('RF-05 RF-06 RF-11 MT-05 gives code streams alone: %s', async (_name, made, mediaType) => {
    for (const accept of [
      `multipart/related; type="${mediaType}"`,
      'multipart/related; type="image/*"; transfer-syntax=*',
    ]) {
      const { type, parts } = await partsOf(await frames(made, '1,2,3', accept));
      expect(type).toBe(mediaType);
      expect(parts.map(({ body }) => hex(body))).toEqual(streams.map(hex));
      const [{ headers } = { headers: new Map<string, string>() }] = parts;
      expect(headers.get('Content-Type')).toMatch(new RegExp(`^${mediaType}; transfer-syntax=1\\.2\\.[\\d.]+$`));
      expect(new Set(parts.map((part) => part.headers.get('Content-Type'))).size).toBe(1);
    }
    expect(await bodies(made, '2', '*/*')).toEqual([hex(streams[1] ?? Buffer.alloc(0))]);
  });

  it('RF-11 joins all fragments of a single frame', async () => {
    const accept = 'multipart/related; type="image/dicom-rle"';
    expect(await bodies(oneFrameInFragments, '1', accept)).toEqual([
      hex(Buffer.concat([bytesOf('rle a', 64), bytesOf('rle b', 32)])),
    ]);
  });

  it('RF-05 RF-11 joins long and short fragments in order', async () => {
    const pieces = [6_000, 10, 70_000, 4_096, 2].map((lengthBytes, i) => bytesOf(`piece ${i}`, lengthBytes));
    const made = makeInstance({
      study: 'long fragments',
      transferSyntaxUID: SYNTAX.jpegBaseline,
      fragments: [pieces, pieces.toReversed()],
      attributes: { NumberOfFrames: '2' },
    });
    await archive.add(made);
    const { parts } = await partsOf(await frames(made, '1,2'));
    expect(parts.map(({ body }) => digest(body))).toEqual(
      [pieces, pieces.toReversed()].map((frame) => digest(Buffer.concat(frame))),
    );
  });

  it('RF-07 AMB-05 MT-16 MT-23 gives stored bytes as octets to who takes any transfer syntax', async () => {
    for (const accept of [
      `${PARTS_OF_OCTETS}; transfer-syntax=*`,
      `${PARTS_OF_OCTETS}; transfer-syntax="*"`,
      `multipart/related; type=${OCTETS}; transfer-syntax=*`,
    ]) {
      const { type, parts } = await partsOf(await frames(withOffsets, '1', accept));
      expect(type).toBe(OCTETS);
      expect(parts[0]?.headers.get('Content-Type')).toBe(`${OCTETS}; transfer-syntax=${SYNTAX.jpegLS}`);
      expect(parts[0] && hex(parts[0].body)).toBe(hex(streams[0] ?? Buffer.alloc(0)));
    }
  });

  it.each([
    ['image/jls', SYNTAX.jpegLS, withOffsets],
    ['image/x-jls', SYNTAX.jpegLS, withOffsets],
    ['image/dicom+jp2', SYNTAX.jpeg2000, withoutOffsets],
    ['image/j2c', SYNTAX.jpeg2000, withoutOffsets],
    ['image/dicom+jpeg', SYNTAX.jpegBaseline, inFragments],
    ['image/x-dicom-rle', SYNTAX.rle, oneFrameInFragments],
  ] as const)(
    'MT-23 MT-25 MT-26 MT-27 AMB-06 knows %s, with and without the transfer syntax',
    async (mediaType, uid, made) => {
      for (const accept of [
        `multipart/related; type="${mediaType}"`,
        `multipart/related; type="${mediaType}"; transfer-syntax=${uid}`,
        `multipart/related; type="${mediaType}"; transfer-syntax="1.2.840.10008.1.2.4.80"; transfer-syntax="*"`,
        `multipart/related; type="${mediaType}; transfer-syntax=${uid}"`,
      ]) {
        const response = await frames(made, '1', accept);
        expect([accept, response.status]).toEqual([accept, 200]);
        expect((await partsOf(response)).transferSyntaxUID).toBe(uid);
      }
    },
  );

  it.each(htj2k)('RF-12 AMB-26 MT-25 calls High-Throughput JPEG 2000 image/jphc: %s', async (uid, made) => {
    for (const name of ['image/jphc', 'image/jhc']) {
      for (const accept of [
        `multipart/related; type="${name}"`,
        `multipart/related; type="${name}"; transfer-syntax=${uid}`,
      ]) {
        const answer = await partsOf(await frames(made, '1,3', accept));
        expect([answer.type, answer.transferSyntaxUID]).toEqual(['image/jphc', uid]);
        expect(answer.parts.map(({ body }) => hex(body))).toEqual(
          [streams[0], streams[2]].map((one) => hex(one ?? odd.file)),
        );
      }
      const alone = await frames(made, '2', name);
      expect(alone.headers.get('content-type')).toBe(`image/jphc; transfer-syntax=${uid}`);
      const beginning = await archive.get(framesPath(made, '2'), { Accept: name, Range: 'bytes=0-9' });
      expect([beginning.status, beginning.headers.get('content-range')]).toEqual([206, 'bytes 0-9/24']);
      expect(hex(new Uint8Array(await beginning.arrayBuffer()))).toBe(hex(streams[1] ?? odd.file).slice(0, 20));
    }
  });

  it('MT-21 answers 406 to a transfer syntax that there is not', async () => {
    for (const accept of [
      `multipart/related; type="image/jxl"`,
      `${PARTS_OF_OCTETS}; transfer-syntax=${SYNTAX.rle}`,
      'image/png',
    ]) {
      expect([accept, await statusOf(withOffsets, '1', accept)]).toEqual([accept, 406]);
    }
  });
});

describe('forms', () => {
  it('RF-04 AMB-04 gives a single frame by itself, when asked for by a single type', async () => {
    const response = await frames(single, '1', OCTETS);
    expect(response.headers.get('content-type')).toBe(`${OCTETS}; transfer-syntax=${SYNTAX.explicit}`);
    expect(response.headers.get('content-location')).toBe(archive.base + framesPath(single, '1'));
    expect(response.headers.get('content-length')).toBe('24');
    expect(hex(new Uint8Array(await response.arrayBuffer()))).toBe(hex(valueBytes(single, PIXEL_DATA)));
    const image = await frames(withOffsets, '2', 'image/jls');
    expect(image.headers.get('content-type')).toBe(`image/jls; transfer-syntax=${SYNTAX.jpegLS}`);
  });

  it('RF-04 answers 406 to single types for several frames', async () => {
    expect(await statusOf(odd, '1,2', OCTETS)).toBe(406);
    expect(await statusOf(withOffsets, '1,2', 'image/jls')).toBe(406);
  });

  it('MP-13 ST-15 tells the same of HEAD', async () => {
    const headers = { Authorization: `Bearer ${archive.curatorToken}`, Accept: OCTETS };
    const answer = await ask(archive.url, `/dicom-web${framesPath(single, '1')}`, { method: 'HEAD', headers });
    expect([answer.status, answer.headers['content-length'], answer.body.length]).toEqual([200, '24', 0]);
  });

  it('RB-01 resolves the Pixel Data that metadata of compressed images refers to, as frames', async () => {
    const { parts } = await partsOf(await archive.get(`${withOffsets.path}/bulkdata/7FE00010`));
    expect(parts.map(({ body }) => digest(body))).toEqual(streams.map(digest));
  });

  it('T53 gives long frames whole, and in order', async () => {
    const made = makeInstance({
      study: 'long frames',
      attributes: {
        Rows: 1024,
        Columns: 1024,
        NumberOfFrames: '3',
        PixelData: bytesOf('long frames', 6 * 1024 * 1024),
      },
    });
    await archive.add(made);
    const { parts } = await partsOf(await frames(made, '1,2,3'));
    expect(digest(Buffer.concat(parts.map(({ body }) => body)))).toBe(digest(valueBytes(made, PIXEL_DATA)));
  });
});

describe('frames that are not there', () => {
  it.each(['0', '-1', 'abc', '', ',', '1,', '1,,2', '1.5', '+1', '01', '1%202', '0x1', '99999999999'])(
    'RF-02 B33 answers 400 to the list "%s"',
    async (list) => {
      const headers = { Authorization: `Bearer ${archive.curatorToken}` };
      expect((await ask(archive.url, `/dicom-web${framesPath(odd, list)}`, { headers })).status).toBe(400);
    },
  );

  it('B33 answers 400 to ten thousand numbers', async () => {
    expect(await statusOf(odd, Array.from({ length: 10_000 }, () => '1').join())).toBe(400);
  });

  it.each(['4', '999999', '1,99', '99,1'])('RF-02 AMB-23 B33 answers 404 whole to %s of three', async (list) => {
    const response = await frames(odd, list);
    expect(response.status).toBe(404);
    expect(await json<object>(response)).toMatchObject({ status: 404 });
    expect(await statusOf(withOffsets, list)).toBe(404);
  });

  it('RF-10 answers 404 to frames of what has no pixels', async () => {
    expect(await statusOf(report, '1')).toBe(404);
    expect((await archive.get(`${report.path}/bulkdata/7FE00010`)).status).toBe(404);
  });
});
