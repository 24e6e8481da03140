/** How much staged blobs hold in memory together: on a slow disk many wait at once, and each one alone is small. */

/** Bytes of all together from which on blobs no longer wait in memory. */
const ENOUGH_BYTES = 64 * 1024 * 1024;

export class HeldBytes {
  #held = 0;

  get isEnough(): boolean {
    return this.#held >= ENOUGH_BYTES;
  }

  add(bytes: number): void {
    this.#held += bytes;
  }

  release(bytes: number): void {
    this.#held -= bytes;
  }
}
