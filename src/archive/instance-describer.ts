/**
 * An instance as the index sees it, found while its bytes go by: its header judged as soon as it is there, its frames
 * measured, the rest described at the end. Where the bytes come from and where they go is not its business.
 */
import { crc32 } from 'node:zlib';
import { TAG } from '../dicom/attributes.js';
import { FrameTableBuilder } from '../dicom/frames.js';
import { frameBits, imagePixelDescription } from '../dicom/image-pixel.js';
import { type Part10Header, Part10Reader } from '../dicom/part10-reader.js';
import type { PixelDataElement, PixelDataSink } from '../dicom/pixel-data.js';
import { describeInstance, type InstanceDescription } from './index/describe-instance.js';

export interface DescribeOptions {
  /**
   * Judge the header; called before Pixel Data is looked at, and not more than twice. Gives by how many bytes the stored
   * file's data set stands later than that of the bytes described. May throw to refuse the instance.
   */
  readonly admit: (header: Part10Header) => number;
  /** See `Part10Reader`. */
  readonly holdHeaderBytes?: (lengthBytes: number) => void;
}

export class InstanceDescriber {
  readonly #admit: (header: Part10Header) => number;
  readonly #reader: Part10Reader;
  #frames: FrameTableBuilder | undefined;
  #pixelDataCRC32: number | undefined;

  constructor({ admit, holdHeaderBytes }: DescribeOptions) {
    this.#admit = admit;
    this.#reader = new Part10Reader({ openPixelData: (header) => this.#openPixelData(header), holdHeaderBytes });
  }

  /** Set as soon as Pixel Data begins, or by `end` when there is none. */
  get header(): Part10Header | undefined {
    return this.#reader.header;
  }

  /** Take the next bytes. @throws InvalidInstance, and whatever `admit` throws */
  async write(chunk: Buffer): Promise<void> {
    await this.#reader.write(chunk);
  }

  /** Describe the instance whose bytes have all been given. @throws InvalidInstance as `write` */
  async end(): Promise<InstanceDescription> {
    await this.#reader.end();
    const header = this.#reader.header;
    if (header === undefined) throw new Error('A Part 10 reader that has ended well has a header.');
    const frames = this.#frames?.build();
    this.#pixelDataCRC32 ??= frames?.ranges.joinedCRC32();
    return describeInstance({
      shiftBytes: this.#admit(header),
      header,
      trailer: this.#reader.trailer,
      frames,
      pixelDataCRC32: this.#pixelDataCRC32 ?? 0,
    });
  }

  /** The CRC-32 of the value of native Pixel Data; set by `end`. */
  get pixelDataCRC32(): number {
    return this.#pixelDataCRC32 ?? 0;
  }

  /** Free what is held outside of memory, when the instance is given up half way. */
  destroy(): void {
    this.#reader.destroy();
  }

  /** Frames are measured where they will stand in the stored file. */
  #openPixelData(header: Part10Header): PixelDataSink {
    const { dataSet, pixelData, transferSyntax } = header;
    if (pixelData === undefined) throw new Error('Pixel Data is opened where it was found.');
    const shiftBytes = this.#admit(header);
    const frames = new FrameTableBuilder({ dataSet, pixelData: shifted(pixelData, shiftBytes), transferSyntax });
    this.#frames = frames;
    if (!isJustItsFrames(header)) this.#pixelDataCRC32 = 0;
    return {
      item: (valueOffset, lengthBytes) => frames.item(valueOffset + shiftBytes, lengthBytes),
      bytes: (chunk) => {
        if (this.#pixelDataCRC32 !== undefined && chunk.length > 0) {
          this.#pixelDataCRC32 = crc32(chunk, this.#pixelDataCRC32);
        }
        frames.bytes(chunk);
      },
      end: () => frames.end(),
    };
  }
}

/** Whether the value is whole frames and nothing else, so that the sums of its frames give that of the value. */
function isJustItsFrames({ dataSet, pixelData, transferSyntax }: Part10Header): boolean {
  if (pixelData?.tag !== TAG.PixelData || transferSyntax.byteOrder === 'big') return false;
  const description = imagePixelDescription(dataSet);
  return (
    pixelData.lengthBytes === (frameBits(description) / 8) * description.numberOfFrames &&
    frameBits(description) % 8 === 0
  );
}

const shifted = (pixelData: PixelDataElement, shiftBytes: number): PixelDataElement => ({
  ...pixelData,
  valueOffset: pixelData.valueOffset + shiftBytes,
});
