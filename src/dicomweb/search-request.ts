/**
 * What a search asks for, read from its query: match keys, fields to return, and the page wanted. What this archive does
 * not support is passed over as PS3.18 §8.3 demands, but never silently: a search that was widened says so in a Warning.
 */
import type { AttributeMatch, DateTimeMatch, ValueGroup, ZonedMatch } from '../archive/index/find-query.js';
import { keywordsOf, type QueryAttribute } from '../archive/query-attributes/query-attribute.js';
import { parseAttributePath } from '../dicom/attribute-paths.js';
import { TAG } from '../dicom/attributes.js';
import type { Tag } from '../dicom/data-set.js';
import { findQueryable, type QueryLevel } from '../dicom/queryable-attributes.js';
import { invalidRequest } from '../errors.js';
import { AddedAttributes, type AddedField } from './added-attributes.js';
import { combineRanges, readTimezone, zonedRanges } from './date-time-keys.js';
import type { QueryParameter } from './query-parameters.js';
import { type Key, printable, readKeys } from './search-keys.js';
import { isSearchOption, readSearchOptions } from './search-options.js';

export interface SearchedResource {
  /** What is answered. */
  readonly level: QueryLevel;
  /** The levels whose attributes may be keys; those that the path has fixed are not among them. PS3.18 Table 10.6.1-4 */
  readonly matchedLevels: readonly QueryLevel[];
}

export interface SearchRequest {
  /** All keys but those that are combined below. */
  readonly matches: readonly AttributeMatch[];
  /** A date and a time that are both ranges: one range of instants. */
  readonly dateTimes: readonly DateTimeMatch[];
  /** Dates and times that are meant in a time zone. */
  readonly zoned: readonly ZonedMatch[];
  /** Keys of one sequence, which one item must match all of. */
  readonly sequences: readonly { readonly tag: Tag; readonly keys: readonly AttributeMatch[] }[];
  /** Keys on attributes that curators have added. */
  readonly values: readonly ValueGroup[];
  /** Those of them that are returned. */
  readonly fields: readonly AddedField[];
  /** Names of parameters that are not supported; a Warning lists them. */
  readonly ignored: readonly string[];
  /** Whether names were left that may be those of added attributes, or all of these are wanted. */
  readonly mayNameAdded: boolean;
  /** What to return besides what every answer holds: the keys and the fields asked for, of this level or above. */
  readonly returnTags: ReadonlySet<Tag> | 'all';
  /** At most 1,000. */
  readonly limit: number;
  readonly offset: number;
  /** Texts of Warning header fields, in printable ASCII, without the code and the service. PS3.18 §8.3.4 */
  readonly warnings: readonly string[];
}

/** They negotiate the form of the answer. PS3.18 §8.3.3 */
const NEGOTIATION: ReadonlySet<string> = new Set(['accept', 'charset']);

const LEVELS: readonly QueryLevel[] = ['study', 'series', 'instance'];
const MAX_NAMES = 10;
/**
 * Read the parameters of a search of that resource.
 * @param attributes those that curators have added; only needed when a request without them `mayNameAdded`
 * @throws ArchiveError invalid-request when a supported parameter has an unlawful value or is given twice. PS3.18 §8.3.4
 */
export function parseSearchRequest(
  parameters: readonly QueryParameter[],
  resource: SearchedResource,
  attributes: readonly QueryAttribute[] = [],
): SearchRequest {
  const { limit, offset, ways } = readSearchOptions(parameters);
  const asked = parameters.filter(isKey);
  const added = new AddedAttributes(attributes, asked);
  const timezone = readTimezone(asked);
  const returned = readReturned(includeFields(parameters), resource.level, added);
  const searchedBy = { levels: resource.matchedLevels, ways: { ...ways, timezone }, added };
  const { keys, ignored } = readKeys(asked, searchedBy);
  const known = keys.filter((key) => key.added === undefined);
  const dateTimes = timezone === undefined ? combineRanges(known) : [];
  const zoned = timezone === undefined ? [] : zonedRanges(known, timezone);
  const isCombined = ({ tag, match }: Key): boolean =>
    match.kind === 'between' &&
    [...dateTimes, ...zoned].some(({ dateTag, timeTag }) => tag === dateTag || tag === timeTag);
  return {
    matches: known.filter((key) => key.sequence === undefined && !isCombined(key)).map(attributeMatch),
    dateTimes,
    zoned,
    sequences: groupBySequence(known),
    values: valueGroups(keys),
    fields: distinctFields([
      ...keys.flatMap((key) => (key.added === undefined ? [] : [added.field(key.added, key.path)])),
      ...returned.fields,
    ]),
    ignored,
    mayNameAdded: ignored.length > 0 || returned.isIncomplete,
    returnTags: returned.tags === 'all' ? 'all' : new Set([...returnedKeys(known, timezone), ...returned.tags]),
    limit,
    offset,
    warnings: [...ignoredWarning(ignored), ...keys.flatMap(unfinishedWarning)],
  };
}

const isKey = ({ name }: QueryParameter): boolean =>
  name !== 'includefield' && !isSearchOption(name) && !NEGOTIATION.has(name);

/** The fields asked for, each once, whether in one list or in several parameters. PS3.18 §8.3.4.3 */
function includeFields(parameters: readonly QueryParameter[]): ReadonlySet<string> {
  const lists = parameters.filter(({ name }) => name === 'includefield').map(({ value }) => value.split(','));
  return new Set(lists.flat().map((field) => field.trim()));
}

const attributeMatch = ({ tag, match }: Key): AttributeMatch => ({ tag, match });

function groupBySequence(keys: readonly Key[]): SearchRequest['sequences'] {
  const groups = new Map<Tag, AttributeMatch[]>();
  for (const key of keys) {
    if (key.sequence === undefined) continue;
    const group = groups.get(key.sequence) ?? [];
    groups.set(key.sequence, group);
    group.push(attributeMatch(key));
  }
  return [...groups].map(([tag, inner]) => ({ tag, keys: inner }));
}

/** Keys in one sequence must hold within one item of it. */
function valueGroups(keys: readonly Key[]): readonly ValueGroup[] {
  const groups = new Map<string, { level: QueryLevel; isInSequence: boolean; keys: ValueGroup['keys'] }>();
  for (const [i, { added, match, path }] of keys.entries()) {
    if (added === undefined || match.kind === 'universal') continue;
    const isInSequence = path.length > 1;
    const name = isInSequence ? `${added.level}/${path.slice(0, -1).join('.')}` : String(i);
    const group = groups.get(name) ?? { level: added.level, isInSequence, keys: [] };
    groups.set(name, { ...group, keys: [...group.keys, { attributeID: added.id, match }] });
  }
  return [...groups.values()];
}

/** What is returned because it was searched by; a sequence whole. */
const returnedKeys = (keys: readonly Key[], timezone: string | undefined): readonly Tag[] => [
  ...keys.map(({ sequence, tag }) => sequence ?? tag),
  ...(timezone === undefined ? [] : [TAG.TimezoneOffsetFromUTC]),
];

interface Returned {
  readonly tags: readonly Tag[] | 'all';
  readonly fields: readonly AddedField[];
  /** Whether with other added attributes there could be more. */
  readonly isIncomplete: boolean;
}

/** A sequence is returned whole; fields of a lower level and unknown ones are not returned. PS3.18 §10.6.3.3 */
function readReturned(fields: ReadonlySet<string>, level: QueryLevel, added: AddedAttributes): Returned {
  // The lowest level that has it, for that one is narrower.
  const levels = LEVELS.slice(0, LEVELS.indexOf(level) + 1).toReversed();
  if (fields.has('all')) return { tags: 'all', fields: added.all(levels), isIncomplete: true };
  const tags: Tag[] = [];
  const found: AddedField[] = [];
  let isIncomplete = false;
  for (const field of fields) {
    const path = parseAttributePath(field);
    const [tag] = path ?? [];
    if (path === undefined || tag === undefined) continue;
    if (levels.some((one) => findQueryable(one, tag) !== undefined)) tags.push(tag);
    else {
      const attribute = added.find(path, levels);
      if (attribute === undefined) isIncomplete = true;
      else found.push(added.field(attribute, path));
    }
  }
  return { tags, fields: found, isIncomplete };
}

const distinctFields = (fields: readonly AddedField[]): readonly AddedField[] => [
  ...new Map(fields.map((field) => [field.attributeID, field])).values(),
];

/** Of an attribute that has just been added not all that is stored can be found. How much there is, is not everybody's business. */
function unfinishedWarning({ added }: Key): readonly string[] {
  if (added === undefined || added.indexed.isWhole) return [];
  return [`${keywordsOf(added)} is being added to the index: not all that is stored can be found yet`];
}

function ignoredWarning(names: readonly string[]): readonly string[] {
  if (names.length === 0) return [];
  return [`The following parameters are not supported and have been ignored: ${listOf(names)}`];
}

/** @throws ArchiveError `invalid-request` when a parameter is not supported */
export function expectAllSupported({ ignored }: SearchRequest): void {
  if (ignored.length > 0) {
    throw invalidRequest(`The following parameters are not supported here: ${listOf(ignored)}.`);
  }
}

function listOf(names: readonly string[]): string {
  const distinct = [...new Set(names.map(printable))];
  const more = distinct.length > MAX_NAMES ? ` and ${distinct.length - MAX_NAMES} more` : '';
  return `${distinct.slice(0, MAX_NAMES).join(', ')}${more}`;
}
