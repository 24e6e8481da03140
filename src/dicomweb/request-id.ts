/** A name for every request, by which its answer, what the log says of it and what the client tells of it are put together. */
import { randomUUID } from 'node:crypto';
import type { NextFunction, Request, Response } from 'express';

const HEADER = 'X-Request-Id';
/** As proxies make them. Anything else would be a client's way to write what it likes into the log. */
const LAWFUL = /^[\w.:=/+-]{1,128}$/;

/** Name the request as the proxy before us has named it, or else anew, and tell the name in the answer. */
export function nameRequest(request: Request, response: Response, next: NextFunction): void {
  const sent = request.headers['x-request-id'];
  response.setHeader(HEADER, typeof sent === 'string' && LAWFUL.test(sent) ? sent : randomUUID());
  next();
}

/** The name of the request that is answered here; undefined for what has none. */
export const requestIDOf = (response: Response): string | undefined => response.getHeader(HEADER)?.toString();
