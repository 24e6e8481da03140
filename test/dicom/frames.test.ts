import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TAG } from '../../src/dicom/attributes.js';
import { FAILURE_REASON, InvalidInstance } from '../../src/dicom/failure-reasons.js';
import { encodeFrameTable, type FrameTable, findFrame } from '../../src/dicom/frame-table.js';
import { FrameTableBuilder } from '../../src/dicom/frames.js';
import { type Part10Header, Part10Reader } from '../../src/dicom/part10-reader.js';
import {
  DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN,
  EXPLICIT_VR_BIG_ENDIAN,
  EXPLICIT_VR_LITTLE_ENDIAN,
} from '../../src/dicom/transfer-syntaxes.js';
import { corpusDir, hostileDir } from '../support/outside-files.js';
import {
  buildFrameTable,
  encapsulatedStream,
  extendedTable,
  fragmentOffsets,
  type ImageOptions,
  imageDataSet,
  nativeStream,
  readFrames,
  transferSyntaxOf,
} from '../support/pixel-stream.js';
import { cutEvery } from '../support/read-in-chunks.js';

const JPEG_BASELINE = '1.2.840.10008.1.2.4.50';
const JPEG_2000 = '1.2.840.10008.1.2.4.90';
const RLE = '1.2.840.10008.1.2.5';
const MPEG_4 = '1.2.840.10008.1.2.4.102';
const doesNotMatch = expect.objectContaining({ reason: FAILURE_REASON.dataSetDoesNotMatchSOPClass });

const ascending = (lengthBytes: number): Buffer =>
  Buffer.from(Array.from({ length: lengthBytes }, (_, index) => index));

/** Read back the frames of native Pixel Data. */
function nativeFrames(value: Buffer, options: ImageOptions = {}): Buffer[] {
  const pixels = nativeStream(value);
  return readFrames(pixels.stream, buildFrameTable(pixels, options));
}

interface Encapsulation extends ImageOptions {
  readonly numberOfFrames?: number;
  readonly basic?: readonly number[];
  readonly extended?: readonly (number | bigint)[];
  readonly extendedLengths?: readonly (number | bigint)[];
}

/** Read back the frames of encapsulated Pixel Data: RLE, which no code stream start explains, unless another is named. */
function encapsulatedFrames(fragments: readonly (string | Buffer)[], options: Encapsulation = {}): Buffer[] {
  const { numberOfFrames = 1, basic = [], extended, extendedLengths } = options;
  const pixels = encapsulatedStream(
    basic,
    fragments.map((fragment) => Buffer.from(fragment)),
  );
  const table = buildFrameTable(pixels, {
    transferSyntaxUID: RLE,
    ...options,
    attributes: {
      NumberOfFrames: numberOfFrames,
      ExtendedOffsetTable: extended && extendedTable(extended),
      ExtendedOffsetTableLengths: extendedLengths && extendedTable(extendedLengths),
      ...options.attributes,
    },
  });
  return readFrames(pixels.stream, table);
}

const text = (frames: readonly Buffer[]): string[] => frames.map((frame) => frame.toString('latin1'));

describe('FrameTableBuilder, native Pixel Data', () => {
  it('RF-03 cuts frames out without the pad byte of an odd length', () => {
    const frames = nativeFrames(ascending(46), { attributes: { Rows: 3, Columns: 5, NumberOfFrames: 3 } });
    expect(frames).toEqual([0, 15, 30].map((start) => ascending(46).subarray(start, start + 15)));
  });

  it('RF-09 takes the whole value for the only frame without Number of Frames', () => {
    expect(nativeFrames(ascending(6))).toEqual([ascending(6)]);
  });

  it('RF-08 finds each of 7 frames of 3 × 5 single bits, checked bit by bit', () => {
    const bits = Array.from({ length: 105 }, (_, index) => ((index * index * 7 + index) % 3) & 1);
    const value = Buffer.alloc(14);
    for (const [at, bit] of bits.entries()) value[at >>> 3] = (value[at >>> 3] ?? 0) | (bit << (at & 7));
    const frames = nativeFrames(value, { attributes: { Rows: 3, Columns: 5, BitsAllocated: 1, NumberOfFrames: 7 } });
    expect(frames).toHaveLength(7);
    for (const [frameIndex, frame] of frames.entries()) {
      const found = Array.from({ length: 16 }, (_, bit) => ((frame[bit >>> 3] ?? 0) >>> (bit & 7)) & 1);
      expect(found).toEqual([...bits.slice(frameIndex * 15, frameIndex * 15 + 15), 0]);
    }
  });

  it('reads back any frames of any size, however the value is cut into chunks', () => {
    const image = fc.record({
      Rows: fc.integer({ min: 1, max: 7 }),
      Columns: fc.integer({ min: 1, max: 7 }),
      SamplesPerPixel: fc.constantFrom(1, 3),
      BitsAllocated: fc.constantFrom(1, 1, 8, 16),
      NumberOfFrames: fc.integer({ min: 1, max: 20 }),
    });
    fc.assert(
      fc.property(image, fc.boolean(), fc.array(fc.nat(200)), fc.infiniteStream(fc.nat(255)), (...given) => {
        const [attributes, isBigEndian, cuts, noise] = given;
        const { Rows, Columns, SamplesPerPixel, BitsAllocated, NumberOfFrames } = attributes;
        const bits = Rows * Columns * SamplesPerPixel * BitsAllocated;
        const value = Buffer.from([...noise.take(2 * Math.ceil((bits * NumberOfFrames) / 16))]);
        const sent = isBigEndian ? Buffer.from(value).swap16() : value;
        const pixels = nativeStream(sent);
        const table = buildFrameTable(pixels, {
          attributes,
          cuts,
          vr: 'OW',
          transferSyntaxUID: isBigEndian ? EXPLICIT_VR_BIG_ENDIAN : EXPLICIT_VR_LITTLE_ENDIAN,
        });
        const wide = BigInt(`0x${Buffer.from(value).reverse().toString('hex')}`);
        const frames = readFrames(pixels.stream, table, { swapsWords: isBigEndian });
        for (const [frameIndex, frame] of frames.entries()) {
          const expected = BigInt.asUintN(bits, wide >> BigInt(frameIndex * bits));
          expect(frame).toHaveLength(Math.ceil(bits / 8));
          expect(BigInt(`0x${Buffer.from(frame).reverse().toString('hex')}`)).toBe(expected);
        }
        expect(frames).toHaveLength(NumberOfFrames);
      }),
      { numRuns: 500 },
    );
  });

  it('keeps the checksum when an empty chunk comes between', () => {
    const pixels = nativeStream(ascending(6));
    const cut = pixels.valueOffset + 3;
    expect(readFrames(pixels.stream, buildFrameTable(pixels, { cuts: [cut, cut] }))).toEqual([ascending(6)]);
  });

  it('counts two samples per pixel for YBR_FULL_422', () => {
    const attributes = { SamplesPerPixel: 3, Columns: 4, PhotometricInterpretation: 'YBR_FULL_422', NumberOfFrames: 2 };
    expect(nativeFrames(ascending(32), { attributes })).toEqual([
      ascending(32).subarray(0, 16),
      ascending(32).subarray(16),
    ]);
  });

  it.each([
    ['Float', TAG.FloatPixelData, 'OF', 32],
    ['Double Float', TAG.DoubleFloatPixelData, 'OD', 64],
  ] as const)('RF-10 finds frames of %s Pixel Data', (_, tag, vr, bits) => {
    const attributes = { BitsAllocated: bits, NumberOfFrames: 2 };
    const frames = nativeFrames(ascending((bits / 8) * 12), { tag, vr, attributes });
    expect(frames.map((frame) => frame.length)).toEqual([(bits / 8) * 6, (bits / 8) * 6]);
    expect(() => nativeFrames(ascending(192), { tag, vr, attributes: { BitsAllocated: 16 } })).toThrow(doesNotMatch);
  });

  it('takes a value padded by less than a frame', () => {
    expect(nativeFrames(ascending(11))).toEqual([ascending(6)]);
  });

  it('takes the pad byte after a frame of one byte', () => {
    expect(nativeFrames(ascending(2), { attributes: { Rows: 1, Columns: 1 } })).toEqual([ascending(1)]);
  });

  it('refuses a value that holds a frame nobody counted', () => {
    expect(() => nativeFrames(ascending(12))).toThrow(doesNotMatch);
  });

  it('refuses a value shorter than its frames before any byte of it has come', () => {
    expect(() => openNative(5, {})).toThrow(doesNotMatch);
    expect(() => openNative(8, { Rows: 65535, Columns: 65535, NumberOfFrames: 2147483647 })).toThrow(doesNotMatch);
  });

  it('refuses more frames than the archive keeps', () => {
    const attributes = { Rows: 1, Columns: 1, NumberOfFrames: 1_000_001 };
    expect(() => openNative(1_000_002, attributes)).toThrow(doesNotMatch);
  });

  it('fails when the value ends early or has items, which the reader rules out', () => {
    const builder = openNative(6, {});
    builder.bytes(ascending(5));
    expect(() => builder.item(0, 0)).toThrow('no items');
    expect(() => builder.end()).toThrow('before its declared length');
  });

  function openNative(lengthBytes: number, attributes: Readonly<Record<string, number>>): FrameTableBuilder {
    return new FrameTableBuilder({
      dataSet: imageDataSet(attributes),
      transferSyntax: transferSyntaxOf(EXPLICIT_VR_LITTLE_ENDIAN),
      pixelData: { tag: TAG.PixelData, vr: 'OB', valueOffset: 0, lengthBytes },
    });
  }
});

describe('FrameTableBuilder, encapsulated Pixel Data', () => {
  it('RF-05 gives all fragments to the only frame', () => {
    expect(text(encapsulatedFrames(['ab', 'cdef', 'g']))).toEqual(['abcdefg']);
    expect(text(encapsulatedFrames(['ab', 'cdef', 'g'], { basic: [0] }))).toEqual(['abcdefg']);
  });

  it('RF-11 gives each frame one fragment when there is no table', () => {
    expect(text(encapsulatedFrames(['ab', 'cde', 'f'], { numberOfFrames: 3 }))).toEqual(['ab', 'cde', 'f']);
  });

  it('RF-11 follows the Basic Offset Table over several fragments a frame', () => {
    const frames = encapsulatedFrames(['ab', 'cd', 'ef', 'gh'], { numberOfFrames: 2, basic: [0, 30] });
    expect(text(frames)).toEqual(['abcdef', 'gh']);
  });

  it('RF-11 prefers the Extended Offset Table, and then ignores whatever the Basic one says', () => {
    const options = { numberOfFrames: 2, extended: [0, 10], extendedLengths: [2, 6] };
    expect(text(encapsulatedFrames(['ab', 'cdef', 'gh'], options))).toEqual(['ab', 'cdefgh']);
    expect(text(encapsulatedFrames(['ab', 'cdef', 'gh'], { ...options, basic: [7] }))).toEqual(['ab', 'cdefgh']);
  });

  it('RF-11 takes Extended Offset Table Lengths that leave out the pad byte, or are not there', () => {
    const fragments = ['ab', 'cdef'];
    const options = { numberOfFrames: 2, extended: [0, 10] };
    expect(text(encapsulatedFrames(fragments, { ...options, extendedLengths: [1, 3] }))).toEqual(fragments);
    expect(text(encapsulatedFrames(fragments, options))).toEqual(fragments);
  });

  it.each([
    ['JPEG', JPEG_BASELINE, 'ffd8ffe0'],
    ['JPEG 2000', JPEG_2000, 'ff4fff51'],
  ])('RF-11 tells frames of several %s fragments apart by their start when there is no table', (_, uid, start) => {
    const head = Buffer.from(start, 'hex');
    const first = [head, Buffer.from('middle'), Buffer.from('end')];
    const second = [Buffer.concat([head, Buffer.from('all')]), Buffer.from('end')];
    for (const cuts of [[], Array.from({ length: 200 }, (__, at) => at)]) {
      const options = { numberOfFrames: 2, transferSyntaxUID: uid, cuts };
      expect(encapsulatedFrames([...first, ...second], options)).toEqual([Buffer.concat(first), Buffer.concat(second)]);
    }
    expect(() => encapsulatedFrames([...first, ...second], { numberOfFrames: 3, transferSyntaxUID: uid })).toThrow(
      doesNotMatch,
    );
    expect(() => encapsulatedFrames(['x', head, head], { numberOfFrames: 2, transferSyntaxUID: uid })).toThrow(
      doesNotMatch,
    );
  });

  it('takes a video for one frame whatever its tables and Number of Frames say', () => {
    const options = { numberOfFrames: 5_000_000, transferSyntaxUID: MPEG_4, basic: [99, 3], extended: [5] };
    expect(text(encapsulatedFrames(['abcd', 'ef'], options))).toEqual(['abcdef']);
  });

  it('lets empty fragments belong to no frame', () => {
    expect(text(encapsulatedFrames(['', 'ab', '', 'cd', ''], { numberOfFrames: 2 }))).toEqual(['ab', 'cd']);
    const basic = [0, 26];
    expect(text(encapsulatedFrames(['', 'ab', '', '', 'cd'], { numberOfFrames: 2, basic }))).toEqual(['ab', 'cd']);
  });

  it('reads back any frames from any fragments with any table, however they are cut into chunks', () => {
    const fragments = fc.array(fc.uint8Array({ minLength: 0, maxLength: 30 }), { minLength: 1, maxLength: 5 });
    const frames = fc.array(
      fragments.filter((pieces) => pieces.some((piece) => piece.length > 0)),
      { minLength: 1, maxLength: 12 },
    );
    const kinds = fc.constantFrom('basic', 'extended', 'none');
    fc.assert(
      fc.property(frames, kinds, fc.array(fc.nat(1500)), (bytes, kind, cuts) => {
        const split = bytes.map((frame) => frame.map((fragment) => Buffer.from(fragment)));
        const whole = split.map((frame) => Buffer.concat(frame));
        // Without a table only frames of one fragment each can be told apart.
        const sent = kind === 'none' ? whole.map((frame) => [frame]) : split;
        const offsets = fragmentOffsets(sent);
        const tables = {
          basic: { basic: offsets },
          extended: { extended: offsets, extendedLengths: whole.map((frame) => frame.length) },
          none: {},
        };
        const options = { ...tables[kind], cuts, numberOfFrames: sent.length };
        expect(encapsulatedFrames(sent.flat(), options)).toEqual(whole);
      }),
      { numRuns: 500 },
    );
  });

  const contradictions: readonly [string, readonly string[], Encapsulation][] = [
    ['a Basic Offset Table that points past the end', ['ab', 'cd'], { numberOfFrames: 2, basic: [0, 20] }],
    ['a Basic Offset Table that falls', ['ab', 'cd'], { numberOfFrames: 2, basic: [10, 0] }],
    ['a Basic Offset Table that repeats an offset', ['ab', 'cd'], { numberOfFrames: 2, basic: [0, 0] }],
    ['a Basic Offset Table that points into a fragment', ['ab', 'cd'], { numberOfFrames: 2, basic: [0, 8] }],
    ['a Basic Offset Table that skips the first fragment', ['ab', 'cd', 'ef'], { numberOfFrames: 2, basic: [10, 20] }],
    ['a Basic Offset Table of too many entries', ['ab', 'cd'], { numberOfFrames: 1, basic: [0, 10] }],
    ['a Basic Offset Table of too few entries', ['ab', 'cd'], { numberOfFrames: 2, basic: [0] }],
    ['a Basic Offset Table that points at an empty frame', ['', 'cd'], { numberOfFrames: 2, basic: [0, 8] }],
    ['a last frame without bytes', ['ab', ''], { numberOfFrames: 2, basic: [0, 10] }],
    ['an Extended Offset Table of 2^63', ['ab'], { extended: [2n ** 63n], extendedLengths: [2n ** 64n - 1n] }],
    ['an Extended Offset Table that points past the end', ['ab'], { numberOfFrames: 2, extended: [0, 2n ** 63n] }],
    ['an Extended Offset Table of too many entries', ['ab', 'cd'], { extended: [0, 10] }],
    ['Extended Offset Table Lengths that lie', ['ab'], { extended: [0], extendedLengths: [3] }],
    ['fewer fragments than frames', ['ab'], { numberOfFrames: 1000 }],
    ['more fragments than frames without a table', ['ab', 'cd', 'ef'], { numberOfFrames: 2 }],
    ['no fragments', [], {}],
    ['a table and no fragments', [], { basic: [0] }],
    ['nothing but empty fragments', Array.from({ length: 100_000 }, () => ''), {}],
    ['more frames than the archive keeps', ['ab'], { numberOfFrames: 1_000_001 }],
  ];
  it.each(contradictions)('refuses %s with A900H', (_, fragments, options) => {
    expect(() => encapsulatedFrames(fragments, options)).toThrow(doesNotMatch);
  });

  it('refuses a Basic Offset Table of the wrong length before any byte of it has come', () => {
    const builder = openEncapsulated(RLE, 2);
    expect(() => builder.item(8, 0xfffffffc)).toThrow(doesNotMatch);
  });

  it('refuses the fragment after the millionth', () => {
    const builder = openEncapsulated(RLE, 1);
    for (let item = 0; item <= 1_000_000; item += 1) builder.item(8 + item * 8, 0);
    expect(() => builder.item(8 + 1_000_001 * 8, 0)).toThrow(doesNotMatch);
  });

  it('refuses Pixel Data that is native or encapsulated against its Transfer Syntax', () => {
    expect(() => nativeFrames(ascending(6), { transferSyntaxUID: JPEG_BASELINE })).toThrow(doesNotMatch);
    expect(() => openEncapsulated(EXPLICIT_VR_LITTLE_ENDIAN, 1)).toThrow(doesNotMatch);
  });

  function openEncapsulated(transferSyntaxUID: string, numberOfFrames: number): FrameTableBuilder {
    return new FrameTableBuilder({
      dataSet: imageDataSet({ NumberOfFrames: numberOfFrames }),
      transferSyntax: transferSyntaxOf(transferSyntaxUID),
      pixelData: { tag: TAG.PixelData, vr: 'OB', valueOffset: 0, lengthBytes: undefined },
    });
  }
});

/** Read a whole file through the Part 10 reader; no table when it has no Pixel Data. */
async function readFile(file: Buffer): Promise<{ header: Part10Header | undefined; table: FrameTable | undefined }> {
  let builder: FrameTableBuilder | undefined;
  const reader = new Part10Reader({
    openPixelData: ({ dataSet, pixelData, transferSyntax }) => {
      if (pixelData === undefined) throw new Error('The reader opens Pixel Data that is not there.');
      builder = new FrameTableBuilder({ dataSet, pixelData, transferSyntax });
      return builder;
    },
  });
  try {
    for (const piece of cutEvery(file, 65_521)) await reader.write(piece);
    await reader.end();
  } finally {
    reader.destroy();
  }
  return { header: reader.header, table: builder?.build() };
}

/** Why a file is refused, or undefined when it is taken. */
async function refusal(file: Buffer): Promise<InvalidInstance | undefined> {
  try {
    await readFile(file);
    return undefined;
  } catch (error) {
    if (error instanceof InvalidInstance) return error;
    throw error;
  }
}

describe.runIf(hostileDir !== undefined)('FrameTableBuilder, hostile files', () => {
  const folder = hostileDir ?? '';
  const cases = hostileDir === undefined ? [] : readPixelCases(folder);

  it.each(cases)('decides on $file as it should', async ({ file, expect: expected }) => {
    const refused = await refusal(readFileSync(join(folder, file)));
    expect(refused?.reason).toBe(expected.outcome === 'reject' ? expected.failureReason : undefined);
  });

  interface HostileCase {
    readonly file: string;
    readonly category: string;
    readonly expect: { readonly outcome: string; readonly failureReason?: number };
  }

  function readPixelCases(from: string): readonly HostileCase[] {
    const manifest: { readonly files: readonly HostileCase[] } = JSON.parse(
      readFileSync(join(from, 'manifest.json'), 'utf8'),
    );
    return manifest.files.filter(({ category }) => category === 'pixel' || category === 'fragment');
  }
});

describe.runIf(corpusDir !== undefined)('FrameTableBuilder, real files', () => {
  /** Two bytes of Pixel Data and no image around them; a Number of Frames of "1A". */
  const CONTRADICTORY = ['mod/none/pydicom__nested_priv_SQ.dcm', 'rt/pydicom__badVR.dcm'];

  it('finds every frame of every file with the right checksums, and refuses only what has none', async () => {
    const folder = corpusDir ?? '';
    const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(
      (name) => !name.startsWith('hostile') && statSync(join(folder, name)).isFile(),
    );
    const refused: string[] = [];
    let frames = 0;
    for (const name of names) {
      const file = readFileSync(join(folder, name));
      if ((await refusal(file))?.reason === FAILURE_REASON.dataSetDoesNotMatchSOPClass) refused.push(name);
      else frames += await countRightFrames(file);
    }
    expect(refused.toSorted()).toEqual(CONTRADICTORY);
    expect(frames).toBeGreaterThan(0);
  }, 120_000);

  async function countRightFrames(file: Buffer): Promise<number> {
    if ((await refusal(file)) !== undefined) return 0;
    const { header, table } = await readFile(file);
    if (table === undefined || header?.transferSyntax.uid === DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN) return 0;
    const encoded = encodeFrameTable(table);
    for (let frameIndex = 0; frameIndex < table.frameCount; frameIndex += 1) {
      for (const range of findFrame(encoded, frameIndex)?.ranges ?? []) {
        expect(crc32(file.subarray(range.offset, range.offset + range.lengthBytes))).toBe(range.crc32);
      }
    }
    return table.frameCount;
  }
});
