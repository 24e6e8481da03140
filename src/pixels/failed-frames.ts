/**
 * Frames that could not be decoded just now: nobody needs to try again and again. A damaged code stream may keep a thread
 * busy for as long as it is let. Pictures, single frames and whole instances are made of the same frames. What failed after
 * its frame had been decoded is no matter of anything else that is made of the frame.
 */
import type { ArchiveError } from '../errors.js';
import { CodecFailure } from './codecs/codec-failure.js';

/** A frame by its content, and what is made of it. */
export interface FrameWork {
  /** Of the instance. */
  readonly sha256: string;
  /** From 1. */
  readonly frameNumber: number;
  /** Stands for all that it depends on beside the frame. Undefined for the pixels themselves. */
  readonly into?: string;
}

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

  /** Do it, unless it has just failed, or decoding the frame has. @throws CodecFailure as it did, or whatever `make` throws */
  async unlessFailed<Result>({ sha256, frameNumber, into }: FrameWork, make: () => Promise<Result>): Promise<Result> {
    const pixels = `${sha256}/${frameNumber}`;
    const key = into === undefined ? pixels : `${pixels}/${into}`;
    for (const one of [pixels, key]) this.#expectNoneOf(one);
    try {
      return await make();
    } catch (error) {
      if (error instanceof CodecFailure) this.#remember(error.isOfDecoded ? key : pixels, error);
      throw error;
    }
  }

  #expectNoneOf(key: string): void {
    const failure = this.#failures.get(key);
    if (failure !== undefined && Date.now() - failure.failedAt < REMEMBERED_MS) throw failure.error;
  }

  #remember(key: string, error: ArchiveError): void {
    this.#failures.delete(key);
    this.#failures.set(key, { error, failedAt: Date.now() });
    const [oldest] = this.#failures.keys();
    if (this.#failures.size > MOST_REMEMBERED && oldest !== undefined) this.#failures.delete(oldest);
  }
}
