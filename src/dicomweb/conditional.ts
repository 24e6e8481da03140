/** Conditional requests: an answer that the client has already is not sent again. RFC 9110 §13 */

import { isNamedIn } from './entity-tag.js';
import type { Exchange } from './exchange.js';

/**
 * Set the ETag of the answer, and answer 304 when the client has it: true when that has been done. To be asked when
 * everything else has been judged, the caller, what he may see and that it is there, for a 304 says all of it.
 */
export function answerNotModified({ request, response }: Pick<Exchange, 'request' | 'response'>, tag: string): boolean {
  response.setHeader('ETag', tag);
  if (!isNamedIn(request.headers['if-none-match'], tag)) return false;
  response.status(304).end();
  return true;
}
