/**
 * What is left of a request's body when its answer is there: it would stand before the next request of the connection, and
 * to break off at once would lose the answer to a client that is still sending. So it is let go by, within bounds.
 */
import type { IncomingMessage } from 'node:http';

/** What whoever is cut off has had to see his answer. */
export const LINGER_MS = 3_000;
const MOST_DISCARDED_BYTES = 256 * 1024 * 1024;

/** Whether more of the body is to come. */
export const isUnread = (request: IncomingMessage): boolean => !request.complete && !request.destroyed;

/** Whether the client sends it unasked: one who waits to be asked, and is answered instead, sends nothing. RFC 9110 §10.1.1 */
export const isArriving = (request: IncomingMessage): boolean =>
  isUnread(request) && (request.readableDidRead || request.headers.expect?.toLowerCase() !== '100-continue');

/** Let the rest of the body go by: resolves when it has, or when its connection is closed for it. */
export function discardBody(request: IncomingMessage, lingerMs = LINGER_MS): Promise<void> {
  if (request.readableEnded || request.destroyed) return Promise.resolve();
  return new Promise((resolve) => {
    let discardedBytes = 0;
    const timer = setTimeout(() => request.destroy(), lingerMs);
    const settle = (): void => {
      clearTimeout(timer);
      resolve();
    };
    request.once('end', settle).once('close', settle);
    request.on('data', (chunk: Buffer) => {
      discardedBytes += chunk.length;
      if (discardedBytes > MOST_DISCARDED_BYTES) request.destroy();
    });
    request.resume();
  });
}
