/**
 * How much more to fetch than is asked for. Frames are read one by one, and each request to an object store costs as much
 * as many frames: so where reads go on where the last one ended, more and more is fetched along.
 */

/** What stands between the frames of an encapsulated value, and more. */
export const MAX_GAP_BYTES = 64 * 1024;
const FIRST_BYTES = 256 * 1024;
const MOST_BYTES = 8 * 1024 * 1024;

export class ReadAheadWindow {
  #lastEnd = Number.NEGATIVE_INFINITY;
  #bytes = 0;

  /** Where to fetch up to, exclusive, for a read of so many bytes at `offset`: nothing more for one that stands alone. */
  endFor(offset: number, lengthBytes: number): number {
    const gap = offset - this.#lastEnd;
    const isGoingOn = gap >= 0 && gap <= MAX_GAP_BYTES;
    this.#bytes = isGoingOn ? Math.min(MOST_BYTES, Math.max(FIRST_BYTES, 2 * this.#bytes)) : 0;
    this.#lastEnd = offset + lengthBytes;
    return this.#lastEnd + this.#bytes;
  }
}
