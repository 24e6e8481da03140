/** The body of a Store request as the parts in it: multipart/related, or one instance by itself. PS3.18 §10.5.1, §8.6.1 */

import type { Request } from 'express';
import type { Spool } from '../archive/spool.js';
import type { Turnstile } from '../archive/turnstile.js';
import { cannotUnderstand } from '../dicom/failure-reasons.js';
import { invalidRequest } from '../errors.js';
import { inTime, type Patience } from '../http/patience.js';
import { standardName } from './accept.js';
import { expectIdentity } from './content-encoding.js';
import { type MediaType, parameterOf, parseMediaType } from './media-type.js';
import { DICOM } from './media-type-names.js';
import { boundaryOf, type MultipartPart, readMultipart } from './multipart-reader.js';
import { ProblemDetails, unsupportedMediaType } from './problem.js';
import { METADATA_TYPES, sentInstances } from './sent-metadata.js';

/** What a Store request may be. PS3.18 §10.5.1 */
export const STORED_MEDIA_TYPES: readonly string[] = [
  ...[DICOM, ...METADATA_TYPES].map((type) => `multipart/related; type="${type}"`),
  DICOM,
];
const WORDS =
  'Instances are stored as multipart/related of application/dicom, or of metadata as application/dicom+json or ' +
  'application/dicom+xml with bulkdata; one by itself as application/dicom.';

/** The largest body that is taken, in bytes: 64 GiB. */
export const MAX_BODY_BYTES = 64 * 1024 ** 3;

export interface StoreBodyOptions {
  /** What relative names of bulkdata are relative to. */
  readonly requestURL: string;
  readonly openSpool: () => Promise<Spool>;
  readonly spoolReaders: Turnstile;
  readonly patience?: Patience;
}

/**
 * Judge the headers of a Store request, before any of its body is read.
 * @throws ProblemDetails 415 naming what is taken, 400 without a lawful boundary, 413 for more than is taken
 */
export function storeParts(request: Request, options: StoreBodyOptions): AsyncIterable<AsyncIterable<Buffer>> {
  expectIdentity(request);
  if (Number(request.headers['content-length'] ?? 0) > MAX_BODY_BYTES) throw tooLarge();
  const type = parseMediaType(request.headers['content-type'] ?? '');
  if (type === undefined) throw unsupportedMediaType(WORDS, STORED_MEDIA_TYPES);
  if (type.essence === DICOM) return single(bodyOf(request, options.patience));
  if (type.essence !== 'multipart/related') throw unsupportedMediaType(WORDS, STORED_MEDIA_TYPES);
  return multipart(type, bodyOf(request, options.patience), options);
}

function multipart(
  type: MediaType,
  body: AsyncGenerator<Buffer>,
  options: StoreBodyOptions,
): AsyncIterable<AsyncIterable<Buffer>> {
  const root = parameterOf(type, 'type');
  if (root === undefined) throw invalidRequest('The Content-Type multipart/related has no parameter "type".');
  const rootType = standardName(parseMediaType(root)?.essence ?? '');
  if (rootType === DICOM) return partBodies(body, boundaryOf(type));
  if (!METADATA_TYPES.includes(rootType)) throw unsupportedMediaType(WORDS, STORED_MEDIA_TYPES);
  return sentInstances(body, { ...options, boundary: boundaryOf(type) });
}

async function* single(body: AsyncIterable<Buffer>): AsyncGenerator<AsyncIterable<Buffer>> {
  yield body;
}

async function* partBodies(body: AsyncGenerator<Buffer>, boundary: string): AsyncGenerator<AsyncIterable<Buffer>> {
  try {
    for await (const part of readMultipart(body, { boundary })) {
      const isInstance = !part.headers.has('content-type') || part.contentType?.essence === DICOM;
      yield isInstance ? part.body : notAnInstance(part);
    }
  } finally {
    await body.return(undefined);
  }
}

/** Such a part is one that failed, and the others go on. */
async function* notAnInstance({ body }: MultipartPart): AsyncGenerator<Buffer> {
  for await (const chunk of body) if (chunk.length < 0) yield chunk;
  throw cannotUnderstand('The part is not application/dicom.');
}

/**
 * The bytes of the request as they arrive, as long as they arrive in time. Who stops reading leaves the request as it is: destroyed,
 * it could not be drained, and its connection would hang with the rest of the body.
 */
async function* bodyOf(request: Request, patience: Patience | undefined): AsyncGenerator<Buffer> {
  let received = 0;
  for await (const chunk of inTime(request, patience)) {
    received += chunk.length;
    if (received > MAX_BODY_BYTES) throw tooLarge();
    yield chunk;
  }
}

const tooLarge = (): ProblemDetails =>
  new ProblemDetails('too-large', 'The body is larger than this archive takes at once.', {
    headers: { Connection: 'close' },
  });
