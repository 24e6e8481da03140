/** Breaks off an answer on its way to somebody whose token or licence has been taken back meanwhile. */
import type { Response } from 'express';
import type { Authenticator } from '../access/authenticate.js';

/** How often a running answer is judged again; most have ended long before. */
const INTERVAL_MS = 30_000;

/** Watch over an answer until the returned function is called. */
export function watchEntitlement(
  authenticator: Authenticator,
  authorization: readonly string[],
  response: Response,
): () => void {
  // Where nobody can say whether it may go on, it does not.
  const mayGoOn = (): Promise<boolean> => authenticator.mayGoOn(authorization).catch(() => false);
  const timer = setInterval(async () => {
    if (!(await mayGoOn())) response.destroy();
  }, INTERVAL_MS);
  timer.unref();
  return () => clearInterval(timer);
}
