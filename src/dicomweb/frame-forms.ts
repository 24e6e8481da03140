/** Frames in the form that was asked for: as they are stored, decoded, or compressed. PS3.18 §8.7.3.3 */
import type { LocatedInstance } from '../archive/index/locate.js';
import type { Frame, Frames } from '../archive/read/frames.js';
import { readHeader } from '../archive/read/header.js';
import type { StoredFile } from '../archive/read/stored-file.js';
import { imagePixelDescription } from '../dicom/image-pixel.js';
import { EXPLICIT_VR_LITTLE_ENDIAN, findTransferSyntax } from '../dicom/transfer-syntaxes.js';
import { areFramesDecodable, isAvailable } from '../pixels/available-syntaxes.js';
import { ENCODED_SYNTAXES } from '../pixels/encode.js';
import { type FrameDescription, nativeFrameBytes } from '../pixels/frame.js';
import type { WorkerPool } from '../pixels/worker-pool.js';
import type { Representation } from './accept.js';
import { whyNotInForm } from './undecodable.js';

const OCTETS = 'application/octet-stream';

/**
 * Forms of frames, best first: as stored, by the name of their code stream or as mere octets; native, always in little
 * endian; compressed.
 */
export function frameForms(instance: LocatedInstance): readonly Omit<Representation, 'multipart'>[] {
  const stored = findTransferSyntax(instance.transferSyntaxUID);
  const native = { mediaType: OCTETS, transferSyntaxUID: EXPLICIT_VR_LITTLE_ENDIAN };
  const encoded = ENCODED_SYNTAXES.filter(
    (uid) => uid !== instance.transferSyntaxUID && isAvailable(instance, uid),
  ).flatMap((uid) => {
    const mediaType = findTransferSyntax(uid)?.mediaType;
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
export async function describeFrames(file: StoredFile): Promise<FrameDescription> {
  const { pixelFormat, transferSyntaxUID } = file.instance;
  const isEncapsulated = findTransferSyntax(transferSyntaxUID)?.encapsulated === true;
  return {
    ...(pixelFormat ?? imagePixelDescription(await readHeader(file))),
    transferSyntaxUID: isEncapsulated ? transferSyntaxUID : EXPLICIT_VR_LITTLE_ENDIAN,
  };
}

export interface WorkedFrames {
  readonly file: StoredFile;
  readonly description: FrameDescription;
  readonly frames: Frames;
  readonly transferSyntaxUID: string;
  readonly pixels: WorkerPool;
}

interface Begun {
  readonly done: Promise<Uint8Array<ArrayBuffer>>;
}

/** Decodes or compresses frames, a few of them ahead of the one that is asked for. They come in their order. */
export class FrameWorks {
  readonly #options: WorkedFrames;
  readonly #coming: Iterator<Frame>;
  readonly #begun: Begun[] = [];

  constructor(options: WorkedFrames) {
    this.#options = options;
    this.#coming = options.frames[Symbol.iterator]();
  }

  /** Known before the frame is made for native ones only. */
  get lengthBytes(): number | undefined {
    const { description, transferSyntaxUID } = this.#options;
    return transferSyntaxUID === EXPLICIT_VR_LITTLE_ENDIAN ? nativeFrameBytes(description) : undefined;
  }

  /** The next frame. @throws ArchiveError `corrupt`, ProblemDetails 406 when it can not be decoded */
  async *next(): AsyncGenerator<Buffer> {
    while (this.#begun.length <= this.#options.pixels.size) {
      const { value: frame, done } = this.#coming.next();
      if (done === true) break;
      this.#begun.push(await this.#begin(frame));
    }
    const bytes = await this.#begun.shift()?.done.catch(async (error: unknown) => {
      throw await whyNotInForm(error, this.#options.file, OCTETS);
    });
    if (bytes === undefined) throw new Error('There are as many frames as are asked for.');
    yield Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  /** Reads one frame after the other, for a file holds only the last, and leaves the rest to the threads. */
  async #begin(stored: Frame): Promise<Begun> {
    const bytes = new Uint8Array(stored.lengthBytes);
    let at = 0;
    for await (const piece of stored.bytes(this.#options.file)) {
      bytes.set(piece, at);
      at += piece.length;
    }
    const done = this.#work(bytes);
    // Whoever stops early must not leave a failure behind that nobody hears of.
    done.catch(() => undefined);
    return { done };
  }

  async #work(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
    const { description, transferSyntaxUID, pixels } = this.#options;
    const frame = { description, bytes };
    const worked =
      transferSyntaxUID === EXPLICIT_VR_LITTLE_ENDIAN
        ? await pixels.run('decode', frame)
        : await pixels.run('transcode', { frame, transferSyntaxUID });
    return worked.bytes;
  }
}
