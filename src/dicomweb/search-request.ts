/**
 * What a search asks for, read from its query: match keys, fields to return, and the page wanted. What this archive does
 * not support is passed over as PS3.18 §8.3 demands, but never silently: a search that was widened says so in a Warning.
 */
import type { AttributeMatch, DateTimeBound, DateTimeMatch } from '../archive/index/find-query.js';
import { TAG } from '../dicom/attributes.js';
import type { Tag } from '../dicom/data-set.js';
import { findDictionaryEntry, findTagOfKeyword, implicitVR } from '../dicom/dictionary.js';
import { type Match, parseMatch } from '../dicom/matching.js';
import type { RangeMatch } from '../dicom/matching-ranges.js';
import { findQueryable, type QueryLevel, REQUEST_ATTRIBUTES } from '../dicom/queryable-attributes.js';
import type { VR } from '../dicom/vr.js';
import { invalidRequest } from '../errors.js';
import type { QueryParameter } from './query-parameters.js';

/** Most results of one answer, and how many there are when the request does not say. */
export const MAX_RESULTS = 1_000;

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
  /** Keys of one sequence, which one item must match all of. */
  readonly sequences: readonly { readonly tag: Tag; readonly keys: readonly AttributeMatch[] }[];
  /** What to return besides what every answer holds: the keys and the fields asked for, of this level or above. */
  readonly returnTags: ReadonlySet<Tag> | 'all';
  /** At most `MAX_RESULTS`. */
  readonly limit: number;
  readonly offset: number;
  /** Texts of Warning header fields, in printable ASCII, without the code and the service. PS3.18 §8.3.4 */
  readonly warnings: readonly string[];
}

/** What this archive says when it is asked for a way of matching that it does not have. PS3.18 §8.3.4.2, .5, .6 */
export const UNSUPPORTED_MATCHING: ReadonlyMap<string, string> = new Map([
  ['fuzzymatching', 'The fuzzymatching parameter is not supported. Only literal matching has been performed.'],
  [
    'emptyvaluematching',
    'The emptyvaluematching parameter is not supported. Empty Value Matching has not been performed.',
  ],
  [
    'multiplevaluematching',
    'The multiplevaluematching parameter is not supported. Multiple Value Matching has not been performed.',
  ],
]);
/** Parameters that are given at most once. */
export const OPTIONS: ReadonlySet<string> = new Set(['limit', 'offset', ...UNSUPPORTED_MATCHING.keys()]);
/** They negotiate the form of the answer. PS3.18 §8.3.3 */
const NEGOTIATION: ReadonlySet<string> = new Set(['accept', 'charset']);

const LEVELS: readonly QueryLevel[] = ['study', 'series', 'instance'];
const DATE_TIME_PAIRS = [
  { dateTag: TAG.StudyDate, timeTag: TAG.StudyTime },
  { dateTag: TAG.PerformedProcedureStepStartDate, timeTag: TAG.PerformedProcedureStepStartTime },
] as const;

const MAX_NAMES = 10;
const MAX_NAME_CHARACTERS = 64;

interface Key {
  /** The sequence in which the attribute stands. */
  readonly sequence: Tag | undefined;
  readonly tag: Tag;
  readonly match: Match;
  /** Two dates or times with a hyphen, one of which may be left out. */
  readonly isRange: boolean;
}

/**
 * Read the parameters of a search of that resource.
 * @throws ArchiveError invalid-request when a supported parameter has an unlawful value or is given twice. PS3.18 §8.3.4
 */
export function parseSearchRequest(parameters: readonly QueryParameter[], resource: SearchedResource): SearchRequest {
  const options = readOptions(parameters);
  const { keys, ignored } = readKeys(parameters.filter(isKey), resource.matchedLevels);
  const dateTimes = combineRanges(keys);
  const combined = new Set(dateTimes.flatMap(({ dateTag, timeTag }) => [dateTag, timeTag]));
  return {
    matches: keys.filter(({ sequence, tag }) => sequence === undefined && !combined.has(tag)).map(attributeMatch),
    dateTimes,
    sequences: groupBySequence(keys),
    returnTags: readReturnTags(includeFields(parameters), keys, resource.level),
    limit: Math.min(unsignedInteger(options, 'limit') ?? MAX_RESULTS, MAX_RESULTS),
    offset: Math.min(unsignedInteger(options, 'offset') ?? 0, Number.MAX_SAFE_INTEGER),
    warnings: [...ignoredWarning(ignored), ...unsupportedMatchingWarnings(options)],
  };
}

const isKey = ({ name }: QueryParameter): boolean =>
  name !== 'includefield' && !OPTIONS.has(name) && !NEGOTIATION.has(name);

/** The fields asked for, each once, whether in one list or in several parameters. PS3.18 §8.3.4.3 */
function includeFields(parameters: readonly QueryParameter[]): ReadonlySet<string> {
  const lists = parameters.filter(({ name }) => name === 'includefield').map(({ value }) => value.split(','));
  return new Set(lists.flat().map((field) => field.trim()));
}

const attributeMatch = ({ tag, match }: Key): AttributeMatch => ({ tag, match });

function readOptions(parameters: readonly QueryParameter[]): ReadonlyMap<string, string> {
  const options = new Map<string, string>();
  for (const { name, value } of parameters) {
    if (!OPTIONS.has(name)) continue;
    if (options.has(name)) throw invalidRequest(`The parameter ${name} is given more than once.`);
    options.set(name, value);
  }
  return options;
}

function unsignedInteger(options: ReadonlyMap<string, string>, name: string): number | undefined {
  const value = options.get(name);
  if (value === undefined) return undefined;
  if (!/^\d+$/.test(value)) throw invalidRequest(`The value of the parameter ${name} is not an unsigned integer.`);
  return Number(value);
}

function unsupportedMatchingWarnings(options: ReadonlyMap<string, string>): readonly string[] {
  return [...UNSUPPORTED_MATCHING].flatMap(([name, warning]) => {
    const value = options.get(name) ?? 'false';
    if (value !== 'true' && value !== 'false') {
      throw invalidRequest(`The value of the parameter ${name} is neither true nor false.`);
    }
    return value === 'true' ? [warning] : [];
  });
}

/** The keys that can be searched by, and the names of those that can not, as sent. */
function readKeys(
  parameters: readonly QueryParameter[],
  levels: readonly QueryLevel[],
): { readonly keys: readonly Key[]; readonly ignored: readonly string[] } {
  const keys: Key[] = [];
  const ignored: string[] = [];
  const given = new Set<string>();
  for (const { name, value } of parameters) {
    const path = parsePath(name);
    if (path !== undefined) refuseRepetition(given, path, name);
    const vr = path === undefined ? undefined : findMatchedVR(path, levels);
    const tag = path?.at(-1);
    if (tag === TAG.SpecificCharacterSet) continue;
    if (path === undefined || tag === undefined || vr === undefined) ignored.push(name);
    else keys.push({ sequence: path.at(-2), tag, match: parseMatch(vr, value), isRange: isRange(vr, value) });
  }
  return { keys, ignored };
}

/** An attribute by its keyword and by its tag is the same attribute. PS3.18 §8.3.4.1 */
function refuseRepetition(given: Set<string>, path: readonly Tag[], name: string): void {
  const attribute = path.join('.');
  if (given.has(attribute)) throw invalidRequest(`The attribute ${printable(name)} is given more than once.`);
  given.add(attribute);
}

/** The tags of an attribute and of the sequences around it, outermost first; undefined when that is no known attribute. */
function parsePath(text: string): readonly Tag[] | undefined {
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

/**
 * Combine each pair of a date and a time that are the same form of range, from both, to both or between, so that it asks
 * for what lies between two instants. Any other pair, such as hours on one day or an hour on each of some days, holds one
 * by one: its ends can not be concatenated into instants. PS3.18 §8.3.4.1.1, PS3.4 §C.2.2.2.5
 */
function combineRanges(keys: readonly Key[]): readonly DateTimeMatch[] {
  return DATE_TIME_PAIRS.flatMap(({ dateTag, timeTag }) => {
    const date = findRange(keys, dateTag);
    const time = findRange(keys, timeTag);
    if (date === undefined || time === undefined) return [];
    const isSameForm =
      (date.from === undefined) === (time.from === undefined) && (date.to === undefined) === (time.to === undefined);
    return isSameForm
      ? [{ dateTag, timeTag, from: dateTimeBound(date.from, time.from), to: dateTimeBound(date.to, time.to) }]
      : [];
  });
}

function findRange(keys: readonly Key[], tag: Tag): RangeMatch | undefined {
  const key = keys.find((one) => one.sequence === undefined && one.tag === tag);
  return key?.isRange && key.match.kind === 'between' ? key.match : undefined;
}

const dateTimeBound = (date: string | undefined, time: string | undefined): DateTimeBound | undefined =>
  date === undefined ? undefined : { date, time };

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

/** A sequence is returned whole; fields of a lower level and unknown ones are not returned. PS3.18 §10.6.3.3 */
function readReturnTags(
  fields: ReadonlySet<string>,
  keys: readonly Key[],
  level: QueryLevel,
): SearchRequest['returnTags'] {
  if (fields.has('all')) return 'all';
  const levels = LEVELS.slice(0, LEVELS.indexOf(level) + 1);
  const tags = new Set(keys.map(({ sequence, tag }) => sequence ?? tag));
  for (const field of fields) {
    const tag = parsePath(field)?.[0];
    if (tag !== undefined && levels.some((one) => findQueryable(one, tag) !== undefined)) tags.add(tag);
  }
  return tags;
}

function ignoredWarning(names: readonly string[]): readonly string[] {
  const distinct = [...new Set(names.map(printable))];
  if (distinct.length === 0) return [];
  const more = distinct.length > MAX_NAMES ? ` and ${distinct.length - MAX_NAMES} more` : '';
  const list = distinct.slice(0, MAX_NAMES).join(', ');
  return [`The following parameters are not supported and have been ignored: ${list}${more}`];
}

/** A name as it may stand in a list in a header field: what could end or part it is replaced. */
const printable = (name: string): string => name.slice(0, MAX_NAME_CHARACTERS).replace(/[^\u0021-\u007e]|["\\,]/g, '?');
