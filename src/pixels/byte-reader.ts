/** Bytes of a stream, taken in order and in the amounts that its format tells. */

export class ByteReader {
  readonly #source: AsyncIterator<Buffer>;
  readonly #endedEarly: () => Error;
  #window: Buffer = Buffer.alloc(0);

  /** @param endedEarly what is thrown when fewer bytes come than are asked for */
  constructor(bytes: AsyncIterable<Buffer>, endedEarly: () => Error) {
    this.#source = bytes[Symbol.asyncIterator]();
    this.#endedEarly = endedEarly;
  }

  /** Take so many bytes; they are held in memory until they have come. */
  async take(count: number): Promise<Buffer> {
    while (this.#window.length < count) await this.#more();
    return this.#pass(count);
  }

  /** Take so many bytes in pieces as they come. */
  async *pieces(count: number): AsyncGenerator<Buffer> {
    for (let left = count; left > 0; ) {
      if (this.#window.length === 0) await this.#more();
      const piece = this.#pass(Math.min(left, this.#window.length));
      left -= piece.length;
      yield piece;
    }
  }

  #pass(count: number): Buffer {
    const taken = this.#window.subarray(0, count);
    this.#window = this.#window.subarray(count);
    return taken;
  }

  async #more(): Promise<void> {
    const next = await this.#source.next();
    if (next.done === true) throw this.#endedEarly();
    this.#window = this.#window.length === 0 ? next.value : Buffer.concat([this.#window, next.value]);
  }
}
