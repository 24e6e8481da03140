/** What an object store says, in the archive's words: full, away, or not there. */
import { ArchiveError } from '../../../errors.js';

const FULL_STATUSES = new Set([413, 507]);
const FULL = new Set(['EntityTooLarge', 'InsufficientStorage', 'QuotaExceeded', 'XMinioStorageFull']);
const PASSING_STATUSES = new Set([408, 429, 500, 502, 503, 504]);
const PASSING = new Set(['OperationAborted', 'RequestTimeout', 'SlowDown', 'ThrottlingException', 'TimeoutError']);
/** Connections that fail, by their codes: those of the system have no underscore, but for this one of DNS. */
const CONNECTION = /^(?:E[A-Z0-9]+|EAI_AGAIN|ERR_STREAM_PREMATURE_CLOSE)$/;
const NOT_SECURE = /^(?:EPROTO|ERR_SSL_|ERR_TLS_|CERT_|UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_)/;

/** What is wrong with a store, by the name or the code of what it failed with. */
const COMPLAINTS: readonly (readonly [RegExp, string])[] = [
  [/^(?:NoSuchBucket|NotFound)$/, 'there is no such bucket'],
  [/^(?:AccessDenied|AllAccessDisabled|AccountProblem|Forbidden|403)$/, 'access is denied to these credentials'],
  [/^(?:SignatureDoesNotMatch|InvalidAccessKeyId|ExpiredToken|InvalidToken)$/, 'it does not know these credentials'],
  [/^(?:CredentialsProviderError|ProviderError|TokenProviderError)$/, 'no credentials were found'],
  [/^(?:AuthorizationHeaderMalformed|PermanentRedirect|IllegalLocationConstraint.*)$/, 'it is in another region'],
  [/^RequestTimeTooSkewed$/, 'its clock and the one here are too far apart'],
  [/^(?:ENOTFOUND|EAI_AGAIN)$/, 'the name of its host is not known'],
  [/^ECONNREFUSED$/, 'nothing listens there'],
  [NOT_SECURE, 'there is no secure connection to it'],
];

interface Failure {
  readonly name: string;
  /** Of the system or of Node; empty when there is none. */
  readonly code: string;
  /** Of the answer over HTTP; undefined when there was none. */
  readonly status: number | undefined;
}

const fieldOf = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;

function failureOf(error: unknown): Failure {
  const status = fieldOf(fieldOf(error, '$metadata'), 'httpStatusCode');
  return {
    name: String(fieldOf(error, 'name') ?? ''),
    code: String(fieldOf(error, 'code') ?? ''),
    status: typeof status === 'number' ? status : undefined,
  };
}

/** Whether there is no object of that key; of a bucket that is away it is not said. */
export const isNoSuchKey = (error: unknown): boolean => failureOf(error).name === 'NoSuchKey';

/** Whether nothing was found, as an answer without a body says it: of the object or of its bucket. */
export const isNotFound = (error: unknown): boolean => failureOf(error).status === 404;

export const isNoSuchUpload = (error: unknown): boolean => failureOf(error).name === 'NoSuchUpload';

/** Whether a range begins where the object has ended. */
export const isBeyondEnd = (error: unknown): boolean => failureOf(error).status === 416;

/** Whether the same may go well when it is asked for again. */
export function isPassing(error: unknown): boolean {
  const { name, code, status } = failureOf(error);
  // By a clock that was wrong, and is set now.
  const isSignedAnew = fieldOf(fieldOf(error, '$metadata'), 'clockSkewCorrected') === true;
  if (isSignedAnew || PASSING.has(name)) return true;
  return status === undefined ? CONNECTION.test(code) && !NOT_SECURE.test(code) : PASSING_STATUSES.has(status);
}

/** Whether an answer may be another the next time, by its status alone. */
export const isPassingStatus = (status: number): boolean => PASSING_STATUSES.has(status);

/** What an answer fails with, as the client would say it; `text` is what it says of itself, or the start of that. */
export function failureOfAnswer(status: number, text: string): Error {
  const [, name = 'UnknownError'] = /<Code>(\w{1,100})<\/Code>/.exec(text) ?? [];
  const message = 'The object store does not do what it is asked for.';
  return Object.assign(new Error(message), { name, $metadata: { httpStatusCode: status } });
}

/** An error of the client of the store as an ArchiveError where it is the store's; any other as it is. */
export function asArchiveError(error: unknown): unknown {
  const { name, status } = failureOf(error);
  if (error instanceof ArchiveError || !isOfStore(error)) return error;
  // The client's own errors hold signatures, and must not come into a log.
  const cause = new Error(`${name} ${status ?? ''}: ${String(fieldOf(error, 'message'))}`);
  return FULL.has(name) || (status !== undefined && FULL_STATUSES.has(status))
    ? new ArchiveError('storage-full', 'The archive has no room left.', { cause })
    : new ArchiveError('unavailable', 'The object store does not answer as it should.', { cause });
}

/** Ask the store for something, and tell whatever it has against it as the archive's; what is left is a bug. */
export async function inStore<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw asArchiveError(error);
  }
}

/** What is wrong with a store that can not be used, as the end of a sentence; undefined when it is not the store. */
export function complaintOf(error: unknown): string | undefined {
  const { name, code, status } = failureOf(error);
  const known = COMPLAINTS.find(([pattern]) => [name, code, String(status)].some((said) => pattern.test(said)));
  if (known !== undefined) return known[1];
  if (error instanceof Error && error.message === 'Region is missing') return 'no region is given';
  if (!isOfStore(error)) return undefined;
  return status === undefined ? 'it does not answer' : `it answers ${name}`;
}

function isOfStore(error: unknown): boolean {
  const { name, code, status } = failureOf(error);
  return status !== undefined || isPassing(error) || NOT_SECURE.test(code) || /ProviderError$/.test(name);
}
