/**
 * Where each frame of an instance lies in its Part 10 stream, and that knowledge as bytes for the index. In those bytes
 * everything has a fixed size, so that frame k is found by reading a few of them however many frames there are.
 *
 * Layout, all numbers unsigned and big-endian: a header (u32 layout, u32 frames, u32 ranges, u48 bits of a frame and u8
 * bits of a unit for frames that share units, both 0 otherwise, u8 0); if there are more ranges than frames, an index of
 * u32 (the first range of each frame, and the number of ranges); then the ranges (u48 offset, u48 length, u32 CRC-32).
 */
import { ArchiveError } from '../errors.js';
import { combineCRC32 } from './crc32.js';

/** A run of bytes in the Part 10 stream (in the inflated one when deflated) with the CRC-32 of its bytes. */
export interface CheckedRange {
  readonly offset: number;
  readonly lengthBytes: number;
  readonly crc32: number;
}

/** How frames lie that do not begin or end with a unit of the value field, so that neighbours share one. PS3.5 §8.1.1 */
export interface FramePacking {
  readonly frameBits: number;
  /** 8, or 16 for the words of big-endian OW: those are swapped as a whole before any bit in them can be counted. */
  readonly unitBits: number;
}

export interface FrameTable {
  readonly frameCount: number;
  /** The ranges of all frames, in frame order; every frame has at least one. */
  readonly ranges: RangeList;
  /** For each frame the index of its first range; undefined when every frame has exactly one. */
  readonly firstRanges: readonly number[] | undefined;
  /** Undefined when every frame is exactly the bytes of its ranges. */
  readonly packing: FramePacking | undefined;
}

export interface FrameLocation {
  /** The pieces of the frame, to be joined in this order. */
  readonly ranges: readonly CheckedRange[];
  /** Bit, from the least significant of the first little-endian unit, at which the frame begins; 0 for whole bytes. */
  readonly firstBit: number;
  /** Bits of a frame that is not exactly the bytes of its ranges; `alignBits` cuts it out. */
  readonly bits?: number;
}

/** Frames, or fragments, that no instance has: the table of so many takes 16 MB. */
export const MOST_FRAMES = 1_000_000;

const LAYOUT = 1;
const HEADER_BYTES = 20;
const INDEX_ENTRY_BYTES = 4;
const RECORD_BYTES = 16;

/** A growing list of ranges in 16 bytes each, laid out as in the encoded table. */
export class RangeList {
  #records = Buffer.alloc(4 * RECORD_BYTES);
  #count = 0;

  get count(): number {
    return this.#count;
  }

  push({ offset, lengthBytes, crc32 }: CheckedRange): void {
    const at = this.#count * RECORD_BYTES;
    if (at === this.#records.length) this.#records = Buffer.concat([this.#records, Buffer.alloc(at)]);
    this.#records.writeUIntBE(offset, at, 6);
    this.#records.writeUIntBE(lengthBytes, at + 6, 6);
    this.#records.writeUInt32BE(crc32, at + 12);
    this.#count += 1;
  }

  /** Read the length of one range, by its 0-based index. */
  lengthBytesAt(index: number): number {
    return this.encoded().readUIntBE(index * RECORD_BYTES + 6, 6);
  }

  /** The CRC-32 of all ranges as if they were joined. */
  joinedCRC32(): number {
    let joined = 0;
    for (let at = 0; at < this.#count * RECORD_BYTES; at += RECORD_BYTES) {
      joined = combineCRC32(joined, this.#records.readUInt32BE(at + 12), this.#records.readUIntBE(at + 6, 6));
    }
    return joined;
  }

  /** The ranges as bytes, a view that later pushes may change. */
  encoded(): Buffer {
    return this.#records.subarray(0, this.#count * RECORD_BYTES);
  }
}

interface Header {
  readonly frameCount: number;
  readonly rangeCount: number;
  readonly packing: FramePacking | undefined;
}

interface Slice {
  readonly offset: number;
  readonly lengthBytes: number;
}

/** The ranges of one frame by their numbers, end exclusive. */
interface Run {
  readonly first: number;
  readonly end: number;
}

/** Write a table as bytes for `findFrame`: 36 bytes for one frame of one range, 16 to 20 more for each further range. */
export function encodeFrameTable({ frameCount, ranges, firstRanges, packing }: FrameTable): Buffer {
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeUInt32BE(LAYOUT, 0);
  header.writeUInt32BE(frameCount, 4);
  header.writeUInt32BE(ranges.count, 8);
  header.writeUIntBE(packing?.frameBits ?? 0, 12, 6);
  header.writeUInt8(packing?.unitBits ?? 0, 18);
  const index = firstRanges === undefined ? [] : [...firstRanges, ranges.count];
  const encodedIndex = Buffer.alloc(index.length * INDEX_ENTRY_BYTES);
  for (const [at, rangeIndex] of index.entries()) encodedIndex.writeUInt32BE(rangeIndex, at * INDEX_ENTRY_BYTES);
  return Buffer.concat([header, encodedIndex, ranges.encoded()]);
}

/**
 * Find one frame, by its 0-based index, in a whole encoded table; undefined when it has no such frame. The time is that
 * of decoding the ranges of this frame alone.
 * @throws ArchiveError `corrupt` when the bytes are no frame table or end early.
 */
export function findFrame(encoded: Buffer, frameIndex: number): FrameLocation | undefined {
  const take = ({ offset, lengthBytes }: Slice): Buffer => encoded.subarray(offset, offset + lengthBytes);
  const header = decodeHeader(encoded);
  if (!hasFrame(header, frameIndex)) return undefined;
  const run = decodeRun(take(indexSlice(header, frameIndex)), header, frameIndex);
  return decodeLocation(take(recordSlice(header, run)), header, run, frameIndex);
}

/**
 * Cut a frame of `bits` bits out of the bytes that hold it, so that it begins at bit 0 of a byte: bits are counted from
 * the least significant of each byte, and those after the last one are 0. Whatever byte order the value field had, the
 * bytes given here are little-endian. PS3.5 §8.1.1, Annex D
 */
export function alignBits(bytes: Buffer, firstBit: number, bits: number): Buffer {
  if (firstBit + bits > bytes.length * 8) throw new RangeError('The frame has more bits than the bytes that hold it.');
  const from = bytes.subarray(firstBit >>> 3);
  const shift = firstBit & 7;
  const aligned = Buffer.alloc(Math.ceil(bits / 8));
  for (let at = 0; at < aligned.length; at += 1) {
    aligned[at] = ((from[at] ?? 0) >>> shift) | ((from[at + 1] ?? 0) << (8 - shift));
  }
  const usedBits = bits % 8;
  if (usedBits !== 0) aligned[aligned.length - 1] = (aligned.at(-1) ?? 0) & ((1 << usedBits) - 1);
  return aligned;
}

function decodeHeader(encoded: Buffer): Header {
  if (encoded.length < HEADER_BYTES || encoded.readUInt32BE(0) !== LAYOUT) throw damaged();
  const frameBits = encoded.readUIntBE(12, 6);
  return {
    frameCount: encoded.readUInt32BE(4),
    rangeCount: encoded.readUInt32BE(8),
    packing: frameBits === 0 ? undefined : { frameBits, unitBits: encoded.readUInt8(18) },
  };
}

const hasFrame = ({ frameCount }: Header, frameIndex: number): boolean =>
  Number.isInteger(frameIndex) && frameIndex >= 0 && frameIndex < frameCount;

/** As every frame has at least one range, as many ranges as frames are one for each. */
const isIndexed = ({ frameCount, rangeCount }: Header): boolean => rangeCount !== frameCount;

const indexSlice = (header: Header, frameIndex: number): Slice => ({
  offset: HEADER_BYTES + frameIndex * INDEX_ENTRY_BYTES,
  lengthBytes: isIndexed(header) ? 2 * INDEX_ENTRY_BYTES : 0,
});

function decodeRun(index: Buffer, header: Header, frameIndex: number): Run {
  if (!isIndexed(header)) return { first: frameIndex, end: frameIndex + 1 };
  if (index.length !== 2 * INDEX_ENTRY_BYTES) throw damaged();
  const run = { first: index.readUInt32BE(0), end: index.readUInt32BE(INDEX_ENTRY_BYTES) };
  if (run.first >= run.end || run.end > header.rangeCount) throw damaged();
  return run;
}

function recordSlice(header: Header, { first, end }: Run): Slice {
  const indexBytes = isIndexed(header) ? (header.frameCount + 1) * INDEX_ENTRY_BYTES : 0;
  return { offset: HEADER_BYTES + indexBytes + first * RECORD_BYTES, lengthBytes: (end - first) * RECORD_BYTES };
}

function decodeLocation(records: Buffer, { packing }: Header, run: Run, frameIndex: number): FrameLocation {
  if (records.length !== (run.end - run.first) * RECORD_BYTES) throw damaged();
  const ranges: CheckedRange[] = [];
  for (let at = 0; at < records.length; at += RECORD_BYTES) {
    ranges.push({
      offset: records.readUIntBE(at, 6),
      lengthBytes: records.readUIntBE(at + 6, 6),
      crc32: records.readUInt32BE(at + 12),
    });
  }
  if (packing === undefined) return { ranges, firstBit: 0 };
  return { ranges, firstBit: (frameIndex * packing.frameBits) % packing.unitBits, bits: packing.frameBits };
}

const damaged = (): ArchiveError => new ArchiveError('corrupt', 'The frame table of an instance is damaged.');
