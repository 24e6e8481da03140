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

export class InflatedBlob implements Omit<OpenBlob, 'sizeBytes'> {
  readonly #blob: OpenBlob;

  constructor(blob: OpenBlob) {
    this.#blob = blob;
  }

  async read(offset: number, lengthBytes: number): Promise<Buffer> {
    const end = offset + lengthBytes;
    const wanted: Buffer[] = [];
    let at = 0;
    for await (const chunk of this.#chunks()) {
      if (at + chunk.length > offset) wanted.push(chunk.subarray(Math.max(0, offset - at), end - at));
      at += chunk.length;
      if (at >= end) break;
    }
    return Buffer.concat(wanted);
  }

  close(): Promise<void> {
    return this.#blob.close();
  }

  async *#chunks(): AsyncGenerator<Buffer> {
    const start = await this.#blob.read(0, META_START_BYTES);
    const dataSetOffset = META_START_BYTES + start.readUInt32LE(GROUP_LENGTH_AT);
    yield await this.#blob.read(0, dataSetOffset);
    const inflate = createInflateRaw();
    try {
      void this.#feed(inflate, dataSetOffset).catch((error: Error) => inflate.destroy(error));
      for await (const chunk of inflate) yield chunk;
    } finally {
      inflate.destroy();
    }
  }

  async #feed(inflate: ReturnType<typeof createInflateRaw>, from: number): Promise<void> {
    for (let offset = from; offset < this.#blob.sizeBytes && !inflate.destroyed; offset += READ_BYTES) {
      const piece = await this.#blob.read(offset, READ_BYTES);
      if (!inflate.write(piece)) await new Promise((resolve) => inflate.once('drain', resolve).once('close', resolve));
    }
    inflate.end();
  }
}
