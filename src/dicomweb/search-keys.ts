/** The match keys of a search: which attributes are asked for, and what of each. PS3.18 §8.3.4.1 */
import type { QueryAttribute } from '../archive/query-attributes/query-attribute.js';
import { parseAttributePath } from '../dicom/attribute-paths.js';
import { TAG } from '../dicom/attributes.js';
import type { Tag } from '../dicom/data-set.js';
import { findDictionaryEntry } from '../dicom/dictionary.js';
import { type Match, type MatchingWays, parseMatch } from '../dicom/matching.js';
import { findQueryable, type QueryLevel, REQUEST_ATTRIBUTES } from '../dicom/queryable-attributes.js';
import type { VR } from '../dicom/vr.js';
import { invalidRequest } from '../errors.js';
import type { AddedAttributes } from './added-attributes.js';
import type { QueryParameter } from './query-parameters.js';

export interface Key {
  /** Tags, outermost first. */
  readonly path: readonly Tag[];
  /** The sequence in which the attribute stands. */
  readonly sequence: Tag | undefined;
  readonly tag: Tag;
  /** The attribute, where a curator has added it to those that are searched. */
  readonly added: QueryAttribute | undefined;
  readonly match: Match;
  /** Two dates or times with a hyphen, one of which may be left out. */
  readonly isRange: boolean;
}

const MAX_NAME_CHARACTERS = 64;
/** They say how other keys are meant, and nothing matches by them. */
const NEVER_MATCHED: ReadonlySet<Tag> = new Set<Tag>([TAG.SpecificCharacterSet, TAG.TimezoneOffsetFromUTC]);

interface Searched {
  readonly vr: VR;
  readonly added: QueryAttribute | undefined;
}

/** What a resource is searched by. */
export interface SearchedBy {
  /** The levels whose attributes may be keys. */
  readonly levels: readonly QueryLevel[];
  readonly ways: MatchingWays;
  readonly added: AddedAttributes;
}

/**
 * The keys that can be searched by, and the names of those that can not, as sent.
 * @throws ArchiveError `invalid-request` for an unlawful key, and for two of one attribute
 */
export function readKeys(
  parameters: readonly QueryParameter[],
  { levels, ways, added }: SearchedBy,
): { readonly keys: readonly Key[]; readonly ignored: readonly string[] } {
  const keys: Key[] = [];
  const unknown: { readonly name: string; readonly path: readonly Tag[] | undefined }[] = [];
  const given = new Set<string>();
  for (const { name, value } of parameters) {
    const path = parseAttributePath(name);
    if (path !== undefined) refuseRepetition(given, path, name);
    const tag = path?.at(-1);
    if (path?.length === 1 && tag !== undefined && NEVER_MATCHED.has(tag)) continue;
    const searched = path === undefined ? undefined : findSearched(path, levels, added);
    if (path === undefined || tag === undefined || searched === undefined) {
      unknown.push({ name, path });
      continue;
    }
    const { vr } = searched;
    const match = matchOf(tag, vr, value, ways);
    keys.push({ path, sequence: path.at(-2), tag, added: searched.added, match, isRange: isRange(vr, value) });
  }
  // A Private Creator is no key itself, if anything was asked for in its block, before it or after.
  const ignored = unknown.filter(({ path }) => path === undefined || !added.isCreator(path)).map(({ name }) => name);
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

function findSearched(
  path: readonly Tag[],
  levels: readonly QueryLevel[],
  added: AddedAttributes,
): Searched | undefined {
  const vr = findMatchedVR(path, levels);
  if (vr !== undefined) return { vr, added: undefined };
  // The lowest level that has it, for that one is narrower.
  const attribute = added.find(path, levels.toReversed());
  return attribute && { vr: attribute.vr, added: attribute };
}

/** The VR of an attribute that may be a key of every archive. */
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
