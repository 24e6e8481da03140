/** The match keys of a search: which attributes are asked for, and what of each. PS3.18 §8.3.4.1 */
import { TAG } from '../dicom/attributes.js';
import type { Tag } from '../dicom/data-set.js';
import { findDictionaryEntry, findTagOfKeyword, implicitVR } from '../dicom/dictionary.js';
import { type Match, type MatchingWays, parseMatch } from '../dicom/matching.js';
import { findQueryable, type QueryLevel, REQUEST_ATTRIBUTES } from '../dicom/queryable-attributes.js';
import type { VR } from '../dicom/vr.js';
import { invalidRequest } from '../errors.js';
import type { QueryParameter } from './query-parameters.js';

export interface Key {
  /** The sequence in which the attribute stands. */
  readonly sequence: Tag | undefined;
  readonly tag: Tag;
  readonly match: Match;
  /** Two dates or times with a hyphen, one of which may be left out. */
  readonly isRange: boolean;
}

const MAX_NAME_CHARACTERS = 64;
/** They say how other keys are meant, and nothing matches by them. */
const NEVER_MATCHED: ReadonlySet<Tag> = new Set<Tag>([TAG.SpecificCharacterSet, TAG.TimezoneOffsetFromUTC]);

/**
 * The keys that can be searched by, and the names of those that can not, as sent.
 * @param levels the levels whose attributes may be keys
 * @throws ArchiveError `invalid-request` for an unlawful key, and for two of one attribute
 */
export function readKeys(
  parameters: readonly QueryParameter[],
  levels: readonly QueryLevel[],
  ways: MatchingWays,
): { readonly keys: readonly Key[]; readonly ignored: readonly string[] } {
  const keys: Key[] = [];
  const ignored: string[] = [];
  const given = new Set<string>();
  for (const { name, value } of parameters) {
    const path = parsePath(name);
    if (path !== undefined) refuseRepetition(given, path, name);
    const vr = path === undefined ? undefined : findMatchedVR(path, levels);
    const tag = path?.at(-1);
    if (path?.length === 1 && tag !== undefined && NEVER_MATCHED.has(tag)) continue;
    if (path === undefined || tag === undefined || vr === undefined) ignored.push(name);
    else keys.push({ sequence: path.at(-2), tag, match: matchOf(tag, vr, value, ways), isRange: isRange(vr, value) });
  }
  return { keys, ignored };
}

/** Several values can all be there only of an attribute that may have several. */
function matchOf(tag: Tag, vr: VR, value: string, ways: MatchingWays): Match {
  const multipleValues = ways.multipleValues && findDictionaryEntry(tag)?.vm !== '1';
  return parseMatch(vr, value, { ...ways, multipleValues });
}

/** An attribute by its keyword and by its tag is the same attribute. PS3.18 §8.3.4.1 */
function refuseRepetition(given: Set<string>, path: readonly Tag[], name: string): void {
  const attribute = path.join('.');
  if (given.has(attribute)) throw invalidRequest(`The attribute ${printable(name)} is given more than once.`);
  given.add(attribute);
}

/** The tags of an attribute and of the sequences around it, outermost first; undefined when that is no known attribute. */
export function parsePath(text: string): readonly Tag[] | undefined {
  const path = text.split('.').map(parseTag);
  if (!path.slice(0, -1).every((tag) => tag !== undefined && implicitVR(tag) === 'SQ')) return undefined;
  return path.every((tag) => tag !== undefined) ? path : undefined;
}

const parseTag = (text: string): Tag | undefined =>
  /^[\dA-Fa-f]{8}$/.test(text) ? Number.parseInt(text, 16) : findTagOfKeyword(text);

/** The VR of an attribute that may be a key. */
function findMatchedVR(path: readonly Tag[], levels: readonly QueryLevel[]): VR | undefined {
  const [outer, inner, ...rest] = path;
  if (outer === undefined || rest.length > 0) return undefined;
  const attribute = levels.map((level) => findQueryable(level, outer)).find((found) => found?.isMatched);
  if (inner === undefined) return attribute?.vr;
  const isSearched =
    attribute?.tag === TAG.RequestAttributesSequence && REQUEST_ATTRIBUTES.some((tag) => tag === inner);
  return isSearched ? findDictionaryEntry(inner)?.vr : undefined;
}

const isRange = (vr: VR, value: string): boolean => (vr === 'DA' || vr === 'TM') && value.includes('-');

/** A name as it may stand in a list in a header field: what could end or part it is replaced. */
export const printable = (name: string): string =>
  name.slice(0, MAX_NAME_CHARACTERS).replace(/[^\u0021-\u007e]|["\\,]/g, '?');
