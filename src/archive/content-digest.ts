/** What tells whether bytes are still those that were stored: their number, their SHA-256 and their CRC-32, taken as they go by. */
import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { combineCRC32 } from '../dicom/crc32.js';
import type { OpenBlob } from './blobs/blob-store.js';

const READ_BYTES = 1 << 20;

export interface Digest {
  /** 64 hexadecimal digits. */
  readonly sha256: string;
  /** Unsigned. */
  readonly crc32: number;
  readonly sizeBytes: number;
}

/** A run of the bytes whose CRC-32 somebody else has: it need not be made twice. */
export interface DigestedRun {
  readonly offset: number;
  readonly lengthBytes: number;
}

const NO_RUN: DigestedRun = { offset: Number.POSITIVE_INFINITY, lengthBytes: 0 };

export class ContentDigest {
  readonly #sha256 = createHash('sha256');
  #before = 0;
  #after = 0;
  #sizeBytes = 0;
  #run = NO_RUN;

  /** Leave a run out of the CRC-32; to be said before any of it is taken. */
  leaveOut(run: DigestedRun): void {
    this.#run = run;
  }

  take(chunk: Buffer): void {
    // An empty buffer can reset a running CRC-32.
    if (chunk.length === 0) return;
    this.#sha256.update(chunk);
    const runEnd = this.#run.offset + this.#run.lengthBytes;
    const before = chunk.subarray(0, clamp(this.#run.offset - this.#sizeBytes, chunk.length));
    const after = chunk.subarray(clamp(runEnd - this.#sizeBytes, chunk.length));
    if (before.length > 0) this.#before = crc32(before, this.#before);
    if (after.length > 0) this.#after = crc32(after, this.#after);
    this.#sizeBytes += chunk.length;
  }

  /** The digest of all bytes taken; nothing more can be taken then. @param runCRC32 of what was left out */
  finish(runCRC32 = 0): Digest {
    const { offset, lengthBytes } = this.#run;
    const upToRun = this.#run === NO_RUN ? this.#before : combineCRC32(this.#before, runCRC32, lengthBytes);
    const afterBytes = this.#run === NO_RUN ? 0 : this.#sizeBytes - offset - lengthBytes;
    return {
      sha256: this.#sha256.digest('hex'),
      crc32: combineCRC32(upToRun, this.#after, afterBytes),
      sizeBytes: this.#sizeBytes,
    };
  }
}

const clamp = (offset: number, length: number): number => Math.min(Math.max(0, offset), length);

/** The bytes of a blob from first to last, a piece at a time. */
export async function* bytesOf(blob: OpenBlob): AsyncGenerator<Buffer> {
  for (let offset = 0, got = READ_BYTES; got === READ_BYTES; offset += got) {
    const piece = Buffer.allocUnsafe(READ_BYTES);
    got = await blob.readInto(piece, offset, Number.POSITIVE_INFINITY);
    if (got > 0) yield piece.subarray(0, got);
  }
}

/** The digest of a whole blob. */
export async function digestOf(blob: OpenBlob): Promise<Digest> {
  const digest = new ContentDigest();
  for await (const piece of bytesOf(blob)) digest.take(piece);
  return digest.finish();
}
