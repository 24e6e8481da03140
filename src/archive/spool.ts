/**
 * Bytes that have to wait on disk until what they belong to can be judged: values that are sent apart from their data set.
 * The file has no name, so that nothing of it is left whatever happens; and what it holds is encrypted with a key that is
 * nowhere but in memory, for what has not been admitted is on no disk in a form that anybody could read.
 */
import { createCipheriv, createDecipheriv, randomBytes, randomUUID } from 'node:crypto';
import { type FileHandle, open, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { onDisk, withFolder } from './blobs/disk.js';

const CIPHER = 'aes-256-ctr';
const KEY_BYTES = 32;
const NONCE_BYTES = 16;
const READ_BYTES = 64 * 1024;
const FILE_MODE = 0o600;

/** Bytes that were written together, and are read from their start. */
export interface SpooledBytes {
  readonly offset: number;
  readonly lengthBytes: number;
  readonly nonce: Buffer;
}

export class Spool {
  readonly #handle: FileHandle;
  readonly #key = randomBytes(KEY_BYTES);
  #endOffset = 0;

  private constructor(handle: FileHandle) {
    this.#handle = handle;
  }

  /** Make a spool in `folder`, which is made when it is missing. Close it when done. @throws ArchiveError `unavailable` */
  static async open(folder: string): Promise<Spool> {
    const path = join(folder, randomUUID());
    const handle = await onDisk(() => withFolder(path, () => open(path, 'wx+', FILE_MODE)));
    try {
      await onDisk(() => unlink(path));
      return new Spool(handle);
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  /** Write all that comes; one after the other. @throws ArchiveError `storage-full`, `unavailable`, and what `chunks` throws */
  async append(chunks: AsyncIterable<Buffer>): Promise<SpooledBytes> {
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv(CIPHER, this.#key, nonce);
    const offset = this.#endOffset;
    for await (const chunk of chunks) {
      const written = cipher.update(chunk);
      await onDisk(() => this.#write(written));
    }
    return { offset, lengthBytes: this.#endOffset - offset, nonce };
  }

  /** Read what was written, piece by piece. @throws ArchiveError `unavailable` */
  async *read({ offset, lengthBytes, nonce }: SpooledBytes): AsyncGenerator<Buffer> {
    const decipher = createDecipheriv(CIPHER, this.#key, nonce);
    const end = offset + lengthBytes;
    for (let at = offset; at < end; ) {
      const piece = Buffer.allocUnsafe(Math.min(READ_BYTES, end - at));
      const { bytesRead } = await onDisk(() => this.#handle.read(piece, 0, piece.length, at));
      if (bytesRead === 0) throw new Error('A spool holds what was written to it.');
      at += bytesRead;
      yield decipher.update(piece.subarray(0, bytesRead));
    }
  }

  /** Let go of it; what it held is gone. */
  async close(): Promise<void> {
    await this.#handle.close();
  }

  async #write(bytes: Buffer): Promise<void> {
    for (let from = 0; from < bytes.length; ) {
      const { bytesWritten } = await this.#handle.write(bytes, from, bytes.length - from, this.#endOffset);
      from += bytesWritten;
      this.#endOffset += bytesWritten;
    }
  }
}
