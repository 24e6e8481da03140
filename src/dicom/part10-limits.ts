/** What one Part 10 file may ask of the archive, and the tally of what it has asked for so far. */
import { outOfResources } from './failure-reasons.js';

const KiB = 1024;
const MiB = 1024 * KiB;

/** Limits on one file. A lawful chest image stays far below each. Beyond one: A700H, and C000H beyond `depth`. */
export interface Part10Limits {
  /** Sequences open at once. */
  readonly depth: number;
  /** Data Elements in the whole file, at every level, the File Meta included. */
  readonly elements: number;
  /** Items of sequences in the whole file; fragments of Pixel Data are not counted. */
  readonly items: number;
  readonly fileMetaBytes: number;
  /** Bytes between File Meta and Pixel Data, inflated. */
  readonly headerBytes: number;
  /** Bytes of one value that is kept, so not of Pixel Data. */
  readonly valueBytes: number;
  /** Bytes after Pixel Data, inflated. */
  readonly trailerBytes: number;
  /** Bytes that a deflated data set may have, Pixel Data included. */
  readonly inflatedBytes: number;
  /** How many bytes one deflated byte may become, once there are more than `freelyInflatedBytes`. */
  readonly inflationRatio: number;
  readonly freelyInflatedBytes: number;
}

export const PART10_LIMITS: Part10Limits = {
  depth: 64,
  elements: 100_000,
  items: 100_000,
  fileMetaBytes: MiB,
  headerBytes: 32 * MiB,
  valueBytes: 24 * MiB,
  trailerBytes: MiB,
  inflatedBytes: 512 * MiB,
  inflationRatio: 100,
  freelyInflatedBytes: 16 * MiB,
};

/** How many bytes so many deflated ones may become, of whatever way of deflating. */
export const allowedInflatedBytes = (limits: Part10Limits, deflatedBytes: number): number =>
  Math.max(limits.freelyInflatedBytes, limits.inflationRatio * deflatedBytes);

/** Counts the elements and items of one file against its limits. */
export class Part10Tally {
  readonly limits: Part10Limits;
  #elements = 0;
  #items = 0;

  constructor(limits: Part10Limits) {
    this.limits = limits;
  }

  /** Count one Data Element. @throws InvalidInstance A700H when it is one too many */
  countElement(): void {
    this.#elements += 1;
    if (this.#elements > this.limits.elements) {
      throw outOfResources(`The file has more than ${this.limits.elements} Data Elements.`);
    }
  }

  /** Count one item of a sequence. @throws InvalidInstance A700H when it is one too many */
  countItem(): void {
    this.#items += 1;
    if (this.#items > this.limits.items) {
      throw outOfResources(`The sequences of the file have more than ${this.limits.items} items.`);
    }
  }
}
