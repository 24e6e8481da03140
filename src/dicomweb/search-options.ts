/** The parameters of a search that are no keys: which page is wanted, and in which ways keys are to match. PS3.18 §8.3.4 */
import type { MatchingWays } from '../dicom/matching.js';
import { invalidRequest } from '../errors.js';
import type { QueryParameter } from './query-parameters.js';

/** Most results of one answer, and how many there are when the request does not say. */
export const MAX_RESULTS = 1_000;

export interface SearchOptions {
  /** At most `MAX_RESULTS`. */
  readonly limit: number;
  readonly offset: number;
  readonly ways: MatchingWays;
}

/** Given at most once. */
export const SEARCH_OPTIONS: ReadonlySet<string> = new Set([
  'limit',
  'offset',
  'fuzzymatching',
  'emptyvaluematching',
  'multiplevaluematching',
]);

export const isSearchOption = (name: string): boolean => SEARCH_OPTIONS.has(name);

/** Read them. @throws ArchiveError `invalid-request` when one has an unlawful value or is given twice */
export function readSearchOptions(parameters: readonly QueryParameter[]): SearchOptions {
  const options = new Map<string, string>();
  for (const { name, value } of parameters) {
    if (!SEARCH_OPTIONS.has(name)) continue;
    if (options.has(name)) throw invalidRequest(`The parameter ${name} is given more than once.`);
    options.set(name, value);
  }
  return {
    limit: Math.min(unsignedInteger(options, 'limit') ?? MAX_RESULTS, MAX_RESULTS),
    offset: Math.min(unsignedInteger(options, 'offset') ?? 0, Number.MAX_SAFE_INTEGER),
    ways: {
      fuzzy: isAsked(options, 'fuzzymatching'),
      emptyValues: isAsked(options, 'emptyvaluematching'),
      multipleValues: isAsked(options, 'multiplevaluematching'),
    },
  };
}

function unsignedInteger(options: ReadonlyMap<string, string>, name: string): number | undefined {
  const value = options.get(name);
  if (value === undefined) return undefined;
  if (!/^\d+$/.test(value)) throw invalidRequest(`The value of the parameter ${name} is not an unsigned integer.`);
  return Number(value);
}

function isAsked(options: ReadonlyMap<string, string>, name: string): boolean {
  const value = options.get(name) ?? 'false';
  if (value !== 'true' && value !== 'false') {
    throw invalidRequest(`The value of the parameter ${name} is neither true nor false.`);
  }
  return value === 'true';
}
