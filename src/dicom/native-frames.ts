/** Where native frames lie: one after the other, to the bit, without padding. PS3.5 §8.1.1, §8.2 */
import { crc32 } from 'node:zlib';
import { doesNotMatch } from './failure-reasons.js';
import { type FrameTable, MOST_FRAMES, RangeList } from './frame-table.js';

export interface NativePixelData {
  /** Offset of the value from the first byte of the Part 10 stream. */
  readonly valueOffset: number;
  readonly lengthBytes: number;
  readonly frameCount: number;
  readonly frameBits: number;
  /** 16 for big-endian OW, whose words are swapped as a whole; 8 for all others. */
  readonly unitBits: 8 | 16;
}

/**
 * Finds frames by arithmetic. A range covers the whole units that hold its frame: where frames are no whole units, the
 * ranges of neighbours overlap and the table tells the bit at which each begins.
 * @throws InvalidInstance A900H when the value is too short for the frames, or holds one that is not counted.
 */
export class NativeFrames {
  readonly #pixelData: NativePixelData;
  readonly #ranges = new RangeList();
  /** CRC-32 so far of the frames begun and not ended: several only where they share a unit. */
  readonly #open = new Map<number, number>();
  #position = 0;

  constructor(pixelData: NativePixelData) {
    this.#pixelData = pixelData;
    const { lengthBytes, frameCount } = pixelData;
    // Too many frames for exact arithmetic are too many for any value as well.
    if (this.#end(frameCount - 1) > lengthBytes) throw doesNotMatch('Pixel Data is shorter than its frames.');
    if (frameCount > MOST_FRAMES) throw doesNotMatch('The instance has more frames than this archive keeps.');
  }

  bytes(chunk: Buffer): void {
    const { frameCount } = this.#pixelData;
    const from = this.#position;
    this.#position += chunk.length;
    for (let frame = this.#ranges.count; frame < frameCount && this.#start(frame) < this.#position; frame += 1) {
      this.#addToFrame(frame, chunk, from);
    }
  }

  /** A surplus is judged once its bytes have come: a length no file has is a truncated file in the first place. */
  end(): void {
    const { lengthBytes, frameCount, frameBits } = this.#pixelData;
    if (this.#position !== lengthBytes) throw new Error('The value of Pixel Data ended before its declared length.');
    const surplusBytes = lengthBytes - this.#end(frameCount - 1);
    if (surplusBytes > 1 && surplusBytes * 8 >= frameBits) {
      throw doesNotMatch('Pixel Data has room for more frames than Number of Frames counts.');
    }
  }

  build(): FrameTable {
    const { frameCount, frameBits, unitBits } = this.#pixelData;
    return {
      frameCount,
      ranges: this.#ranges,
      firstRanges: undefined,
      packing: frameBits % unitBits === 0 ? undefined : { frameBits, unitBits },
    };
  }

  /** `from` is the position of the chunk in the value, as are start and end of the frame. */
  #addToFrame(frame: number, chunk: Buffer, from: number): void {
    const start = this.#start(frame);
    const end = this.#end(frame);
    const sum = crc32(chunk.subarray(Math.max(start - from, 0), end - from), this.#open.get(frame) ?? 0);
    if (end > from + chunk.length) {
      this.#open.set(frame, sum);
      return;
    }
    this.#open.delete(frame);
    this.#ranges.push({ offset: this.#pixelData.valueOffset + start, lengthBytes: end - start, crc32: sum });
  }

  #start(frame: number): number {
    const { frameBits, unitBits } = this.#pixelData;
    return Math.floor((frame * frameBits) / unitBits) * (unitBits / 8);
  }

  #end(frame: number): number {
    const { frameBits, unitBits } = this.#pixelData;
    return Math.ceil(((frame + 1) * frameBits) / unitBits) * (unitBits / 8);
  }
}
