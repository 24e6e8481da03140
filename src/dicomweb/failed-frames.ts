/**
 * Frames that could not be decoded just now: nobody needs to try again and again. A damaged code stream may keep a thread
 * busy for as long as it is let.
 */
import { ArchiveError } from '../errors.js';

interface Failure {
  readonly error: ArchiveError;
  readonly failedAt: number;
}

/** The same frame may be decoded when there is less to do. */
const REMEMBERED_MS = 60_000;
const MOST_REMEMBERED = 1_000;

export class FailedFrames {
  /** The one that failed first at the start. */
  readonly #failures = new Map<string, Failure>();

  /** Decode, unless it has just failed under the same key. @throws ArchiveError `undecodable` as it did, or whatever `decode` throws */
  async unlessFailed<Result>(key: string, decode: () => Promise<Result>): Promise<Result> {
    const failure = this.#failures.get(key);
    if (failure !== undefined && Date.now() - failure.failedAt < REMEMBERED_MS) throw failure.error;
    try {
      return await decode();
    } catch (error) {
      if (error instanceof ArchiveError && error.code === 'undecodable') this.#remember(key, error);
      throw error;
    }
  }

  #remember(key: string, error: ArchiveError): void {
    this.#failures.delete(key);
    this.#failures.set(key, { error, failedAt: Date.now() });
    const [oldest] = this.#failures.keys();
    if (this.#failures.size > MOST_REMEMBERED && oldest !== undefined) this.#failures.delete(oldest);
  }
}
