/** The body of a request as a form, within bounds of size and time: whoever signs in has shown no token yet. */
import type { IncomingMessage } from 'node:http';
import { ArchiveError } from '../errors.js';
import { inTime, type Patience } from '../http/patience.js';

const MAX_FORM_BYTES = 16 * 1024;
const FORM_TYPE = /^application\/x-www-form-urlencoded\s*(?:;|$)/i;

/** Read it. @throws ArchiveError `unsupported-media-type`, `too-large`, `invalid-request` when its sender has been cut off */
export async function readForm(request: IncomingMessage, patience?: Patience): Promise<URLSearchParams> {
  if (!FORM_TYPE.test(request.headers['content-type'] ?? '')) {
    throw new ArchiveError('unsupported-media-type', 'Signing in takes a form: application/x-www-form-urlencoded.');
  }
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const piece of inTime(request, patience)) {
    bytes += piece.length;
    if (bytes > MAX_FORM_BYTES) throw new ArchiveError('too-large', 'The form is too large.');
    pieces.push(piece);
  }
  return new URLSearchParams(Buffer.concat(pieces).toString());
}
