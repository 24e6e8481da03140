/** Lets so many things be made at once; the others wait, and beyond so many a request is told to come again. */
import { Turnstile } from '../archive/turnstile.js';
import { ArchiveError } from '../errors.js';
import { JobAbandoned } from '../pixels/worker-pool.js';

export class Turns {
  readonly #turnstile: Turnstile;
  readonly #most: number;
  #count = 0;

  /** @param most that wait or are made */
  constructor(atOnce: number, most: number) {
    this.#turnstile = new Turnstile(atOnce);
    this.#most = most;
  }

  /** Whether nobody waits, nor is anything being made. */
  get isIdle(): boolean {
    return this.#count === 0;
  }

  /**
   * Make it when it is its turn, unless nobody waits for it any more.
   * @throws ArchiveError `unavailable` when too many wait, JobAbandoned, and what `make` throws
   */
  async take<Result>(make: () => Promise<Result>, isAbandoned: () => boolean = () => false): Promise<Result> {
    if (this.#count >= this.#most) {
      throw new ArchiveError('unavailable', 'Too many pictures wait to be made: ask again.');
    }
    this.#count += 1;
    try {
      await this.#turnstile.enter();
      try {
        if (isAbandoned()) throw new JobAbandoned();
        return await make();
      } finally {
        this.#turnstile.leave();
      }
    } finally {
      this.#count -= 1;
    }
  }
}
