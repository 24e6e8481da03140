/**
 * Requests to an object store, so many at a time. However many wait, they wait as long as the store answers: that it is slow
 * is no failure. Once it has not answered for so long that one of them gives up, all who wait do.
 */
import type { S3Client } from '@aws-sdk/client-s3';
import { Turnstile } from '../../turnstile.js';
import { isPassing } from './errors.js';
import { IDLE_MS } from './patience.js';

export class Gate {
  readonly #turnstile: Turnstile;
  #answeredAt = performance.now();

  /** @param requests so many go through at once, each with all its attempts */
  constructor(requests: number) {
    this.#turnstile = new Turnstile(requests);
  }

  async pass<T>(request: () => Promise<T>): Promise<T> {
    await this.#turnstile.enter();
    try {
      const answer = await request();
      this.#answeredAt = performance.now();
      return answer;
    } catch (error) {
      if (!isPassing(error)) this.#answeredAt = performance.now();
      else if (performance.now() - this.#answeredAt > IDLE_MS) this.#turnstile.turnAway(error);
      throw error;
    } finally {
      this.#turnstile.leave();
    }
  }
}

/** Let all requests of a client pass through a gate. */
export function letThrough(gate: Gate, client: S3Client): void {
  client.middlewareStack.add((next) => (args) => gate.pass(() => next(args)), {
    step: 'initialize',
    priority: 'high',
    name: 'letThrough',
  });
}
