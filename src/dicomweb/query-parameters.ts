/**
 * The query of a request target as DICOMweb reads it: names and values as sent, in their order. No form decoding, so `+`
 * is a plus; no nesting, so brackets are part of the name. What a parameter means is for its readers. PS3.18 §8.3.1;
 * RFC 3986 §3.4
 */
import { invalidRequest } from '../errors.js';

export interface QueryParameter {
  readonly name: string;
  /** '' when there is none. */
  readonly value: string;
  /** Whether an `=` follows the name. */
  readonly hasValue: boolean;
}

/** What a client may know of a parameter beforehand. */
export interface ParameterDescription {
  readonly name: string;
  readonly isRequired?: boolean;
  /** All values that it can have, when these can be listed. */
  readonly values?: readonly string[];
}

/** Of one query. */
export const MAX_PARAMETERS = 1_000;
const NOT_IN_URI = /[^\u0021-\u007e]/;

/**
 * Parse what follows the `?` of a request target, still percent-encoded; '' when nothing does. Time is linear in its length.
 * @throws ArchiveError invalid-request when it is not a lawful query of UTF-8, holds a NUL, or has more than 1,000 parameters
 */
export function parseQuery(query: string): readonly QueryParameter[] {
  if (NOT_IN_URI.test(query)) {
    throw invalidRequest('A query is of ASCII characters; all others are sent as UTF-8 with percent-encoding.');
  }
  const pieces = query.split('&', MAX_PARAMETERS + 1);
  if (pieces.length > MAX_PARAMETERS) throw invalidRequest(`A query has more than ${MAX_PARAMETERS} parameters.`);
  return pieces.filter((piece) => piece !== '').map(parseParameter);
}

function parseParameter(piece: string): QueryParameter {
  const equals = piece.indexOf('=');
  const name = decoded(equals === -1 ? piece : piece.slice(0, equals));
  if (name === '') throw invalidRequest('A query parameter has no name.');
  return { name, value: equals === -1 ? '' : decoded(piece.slice(equals + 1)), hasValue: equals !== -1 };
}

function decoded(text: string): string {
  const plain = percentDecoded(text);
  if (plain.includes('\0')) throw invalidRequest('A query parameter holds a NUL.');
  return plain;
}

function percentDecoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch (cause) {
    if (!(cause instanceof URIError)) throw cause;
    throw invalidRequest('A query parameter holds an escape that is not percent-encoded UTF-8.');
  }
}
