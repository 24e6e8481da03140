/** How much the headers of all instances on their way in may hold in memory together: each one alone is within its limit. */
import { outOfResources } from '../dicom/failure-reasons.js';

/** Of all of them, beyond which one more is refused. */
export const MOST_HEADER_BYTES = 128 * 1024 * 1024;

export class HeaderBudget {
  readonly #mostBytes: number;
  #bytes = 0;

  constructor(mostBytes = MOST_HEADER_BYTES) {
    this.#mostBytes = mostBytes;
  }

  /** What one instance has of it. */
  share(): HeaderShare {
    return new HeaderShare((bytes) => this.#add(bytes));
  }

  #add(bytes: number): void {
    if (bytes > 0 && this.#bytes + bytes > this.#mostBytes) {
      throw outOfResources('The archive has too much to do with other large headers now.');
    }
    this.#bytes += bytes;
  }
}

export class HeaderShare {
  readonly #add: (bytes: number) => void;
  #bytes = 0;

  constructor(add: (bytes: number) => void) {
    this.#add = add;
  }

  /** @throws InvalidInstance A700H when all instances together hold too much */
  grow(bytes: number): void {
    this.#add(bytes);
    this.#bytes += bytes;
  }

  /** Give back all but so many bytes. */
  shrinkTo(bytes: number): void {
    if (bytes >= this.#bytes) return;
    this.#add(bytes - this.#bytes);
    this.#bytes = bytes;
  }
}
