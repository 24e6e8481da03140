/**
 * How a search key matches the values of an attribute: PS3.4 §C.2.2.2 as data and pure functions. Keys and values are
 * compared in one normalised form, the one the index keeps, so that a database can do what `matches` does.
 */
import { invalidRequest } from '../errors.js';
import { matchesPersonName, type PersonNameMatch, parsePersonName } from './matching-names.js';
import { parseRange, type RangeMatch } from './matching-ranges.js';
import { isUniversal, matchesText, parseText, type TextMatch } from './matching-text.js';
import { normaliseValue } from './matching-values.js';
import { isUID } from './uids.js';
import type { VR } from './vr.js';

export type Match = { readonly kind: 'universal' } | TextMatch | RangeMatch | PersonNameMatch;

const MAX_KEY_CHARACTERS = 1_024;
const MAX_UIDS = 1_024;
const MAX_UID_LIST_CHARACTERS = 65 * MAX_UIDS;
/** VRs whose keys may hold `*` and `?`. PS3.4 §C.2.2.2.4 */
export const WILDCARD_VRS: ReadonlySet<VR> = new Set<VR>(['AE', 'CS', 'LO', 'LT', 'PN', 'SH', 'ST', 'UC', 'UR', 'UT']);

/**
 * Read a key of a search. UIDs may be a list, by commas or backslashes; code strings in a list are alternatives.
 * @throws ArchiveError `invalid-request` saying which rule it breaks
 */
export function parseMatch(vr: VR, text: string): Match {
  if (text.length > (vr === 'UI' ? MAX_UID_LIST_CHARACTERS : MAX_KEY_CHARACTERS)) {
    throw invalidRequest('A search key is longer than any value it could match.');
  }
  if (/[\u0000-\u001f\u007f]/.test(text)) throw invalidRequest('A search key holds a control character.');
  const key = text.trim();
  if (key === '' || isWholeUniversal(vr, key)) return { kind: 'universal' };
  switch (vr) {
    case 'PN':
      return parsePersonName(key);
    case 'UI':
      return parseUIDs(key.split(/[,\\]/));
    case 'DA':
    case 'TM':
    case 'DT':
      return parseRange(vr, key);
    case 'CS':
      return parseCodes(key.split(/[,\\]/).map((value) => value.trim()));
    case 'SQ':
      throw invalidRequest('A sequence is searched by the attributes within its items; its own key has no value.');
    default:
      return WILDCARD_VRS.has(vr) ? parseText(key) : { kind: 'any-of', values: [requireNumber(vr, key)] };
  }
}

/** A name is asked for by its component groups: it is any name when each of them is. PS3.4 §C.2.2.2.3 */
function isWholeUniversal(vr: VR, key: string): boolean {
  const groups = vr === 'PN' ? key.split('=') : [key];
  return WILDCARD_VRS.has(vr) && groups.every((group) => isUniversal(group.trim()));
}

function parseUIDs(texts: readonly string[]): TextMatch {
  if (texts.length > MAX_UIDS) throw invalidRequest(`A search key lists more than ${MAX_UIDS} UIDs.`);
  return { kind: 'any-of', values: [...new Set(texts.map(requireUID))] };
}

function parseCodes(values: readonly string[]): TextMatch {
  const [first] = values;
  return values.length === 1 && first !== undefined ? parseText(first) : { kind: 'any-of', values };
}

function requireUID(text: string): string {
  const uid = text.trim();
  if (!isUID(uid)) throw invalidRequest('A search key is not a valid UID; wildcards have no meaning in UIDs.');
  return uid;
}

function requireNumber(vr: VR, text: string): string {
  const value = normaliseValue(vr, text);
  if (value === undefined) throw invalidRequest('A search key for a number is not a number.');
  return value;
}

/** Whether one of the values, as they stand in an instance, matches. The reference for what the index does. */
export function matches(match: Match, vr: VR, values: readonly string[]): boolean {
  if (match.kind === 'universal') return true;
  if (match.kind === 'person-name') return values.some((value) => matchesPersonName(match, value));
  return values.some((value) => {
    const normalised = normaliseValue(vr, value);
    return normalised !== undefined && matchesNormalised(match, normalised);
  });
}

function matchesNormalised(match: TextMatch | RangeMatch, value: string): boolean {
  if (match.kind !== 'between') return matchesText(match, value);
  return (match.from === undefined || match.from <= value) && (match.to === undefined || value <= match.to);
}
