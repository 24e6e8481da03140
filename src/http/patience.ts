/** How long a sender is waited for: only while somebody waits, so that a slow disk of ours is not held against him. */
import type { IncomingMessage } from 'node:http';
import { ArchiveError } from '../errors.js';

export interface Patience {
  /** A body of which nothing comes for so long has been given up by its sender. */
  readonly silenceMs: number;
  /** Of every so many milliseconds of waiting, so many bytes must come. */
  readonly windowMs: number;
  readonly windowBytes: number;
}

/** 1 KiB in a second, on average over half a minute. */
export const PATIENCE: Patience = { silenceMs: 30_000, windowMs: 30_000, windowBytes: 30 * 1024 };

/**
 * The bytes of a request as they arrive. A sender who is too slow is cut off. Who stops reading leaves the request as it
 * is: destroyed, it could not be drained, and its connection would hang with the rest of the body.
 * @throws ArchiveError `invalid-request` when the sender has been cut off, and what the connection throws
 */
export async function* inTime(request: IncomingMessage, patience: Patience = PATIENCE): AsyncGenerator<Buffer> {
  const giveUp = (): void => void request.destroy(new ArchiveError('invalid-request', 'The body stopped.'));
  let isWaiting = true;
  const silence = setTimeout(() => isWaiting && giveUp(), patience.silenceMs);
  let waitedMs = 0;
  let bytes = 0;
  let waitingSince = performance.now();
  try {
    for await (const chunk of request.iterator({ destroyOnReturn: false })) {
      isWaiting = false;
      waitedMs += performance.now() - waitingSince;
      bytes += chunk.length;
      if (waitedMs >= patience.windowMs) {
        if (bytes < patience.windowBytes) giveUp();
        waitedMs = 0;
        bytes = 0;
      }
      yield chunk;
      waitingSince = performance.now();
      isWaiting = true;
      silence.refresh();
    }
  } finally {
    clearTimeout(silence);
  }
}
