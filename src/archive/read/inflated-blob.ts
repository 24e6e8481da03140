/**
 * A deflated file as the stream its positions speak of: the File Meta as stored, the data set inflated. Every read
 * inflates from the start, for deflate has no other way in; such files are small and rare.
 */
import { createInflateRaw } from 'node:zlib';
import type { OpenBlob } from '../blobs/blob-store.js';

const READ_BYTES = 256 * 1024;
/** Preamble, prefix and the group length element that every stored file has. */
const META_START_BYTES = 144;
const GROUP_LENGTH_AT = 140;

export class InflatedBlob implements OpenBlob {
  readonly #blob: OpenBlob;

  constructor(blob: OpenBlob) {
    this.#blob = blob;
  }

  async readInto(target: Buffer, offset: number): Promise<number> {
    const end = offset + target.length;
    let at = 0;
    let got = 0;
    for await (const chunk of this.#chunks()) {
      const wanted = chunk.subarray(Math.min(Math.max(0, offset - at), chunk.length), Math.max(0, end - at));
      got += wanted.copy(target, got);
      at += chunk.length;
      if (at >= end) break;
    }
    return got;
  }

  close(): Promise<void> {
    return this.#blob.close();
  }

  async *#chunks(): AsyncGenerator<Buffer> {
    const start = await this.#read(0, META_START_BYTES);
    const dataSetOffset = META_START_BYTES + start.readUInt32LE(GROUP_LENGTH_AT);
    yield await this.#read(0, dataSetOffset);
    const inflate = createInflateRaw();
    try {
      void this.#feed(inflate, dataSetOffset).catch((error: Error) => inflate.destroy(error));
      for await (const chunk of inflate) yield chunk;
    } finally {
      inflate.destroy();
    }
  }

  async #feed(inflate: ReturnType<typeof createInflateRaw>, from: number): Promise<void> {
    for (let offset = from; !inflate.destroyed; offset += READ_BYTES) {
      const piece = await this.#read(offset, READ_BYTES);
      if (!inflate.write(piece)) await new Promise((resolve) => inflate.once('drain', resolve).once('close', resolve));
      if (piece.length < READ_BYTES) break;
    }
    inflate.end();
  }

  async #read(offset: number, lengthBytes: number): Promise<Buffer> {
    const buffer = Buffer.allocUnsafeSlow(lengthBytes);
    return buffer.subarray(0, await this.#blob.readInto(buffer, offset));
  }
}
