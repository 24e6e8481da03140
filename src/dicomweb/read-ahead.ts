/** Reads the beginnings of the next files while the one before is on its way out. */

interface Begun {
  readonly index: number;
  readonly pieces: AsyncGenerator<Buffer>;
  readonly first: Promise<IteratorResult<Buffer>>;
}

export interface FilesToRead {
  /** Of each file, in order. */
  readonly sizesBytes: readonly number[];
  /** The pieces of a file, by its 0-based index. */
  open(index: number): AsyncGenerator<Buffer>;
  /** How many files are begun at most before they are asked for. */
  readonly ahead: number;
}

/** What the files that are begun beyond the next one have together at most. */
const AHEAD_BYTES = 4 * 1024 * 1024;

export class ReadAhead {
  readonly #files: FilesToRead;
  /** In rising order. */
  readonly #begun: Begun[] = [];
  #nextIndex = 0;

  constructor(files: FilesToRead) {
    this.#files = files;
  }

  /** The pieces of a file; those after it are begun. To be asked for one after the other; one that is passed over is given up. */
  async *pieces(index: number): AsyncGenerator<Buffer> {
    while ((this.#begun[0]?.index ?? index) < index) await this.#begun.shift()?.pieces.return(undefined);
    const { pieces, first } = this.#begun.shift() ?? this.#open(index);
    this.#beginMore();
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
    await Promise.all(this.#begun.splice(0).map(({ pieces }) => pieces.return(undefined)));
  }

  #beginMore(): void {
    const { ahead, sizesBytes } = this.#files;
    const sizeOf = (index: number): number => sizesBytes[index] ?? 0;
    let bytes = this.#begun.reduce((sum, { index }) => sum + sizeOf(index), 0);
    while (this.#begun.length < ahead && this.#nextIndex < sizesBytes.length) {
      bytes += sizeOf(this.#nextIndex);
      if (this.#begun.length > 0 && bytes > AHEAD_BYTES) return;
      this.#begun.push(this.#open(this.#nextIndex));
    }
  }

  #open(index: number): Begun {
    this.#nextIndex = index + 1;
    const pieces = this.#files.open(index);
    const first = pieces.next();
    // Told to whoever asks for the file; nobody may ever do.
    first.catch(() => undefined);
    return { index, pieces, first };
  }
}
