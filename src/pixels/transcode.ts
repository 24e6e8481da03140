/**
 * A Part 10 file in another transfer syntax: read, rewritten and handed on in one pass, with nothing held but its header
 * and the frames that are worked on. Only Pixel Data, its offset tables, the File Meta Information and what has to say
 * otherwise how the pixels lie is other than it was. PS3.18 §8.7.3.4
 */
import { TAG } from '../dicom/attributes.js';
import { element } from '../dicom/build-data-set.js';
import { type DataElement, type DataSet, findElement, isSequence, type Tag } from '../dicom/data-set.js';
import { encodeExplicitVRLittleEndian, encodeFileMeta, isFragments } from '../dicom/data-set-writer.js';
import { imagePixelDescription } from '../dicom/image-pixel.js';
import { type Part10Header, Part10Reader } from '../dicom/part10-reader.js';
import { swapUnitBytes } from '../dicom/swap-bytes.js';
import { EXPLICIT_VR_LITTLE_ENDIAN } from '../dicom/transfer-syntaxes.js';
import { decodedFrameBytes } from './codecs/colour-transform.js';
import type { Frame, FrameDescription } from './frame.js';
import { FrameCollector } from './frame-collector.js';
import { FrameQueue } from './frame-queue.js';
import type { HeldShare } from './held-bytes.js';
import { EncapsulatedPixelData, NativePixelData, type PixelDataWriter } from './pixel-data-writers.js';
import type { WorkerPool } from './worker-pool.js';

export interface TranscodedFile {
  /** The stored file, in order. */
  readonly bytes: AsyncIterable<Buffer>;
  /** Where its frames lie, encoded; undefined for one without Pixel Data. */
  readonly frameTable: Buffer | undefined;
  readonly frameCount: number;
  /** Of the whole file. */
  readonly sha256: string;
  readonly sopClassUID: string;
  readonly sopInstanceUID: string;
  /** Of whom it is for: frames count as held until they are handed on. */
  readonly held: HeldShare;
  /** Whether nobody waits for it any more. */
  readonly isAbandoned: () => boolean;
}

/**
 * Give a file in that transfer syntax: Explicit VR Little Endian, or one that pixels are encoded in.
 * @throws CodecFailure when a frame can not be decoded, or not be given so; and whatever reading the file throws
 */
export async function* transcode(
  file: TranscodedFile,
  transferSyntaxUID: string,
  pool: WorkerPool,
): AsyncGenerator<Buffer> {
  const transcoding = new Transcoding(file, transferSyntaxUID, pool);
  const reader = new Part10Reader({ openPixelData: (header) => transcoding.open(header) });
  try {
    for await (const chunk of file.bytes) {
      await reader.write(chunk);
      yield* transcoding.work();
    }
    await reader.end();
    if (reader.header !== undefined) yield* transcoding.finish(reader.header, reader.trailer);
  } finally {
    transcoding.close();
    reader.destroy();
  }
}

export interface StoredFrame {
  /** Of the whole file. */
  readonly sha256: string;
  /** From 1. */
  readonly frameNumber: number;
  readonly frame: Frame;
}

/**
 * Give a frame in that transfer syntax: one that has just failed is not tried again.
 * @throws CodecFailure, and as `WorkerPool.run`
 */
export function transcodeFrame(
  { sha256, frameNumber, frame }: StoredFrame,
  transferSyntaxUID: string,
  pool: WorkerPool,
  isAbandoned: () => boolean,
): Promise<Frame> {
  if (transferSyntaxUID === EXPLICIT_VR_LITTLE_ENDIAN) {
    return pool.failedFrames.unlessFailed({ sha256, frameNumber }, () => pool.run('decode', frame, isAbandoned));
  }
  return pool.failedFrames.unlessFailed({ sha256, frameNumber, into: transferSyntaxUID }, () =>
    pool.run('transcode', { frame, transferSyntaxUID }, isAbandoned),
  );
}

class Transcoding {
  readonly #file: TranscodedFile;
  readonly #transferSyntaxUID: string;
  readonly #pool: WorkerPool;
  readonly #writer: PixelDataWriter;
  #running: FrameQueue<Frame> | undefined;
  #begunFrames = 0;
  #header: Part10Header | undefined;
  #collector: FrameCollector | undefined;
  #description: FrameDescription | undefined;
  #hasBegun = false;

  constructor(file: TranscodedFile, transferSyntaxUID: string, pool: WorkerPool) {
    this.#file = file;
    this.#transferSyntaxUID = transferSyntaxUID;
    this.#pool = pool;
    this.#writer =
      transferSyntaxUID === EXPLICIT_VR_LITTLE_ENDIAN ? new NativePixelData() : new EncapsulatedPixelData();
  }

  open(header: Part10Header): FrameCollector {
    const { pixelData, transferSyntax, dataSet } = header;
    const { frameTable } = this.#file;
    if (pixelData === undefined || frameTable === undefined) throw new Error('Pixel Data has a table of its frames.');
    const { numberOfFrames: _, ...description } = imagePixelDescription(dataSet);
    const isBig = transferSyntax.byteOrder === 'big';
    this.#header = header;
    this.#description = {
      ...description,
      transferSyntaxUID: transferSyntax.encapsulated ? transferSyntax.uid : EXPLICIT_VR_LITTLE_ENDIAN,
    };
    this.#running = new FrameQueue({
      held: this.#file.held,
      frameBytes: decodedFrameBytes(this.#description),
      isAbandoned: this.#file.isAbandoned,
    });
    this.#collector = new FrameCollector({
      pixelData,
      frameTable,
      swapUnitBytes: isBig ? swapUnitBytes(pixelData.vr, description.bitsAllocated) : 1,
    });
    return this.#collector;
  }

  /** Give the frames that have come to the threads, and hand on those that are done, a few behind. */
  async *work(): AsyncGenerator<Buffer> {
    const running = this.#running;
    if (running === undefined) return;
    for (const bytes of this.#collector?.take() ?? []) {
      await running.enter();
      while (!(await running.tryBegin(async () => ({ done: this.#begin(bytes) })))) yield* this.#handOn();
      if (running.length > this.#pool.size) yield* this.#handOn();
    }
  }

  /** Let go of all that has not been handed on. */
  close(): void {
    this.#running?.close();
  }

  async *finish({ dataSet }: Part10Header, trailer: DataSet | undefined): AsyncGenerator<Buffer> {
    yield* this.work();
    while (this.#running !== undefined && this.#running.length > 0) yield* this.#handOn();
    if (this.#hasBegun) yield Buffer.concat(this.#writer.end());
    else yield* this.#writeHeader(dataSet);
    if (trailer !== undefined) yield encodeExplicitVRLittleEndian(trailer);
  }

  #begin(bytes: Uint8Array<ArrayBuffer>): Promise<Frame> {
    const description = this.#description;
    if (description === undefined) throw new Error('Frames come after the header.');
    this.#begunFrames += 1;
    const { sha256, isAbandoned } = this.#file;
    const stored = { sha256, frameNumber: this.#begunFrames, frame: { description, bytes } };
    return transcodeFrame(stored, this.#transferSyntaxUID, this.#pool, isAbandoned);
  }

  async *#handOn(): AsyncGenerator<Buffer> {
    const first = this.#running?.shift();
    if (first === undefined) return;
    try {
      const frame = await first.done;
      if (!this.#hasBegun) yield* this.#beginPixelData(frame);
      for (const { buffer, byteOffset, byteLength } of this.#writer.frame(frame)) {
        yield Buffer.from(buffer, byteOffset, byteLength);
      }
    } finally {
      first.letGo();
    }
  }

  /** Only the first frame tells for certain how the pixels lie now. */
  *#beginPixelData({ description }: Frame): Generator<Buffer> {
    if (this.#header === undefined) throw new Error('Frames come after the header.');
    this.#hasBegun = true;
    yield* this.#writeHeader(redescribed(this.#header.dataSet, description));
    yield this.#writer.begin(description, this.#file.frameCount);
  }

  *#writeHeader(dataSet: DataSet): Generator<Buffer> {
    const { sopClassUID, sopInstanceUID } = this.#file;
    yield encodeFileMeta({ sopClassUID, sopInstanceUID, transferSyntaxUID: this.#transferSyntaxUID });
    yield encodeExplicitVRLittleEndian(dataSet);
  }
}

/** The tables told where the frames were. */
const LEFT_OUT: ReadonlySet<Tag> = new Set([TAG.ExtendedOffsetTable, TAG.ExtendedOffsetTableLengths]);

/** An icon that is compressed as the image was can not stay so in another transfer syntax. PS3.5 §A.4 */
const holdsFragments = (each: DataElement): boolean =>
  isSequence(each)
    ? each.items.some(({ elements }) => elements.some(holdsFragments))
    : each.tag === TAG.PixelData && isFragments(each);

/** An element that need not be other than it was stays as it is, to the byte. */
function redescribed(dataSet: DataSet, now: FrameDescription): DataSet {
  const { byteOrder } = dataSet;
  const before = imagePixelDescription(dataSet);
  const changed = new Map<Tag, DataElement>();
  if (
    now.photometricInterpretation !== undefined &&
    now.photometricInterpretation !== before.photometricInterpretation
  ) {
    changed.set(TAG.PhotometricInterpretation, element(TAG.PhotometricInterpretation, now.photometricInterpretation));
  }
  if (now.samplesPerPixel > 1 && now.planarConfiguration !== before.planarConfiguration) {
    const bytes = Buffer.alloc(2);
    if (byteOrder === 'big') bytes.writeUInt16BE(now.planarConfiguration);
    else bytes.writeUInt16LE(now.planarConfiguration);
    changed.set(TAG.PlanarConfiguration, element(TAG.PlanarConfiguration, bytes));
  }
  const elements = dataSet.elements
    .filter((each) => !LEFT_OUT.has(each.tag) && !holdsFragments(each))
    .map((each) => changed.get(each.tag) ?? each);
  const added = [...changed.values()].filter(({ tag }) => findElement(dataSet, tag) === undefined);
  return { byteOrder, elements: [...elements, ...added].toSorted((a, b) => a.tag - b.tag) };
}
