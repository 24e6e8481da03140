/** Reads the beginning of the next file while the one before is on its way out. */

interface Begun {
  readonly index: number;
  readonly pieces: AsyncGenerator<Buffer>;
  readonly first: Promise<IteratorResult<Buffer>>;
}

export class ReadAhead {
  readonly #begin: (index: number) => AsyncGenerator<Buffer>;
  readonly #count: number;
  #next: Begun | undefined;

  /** @param begin gives the pieces of one of `count` files, asked for by its 0-based index */
  constructor(count: number, begin: (index: number) => AsyncGenerator<Buffer>) {
    this.#count = count;
    this.#begin = begin;
  }

  /** The pieces of a file; those of the next one are begun. To be asked for in rising order. */
  async *pieces(index: number): AsyncGenerator<Buffer> {
    const { pieces, first } = this.#next?.index === index ? this.#next : this.#open(index);
    this.#next = index + 1 < this.#count ? this.#open(index + 1) : undefined;
    try {
      const begun = await first;
      if (begun.done !== true) yield begun.value;
      yield* pieces;
    } finally {
      await pieces.return(undefined);
    }
  }

  /** Give up what was begun and not asked for. */
  async close(): Promise<void> {
    await this.#next?.pieces.return(undefined);
    this.#next = undefined;
  }

  #open(index: number): Begun {
    const pieces = this.#begin(index);
    const first = pieces.next();
    // Told to whoever asks for the file; nobody may ever do.
    first.catch(() => undefined);
    return { index, pieces, first };
  }
}
