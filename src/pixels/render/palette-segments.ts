/** Segmented Palette Color Lookup Tables, expanded. PS3.3 §C.7.9.2 */
import { doesNotMatch } from '../../dicom/failure-reasons.js';

export interface Segments {
  /** Kinds, lengths and entries of the segments, one after the other. */
  readonly units: Uint16Array;
  /** Of each unit; places are told in bytes. */
  readonly unitBytes: 1 | 2;
}

const DISCRETE = 0;
const LINEAR = 1;
const INDIRECT = 2;
const OFFSET_BYTES = 4;
/** A table has no more entries, and a segment that gives none is of no use. */
const MOST_SEGMENTS = 0x1_0000;

/**
 * Expand segments to the entries of a table; never more than are asked for, however the segments refer to each other.
 * @throws InvalidInstance A900H for what is no segment
 */
export function expandSegments(segments: Segments, count: number): Uint16Array<ArrayBuffer> {
  const expansion = new Expansion(segments, count);
  for (let at = 0; at < segments.units.length && !expansion.isFull; ) at = expansion.take(at);
  return expansion.entries();
}

class Expansion {
  readonly #units: Uint16Array;
  readonly #unitBytes: number;
  readonly #entries: Uint16Array<ArrayBuffer>;
  #filled = 0;
  #taken = 0;

  constructor({ units, unitBytes }: Segments, count: number) {
    this.#units = units;
    this.#unitBytes = unitBytes;
    this.#entries = new Uint16Array(count);
  }

  get isFull(): boolean {
    return this.#filled === this.#entries.length;
  }

  entries(): Uint16Array<ArrayBuffer> {
    return this.#entries.slice(0, this.#filled);
  }

  /** Take the segment at a place; where the next one begins. One that is referred to may not refer to others. */
  take(at: number, mayRefer = true): number {
    this.#taken += 1;
    if (this.#taken > MOST_SEGMENTS) throw doesNotMatch('A segmented palette has more segments than entries.');
    const [kind, length = 0] = this.#units.subarray(at, at + 2);
    if (kind === DISCRETE) return this.#discrete(at + 2, length);
    if (kind === LINEAR) return this.#linear(at + 2, length);
    if (kind === INDIRECT && mayRefer) return this.#indirect(at + 2, length);
    throw doesNotMatch('A segmented palette holds something that is no segment.');
  }

  #discrete(at: number, length: number): number {
    for (const entry of this.#units.subarray(at, at + length)) this.#push(entry);
    return at + length;
  }

  #linear(at: number, length: number): number {
    const start = this.#entries[this.#filled - 1];
    const end = this.#units[at];
    if (start === undefined || end === undefined) throw doesNotMatch('A segmented palette begins or ends too early.');
    for (let i = 1; i <= length && !this.isFull; i += 1) this.#push(Math.round(start + ((end - start) * i) / length));
    return at + 1;
  }

  /** Repeat so many segments from an earlier place. */
  #indirect(at: number, count: number): number {
    const next = at + OFFSET_BYTES / this.#unitBytes;
    const offset = this.#units.subarray(at, next).reduceRight((sum, unit) => sum * 256 ** this.#unitBytes + unit, 0);
    let source = Math.floor(offset / this.#unitBytes);
    for (let i = 0; i < count && source < at && !this.isFull; i += 1) source = this.take(source, false);
    return next;
  }

  #push(entry: number): void {
    if (!this.isFull) this.#entries[this.#filled++] = entry;
  }
}
