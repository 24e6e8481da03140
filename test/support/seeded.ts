/** Chance that is the same in every run: numbers and bytes that follow from a name. */
import { createCipheriv, createHash } from 'node:crypto';

export class Seeded {
  readonly #stream;

  constructor(name: string) {
    const key = createHash('sha256').update(name).digest();
    this.#stream = createCipheriv('aes-128-ctr', key.subarray(0, 16), key.subarray(16));
  }

  /** The next bytes. */
  bytes(lengthBytes: number): Buffer {
    return this.#stream.update(Buffer.alloc(lengthBytes));
  }

  /** A whole number from 0 to below `bound`. */
  below(bound: number): number {
    return Math.floor((this.bytes(4).readUInt32LE() / 2 ** 32) * bound);
  }
}
