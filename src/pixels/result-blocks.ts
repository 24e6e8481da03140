/** The room in the file of a cache: blocks of one size, so that whatever is given back can be used again for anything. */

export const BLOCK_BYTES = 16 * 1024;
/** Read, written and encrypted at a time. */
const MOST_RUN_BLOCKS = 64;

/** Bytes of a result, `from` to `to` without it, that lie together in the file. */
export interface Run {
  readonly offset: number;
  readonly from: number;
  readonly to: number;
}

export class Blocks {
  readonly #count: number;
  /** Those from here on have never been taken. */
  #untouched = 0;
  readonly #givenBack: number[] = [];

  constructor(mostBytes: number) {
    this.#count = Math.floor(mostBytes / BLOCK_BYTES);
  }

  get free(): number {
    return this.#givenBack.length + this.#count - this.#untouched;
  }

  countFor(lengthBytes: number): number {
    return Math.ceil(lengthBytes / BLOCK_BYTES);
  }

  /** Take so many blocks; undefined when there are fewer. */
  take(count: number): readonly number[] | undefined {
    if (count > this.free) return undefined;
    const taken: number[] = [];
    while (taken.length < count) taken.push(this.#givenBack.pop() ?? this.#untouched++);
    return taken;
  }

  giveBack(blocks: readonly number[]): void {
    // So that they are taken again in their order, and lie together.
    for (let i = blocks.length - 1; i >= 0; i -= 1) this.#givenBack.push(blocks[i] ?? 0);
  }
}

/** The bytes of a result of that length, in order, as they lie in these blocks. */
export function* runsOf(blocks: readonly number[], lengthBytes: number): Generator<Run> {
  for (let first = 0; first < blocks.length; ) {
    const start = blocks[first] ?? 0;
    let count = 1;
    while (count < MOST_RUN_BLOCKS && blocks[first + count] === start + count) count += 1;
    const from = first * BLOCK_BYTES;
    yield { offset: start * BLOCK_BYTES, from, to: Math.min(lengthBytes, from + count * BLOCK_BYTES) };
    first += count;
  }
}
