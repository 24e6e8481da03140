/**
 * Requests to an object store, so many at a time. However many wait, they wait as long as the store answers: that it is slow
 * is no failure. Once it has not answered for so long that one of them gives up, all who wait do.
 */
import type { S3Client } from '@aws-sdk/client-s3';
import { Turnstile } from '../../turnstile.js';
import { isPassing } from './errors.js';
import { IDLE_MS } from './patience.js';

/** Let so many requests of a client through at once, each with all its attempts. */
export function letThroughAtOnce(client: S3Client, requests: number): void {
  const turnstile = new Turnstile(requests);
  let answeredAt = performance.now();
  client.middlewareStack.add(
    (next) => async (args) => {
      await turnstile.enter();
      try {
        const result = await next(args);
        answeredAt = performance.now();
        return result;
      } catch (error) {
        if (!isPassing(error)) answeredAt = performance.now();
        else if (performance.now() - answeredAt > IDLE_MS) turnstile.turnAway(error);
        throw error;
      } finally {
        turnstile.leave();
      }
    },
    { step: 'initialize', priority: 'high', name: 'letThroughAtOnce' },
  );
}
