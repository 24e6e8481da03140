/** Errors as HTTP answers: RFC 9457 problem documents that say what is wrong and whether to try again. PS3.18 §8.5, §8.6.3 */
import type { Response } from 'express';
import { Unauthenticated } from '../access/unauthenticated.js';
import { ArchiveError, type ErrorCode } from '../errors.js';
import type { Log } from '../log.js';
import { PROBLEM_JSON } from './media-type-names.js';
import { problemPage, wantsPage } from './problem-page.js';
import { requestIDOf } from './request-id.js';
import { discardBody, isArriving, isUnread } from './unread-body.js';

export const HTTP_STATUS = {
  'invalid-request': 400,
  unauthenticated: 401,
  forbidden: 403,
  'not-found': 404,
  'method-not-allowed': 405,
  'not-acceptable': 406,
  conflict: 409,
  gone: 410,
  'precondition-failed': 412,
  'too-large': 413,
  'request-target-too-long': 414,
  'unsupported-media-type': 415,
  'range-not-satisfiable': 416,
  corrupt: 500,
  undecodable: 500,
  unavailable: 503,
  'storage-full': 507,
} as const satisfies Record<ErrorCode, number>;

const TITLES: Readonly<Record<ErrorCode, string>> = {
  'invalid-request': 'The request is not valid',
  unauthenticated: 'Not signed in',
  forbidden: 'Not allowed',
  'not-found': 'Not found',
  'method-not-allowed': 'Method not allowed',
  'not-acceptable': 'Nothing acceptable',
  conflict: 'Conflict',
  gone: 'Gone',
  'precondition-failed': 'Not what was expected',
  'too-large': 'Too large',
  'request-target-too-long': 'The request target is too long',
  'unsupported-media-type': 'Unsupported media type',
  'range-not-satisfiable': 'The range is not satisfiable',
  corrupt: 'The stored data is damaged',
  undecodable: 'The pixels can not be decoded',
  unavailable: 'Not available now',
  'storage-full': 'No room left',
};

const RETRY_AFTER_SECONDS = 5;
/** What may be otherwise when the same is asked again. PS3.18 §8.5 */
const TEMPORARY: ReadonlySet<number> = new Set([HTTP_STATUS.unavailable, HTTP_STATUS['storage-full']]);

/** What an error adds to its answer beyond status and sentence. */
export class ProblemDetails extends ArchiveError {
  readonly headers: Readonly<Record<string, string>>;
  readonly members: Readonly<Record<string, unknown>>;

  constructor(
    code: ErrorCode,
    message: string,
    more: { readonly headers?: Record<string, string>; readonly members?: Record<string, unknown> },
  ) {
    super(code, message);
    this.headers = more.headers ?? {};
    this.members = more.members ?? {};
  }
}

/** 406, naming what there is. PS3.18 §8.7.8 */
export const notAcceptable = (available: readonly string[]): ProblemDetails =>
  new ProblemDetails('not-acceptable', 'None of the acceptable media types is available.', { members: { available } });

/** 415, naming what is taken. */
export const unsupportedMediaType = (message: string, supported: readonly string[]): ProblemDetails =>
  new ProblemDetails('unsupported-media-type', message, {
    headers: { 'Accept-Post': supported.join(', ') },
    members: { supported },
  });

/**
 * Answer an error. What is no ArchiveError is a bug: logged whole, told as 500 and nothing else. When the answer has
 * begun already the connection is broken, for a clean end would make a part pass for the whole.
 */
export function sendProblem(error: unknown, response: Response, log: Log): void {
  const requestID = requestIDOf(response);
  if (response.headersSent) {
    if (!(error instanceof ArchiveError)) log.error({ requestID, err: error }, 'an answer broke off by a bug');
    else log.warn({ requestID, code: error.code }, 'an answer broke off');
    response.destroy();
    return;
  }
  for (const name of ['Content-Type', 'Content-Length', 'Content-Location', 'ETag', 'Accept-Ranges', 'Content-Range']) {
    response.removeHeader(name);
  }
  if (!(error instanceof ArchiveError)) {
    log.error({ requestID, err: error }, 'a request failed by a bug');
    send(response, 500, { title: 'Internal error', detail: 'The server failed on this request; it has been logged.' });
    return;
  }
  const status = HTTP_STATUS[error.code];
  if (error instanceof Unauthenticated) response.set('WWW-Authenticate', error.challenge);
  if (status === 503) response.set('Retry-After', String(RETRY_AFTER_SECONDS));
  if (status >= 500) log.error({ requestID, code: error.code, err: error.cause }, error.message);
  const details = error instanceof ProblemDetails ? error : undefined;
  response.set(details?.headers ?? {});
  send(response, status, { title: TITLES[error.code], detail: error.message, ...details?.members });
}

interface Words {
  readonly title: string;
  readonly detail: string;
  readonly [member: string]: unknown;
}

function send(response: Response, status: number, words: Words): void {
  const isTemporary = TEMPORARY.has(status);
  const problem = { type: 'about:blank', status, ...words, isTemporary, requestID: requestIDOf(response) };
  const isPage = wantsPage(response.req.headers.accept);
  const body = Buffer.from(isPage ? problemPage(problem) : JSON.stringify(problem));
  const mediaType = isPage ? 'text/html; charset=utf-8' : PROBLEM_JSON;
  response.status(status).set({ 'Content-Type': mediaType, 'Content-Length': String(body.length) });
  if (isUnread(response.req)) response.set('Connection', 'close');
  if (!isArriving(response.req)) {
    response.end(body);
    return;
  }
  // To end it would close the connection, and lose the answer to a client that is still sending.
  response.write(body);
  void discardBody(response.req).then(() => response.end());
}
