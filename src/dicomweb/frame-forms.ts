/** Frames in the form that was asked for: as they are stored, decoded, or compressed. PS3.18 §8.7.3.3 */
import type { LocatedInstance } from '../archive/index/locate.js';
import type { Frame, Frames } from '../archive/read/frames.js';
import type { StoredFile } from '../archive/read/stored-file.js';
import type { ScopedArchive } from '../archive/scoped-archive.js';
import { imagePixelDescription } from '../dicom/image-pixel.js';
import { EXPLICIT_VR_LITTLE_ENDIAN, findTransferSyntax } from '../dicom/transfer-syntaxes.js';
import { areFramesDecodable, encodings } from '../pixels/available-syntaxes.js';
import { decodedFrameBytes } from '../pixels/codecs/colour-transform.js';
import { expectDecodableLength } from '../pixels/decode.js';
import type { FrameDescription } from '../pixels/frame.js';
import { FrameQueue } from '../pixels/frame-queue.js';
import type { HeldShare } from '../pixels/held-bytes.js';
import type { ResultCache } from '../pixels/result-cache.js';
import { transcodeFrame } from '../pixels/transcode.js';
import { JobAbandoned, type WorkerPool } from '../pixels/worker-pool.js';
import type { Representation } from './accept.js';
import { OCTETS } from './media-type-names.js';
import { whyNotInForm } from './undecodable.js';

/**
 * Forms of frames, best first: as stored, by the name of their code stream or as mere octets; native, always in little
 * endian; compressed.
 */
export function frameForms(instance: LocatedInstance): readonly Omit<Representation, 'multipart'>[] {
  const stored = findTransferSyntax(instance.transferSyntaxUID);
  const native = { mediaType: OCTETS, transferSyntaxUID: EXPLICIT_VR_LITTLE_ENDIAN };
  const encoded = encodings(instance).flatMap((uid) => {
    const mediaType = uid === instance.transferSyntaxUID ? undefined : findTransferSyntax(uid)?.mediaType;
    return mediaType === undefined ? [] : [{ mediaType, transferSyntaxUID: uid }];
  });
  if (stored?.mediaType === undefined) return [{ ...native, stored: true }, ...encoded];
  const asStored = [...new Set([OCTETS, stored.mediaType])].map((mediaType) => ({
    mediaType,
    transferSyntaxUID: instance.transferSyntaxUID,
    stored: true,
  }));
  return [...asStored, ...(areFramesDecodable(instance) ? [native] : []), ...encoded];
}

/** Whether frames are sent as they are, but for the byte order of native ones. */
export function areAsStored({ transferSyntaxUID }: LocatedInstance, wanted: string | undefined): boolean {
  const isNative = findTransferSyntax(transferSyntaxUID)?.encapsulated !== true;
  return wanted === transferSyntaxUID || (isNative && wanted === EXPLICIT_VR_LITTLE_ENDIAN);
}

/** How the stored frames of an instance lie: the index knows, or for an instance of long ago its file. */
export async function describeFrames(archive: ScopedArchive, file: StoredFile): Promise<FrameDescription> {
  const { pixelFormat, transferSyntaxUID } = file.instance;
  const isEncapsulated = findTransferSyntax(transferSyntaxUID)?.encapsulated === true;
  return {
    ...(pixelFormat ?? imagePixelDescription(await archive.header(file.instance))),
    transferSyntaxUID: isEncapsulated ? transferSyntaxUID : EXPLICIT_VR_LITTLE_ENDIAN,
  };
}

export interface WorkedFrames {
  readonly file: StoredFile;
  readonly description: FrameDescription;
  readonly frames: Frames;
  readonly transferSyntaxUID: string;
  readonly pixels: WorkerPool;
  /** Of whom they are for. */
  readonly held: HeldShare;
  readonly results: ResultCache;
  /** Whether the client has gone. */
  readonly isAbandoned: () => boolean;
}

/** Decodes or compresses frames, a few of them ahead of the one that is asked for. They come in their order. Close it when done. */
export class FrameWorks {
  readonly #options: WorkedFrames;
  readonly #coming: Iterator<Frame>;
  readonly #begun: FrameQueue<Buffer>;
  /** It has been looked up, and not been begun. */
  #upcoming: Frame | undefined;
  #reading: Promise<unknown> = Promise.resolve();

  constructor(options: WorkedFrames) {
    this.#options = options;
    this.#coming = options.frames[Symbol.iterator]();
    const { held, description, isAbandoned } = options;
    this.#begun = new FrameQueue({ held, frameBytes: decodedFrameBytes(description), isAbandoned });
  }

  /** Known before the frame is made for native ones only. */
  get lengthBytes(): number | undefined {
    const { description, transferSyntaxUID } = this.#options;
    return transferSyntaxUID === EXPLICIT_VR_LITTLE_ENDIAN ? decodedFrameBytes(description) : undefined;
  }

  /**
   * The next frame.
   * @throws ArchiveError `corrupt`, or `unavailable` when too much waits to be sent; ProblemDetails 406 when it can not be decoded
   */
  async *next(): AsyncGenerator<Buffer> {
    await this.#beginSome();
    const first = this.#begun.shift();
    if (first === undefined) throw new Error('There are as many frames as are asked for.');
    try {
      yield await first.done.catch(async (error: unknown) => {
        throw await whyNotInForm(error, this.#options.file, OCTETS);
      });
    } finally {
      first.letGo();
    }
  }

  /** Let go of what nobody asks for any more. */
  close(): void {
    this.#begun.close();
  }

  /** One at least. */
  async #beginSome(): Promise<void> {
    await this.#begun.enter();
    while (this.#begun.length <= this.#options.pixels.size) {
      this.#upcoming ??= this.#lookUp();
      const frame = this.#upcoming;
      if (frame === undefined || !(await this.#begun.tryBegin(() => this.#begin(frame)))) return;
      this.#upcoming = undefined;
    }
  }

  /** Where the next frame lies; undefined after the last one. */
  #lookUp(): Frame | undefined {
    const next = this.#coming.next();
    return next.done === true ? undefined : next.value;
  }

  /** A frame is read before others may wait for what is made of it: whoever asked for it first may go away meanwhile. */
  async #begin(frame: Frame): Promise<{ readonly done: Promise<Buffer> }> {
    const { file, results } = this.#options;
    const { studyInstanceUID, seriesInstanceUID, sopInstanceUID } = file.instance;
    const key = this.#keyOf(frame);
    const stored = results.has(key) ? undefined : await this.#read(frame);
    const of = [`${studyInstanceUID}/${seriesInstanceUID}/${sopInstanceUID}`];
    const done = results
      .getOrMake({ key, of }, async () => this.#work(frame, stored ?? (await this.#read(frame))))
      .catch((error: unknown) => this.#againIfWanted(error, frame));
    return { done };
  }

  /** Another client has asked for it first, and gone. */
  async #againIfWanted(error: unknown, frame: Frame): Promise<Buffer> {
    if (!(error instanceof JobAbandoned) || this.#options.isAbandoned()) throw error;
    return this.#work(frame, await this.#read(frame));
  }

  #keyOf({ frameNumber }: Frame): string {
    const { file, transferSyntaxUID } = this.#options;
    return `${file.instance.sha256}/frames/${frameNumber}/${transferSyntaxUID}`;
  }

  /** One after the other, for a file holds only what was read last. */
  #read(frame: Frame): Promise<Uint8Array<ArrayBuffer>> {
    const read = this.#reading.then(async () => {
      expectDecodableLength(frame.lengthBytes);
      const bytes = new Uint8Array(Buffer.allocUnsafeSlow(frame.lengthBytes).buffer);
      await frame.readInto(bytes, this.#options.file);
      return bytes;
    });
    this.#reading = read.catch(() => undefined);
    return read;
  }

  async #work({ frameNumber }: Frame, bytes: Uint8Array<ArrayBuffer>): Promise<Buffer> {
    const { file, description, transferSyntaxUID, pixels, isAbandoned } = this.#options;
    const stored = { sha256: file.instance.sha256, frameNumber, frame: { description, bytes } };
    const { bytes: worked } = await transcodeFrame(stored, transferSyntaxUID, pixels, isAbandoned);
    return Buffer.from(worked.buffer, worked.byteOffset, worked.length);
  }
}
