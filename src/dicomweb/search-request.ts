/**
 * What a search asks for, read from its query: match keys, fields to return, and the page wanted. What this archive does
 * not support is passed over as PS3.18 §8.3 demands, but never silently: a search that was widened says so in a Warning.
 */
import type { AttributeMatch, DateTimeMatch, ZonedMatch } from '../archive/index/find-query.js';
import { TAG } from '../dicom/attributes.js';
import type { Tag } from '../dicom/data-set.js';
import { findQueryable, type QueryLevel } from '../dicom/queryable-attributes.js';
import { invalidRequest } from '../errors.js';
import { combineRanges, readTimezone, zonedRanges } from './date-time-keys.js';
import type { QueryParameter } from './query-parameters.js';
import { type Rules, rulesOf } from './rules.js';
import { type Key, parsePath, printable, readKeys } from './search-keys.js';
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
 * @throws ArchiveError invalid-request when a supported parameter has an unlawful value or is given twice (PS3.18 §8.3.4),
 * and where the rules want it when one is not supported
 */
export function parseSearchRequest(
  parameters: readonly QueryParameter[],
  resource: SearchedResource,
  { refusesUnknownKeys }: Pick<Rules, 'refusesUnknownKeys'> = rulesOf(false),
): SearchRequest {
  const { limit, offset, ways } = readSearchOptions(parameters);
  const asked = parameters.filter(isKey);
  const timezone = readTimezone(asked);
  const { keys, ignored } = readKeys(asked, resource.matchedLevels, { ...ways, timezone });
  if (refusesUnknownKeys && ignored.length > 0) throw invalidRequest(`${notSupported(ignored)}.`);
  const dateTimes = timezone === undefined ? combineRanges(keys) : [];
  const zoned = timezone === undefined ? [] : zonedRanges(keys, timezone);
  const isCombined = ({ tag, match }: Key): boolean =>
    match.kind === 'between' &&
    [...dateTimes, ...zoned].some(({ dateTag, timeTag }) => tag === dateTag || tag === timeTag);
  return {
    matches: keys.filter((key) => key.sequence === undefined && !isCombined(key)).map(attributeMatch),
    dateTimes,
    zoned,
    sequences: groupBySequence(keys),
    returnTags: readReturnTags(includeFields(parameters), returnedKeys(keys, timezone), resource.level),
    limit,
    offset,
    warnings: ignoredWarning(ignored),
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

/** What is returned because it was searched by; a sequence whole. */
const returnedKeys = (keys: readonly Key[], timezone: string | undefined): readonly Tag[] => [
  ...keys.map(({ sequence, tag }) => sequence ?? tag),
  ...(timezone === undefined ? [] : [TAG.TimezoneOffsetFromUTC]),
];

/** A sequence is returned whole; fields of a lower level and unknown ones are not returned. PS3.18 §10.6.3.3 */
function readReturnTags(
  fields: ReadonlySet<string>,
  keys: readonly Tag[],
  level: QueryLevel,
): SearchRequest['returnTags'] {
  if (fields.has('all')) return 'all';
  const levels = LEVELS.slice(0, LEVELS.indexOf(level) + 1);
  const tags = new Set(keys);
  for (const field of fields) {
    const tag = parsePath(field)?.[0];
    if (tag !== undefined && levels.some((one) => findQueryable(one, tag) !== undefined)) tags.add(tag);
  }
  return tags;
}

function ignoredWarning(names: readonly string[]): readonly string[] {
  if (names.length === 0) return [];
  return [`The following parameters are not supported and have been ignored: ${listOf(names)}`];
}

const notSupported = (names: readonly string[]): string =>
  `The following parameters are not supported here: ${listOf(names)}`;

function listOf(names: readonly string[]): string {
  const distinct = [...new Set(names.map(printable))];
  const more = distinct.length > MAX_NAMES ? ` and ${distinct.length - MAX_NAMES} more` : '';
  return `${distinct.slice(0, MAX_NAMES).join(', ')}${more}`;
}
