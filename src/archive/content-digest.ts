/** What tells whether bytes are still those that were stored: their number, their SHA-256 and their CRC-32, taken as they go by. */
import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import type { OpenBlob } from './blobs/blob-store.js';

const READ_BYTES = 1 << 20;

export interface Digest {
  /** 64 hexadecimal digits. */
  readonly sha256: string;
  /** Unsigned. */
  readonly crc32: number;
  readonly sizeBytes: number;
}

export class ContentDigest {
  readonly #sha256 = createHash('sha256');
  #crc32 = 0;
  #sizeBytes = 0;

  take(chunk: Buffer): void {
    // An empty buffer can reset a running CRC-32.
    if (chunk.length === 0) return;
    this.#sha256.update(chunk);
    this.#crc32 = crc32(chunk, this.#crc32);
    this.#sizeBytes += chunk.length;
  }

  /** The digest of all bytes taken; nothing more can be taken then. */
  finish(): Digest {
    return { sha256: this.#sha256.digest('hex'), crc32: this.#crc32, sizeBytes: this.#sizeBytes };
  }
}

/** The bytes of a blob from first to last, a piece at a time. */
export async function* bytesOf(blob: OpenBlob): AsyncGenerator<Buffer> {
  for (let offset = 0, got = READ_BYTES; got === READ_BYTES; offset += got) {
    const piece = Buffer.allocUnsafe(READ_BYTES);
    got = await blob.readInto(piece, offset);
    if (got > 0) yield piece.subarray(0, got);
  }
}

/** The digest of a whole blob. */
export async function digestOf(blob: OpenBlob): Promise<Digest> {
  const digest = new ContentDigest();
  for await (const piece of bytesOf(blob)) digest.take(piece);
  return digest.finish();
}
