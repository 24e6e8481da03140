/** How long the archive waits for an object store that fails: a moment for one that restarts, not minutes for one that is away. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { S3ClientConfig } from '@aws-sdk/client-s3';
import { isPassing } from './errors.js';

/** A connection on which nothing moves for so long is given up. */
export const IDLE_MS = 5_000;
/** So much time of attempts that failed is enough: the second that nothing has come of is the last. */
const ENOUGH_MS = 6_000;
const ATTEMPTS = 6;
const FIRST_PAUSE_MS = 25;
const LONGEST_PAUSE_MS = 1_600;

/** The attempts at one thing. */
export class Patience {
  #failures = 0;
  #spentMs = 0;
  #begunAt = performance.now();

  /** An attempt has failed: how long to pause before the next; undefined when there is to be none. */
  pauseMs(): number | undefined {
    const now = performance.now();
    // What has moved for long before it failed is no reason to give up sooner.
    this.#spentMs += Math.min(now - this.#begunAt, IDLE_MS);
    this.#failures += 1;
    if (this.#failures >= ATTEMPTS || this.#spentMs >= ENOUGH_MS) return undefined;
    const pauseMs = Math.min(FIRST_PAUSE_MS * 4 ** (this.#failures - 1), LONGEST_PAUSE_MS) * (0.5 + Math.random() / 2);
    this.#begunAt = now + pauseMs;
    return pauseMs;
  }

  /** Something has moved: whatever failed before is forgotten. */
  renew(): void {
    this.#failures = 0;
    this.#spentMs = 0;
    this.#begunAt = performance.now();
  }
}

/** Make attempts at one thing, as long as they fail in passing and there is patience. */
export async function patiently<T>(attempt: () => Promise<T>): Promise<T> {
  const patience = new Patience();
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      const pauseMs = isPassing(error) ? patience.pauseMs() : undefined;
      if (pauseMs === undefined) throw error;
      await sleep(pauseMs);
    }
  }
}

class Attempt {
  readonly patience: Patience;
  readonly #count: number;
  readonly #pauseMs: number;

  constructor(patience: Patience, count: number, pauseMs: number) {
    this.patience = patience;
    this.#count = count;
    this.#pauseMs = pauseMs;
  }

  getRetryCount(): number {
    return this.#count;
  }

  getRetryDelay(): number {
    return this.#pauseMs;
  }
}

/** Patience with requests, as a client of S3 wants it told. */
export const patientRetries = {
  acquireInitialRetryToken: async () => new Attempt(new Patience(), 0, 0),
  refreshRetryTokenForRetry: async (last: object, { error }: { readonly error?: unknown }) => {
    const attempt = last instanceof Attempt && isPassing(error) ? last : undefined;
    const pauseMs = attempt?.patience.pauseMs();
    if (attempt === undefined || pauseMs === undefined) throw error;
    return new Attempt(attempt.patience, attempt.getRetryCount() + 1, pauseMs);
  },
  recordSuccess: () => undefined,
} satisfies S3ClientConfig['retryStrategy'];

/** None, for what is repeated by whoever asks. */
export const noRetries = {
  ...patientRetries,
  refreshRetryTokenForRetry: async (_last: object, { error }: { readonly error?: unknown }) => {
    throw error;
  },
} satisfies S3ClientConfig['retryStrategy'];
