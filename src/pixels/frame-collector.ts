/** Cuts the frames out of Pixel Data while it streams by, by the table that was made of them when they were stored. */
import { type FrameLocation, findFrame } from '../dicom/frame-table.js';
import type { PixelDataElement, PixelDataSink } from '../dicom/pixel-data.js';
import { StreamedSwap } from '../dicom/swap-bytes.js';
import { CodecFailure } from './codecs/codec-failure.js';
import { expectDecodableLength } from './decode.js';

export interface CollectedPixelData {
  readonly pixelData: PixelDataElement;
  /** Encoded: see `dicom/frame-table`. */
  readonly frameTable: Buffer;
  /** Bytes that are swapped together; 1 for little endian pixels. */
  readonly swapUnitBytes: number;
}

/** A frame that is being filled. */
interface Filling {
  readonly location: FrameLocation;
  readonly bytes: Uint8Array<ArrayBuffer>;
  range: number;
  filledBytes: number;
}

export class FrameCollector implements PixelDataSink {
  readonly #source: CollectedPixelData;
  #offset: number;
  #frameIndex = -1;
  #filling: Filling | undefined;
  #whole: Uint8Array<ArrayBuffer>[] = [];

  constructor(source: CollectedPixelData) {
    this.#source = source;
    this.#offset = source.pixelData.valueOffset;
    this.#next();
  }

  item(valueOffset: number): void {
    this.#offset = valueOffset;
  }

  /** Fragments of a frame, and frames, follow each other in the order of the table: it is made so, or not at all. */
  bytes(chunk: Buffer): void {
    const start = this.#offset;
    const end = start + chunk.length;
    this.#offset = end;
    for (let filling = this.#filling; filling !== undefined; filling = this.#filling) {
      const range = filling.location.ranges[filling.range];
      if (range === undefined) throw new Error('A frame that is being filled has a range to come.');
      const rangeEnd = range.offset + range.lengthBytes;
      if (range.offset >= end) return;
      const piece = chunk.subarray(Math.max(range.offset - start, 0), rangeEnd - start);
      filling.bytes.set(piece, filling.filledBytes);
      filling.filledBytes += piece.length;
      if (rangeEnd > end) return;
      filling.range += 1;
      if (filling.range === filling.location.ranges.length) this.#finish(filling);
    }
  }

  end(): void {
    if (this.#filling !== undefined) throw new CodecFailure('Pixel Data holds fewer frames than it should.');
  }

  /** The frames that have become whole since the last call, each in memory of its own. */
  take(): readonly Uint8Array<ArrayBuffer>[] {
    const whole = this.#whole;
    this.#whole = [];
    return whole;
  }

  #finish({ bytes }: Filling): void {
    const { swapUnitBytes } = this.#source;
    this.#whole.push(
      swapUnitBytes === 1 ? bytes : new Uint8Array(new StreamedSwap(swapUnitBytes).write(Buffer.from(bytes))),
    );
    this.#next();
  }

  #next(): void {
    this.#frameIndex += 1;
    const location = findFrame(this.#source.frameTable, this.#frameIndex);
    if (location?.bits !== undefined) throw new CodecFailure('Frames that share bytes are not compressed.');
    const frameBytes = location?.ranges.reduce((sum, { lengthBytes }) => sum + lengthBytes, 0) ?? 0;
    expectDecodableLength(frameBytes);
    this.#filling = location && {
      location,
      bytes: new Uint8Array(frameBytes),
      range: 0,
      filledBytes: 0,
    };
  }
}
