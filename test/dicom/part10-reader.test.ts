import { randomFillSync } from 'node:crypto';
import { crc32, deflateRawSync, deflateSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { FAILURE_REASON, InvalidInstance } from '../../src/dicom/failure-reasons.js';
import { PART10_LIMITS, type Part10Limits, Part10Reader } from '../../src/dicom/part10-reader.js';
import {
  EXPLICIT_VR_BIG_ENDIAN as BIG_ENDIAN,
  DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN as DEFLATED,
  EXPLICIT_VR_LITTLE_ENDIAN as EXPLICIT,
  IMPLICIT_VR_LITTLE_ENDIAN as IMPLICIT,
} from '../../src/dicom/transfer-syntaxes.js';
import { cutEvery, readPieces, readWhole } from '../support/read-in-chunks.js';
import {
  tellRead,
  uint32,
  writeFileMeta,
  writeHead,
  writeItem,
  writeMark,
  writePart10,
  writeSequence,
  writeValue,
} from '../support/write-any-data-set.js';

const { cannotUnderstand, dataSetDoesNotMatchSOPClass, outOfResources, transferSyntaxNotSupported } = FAILURE_REASON;
const JPEG = '1.2.840.10008.1.2.4.50';
const UNDEFINED_LENGTH = 0xffff_ffff;

const sopInstanceUID = writeValue(0x00080018, 'UI', '1.2.3\0');
const rows = writeValue(0x00280010, 'US', Buffer.from([2, 0]));
const header = Buffer.concat([sopInstanceUID, rows]);
const pixels = Buffer.from([1, 0, 2, 0, 3, 0, 4, 0]);
const pixelData = writeValue(0x7fe00010, 'OW', pixels);
const padding = writeValue(0xfffcfffc, 'OB', Buffer.alloc(64));
const image = Buffer.concat([header, pixelData]);
const fragments = Buffer.concat([
  writeItem(Buffer.alloc(0)),
  writeItem(Buffer.from('odd')),
  writeItem(Buffer.from('jpeg')),
]);
const encapsulated = writeSequence(0x7fe00010, fragments, { vr: 'OB', hasDefinedLength: false });

/** The Failure Reason that a file is refused with, given whole; it must be the same given byte for byte. */
async function reasonOf(file: Buffer, limits?: Partial<Part10Limits>): Promise<number | undefined> {
  const reasons = [];
  for (const pieces of [[file], cutEvery(file, 1)]) {
    try {
      await readPieces(pieces, limits);
      reasons.push(undefined);
    } catch (error) {
      if (!(error instanceof InvalidInstance)) throw error;
      reasons.push(error.reason);
    }
  }
  expect(reasons[1]).toBe(reasons[0]);
  return reasons[0];
}

describe('Part10Reader: the front of a file', () => {
  it('reads preamble, File Meta Information and where the data set begins', async () => {
    const file = writePart10(EXPLICIT, image);
    file.write('II*\0', 0, 'latin1');
    const { header } = await readWhole(file);
    expect(header.preamble?.toString('latin1', 0, 4)).toBe('II*\0');
    expect(header.preamble).toHaveLength(128);
    expect(header.deviations).toEqual([]);
    expect(tellRead(header.fileMeta).map(([tag]) => tag)).toEqual(['00020001', '00020010']);
    expect(header.transferSyntax.uid).toBe(EXPLICIT);
    expect(file.subarray(header.dataSetOffset)).toEqual(image);
  });

  it('puts up with a missing preamble and says so', async () => {
    const dataSet = Buffer.concat([image, padding]);
    const file = writePart10(EXPLICIT, dataSet);
    for (const without of [128, 132]) {
      const { header } = await readWhole(file.subarray(without));
      expect(header.deviations).toEqual(['no-preamble']);
      expect(header.preamble).toBeUndefined();
      expect(file.subarray(without).subarray(header.dataSetOffset)).toEqual(dataSet);
    }
  });

  it('puts up with a missing group length and says so', async () => {
    const front = writePart10(EXPLICIT, Buffer.alloc(0));
    const file = Buffer.concat([front.subarray(0, 132), front.subarray(144), image]);
    const { header } = await readWhole(file);
    expect(header.deviations).toEqual(['no-group-length']);
    expect(tellRead(header.dataSet)).toHaveLength(2);
  });

  it('tells its caller of a data set that is empty', async () => {
    const { header, trailer } = await readWhole(writePart10(EXPLICIT, Buffer.alloc(0)));
    expect([header.dataSet.elements, header.pixelData, trailer.elements]).toEqual([[], undefined, []]);
  });

  const prefix = Buffer.concat([Buffer.alloc(128), Buffer.from('DICM')]);
  const withGroupLength = (length: number): Buffer => {
    const file = writePart10(EXPLICIT, image);
    file.writeUInt32LE(length, 140);
    return file;
  };
  it.each([
    ['nothing', Buffer.alloc(0)],
    ['a preamble only', Buffer.alloc(128)],
    ['a prefix cut short', prefix.subarray(0, 131)],
    ['a prefix only', prefix],
    ['another prefix', Buffer.concat([Buffer.alloc(128), Buffer.from('DICX'), writeFileMeta(EXPLICIT), image])],
    ['a bare data set', Buffer.concat([image, Buffer.alloc(200)])],
    ['a web page', Buffer.from('<!doctype html>'.repeat(20))],
    ['no File Meta Information', Buffer.concat([prefix, image])],
    [
      'a File Meta Information in Implicit VR',
      Buffer.concat([prefix, writeMark(0x00020000, 4), uint32(28), writeMark(0x00020010, 20), Buffer.alloc(20)]),
    ],
    ['a group length that is no number', Buffer.concat([prefix, writeValue(0x00020000, 'UI', '1.2\0')])],
    ['a group length of zero', withGroupLength(0)],
    ['a group length into an element', withGroupLength(20)],
    ['a group length short of an element', withGroupLength(14)],
    ['a group length beyond the group', withGroupLength(100)],
    ['a group length of 4 GiB', withGroupLength(0xffff_ffff)],
    [
      'no Transfer Syntax UID',
      Buffer.concat([prefix, writeValue(0x00020000, 'UL', uint32(14)), writeValue(0x00020001, 'OB', '\0\x01'), image]),
    ],
    ['an empty Transfer Syntax UID', writePart10('', image)],
  ])('refuses %s', async (_name, file) => {
    expect(await reasonOf(file)).toBe(cannotUnderstand);
  });

  it.each([
    ['unknown', '1.2.3.4.5.6.7'],
    ['with a line break', `${EXPLICIT}\r\nX-Evil: 1`],
    ['that is a path', '../../../etc/passwd'],
    ['of blanks', ' '.repeat(1 << 15)],
    ['with too much padding', `${EXPLICIT}  `],
  ])('refuses a Transfer Syntax UID %s', async (_name, uid) => {
    expect(await reasonOf(writePart10(uid, image))).toBe(transferSyntaxNotSupported);
  });

  it('refuses a File Meta Information that is too large', async () => {
    const more = writeValue(0x00020102, 'OB', Buffer.alloc(2000));
    const file = Buffer.concat([prefix, writeFileMeta(EXPLICIT, more), image]);
    expect(await reasonOf(file, { fileMetaBytes: 1000 })).toBe(outOfResources);
    expect(await reasonOf(file)).toBeUndefined();
  });
});

describe('Part10Reader: Pixel Data', () => {
  it('hands native bytes on, and keeps what surrounds them', async () => {
    const file = writePart10(EXPLICIT, Buffer.concat([image, padding]));
    for (const pieces of [[file], cutEvery(file, 1), cutEvery(file, 7)]) {
      const read = await readPieces(pieces);
      const { pixelData } = read.header;
      expect(pixelData).toMatchObject({ tag: 0x7fe00010, vr: 'OW', lengthBytes: 8 });
      expect(file.subarray(pixelData?.valueOffset).subarray(0, 8)).toEqual(pixels);
      expect(read.pixels).toEqual(pixels);
      expect(read.hasPixelDataEnded).toBe(true);
      expect(tellRead(read.trailer).map(([tag]) => tag)).toEqual(['FFFCFFFC']);
    }
  });

  it('hands fragments on, each with its place', async () => {
    const file = writePart10(JPEG, Buffer.concat([header, encapsulated]));
    for (const pieces of [[file], cutEvery(file, 1), cutEvery(file, 5)]) {
      const read = await readPieces(pieces);
      expect(read.header.pixelData).toMatchObject({ vr: 'OB', lengthBytes: undefined });
      const values = read.fragments.map(({ valueOffset, lengthBytes }) =>
        file.toString('latin1', valueOffset, valueOffset + lengthBytes),
      );
      expect(values).toEqual(['', 'odd', 'jpeg']);
      expect(read.pixels.toString()).toBe('oddjpeg');
      expect(read.hasPixelDataEnded).toBe(true);
    }
  });

  it('gives the header before the first byte of pixels, so that a refusal costs no more', () => {
    const refusal = new InvalidInstance(FAILURE_REASON.sopClassNotSupported, 'Not here.');
    const reader = new Part10Reader({
      openPixelData: ({ dataSet }) => {
        expect(dataSet.elements).toHaveLength(2);
        throw refusal;
      },
    });
    const file = writePart10(EXPLICIT, image);
    expect(() => reader.write(file.subarray(0, file.length - pixels.length))).toThrow(refusal);
    expect(() => reader.write(pixels)).toThrow(refusal);
  });

  it('calls Pixel Data OW in Implicit VR, and tells Float Pixel Data apart', async () => {
    const implicit = Buffer.concat([writeMark(0x7fe00010, 8), pixels]);
    expect((await readWhole(writePart10(IMPLICIT, implicit))).header.pixelData?.vr).toBe('OW');
    const float = writeValue(0x7fe00008, 'OF', pixels);
    expect((await readWhole(writePart10(EXPLICIT, float))).header.pixelData).toMatchObject({
      tag: 0x7fe00008,
      vr: 'OF',
    });
  });

  it('takes Pixel Data of length zero', async () => {
    const read = await readWhole(writePart10(EXPLICIT, writeValue(0x7fe00010, 'OW', '')));
    expect([read.pixels.length, read.hasPixelDataEnded]).toEqual([0, true]);
  });

  const open = writeHead(0x7fe00010, 'OB', UNDEFINED_LENGTH);
  it.each([
    ['a native value cut short', EXPLICIT, image.subarray(0, -3), cannotUnderstand],
    ['an end in the head', EXPLICIT, image.subarray(0, -10), cannotUnderstand],
    [
      'a length beyond the file',
      EXPLICIT,
      Buffer.concat([writeHead(0x7fe00010, 'OW', 0xffff_fffe), pixels]),
      cannotUnderstand,
    ],
    ['a VR that holds no pixels', EXPLICIT, writeValue(0x7fe00010, 'UN', pixels), cannotUnderstand],
    ['no delimiter after the fragments', JPEG, encapsulated.subarray(0, -8), cannotUnderstand],
    [
      'a fragment longer than the file',
      JPEG,
      Buffer.concat([open, writeMark(0xfffee000, 0xffff_fff0), pixels]),
      cannotUnderstand,
    ],
    [
      'a fragment of undefined length',
      JPEG,
      Buffer.concat([open, writeMark(0xfffee000, UNDEFINED_LENGTH), pixels]),
      cannotUnderstand,
    ],
    ['an element among the fragments', JPEG, Buffer.concat([open, sopInstanceUID]), cannotUnderstand],
    ['native pixels in an encapsulated syntax', JPEG, image, dataSetDoesNotMatchSOPClass],
    ['fragments in a native syntax', EXPLICIT, encapsulated, dataSetDoesNotMatchSOPClass],
    [
      'two pixel elements',
      EXPLICIT,
      Buffer.concat([writeValue(0x7fe00008, 'OF', pixels), pixelData]),
      dataSetDoesNotMatchSOPClass,
    ],
    ['garbage after the pixels', EXPLICIT, Buffer.concat([image, Buffer.alloc(64, 0x41)]), cannotUnderstand],
    [
      'an archive after the pixels',
      EXPLICIT,
      Buffer.concat([image, Buffer.from('PK\x05\x06'), Buffer.alloc(18)]),
      cannotUnderstand,
    ],
    ['padding cut short', EXPLICIT, Buffer.concat([image, padding.subarray(0, -1)]), cannotUnderstand],
    ['a lower tag after the pixels', EXPLICIT, Buffer.concat([image, rows]), cannotUnderstand],
  ])('refuses %s', async (_name, transferSyntaxUID, dataSet, reason) => {
    expect(await reasonOf(writePart10(transferSyntaxUID, dataSet))).toBe(reason);
  });

  it('refuses what follows Pixel Data when it is too much', async () => {
    const file = writePart10(EXPLICIT, Buffer.concat([image, padding]));
    expect(await reasonOf(file, { trailerBytes: padding.length })).toBeUndefined();
    expect(await reasonOf(file, { trailerBytes: padding.length - 1 })).toBe(outOfResources);
  });
});

describe('Part10Reader: encodings that the File Meta Information denies', () => {
  const implicit = Buffer.concat([
    writeMark(0x00080016, 26),
    Buffer.alloc(26, 0x31),
    writeMark(0x00100020, 4),
    Buffer.from('Pat1'),
  ]);
  const big = writeValue(0x00080060, 'CS', 'CT', { vr: 'explicit', byteOrder: 'big' });

  it.each([
    ['Implicit VR, called explicit', EXPLICIT, implicit],
    ['Explicit VR, called implicit', IMPLICIT, image],
    ['little endian, called big', BIG_ENDIAN, image],
    ['big endian, called little', EXPLICIT, Buffer.concat([big, big])],
    ['plain, called deflated', DEFLATED, undefined],
  ])('refuses %s', async (_name, transferSyntaxUID, dataSet) => {
    const file = dataSet === undefined ? plainCalledDeflated() : writePart10(transferSyntaxUID, dataSet);
    expect(await reasonOf(file)).toBe(cannotUnderstand);
  });
});

const fileOf = (deflated: Buffer): Buffer =>
  Buffer.concat([Buffer.alloc(128), Buffer.from('DICM'), writeFileMeta(DEFLATED), deflated]);
const plainCalledDeflated = (): Buffer => fileOf(image);

describe('Part10Reader: deflated data sets', () => {
  it('reads one as it reads the plain one, offsets counted in the inflated stream', async () => {
    const file = writePart10(DEFLATED, Buffer.concat([image, padding]));
    for (const pieces of [[file], cutEvery(file, 1)]) {
      const read = await readPieces(pieces);
      expect(tellRead(read.header.dataSet)).toEqual(
        tellRead((await readWhole(writePart10(EXPLICIT, image))).header.dataSet),
      );
      expect(read.pixels).toEqual(pixels);
      expect(read.header.pixelData?.valueOffset).toBe(read.header.dataSetOffset + header.length + 12);
      expect(read.trailer.elements).toHaveLength(1);
    }
  });

  it('reads one that is larger than any buffer between', async () => {
    const large = randomFillSync(Buffer.alloc(3 << 20));
    const file = writePart10(DEFLATED, Buffer.concat([header, writeValue(0x7fe00010, 'OW', large)]));
    const read = await readPieces(cutEvery(file, 65_536));
    expect(read.pixels.equals(large)).toBe(true);
  });

  it('tolerates the NULL that makes an odd length even, and nothing else', async () => {
    const values = [0, 1, 2, 3].map((length) =>
      Buffer.concat([header, writeValue(0x00400555, 'OB', Buffer.alloc(length, 7))]),
    );
    const deflated = values.map((value) => deflateRawSync(value));
    const odd = deflated.find(({ length }) => length % 2 === 1) ?? Buffer.alloc(0);
    const even = deflated.find(({ length }) => length % 2 === 0) ?? Buffer.alloc(0);
    expect(await reasonOf(fileOf(odd))).toBeUndefined();
    expect(await reasonOf(fileOf(Buffer.concat([odd, Buffer.from([0])])))).toBeUndefined();
    expect(await reasonOf(fileOf(Buffer.concat([odd, Buffer.from([1])])))).toBe(cannotUnderstand);
    expect(await reasonOf(fileOf(Buffer.concat([odd, Buffer.from([0, 0])])))).toBe(cannotUnderstand);
    expect(await reasonOf(fileOf(Buffer.concat([even, Buffer.from([0])])))).toBe(cannotUnderstand);
  });

  it('tolerates the trailer of gzip where it is true, and nothing else of its length', async () => {
    const deflated = deflateRawSync(image);
    const trailer = Buffer.concat([uint32(crc32(image)), uint32(image.length)]);
    const isEven = deflated.length % 2 === 0;
    const reasonWith = (...after: Buffer[]) => reasonOf(fileOf(Buffer.concat([deflated, ...after])));
    expect(await reasonWith(trailer)).toBeUndefined();
    expect(await reasonWith(trailer, Buffer.alloc(1))).toBe(isEven ? cannotUnderstand : undefined);
    expect(await reasonWith(trailer, Buffer.alloc(2))).toBe(cannotUnderstand);
    expect(await reasonWith(Buffer.from(trailer).reverse())).toBe(cannotUnderstand);
    expect(await reasonWith(trailer.subarray(0, 7))).toBe(cannotUnderstand);
    expect(await reasonWith(uint32(crc32(image)), uint32(image.length + 1))).toBe(cannotUnderstand);
    const file = fileOf(Buffer.concat([deflated, trailer]));
    expect((await readPieces(cutEvery(file, 1))).pixels).toEqual(pixels);
  });

  it('refuses bytes after the end, wherever it falls between blocks', async () => {
    const blockBytes = 32_768;
    const incompressible = randomFillSync(Buffer.alloc(blockBytes));
    const deflatedOf = (length: number): Buffer =>
      deflateRawSync(Buffer.concat([header, writeValue(0x00400555, 'OB', incompressible.subarray(0, length))]));
    const shortest = blockBytes - 200;
    const overheadBytes = deflatedOf(shortest).length - shortest;
    for (const wantedBytes of [blockBytes - 1, blockBytes, blockBytes + 1]) {
      const deflated = deflatedOf(wantedBytes - overheadBytes);
      expect(deflated).toHaveLength(wantedBytes);
      await expect(readWhole(fileOf(deflated))).resolves.toBeDefined();
      const trailed = fileOf(Buffer.concat([deflated, Buffer.alloc(2 * blockBytes, 0x42)]));
      await expect(readWhole(trailed)).rejects.toMatchObject({ reason: cannotUnderstand });
    }
  });

  it.each([
    ['a stream cut in half', fileOf(deflateRawSync(image).subarray(0, 30))],
    ['a stream without its last byte', fileOf(deflateRawSync(image).subarray(0, -1))],
    ['no stream at all', fileOf(Buffer.alloc(0))],
    ['garbage', fileOf(Buffer.alloc(200, 0xff))],
    ['a zlib wrapper', fileOf(deflateSync(image))],
    ['a data set cut short in a whole stream', fileOf(deflateRawSync(image.subarray(0, -1)))],
  ])('refuses %s', async (_name, file) => {
    expect(await reasonOf(file)).toBe(cannotUnderstand);
  });

  it('stops at the size that is allowed', async () => {
    const inflated = Buffer.concat([header, writeValue(0x7fe00010, 'OW', randomFillSync(Buffer.alloc(200_000)))]);
    const file = writePart10(DEFLATED, inflated);
    expect(await reasonOf(file, { inflatedBytes: inflated.length })).toBeUndefined();
    expect(await reasonOf(file, { inflatedBytes: inflated.length - 1 })).toBe(outOfResources);
  });

  it('stops at the ratio that is allowed, once there is more than is free', async () => {
    const file = writePart10(DEFLATED, Buffer.concat([header, writeValue(0x7fe00010, 'OW', Buffer.alloc(2 << 20))]));
    expect(await reasonOf(file, { freelyInflatedBytes: 3 << 20 })).toBeUndefined();
    expect(await reasonOf(file, { freelyInflatedBytes: 1 << 20, inflationRatio: 2000 })).toBeUndefined();
    expect(await reasonOf(file, { freelyInflatedBytes: 1 << 20 })).toBe(outOfResources);
  });

  it('calls a bomb a bomb, even when it holds no data set', async () => {
    const bomb = fileOf(deflateRawSync(Buffer.alloc(64 << 20), { level: 9 }));
    await expect(readPieces(cutEvery(bomb, 4096))).rejects.toMatchObject({ reason: outOfResources });
  });

  it('gives the refusal of the sink to whoever writes, and can be given up at any time', async () => {
    const refusal = new InvalidInstance(FAILURE_REASON.sopClassNotSupported, 'Not here.');
    const reader = new Part10Reader({
      openPixelData: () => {
        throw refusal;
      },
    });
    await reader.write(writePart10(DEFLATED, image));
    await expect(reader.end()).rejects.toBe(refusal);
    reader.destroy();
    const givenUp = new Part10Reader({ openPixelData: () => ({ item() {}, bytes() {}, end() {} }) });
    await givenUp.write(writePart10(DEFLATED, image).subarray(0, -20));
    givenUp.destroy();
    expect(givenUp.header).toBeUndefined();
  });
});

describe('PART10_LIMITS', () => {
  it('refuses a flood of elements or items within a second', async () => {
    const { elements, items } = PART10_LIMITS;
    const flood = Buffer.concat(
      Array.from({ length: elements + 1 }, (_, index) =>
        writeHead(0x00110010 + index + Math.floor(index / 0x8000) * 0x18000, 'LO', 0),
      ),
    );
    const itemFlood = writeSequence(0x00081140, Buffer.concat(Array<Buffer>(items + 1).fill(writeMark(0xfffee000))));
    for (const dataSet of [flood, itemFlood]) {
      const started = performance.now();
      await expect(readPieces(cutEvery(writePart10(EXPLICIT, dataSet), 65_536))).rejects.toMatchObject({
        reason: outOfResources,
      });
      expect(performance.now() - started).toBeLessThan(1000);
    }
  });
});
