/**
 * The frame table of an instance, built while its Pixel Data streams by: where each frame lies and the CRC-32 of its
 * bytes. Pixels are neither kept nor decoded. PS3.5 §8, §A.4
 */
import { TAG } from './attributes.js';
import type { DataSet, Tag } from './data-set.js';
import { EncapsulatedFrames } from './encapsulated-frames.js';
import { doesNotMatch } from './failure-reasons.js';
import type { FrameTable } from './frame-table.js';
import { frameBits, type ImagePixelDescription, imagePixelDescription } from './image-pixel.js';
import { NativeFrames } from './native-frames.js';
import type { PixelDataElement, PixelDataSink } from './pixel-data.js';
import type { TransferSyntax } from './transfer-syntaxes.js';

export interface PixelDataSource {
  /** The data set before Pixel Data, an Extended Offset Table included. */
  readonly dataSet: DataSet;
  readonly pixelData: PixelDataElement;
  readonly transferSyntax: TransferSyntax;
}

/** Bits of a sample in the elements that fix them. PS3.3 §C.7.6.24, §C.7.6.25 */
const FLOAT_BITS: ReadonlyMap<Tag, number> = new Map([
  [TAG.FloatPixelData, 32],
  [TAG.DoubleFloatPixelData, 64],
]);

/**
 * Builds the frame table of one instance from the value of its Pixel Data.
 *
 * Native frames follow each other without padding. The value may be longer by less than a frame, as some writers pad it;
 * a whole frame that Number of Frames does not count is refused, for nobody would know what it shows.
 *
 * Fragments belong to frames as the Extended Offset Table says, else as the Basic one does. Without either they all
 * belong to the only frame, or one to each, or the start of a code stream begins a frame. A video is one frame whatever
 * its Number of Frames. Empty fragments belong to no frame.
 * @throws InvalidInstance A900H, from any method, when the pixels and their description contradict each other.
 */
export class FrameTableBuilder implements PixelDataSink {
  readonly #frames: NativeFrames | EncapsulatedFrames;

  constructor(source: PixelDataSource) {
    const { dataSet, pixelData, transferSyntax } = source;
    const description = imagePixelDescription(dataSet);
    if ((pixelData.lengthBytes === undefined) !== transferSyntax.encapsulated) {
      throw doesNotMatch('Pixel Data is not native or encapsulated as its Transfer Syntax demands.');
    }
    this.#frames =
      pixelData.lengthBytes === undefined
        ? new EncapsulatedFrames({
            dataSet,
            numberOfFrames: description.numberOfFrames,
            mediaType: transferSyntax.mediaType ?? 'application/octet-stream',
          })
        : nativeFrames(source, description, pixelData.lengthBytes);
  }

  item(valueOffset: number, lengthBytes: number): void {
    if (this.#frames instanceof NativeFrames) throw new Error('Native Pixel Data has no items.');
    this.#frames.item(valueOffset, lengthBytes);
  }

  bytes(chunk: Buffer): void {
    // Given an empty Buffer, zlib.crc32 may answer 0 instead of the sum so far.
    if (chunk.length > 0) this.#frames.bytes(chunk);
  }

  end(): void {
    this.#frames.end();
  }

  /** Give the table of all frames, once `end` was called. */
  build(): FrameTable {
    return this.#frames.build();
  }
}

function nativeFrames(source: PixelDataSource, description: ImagePixelDescription, lengthBytes: number): NativeFrames {
  const { pixelData, transferSyntax } = source;
  const bitsAllocated = FLOAT_BITS.get(pixelData.tag) ?? description.bitsAllocated;
  if (bitsAllocated !== description.bitsAllocated) {
    throw doesNotMatch('Bits Allocated is not that of the float Pixel Data.');
  }
  return new NativeFrames({
    valueOffset: pixelData.valueOffset,
    lengthBytes,
    frameCount: description.numberOfFrames,
    frameBits: frameBits(description),
    unitBits: transferSyntax.byteOrder === 'big' && pixelData.vr === 'OW' ? 16 : 8,
  });
}
