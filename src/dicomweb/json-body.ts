/** The body of a request as JSON, within bounds. */

import type { Request } from 'express';
import { ArchiveError, invalidRequest } from '../errors.js';
import { inTime } from '../http/patience.js';
import { expectIdentity } from './content-encoding.js';
import { parseMediaType } from './media-type.js';
import { DICOM_JSON, PLAIN_JSON } from './media-type-names.js';
import { unsupportedMediaType } from './problem.js';

const SUPPORTED = [DICOM_JSON, PLAIN_JSON];

/**
 * Read the body. What is in it is for the caller to look at.
 * @throws ProblemDetails 415 naming what is taken, 413 for more than `maxBytes`, 400 when it is no JSON
 */
export async function readJSON(request: Request, maxBytes: number): Promise<unknown> {
  expectIdentity(request);
  const type = parseMediaType(request.headers['content-type'] ?? '');
  if (type === undefined || !SUPPORTED.includes(type.essence)) {
    throw unsupportedMediaType('The request is taken as application/dicom+json.', SUPPORTED);
  }
  if (Number(request.headers['content-length'] ?? 0) > maxBytes) throw tooLarge(maxBytes);
  if (request.headers.expect?.toLowerCase() === '100-continue') request.res?.writeContinue();
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of inTime(request)) {
    bytes += chunk.length;
    if (bytes > maxBytes) throw tooLarge(maxBytes);
    chunks.push(chunk);
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8'));
  } catch {
    throw invalidRequest('The body is no JSON.');
  }
}

const tooLarge = (maxBytes: number): ArchiveError =>
  new ArchiveError('too-large', `The body has more than ${maxBytes} bytes.`);
