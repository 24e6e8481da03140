/** The bytes of one part as they arrive: what they break off with can be told from what goes wrong with whoever reads them. */
export class SentPart implements AsyncIterable<Buffer> {
  readonly #bytes: AsyncIterable<Buffer>;
  #hasBrokenOff = false;

  constructor(bytes: AsyncIterable<Buffer>) {
    this.#bytes = bytes;
  }

  get hasBrokenOff(): boolean {
    return this.#hasBrokenOff;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Buffer> {
    try {
      yield* this.#bytes;
    } catch (error) {
      this.#hasBrokenOff = true;
      throw error;
    }
  }
}
