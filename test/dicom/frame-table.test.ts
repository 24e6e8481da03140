import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  alignBits,
  type CheckedRange,
  encodeFrameTable,
  type FramePacking,
  type FrameTable,
  findFrame,
  RangeList,
} from '../../src/dicom/frame-table.js';

/** A table of frames given as their ranges. */
function tableOf(frames: readonly (readonly CheckedRange[])[], packing?: FramePacking): FrameTable {
  const ranges = new RangeList();
  const firstRanges = frames.map((frame) => {
    const first = ranges.count;
    for (const range of frame) ranges.push(range);
    return first;
  });
  const hasOneRangeEach = ranges.count === frames.length;
  return { frameCount: frames.length, ranges, firstRanges: hasOneRangeEach ? undefined : firstRanges, packing };
}

const checkedRange = fc.record({
  offset: fc.integer({ min: 0, max: 2 ** 48 - 1 }),
  lengthBytes: fc.integer({ min: 1, max: 2 ** 48 - 1 }),
  crc32: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
});
const anyFrames = fc.oneof(
  fc.array(fc.tuple(checkedRange), { minLength: 1, maxLength: 30 }),
  fc.array(fc.array(checkedRange, { minLength: 1, maxLength: 5 }), { minLength: 1, maxLength: 30 }),
);

const range: CheckedRange = { offset: 1000, lengthBytes: 20, crc32: 0xdeadbeef };

describe('RangeList', () => {
  it('tells the length of each range however much it grows', () => {
    const ranges = new RangeList();
    for (let index = 0; index < 1000; index += 1) ranges.push({ ...range, lengthBytes: 2 ** 40 + index });
    expect(ranges.count).toBe(1000);
    expect(ranges.lengthBytesAt(0)).toBe(2 ** 40);
    expect(ranges.lengthBytesAt(999)).toBe(2 ** 40 + 999);
    expect(() => ranges.lengthBytesAt(1000)).toThrow(RangeError);
  });
});

describe('findFrame', () => {
  it('finds every frame of any table, and no other', () => {
    fc.assert(
      fc.property(anyFrames, (frames) => {
        const encoded = encodeFrameTable(tableOf(frames));
        for (const [frameIndex, ranges] of frames.entries()) {
          expect(findFrame(encoded, frameIndex)).toEqual({ ranges, firstBit: 0 });
        }
        for (const frameIndex of [-1, frames.length, 0.5, Number.NaN]) {
          expect(findFrame(encoded, frameIndex)).toBeUndefined();
        }
      }),
      { numRuns: 200 },
    );
  });

  it('keeps one range in 36 bytes', () => {
    expect(encodeFrameTable(tableOf([[range]]))).toHaveLength(36);
  });

  it('RF-08 tells the bit at which a frame begins and how many it has', () => {
    const encoded = encodeFrameTable(tableOf([[range], [range], [range]], { frameBits: 15, unitBits: 8 }));
    expect([0, 1, 2].map((frameIndex) => findFrame(encoded, frameIndex))).toEqual([
      { ranges: [range], firstBit: 0, bits: 15 },
      { ranges: [range], firstBit: 7, bits: 15 },
      { ranges: [range], firstBit: 6, bits: 15 },
    ]);
  });

  it('RF-08 counts bits from the word for big-endian words', () => {
    const encoded = encodeFrameTable(tableOf([[range], [range]], { frameBits: 15, unitBits: 16 }));
    expect(findFrame(encoded, 1)?.firstBit).toBe(15);
  });

  it('refuses bytes that are no table or end early', () => {
    const corrupt = expect.objectContaining({ name: 'ArchiveError', code: 'corrupt' });
    const encoded = encodeFrameTable(tableOf([[range], [range, range]]));
    const otherLayout = Buffer.from(encoded);
    otherLayout.writeUInt32BE(2, 0);
    const backwards = Buffer.from(encoded);
    backwards.writeUInt32BE(0, 28);
    expect(() => findFrame(Buffer.alloc(0), 0)).toThrow(corrupt);
    expect(() => findFrame(otherLayout, 0)).toThrow(corrupt);
    expect(() => findFrame(backwards, 1)).toThrow(corrupt);
    expect(() => findFrame(encoded.subarray(0, encoded.length - 1), 1)).toThrow(corrupt);
    expect(() => findFrame(encoded.subarray(0, 26), 1)).toThrow(corrupt);
  });
});

describe('alignBits', () => {
  const bitAt = (bytes: Buffer, bit: number): number => ((bytes[bit >>> 3] ?? 0) >>> (bit & 7)) & 1;

  it('RF-08 moves any bits to the start of a byte and leaves the rest 0', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 12 }), fc.nat(), fc.nat(), (values, seed, length) => {
        const bytes = Buffer.from(values);
        const firstBit = seed % (bytes.length * 8);
        const bits = 1 + (length % (bytes.length * 8 - firstBit));
        const aligned = alignBits(bytes, firstBit, bits);
        expect(aligned).toHaveLength(Math.ceil(bits / 8));
        for (let bit = 0; bit < aligned.length * 8; bit += 1) {
          expect(bitAt(aligned, bit)).toBe(bit < bits ? bitAt(bytes, firstBit + bit) : 0);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('leaves the bytes it was given as they are', () => {
    const bytes = Buffer.of(0xff, 0xff);
    expect(alignBits(bytes, 0, 15)).toEqual(Buffer.of(0xff, 0x7f));
    expect(bytes).toEqual(Buffer.of(0xff, 0xff));
  });

  it('refuses to make up bits', () => {
    expect(() => alignBits(Buffer.of(0xff), 1, 8)).toThrow(RangeError);
  });
});
