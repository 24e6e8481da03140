/**
 * Where encapsulated frames lie: which fragments belong to which frame. No code stream is read but for the first bytes
 * of fragments that no table explains. PS3.5 §A.4, PS3.3 §C.7.6.3.1.8
 */
import { crc32 } from 'node:zlib';
import { TAG } from './attributes.js';
import { type DataSet, findBytes, type Tag } from './data-set.js';
import { doesNotMatch } from './failure-reasons.js';
import { type FrameTable, MOST_FRAMES, RangeList } from './frame-table.js';

/** The three bytes that begin a code stream and stand nowhere else within one: SOI of JPEG and JPEG-LS, SOC of JPEG 2000. */
const CODE_STREAM_STARTS: ReadonlyMap<string, number> = new Map([
  ['image/jpeg', 0xffd8ff],
  ['image/jls', 0xffd8ff],
  ['image/jp2', 0xff4fff],
  ['image/jpx', 0xff4fff],
  ['image/jphc', 0xff4fff],
]);

interface Fragment {
  readonly offset: number;
  readonly lengthBytes: number;
  crc32: number;
  /** Its first bytes, three at most, as one big-endian number. */
  head: number;
  headBytes: number;
}

export interface EncapsulatedPixelData {
  /** The data set before Pixel Data, an Extended Offset Table included. */
  readonly dataSet: DataSet;
  readonly numberOfFrames: number;
  /** The media type of a frame. */
  readonly mediaType: string;
}

/**
 * Finds frames by their fragments. Offset tables are followed while the fragments come by, never searched.
 * @throws InvalidInstance A900H when the fragments can not be told apart into the frames.
 */
export class EncapsulatedFrames {
  readonly #frameCount: number;
  readonly #codeStreamStart: number | undefined;
  readonly #extendedLengths: readonly number[] | undefined;
  readonly #readsBasicTable: boolean;
  readonly #basicTable = new BasicOffsetTable();
  readonly #ranges = new RangeList();
  /** For each frame that was seen to begin, the index of its first range. */
  readonly #firstRanges: number[] = [];
  /** Where frames begin, counted from the item of the first fragment. */
  #offsets: readonly number[] | undefined;
  #itemCount = 0;
  #firstFragmentOffset: number | undefined;
  #fragment: Fragment | undefined;

  constructor({ dataSet, numberOfFrames, mediaType }: EncapsulatedPixelData) {
    const isVideo = mediaType.startsWith('video/');
    this.#frameCount = isVideo ? 1 : numberOfFrames;
    if (this.#frameCount > MOST_FRAMES) throw doesNotMatch('The instance has more frames than this archive keeps.');
    this.#codeStreamStart = CODE_STREAM_STARTS.get(mediaType);
    this.#offsets = isVideo ? undefined : readExtendedTable(dataSet, TAG.ExtendedOffsetTable, this.#frameCount);
    this.#extendedLengths =
      this.#offsets && readExtendedTable(dataSet, TAG.ExtendedOffsetTableLengths, this.#frameCount);
    this.#readsBasicTable = !isVideo && this.#offsets === undefined;
  }

  item(valueOffset: number, lengthBytes: number): void {
    this.#finishItem();
    this.#itemCount += 1;
    if (this.#itemCount === 1) {
      this.#beginBasicTable(lengthBytes);
      return;
    }
    if (this.#itemCount > MOST_FRAMES + 1) throw doesNotMatch('Pixel Data has more fragments than this archive keeps.');
    this.#firstFragmentOffset ??= valueOffset;
    this.#followOffsets(valueOffset - this.#firstFragmentOffset);
    this.#fragment = { offset: valueOffset, lengthBytes, crc32: 0, head: 0, headBytes: 0 };
  }

  bytes(chunk: Buffer): void {
    const fragment = this.#fragment;
    if (fragment === undefined) {
      if (this.#readsBasicTable) this.#basicTable.bytes(chunk);
      return;
    }
    fragment.crc32 = crc32(chunk, fragment.crc32);
    for (const byte of chunk.subarray(0, 3 - fragment.headBytes)) {
      fragment.head = fragment.head * 256 + byte;
      fragment.headBytes += 1;
    }
  }

  end(): void {
    this.#finishItem();
    if (this.#ranges.count === 0) throw doesNotMatch('No fragment of Pixel Data holds any bytes.');
    if (this.#offsets === undefined) this.#checkFramesWithoutTable();
    else this.#checkFramesOfTable();
  }

  build(): FrameTable {
    const hasOneRangeEach = this.#ranges.count === this.#frameCount;
    const firstRanges = this.#frameCount === 1 ? [0] : this.#firstRanges;
    return {
      frameCount: this.#frameCount,
      ranges: this.#ranges,
      firstRanges: hasOneRangeEach ? undefined : firstRanges,
      packing: undefined,
    };
  }

  #beginBasicTable(lengthBytes: number): void {
    if (!this.#readsBasicTable || lengthBytes === 0) return;
    if (lengthBytes !== this.#frameCount * 4) throw doesNotMatch('The Basic Offset Table has not one entry per frame.');
    this.#offsets = this.#basicTable.offsets;
  }

  #followOffsets(position: number): void {
    if (this.#offsets === undefined) return;
    const next = this.#offsets[this.#firstRanges.length];
    if (next === position) this.#firstRanges.push(this.#ranges.count);
    else if (position === 0 || (next !== undefined && next < position)) {
      throw doesNotMatch('The offset table of Pixel Data does not point at its fragments in order.');
    }
  }

  #finishItem(): void {
    const fragment = this.#fragment;
    if (fragment === undefined || fragment.lengthBytes === 0) return;
    const mayBeginFrame = this.#offsets === undefined && fragment.head === this.#codeStreamStart;
    if (mayBeginFrame) this.#firstRanges.push(this.#ranges.count);
    this.#ranges.push(fragment);
  }

  #checkFramesWithoutTable(): void {
    if (this.#frameCount === 1 || this.#ranges.count === this.#frameCount) return;
    if (this.#firstRanges.length === this.#frameCount && this.#firstRanges[0] === 0) return;
    throw doesNotMatch('The fragments of Pixel Data can not be told apart into Number of Frames frames.');
  }

  #checkFramesOfTable(): void {
    if (this.#firstRanges.length !== this.#frameCount) {
      throw doesNotMatch('The offset table of Pixel Data points past its fragments.');
    }
    for (const [frame, first] of this.#firstRanges.entries()) {
      const end = this.#firstRanges[frame + 1] ?? this.#ranges.count;
      if (first === end) throw doesNotMatch('The offset table of Pixel Data points at a frame without bytes.');
      this.#checkExtendedLength(frame, first, end);
    }
  }

  /** A length counts the pad byte of the fragment or leaves it out: both are written. */
  #checkExtendedLength(frame: number, first: number, end: number): void {
    const declared = this.#extendedLengths?.[frame];
    if (declared === undefined) return;
    let lengthBytes = 0;
    for (let index = first; index < end; index += 1) lengthBytes += this.#ranges.lengthBytesAt(index);
    if (declared !== lengthBytes && declared !== lengthBytes - 1) {
      throw doesNotMatch('The Extended Offset Table Lengths are not those of the fragments.');
    }
  }
}

/** Little-endian 32-bit offsets, read however their bytes are cut into chunks. */
class BasicOffsetTable {
  readonly offsets: number[] = [];
  #offset = 0;
  #place = 1;

  bytes(chunk: Buffer): void {
    for (const byte of chunk) {
      this.#offset += byte * this.#place;
      this.#place *= 256;
      if (this.#place === 2 ** 32) {
        this.offsets.push(this.#offset);
        this.#offset = 0;
        this.#place = 1;
      }
    }
  }
}

/** Offsets too large to be exact stay large enough to be refused. PS3.3 §C.7.6.3.1.8 */
function readExtendedTable(dataSet: DataSet, tag: Tag, frameCount: number): readonly number[] | undefined {
  const bytes = findBytes(dataSet, tag);
  if (bytes === undefined || bytes.length === 0) return undefined;
  if (bytes.length !== frameCount * 8) throw doesNotMatch('The Extended Offset Table has not one entry per frame.');
  return Array.from({ length: frameCount }, (_, frame) => Number(bytes.readBigUInt64LE(frame * 8)));
}
