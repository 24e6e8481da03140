/**
 * How a search key matches the values of an attribute: PS3.4 §C.2.2.2 as data and pure functions. Keys and values are
 * compared in one normalised form, the one the index keeps, so that a database can do what `matches` does.
 */
import { invalidRequest } from '../errors.js';
import { type FuzzyNameMatch, matchesFuzzyName, parseFuzzyName } from './matching-fuzzy-names.js';
import { matchesPersonName, type PersonNameMatch, parsePersonName, personNameKeys } from './matching-names.js';
import { parseRange, type RangeMatch } from './matching-ranges.js';
import { isUniversal, matchesText, parseText, type TextMatch } from './matching-text.js';
import { normaliseValue } from './matching-values.js';
import { isUID } from './uids.js';
import type { VR } from './vr.js';

/** `empty`: there is no value. `all-of`: each of these matches one of the values of the attribute, in any order. */
export type Match =
  | { readonly kind: 'universal' }
  | { readonly kind: 'empty' }
  | { readonly kind: 'all-of'; readonly matches: readonly ValueMatch[] }
  | ValueMatch;

/** What one value must be. */
export type ValueMatch = TextMatch | RangeMatch | PersonNameMatch | FuzzyNameMatch;

/** Ways of matching that a search may ask for. PS3.18 §8.3.4.2, §8.3.4.5, §8.3.4.6 */
export interface MatchingWays {
  readonly fuzzy: boolean;
  readonly emptyValues: boolean;
  /** Whether values with backslashes between must all be there. It is for attributes that may have several. */
  readonly multipleValues: boolean;
  /** Offset from UTC of keys of VR DT that name none: `+0100`. PS3.18 §8.3.4.1.1 */
  readonly timezone?: string | undefined;
}

export const LITERAL: MatchingWays = { fuzzy: false, emptyValues: false, multipleValues: false };

/** Of a key that is no list of UIDs. */
export const MAX_KEY_CHARACTERS = 1_024;
/** Of one key. */
export const MAX_UIDS = 1_024;
const MAX_UID_LIST_CHARACTERS = 65 * MAX_UIDS;
/** VRs whose keys may list values that must all be there. PS3.18 §8.3.4.6 */
export const MULTIPLE_VALUE_VRS: ReadonlySet<VR> = new Set<VR>(['AE', 'AS', 'AT', 'CS', 'LO', 'PN', 'SH', 'UC']);
/** The key that asks for no value. PS3.18 §8.3.4.5 */
const EMPTY_VALUE = '""';
/** VRs whose keys may hold `*` and `?`. PS3.4 §C.2.2.2.4 */
export const WILDCARD_VRS: ReadonlySet<VR> = new Set<VR>(['AE', 'CS', 'LO', 'LT', 'PN', 'SH', 'ST', 'UC', 'UR', 'UT']);

/**
 * Read a key of a search. UIDs may be a list, by commas or backslashes; code strings in a list are alternatives, unless the
 * search asks for attributes that have all of them.
 * @throws ArchiveError `invalid-request` saying which rule it breaks
 */
export function parseMatch(vr: VR, text: string, ways: MatchingWays = LITERAL): Match {
  if (text.length > (vr === 'UI' ? MAX_UID_LIST_CHARACTERS : MAX_KEY_CHARACTERS)) {
    throw invalidRequest('A search key is longer than any value it could match.');
  }
  if (/[\u0000-\u001f\u007f]/.test(text)) throw invalidRequest('A search key holds a control character.');
  const key = text.trim();
  if (key === '' || isWholeUniversal(vr, key)) return { kind: 'universal' };
  if (ways.emptyValues && key === EMPTY_VALUE && vr !== 'SQ') return { kind: 'empty' };
  if (ways.multipleValues && MULTIPLE_VALUE_VRS.has(vr) && key.includes('\\')) return parseAllOf(vr, key, ways);
  switch (vr) {
    case 'PN':
      return ways.fuzzy ? parseFuzzyName(key) : parsePersonName(key);
    case 'UI':
      return parseUIDs(key.split(/[,\\]/));
    case 'DA':
    case 'TM':
    case 'DT':
      return parseRange(vr, key, ways.timezone);
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

/** All of which must be there. */
const MAX_VALUES = 16;

/** Values that are empty ask for nothing. */
function parseAllOf(vr: VR, key: string, { fuzzy }: MatchingWays): Match {
  if (/[*?]/.test(key)) {
    throw invalidRequest('A search key of several values that must all be there has no wildcards.');
  }
  const values = new Set(key.split('\\').map((value) => value.trim()));
  values.delete('');
  if (values.size > MAX_VALUES) throw invalidRequest(`A search key asks for more than ${MAX_VALUES} values at once.`);
  const matches = [...values].map((value): ValueMatch => {
    if (vr !== 'PN') return { kind: 'any-of', values: [value] };
    return fuzzy ? parseFuzzyName(value) : parsePersonName(value);
  });
  return matches.length === 0 ? { kind: 'universal' } : { kind: 'all-of', matches };
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

/** Whether the values, as they stand in an instance, match: one of them is enough. The reference for what the index does. */
export function matches(match: Match, vr: VR, values: readonly string[]): boolean {
  switch (match.kind) {
    case 'universal':
      return true;
    case 'empty':
      return values.every((value) => isEmpty(vr, value));
    case 'all-of':
      return match.matches.every((one) => matches(one, vr, values));
    case 'person-name':
      return values.some((value) => matchesPersonName(match, value));
    case 'fuzzy-name':
      return values.some((value) => matchesFuzzyName(match, value));
    default:
      return values.some((value) => {
        const normalised = normaliseValue(vr, value);
        return normalised !== undefined && matchesNormalised(match, normalised);
      });
  }
}

/** A value that could never be matched is none, such as a date that is no day. */
const isEmpty = (vr: VR, value: string): boolean =>
  vr === 'PN'
    ? Object.values(personNameKeys(value)).every((key) => key === '')
    : normaliseValue(vr, value) === undefined;

function matchesNormalised(match: TextMatch | RangeMatch, value: string): boolean {
  if (match.kind !== 'between') return matchesText(match, value);
  return (match.from === undefined || match.from <= value) && (match.to === undefined || value <= match.to);
}
