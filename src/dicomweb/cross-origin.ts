/**
 * CORS: which pages of other origins may ask, and read what is answered. There a caller is known by the token he sends, never by
 * a cookie, so no answer says Allow-Credentials. Fetch Standard §3.2; PS3.18 has no words for it.
 */
import type { NextFunction, Request, Response } from 'express';

/** Origins as browsers send them, `https://viewer.example.org`; or any. */
export type AllowedOrigins = '*' | ReadonlySet<string>;

const EXPOSED_HEADERS = [
  ...['Content-Type', 'Content-Length', 'Content-Location', 'Location', 'Content-Range', 'Accept-Ranges', 'ETag'],
  ...['Warning', 'Retry-After', 'WWW-Authenticate', 'X-Request-Id'],
].join(', ');

const PREFLIGHT_HEADERS = {
  'Access-Control-Allow-Methods': 'GET, HEAD, POST, PUT, DELETE, OPTIONS',
  'Access-Control-Allow-Headers': [
    ...['Authorization', 'Accept', 'Content-Type', 'Range', 'If-Match', 'If-None-Match', 'If-Range'],
    ...['X-Requested-With', 'X-Request-Id'],
  ].join(', '),
  'Access-Control-Max-Age': '600',
};

/**
 * Tell browsers of allowed origins on every answer, errors among them, and answer preflights with 204: they have
 * `Access-Control-Request-Method`, which tells them from other OPTIONS, and they never have a token.
 */
export const crossOrigin =
  (allowed: AllowedOrigins) =>
  (request: Request, response: Response, next: NextFunction): void => {
    const { origin = '' } = request.headers;
    const told = allowed === '*' ? '*' : allowed.has(origin) ? origin : undefined;
    if (told !== undefined) {
      response.set({ 'Access-Control-Allow-Origin': told, 'Access-Control-Expose-Headers': EXPOSED_HEADERS });
    }
    if (request.method !== 'OPTIONS' || !('access-control-request-method' in request.headers)) {
      next();
      return;
    }
    response
      .status(204)
      .set(told === undefined ? {} : PREFLIGHT_HEADERS)
      .end();
  };
