/** A file that is open for reading, by its descriptor. */
import { close, read } from 'node:fs';
import { promisify } from 'node:util';
import type { OpenBlob } from './blob-store.js';

const readDescriptor = promisify(read);
const closeDescriptor = promisify(close);

/**
 * Reads from a descriptor, and owns it. The number of a closed descriptor is soon another file's: so nothing is read after
 * `close`, which waits for what is being read and may be called twice.
 */
export class OpenFile implements OpenBlob {
  readonly #descriptor: number;
  readonly #reads = new Set<Promise<number>>();
  #closed: Promise<void> | undefined;

  constructor(descriptor: number) {
    this.#descriptor = descriptor;
  }

  async readInto(target: Buffer, offset: number): Promise<number> {
    if (this.#closed !== undefined) throw new Error('The blob is closed.');
    const reading = this.#fill(target, offset);
    this.#reads.add(reading);
    try {
      return await reading;
    } finally {
      this.#reads.delete(reading);
    }
  }

  close(): Promise<void> {
    this.#closed ??= Promise.allSettled(this.#reads).then(() => closeDescriptor(this.#descriptor));
    return this.#closed;
  }

  async #fill(target: Buffer, offset: number): Promise<number> {
    let got = 0;
    while (got < target.length) {
      const { bytesRead } = await readDescriptor(this.#descriptor, target, got, target.length - got, offset + got);
      if (bytesRead === 0) break;
      got += bytesRead;
    }
    return got;
  }
}
