/**
 * One instance from the first byte to the last: read while it arrives, held back until its header has been admitted,
 * then written, digested and its frames measured as the bytes go by. Nothing is buffered whole.
 */
import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { FAILURE_REASON, InvalidInstance, WARNING_REASON, type WarningReason } from '../dicom/failure-reasons.js';
import { FrameTableBuilder } from '../dicom/frames.js';
import { type Part10Header, Part10Reader } from '../dicom/part10-reader.js';
import type { PixelDataElement, PixelDataSink } from '../dicom/pixel-data.js';
import { admit, sentIdentity } from './admission.js';
import type { BlobStore, StagedBlob } from './blobs/blob-store.js';
import { type Coercion, coercionOf } from './coercion.js';
import { describeInstance, type InstanceDescription } from './index/describe-instance.js';
import { type Refused, refused, type SentIdentity } from './store-outcome.js';

export interface ReceivedInstance {
  readonly outcome: 'received';
  readonly identity: Required<SentIdentity>;
  readonly staged: StagedBlob;
  readonly sha256: string;
  readonly crc32: number;
  readonly sizeBytes: number;
  readonly description: InstanceDescription;
  readonly warning: WarningReason | undefined;
}

interface Admission {
  readonly identity: Required<SentIdentity>;
  readonly coercion: Coercion | undefined;
}

export interface ReceiveOptions {
  readonly blobs: BlobStore;
  /** The only study that is accepted. */
  readonly expectedStudy: string | undefined;
  /** The largest instance that is accepted. */
  readonly maxInstanceBytes: number;
}

/**
 * Take one instance in. What it returns as received is staged, not yet stored: publish it or discard it.
 * @throws whatever `body` throws when it breaks off, and ArchiveError when the disk fails; nothing stays behind then
 */
export async function receiveInstance(
  body: AsyncIterable<Buffer>,
  options: ReceiveOptions,
): Promise<ReceivedInstance | Refused> {
  const reception = new Reception(options);
  try {
    for await (const chunk of body) await reception.take(chunk);
    return await reception.finish();
  } catch (error) {
    await reception.discard();
    if (error instanceof InvalidInstance) return refused(reception.sentIdentity(), error.reason, error.message);
    throw error;
  }
}

class Reception {
  readonly #options: ReceiveOptions;
  readonly #reader: Part10Reader;
  readonly #sha256 = createHash('sha256');
  #crc32 = 0;
  #sizeBytes = 0;
  #receivedBytes = 0;
  /** What arrived before the header had been admitted; on no disk. */
  #heldBack: Buffer[] = [];
  #admission: Admission | undefined;
  #staged: StagedBlob | undefined;
  #frames: FrameTableBuilder | undefined;
  #pixelDataCRC32 = 0;

  constructor(options: ReceiveOptions) {
    this.#options = options;
    this.#reader = new Part10Reader({ openPixelData: (header) => this.#openPixelData(header) });
  }

  async take(chunk: Buffer): Promise<void> {
    // An empty buffer can reset a running CRC-32.
    if (chunk.length === 0) return;
    this.#receivedBytes += chunk.length;
    if (this.#receivedBytes > this.#options.maxInstanceBytes) {
      throw new InvalidInstance(FAILURE_REASON.outOfResources, 'The instance is larger than this archive accepts.');
    }
    await this.#reader.write(chunk);
    if (this.#staged !== undefined) return this.#keep(chunk);
    this.#heldBack.push(chunk);
    if (this.#reader.header !== undefined) await this.#startKeeping(this.#reader.header);
  }

  async finish(): Promise<ReceivedInstance> {
    await this.#reader.end();
    const header = this.#reader.header;
    if (header === undefined) throw new Error('A Part 10 reader that has ended well has a header.');
    const { identity, coercion } = this.#admit(header);
    const staged = this.#staged ?? (await this.#startKeeping(header));
    const description = await describeInstance({
      header,
      trailer: this.#reader.trailer,
      frames: this.#frames?.build(),
      pixelDataCRC32: this.#pixelDataCRC32,
      shiftBytes: coercion?.shiftBytes ?? 0,
    });
    return {
      outcome: 'received',
      identity,
      staged,
      sha256: this.#sha256.digest('hex'),
      crc32: this.#crc32,
      sizeBytes: this.#sizeBytes,
      description,
      warning: coercion === undefined ? undefined : WARNING_REASON.coercionOfDataElements,
    };
  }

  async discard(): Promise<void> {
    this.#reader.destroy();
    await this.#staged?.discard();
  }

  sentIdentity(): SentIdentity {
    const dataSet = this.#reader.header?.dataSet;
    return dataSet === undefined ? {} : sentIdentity(dataSet);
  }

  /** Judged once, as soon as the header is there: before its Pixel Data is looked at, before a byte is on disk. */
  #admit(header: Part10Header): Admission {
    this.#admission ??= { identity: admit(header, this.#options.expectedStudy), coercion: coercionOf(header) };
    return this.#admission;
  }

  async #startKeeping(header: Part10Header): Promise<StagedBlob> {
    const { coercion } = this.#admit(header);
    const staged = await this.#options.blobs.stage();
    this.#staged = staged;
    const held = this.#heldBack;
    this.#heldBack = [];
    for (const chunk of coercion === undefined ? held : replaceStart(held, coercion.fileStart, header.dataSetOffset)) {
      await this.#keep(chunk);
    }
    return staged;
  }

  async #keep(chunk: Buffer): Promise<void> {
    this.#sha256.update(chunk);
    this.#crc32 = crc32(chunk, this.#crc32);
    this.#sizeBytes += chunk.length;
    await this.#staged?.write(chunk);
  }

  /** Frames are measured where they will stand in the stored file. */
  #openPixelData(header: Part10Header): PixelDataSink {
    const { dataSet, pixelData, transferSyntax } = header;
    if (pixelData === undefined) throw new Error('Pixel Data is opened where it was found.');
    const shiftBytes = this.#admit(header).coercion?.shiftBytes ?? 0;
    const frames = new FrameTableBuilder({ dataSet, pixelData: shifted(pixelData, shiftBytes), transferSyntax });
    this.#frames = frames;
    return {
      item: (valueOffset, lengthBytes) => frames.item(valueOffset + shiftBytes, lengthBytes),
      bytes: (chunk) => {
        if (chunk.length > 0) this.#pixelDataCRC32 = crc32(chunk, this.#pixelDataCRC32);
        frames.bytes(chunk);
      },
      end: () => frames.end(),
    };
  }
}

const shifted = (pixelData: PixelDataElement, shiftBytes: number): PixelDataElement => ({
  ...pixelData,
  valueOffset: pixelData.valueOffset + shiftBytes,
});

function replaceStart(chunks: readonly Buffer[], start: Buffer, replacedBytes: number): Buffer[] {
  const kept = [start];
  let skip = replacedBytes;
  for (const chunk of chunks) {
    if (skip < chunk.length) kept.push(chunk.subarray(skip));
    skip = Math.max(0, skip - chunk.length);
  }
  return kept;
}
