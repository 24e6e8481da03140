/**
 * The DICOMweb services as one Express handler: who calls, which route, may he, and then the route's handler with the
 * archive as he may see it. Everything that fails becomes a problem document.
 */
import type { Request, Response } from 'express';
import type { Authenticator } from '../access/authenticate.js';
import type { Caller } from '../access/caller.js';
import { isPermitted } from '../access/permissions.js';
import { scopeOf } from '../access/scope-of.js';
import type { Sessions } from '../access/sessions.js';
import type { Archive } from '../archive/archive.js';
import { ArchiveError } from '../errors.js';
import { PrematureClose } from '../http/write-pieces.js';
import type { Log } from '../log.js';
import type { ResultCache } from '../pixels/result-cache.js';
import type { WorkerPool } from '../pixels/worker-pool.js';
import { Capabilities } from './capabilities.js';
import { watchEntitlement } from './entitlement-watch.js';
import { ProblemDetails, sendProblem } from './problem.js';
import { parseQuery } from './query-parameters.js';
import type { Renderer } from './renderer.js';
import { RouteTable } from './route-table.js';
import { ROUTES } from './routes.js';
import type { Rules } from './rules.js';
import type { Thumbnails } from './thumbnails.js';
import { discardBody } from './unread-body.js';

export interface ServiceOptions {
  readonly archive: Archive;
  readonly authenticator: Authenticator;
  readonly sessions: Sessions;
  readonly pixels: WorkerPool;
  readonly results: ResultCache;
  readonly renderer: Renderer;
  readonly thumbnails: Thumbnails;
  /** The public URL of the service, without a slash at its end. */
  readonly base: string;
  readonly rules: Rules;
  readonly log: Log;
}

export function dicomwebService({
  archive,
  authenticator,
  sessions,
  pixels,
  results,
  renderer,
  thumbnails,
  base,
  rules,
  log,
}: ServiceOptions) {
  const table = new RouteTable(ROUTES);
  const capabilities = new Capabilities(table, base);
  return async (request: Request, response: Response): Promise<void> => {
    let stopWatching: (() => void) | undefined;
    try {
      const [path, query] = splitTarget(request.url);
      if (request.method === 'OPTIONS') {
        return capabilities.answer({ request, response, parameters: parseQuery(query), rules }, path);
      }
      const authorization = sessions.authorizationOf(request);
      const caller = await authenticator.authenticate(authorization);
      const { route, variables } = table.match(request.method, path);
      expectPermission(caller, route.permission);
      const scoped = archive.as(scopeOf(caller));
      const parameters = parseQuery(query);
      stopWatching = watchEntitlement(authenticator, authorization, response);
      await route.handler({
        request,
        response,
        archive: scoped,
        pixels,
        held: pixels.held.of(caller.tokenID),
        results,
        renderer,
        thumbnails,
        callerID: caller.tokenID,
        base,
        variables,
        parameters,
        rules,
      });
    } catch (error) {
      if (!isAbort(error, response)) sendProblem(error, response, log);
    } finally {
      stopWatching?.();
      if (response.writableEnded) void discardBody(request);
    }
  };
}

/** What goes before the path of a target in absolute form, as proxies send it. RFC 9112 §3.2.2 */
const ORIGIN = /^https?:\/\/[^/?]*/i;

function splitTarget(target: string): readonly [string, string] {
  const url = target.replace(ORIGIN, '');
  const at = url.indexOf('?');
  return at === -1 ? [url, ''] : [url.slice(0, at), url.slice(at + 1)];
}

function expectPermission(caller: Caller, permission: Parameters<typeof isPermitted>[1]): void {
  if (isPermitted(caller.kind, permission)) return;
  throw new ProblemDetails('forbidden', 'The token does not allow this kind of request.', {
    headers: { 'WWW-Authenticate': `Bearer realm="nccid", error="insufficient_scope", scope="${permission}"` },
  });
}

/** The client went away: there is nobody to answer, and nothing wrong here. */
function isAbort(error: unknown, { destroyed, req }: Response): boolean {
  if (error instanceof ArchiveError || !(error instanceof Error)) return false;
  if (!destroyed && !req.socket.destroyed) return false;
  if (error instanceof PrematureClose) return true;
  const code = 'code' in error ? error.code : undefined;
  return code === 'ERR_STREAM_PREMATURE_CLOSE' || code === 'ECONNRESET' || code === 'EPIPE' || code === 'ABORT_ERR';
}
