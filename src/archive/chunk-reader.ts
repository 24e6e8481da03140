/** Chunks of bytes, of which so many can be taken together, and then the others as they come. */
const NOTHING: Buffer = Buffer.alloc(0);

export class ChunkReader {
  readonly #chunks: AsyncIterator<Buffer>;
  #left = NOTHING;

  constructor(chunks: AsyncIterable<Buffer>) {
    this.#chunks = chunks[Symbol.asyncIterator]();
  }

  /** Take the next `count` bytes; fewer only where there are no more. */
  async take(count: number): Promise<Buffer> {
    const taken: Buffer[] = [];
    for (let missing = count; missing > 0; ) {
      if (this.#left.length === 0 && !(await this.#fill())) break;
      const piece = this.#left.subarray(0, missing);
      this.#left = this.#left.subarray(piece.length);
      missing -= piece.length;
      taken.push(piece);
    }
    return Buffer.concat(taken);
  }

  /** What has not been taken. */
  async *rest(): AsyncGenerator<Buffer> {
    try {
      if (this.#left.length > 0) yield this.#left;
      for (let next = await this.#chunks.next(); next.done !== true; next = await this.#chunks.next()) yield next.value;
    } finally {
      await this.close();
    }
  }

  /** Let go of whoever gives the chunks. */
  async close(): Promise<void> {
    await this.#chunks.return?.();
  }

  async #fill(): Promise<boolean> {
    const next = await this.#chunks.next();
    if (next.done !== true) this.#left = next.value;
    return next.done !== true;
  }
}
