/** The first bytes of an instance, in memory until it is known whether they may be kept. */

const BLOCK_BYTES = 64 * 1024;
/** Chunks below this are copied together: each Buffer costs some hundred bytes of its own, however small it is. */
const LARGE_BYTES = 16 * 1024;

export class HeldBack {
  #chunks: Buffer[] = [];
  /** The last of the chunks while it has room, and how far it is filled. */
  #block: Buffer | undefined;
  #filledBytes = 0;

  add(chunk: Buffer): void {
    if (chunk.length >= LARGE_BYTES) {
      this.#closeBlock();
      this.#chunks.push(chunk);
      return;
    }
    for (let at = 0; at < chunk.length; ) {
      this.#block ??= Buffer.allocUnsafeSlow(BLOCK_BYTES);
      const copied = chunk.copy(this.#block, this.#filledBytes, at);
      at += copied;
      this.#filledBytes += copied;
      if (this.#filledBytes === BLOCK_BYTES) this.#closeBlock();
    }
  }

  /** All that was added, in order; nothing is held after that. */
  take(): readonly Buffer[] {
    this.#closeBlock();
    const chunks = this.#chunks;
    this.#chunks = [];
    return chunks;
  }

  #closeBlock(): void {
    if (this.#block !== undefined) this.#chunks.push(this.#block.subarray(0, this.#filledBytes));
    this.#block = undefined;
    this.#filledBytes = 0;
  }
}
