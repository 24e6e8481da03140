/** Conditional requests: an answer that the client has already is not sent again. RFC 9110 §13 */
import { ArchiveError } from '../errors.js';
import { isNamedIn, isNamedStronglyIn } from './entity-tag.js';
import type { Exchange } from './exchange.js';

/**
 * Set the ETag of the answer, and answer 304 when the client has it: true when that has been done. To be asked when
 * everything else has been judged, the caller, what he may see and that it is there, for a 304 says all of it.
 * @throws ArchiveError `precondition-failed` when the client wants another one only, by If-Match
 */
export function answerNotModified({ request, response }: Pick<Exchange, 'request' | 'response'>, tag: string): boolean {
  const wanted = request.headers['if-match'];
  if (wanted !== undefined && !isNamedStronglyIn(wanted, tag)) {
    throw new ArchiveError('precondition-failed', 'What is here is none of those that If-Match names.');
  }
  response.setHeader('ETag', tag);
  if (!isNamedIn(request.headers['if-none-match'], tag)) return false;
  response.status(304).end();
  return true;
}
