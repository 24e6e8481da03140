/**
 * Media types as HTTP header fields carry them: `type/subtype; name=value; name="value"`. Knows the grammar only; what a
 * type means is for its readers. Every text comes from outside, so the work is linear in its length and that is bounded.
 * RFC 9110 §5.6, §8.3.1; PS3.18 §8.7
 */
import { invalidRequest } from '../errors.js';

export interface MediaType {
  /** `type/subtype` in lower case, without parameters. */
  readonly essence: string;
  /** By name in lower case; the values of a name sent twice in the order sent, without quotes, case untouched. */
  readonly parameters: ReadonlyMap<string, readonly string[]>;
}

/** Of one header field or parameter. */
export const MAXIMUM_CHARACTERS = 16 * 1024;
/** Of one list. */
export const MAXIMUM_ENTRIES = 128;
const ESSENCE = /^[\w!#$%&'*+.^`|~-]+\/[\w!#$%&'*+.^`|~-]+$/;

/**
 * Parse one media type, such as a Content-Type; undefined when the text is none. Commas are data outside quotes too, for
 * they are lawful in a boundary.
 * @throws ArchiveError invalid-request when the text is longer than 16 KiB.
 */
export function parseMediaType(text: string): MediaType | undefined {
  refuseLongText(text);
  return mediaTypeOf(text);
}

/**
 * Parse a comma-separated list of media types, such as an Accept, in the order sent. An entry that is no media type is left
 * out; a lone `*`, as old Java clients send it, is read as any type at all. PS3.18 §8.7.7
 * @throws ArchiveError invalid-request when the text is longer than 16 KiB or has more than 128 entries.
 */
export function parseMediaTypes(text: string): readonly MediaType[] {
  refuseLongText(text);
  const entries = splitOutsideQuotes(text, ',').filter((entry) => entry.trim() !== '');
  if (entries.length > MAXIMUM_ENTRIES) {
    throw invalidRequest(`A list of media types has more than ${MAXIMUM_ENTRIES} entries.`);
  }
  return entries.flatMap((entry) => mediaTypeOf(entry) ?? []);
}

/** Give the first value sent for the parameter with this lower-case name; undefined when there is none. */
export function parameterOf(mediaType: MediaType, name: string): string | undefined {
  return mediaType.parameters.get(name)?.[0];
}

function refuseLongText(text: string): void {
  if (text.length > MAXIMUM_CHARACTERS) {
    throw invalidRequest('A media type header field or parameter is longer than 16 KiB.');
  }
}

function mediaTypeOf(text: string): MediaType | undefined {
  const [first = '', ...rest] = splitOutsideQuotes(text, ';');
  const trimmed = first.trim().toLowerCase();
  const essence = trimmed === '*' ? '*/*' : trimmed;
  if (!ESSENCE.test(essence)) return undefined;
  const parameters = new Map<string, string[]>();
  for (const piece of rest) {
    if (!addParameter(parameters, piece)) return undefined;
  }
  unfoldType(parameters);
  return { essence, parameters };
}

/** Add `name=value`; a name without value and an empty piece are passed over. False when the quotes do not match. */
function addParameter(parameters: Map<string, string[]>, piece: string): boolean {
  const equals = piece.indexOf('=');
  if (equals < 0) return !piece.includes('"');
  const value = unquoted(piece.slice(equals + 1).trim());
  if (value === undefined) return false;
  const name = piece.slice(0, equals).trim().toLowerCase();
  const values = parameters.get(name);
  if (values) values.push(value);
  else parameters.set(name, [value]);
  return true;
}

/**
 * Some viewers quote too much: `type="image/jpeg; transfer-syntax=1.2.840.10008.1.2.4.50"`. No media type holds a
 * semicolon, so what follows one within `type` are parameters of the whole.
 */
function unfoldType(parameters: Map<string, string[]>): void {
  const type = parameters.get('type')?.[0];
  if (!type?.includes(';')) return;
  const [essence = '', ...inner] = type.split(';');
  parameters.set('type', [essence.trim()]);
  for (const piece of inner) addParameter(parameters, piece);
}

function splitOutsideQuotes(text: string, separator: ',' | ';'): readonly string[] {
  const pieces: string[] = [];
  let start = 0;
  let isQuoted = false;
  for (let at = 0; at < text.length; at++) {
    const character = text[at];
    if (isQuoted && character === '\\') at++;
    else if (character === '"') isQuoted = !isQuoted;
    else if (character === separator && !isQuoted) {
      pieces.push(text.slice(start, at));
      start = at + 1;
    }
  }
  pieces.push(text.slice(start));
  return pieces;
}

/** The value of a token or of a quoted string; undefined when a quote is missing or stands in the middle. */
function unquoted(text: string): string | undefined {
  if (!text.includes('"')) return text;
  const quoted = /^"((?:[^"\\]|\\[\s\S])*)"$/.exec(text)?.[1];
  return quoted?.replace(/\\([\s\S])/g, '$1');
}
