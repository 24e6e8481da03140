/**
 * A deflated file as the stream its positions speak of: the File Meta as stored, the data set inflated. Deflate can only be
 * read from the start: who reads on from where he was goes on inflating, who goes back far begins again.
 */
import { pipeline } from 'node:stream/promises';
import { createInflateRaw } from 'node:zlib';
import { PART10_LIMITS } from '../../dicom/part10-limits.js';
import type { OpenBlob } from '../blobs/blob-store.js';

const READ_BYTES = 256 * 1024;
/** Preamble, prefix and the group length element that every stored file has. */
const META_START_BYTES = 144;
const GROUP_LENGTH_AT = 140;
const NOTHING: Buffer = Buffer.alloc(0);

/** Of reads at once it can do one. A file that is so damaged that it can not be inflated ends there. */
export class InflatedBlob implements OpenBlob {
  readonly #blob: OpenBlob;
  #chunks: AsyncGenerator<Buffer> | undefined;
  /** What was inflated last, its position in the stream, and what came before it: frames may share a byte. */
  #last: Buffer = NOTHING;
  #lastAt = 0;
  #before: Buffer = NOTHING;

  constructor(blob: OpenBlob) {
    this.#blob = blob;
  }

  async readInto(target: Buffer, offset: number): Promise<number> {
    if (offset < this.#lastAt - this.#before.length) await this.#rewind();
    let got = 0;
    while (got < target.length) {
      const at = offset + got;
      if (at >= this.#lastAt + this.#last.length) {
        if (!(await this.#inflateMore())) break;
      } else if (at >= this.#lastAt) {
        got += this.#last.copy(target, got, at - this.#lastAt);
      } else {
        got += this.#before.copy(target, got, at - this.#lastAt + this.#before.length);
      }
    }
    return got;
  }

  async close(): Promise<void> {
    await this.#rewind();
    await this.#blob.close();
  }

  async #rewind(): Promise<void> {
    await this.#chunks?.return(undefined);
    this.#chunks = undefined;
    this.#last = NOTHING;
    this.#lastAt = 0;
    this.#before = NOTHING;
  }

  /** Whether there was more. */
  async #inflateMore(): Promise<boolean> {
    this.#chunks ??= this.#inflated();
    try {
      const { done, value } = await this.#chunks.next();
      if (done === true) return false;
      this.#before = this.#last;
      this.#lastAt += this.#last.length;
      this.#last = value;
      return true;
    } catch (error) {
      if (isInflateError(error)) return false;
      throw error;
    }
  }

  async *#inflated(): AsyncGenerator<Buffer> {
    const start = await this.#read(0, META_START_BYTES);
    if (start.length < META_START_BYTES) return;
    const dataSetOffset = META_START_BYTES + start.readUInt32LE(GROUP_LENGTH_AT);
    if (dataSetOffset > META_START_BYTES + PART10_LIMITS.fileMetaBytes) return;
    yield await this.#read(0, dataSetOffset);
    const inflate = createInflateRaw();
    // What goes wrong with it ends the loop below as well.
    pipeline(this.#stored(dataSetOffset), inflate).catch(() => undefined);
    try {
      for await (const chunk of inflate) yield chunk;
    } finally {
      inflate.destroy();
    }
  }

  async *#stored(from: number): AsyncGenerator<Buffer> {
    for (let offset = from, got = READ_BYTES; got === READ_BYTES; offset += got) {
      const piece = await this.#read(offset, READ_BYTES, Number.POSITIVE_INFINITY);
      got = piece.length;
      yield piece;
    }
  }

  async #read(offset: number, lengthBytes: number, runEnd = offset + lengthBytes): Promise<Buffer> {
    const buffer = Buffer.allocUnsafeSlow(lengthBytes);
    return buffer.subarray(0, await this.#blob.readInto(buffer, offset, runEnd));
  }
}

const isInflateError = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && String(error.code).startsWith('Z_');
