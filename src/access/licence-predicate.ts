/** What a licence covers, as its row holds it: JSON arrays. A row that can not be read shows nothing, loudly. */
import { IMAGING_KINDS, type LicencePredicate, SPLITS } from '../archive/scope.js';
import type { LicenceTable } from '../database/schema.js';
import { ArchiveError } from '../errors.js';

/**
 * Read the predicate of a licence from its row.
 * @throws ArchiveError `corrupt` when a column is not a JSON array of what it should hold
 */
export function licencePredicateOf(row: Pick<LicenceTable, 'kinds' | 'splits' | 'site_ids'>): LicencePredicate {
  return {
    kinds: arrayOf(row.kinds, oneOf(IMAGING_KINDS)),
    splits: arrayOf(row.splits, oneOf(SPLITS)),
    siteIDs: row.site_ids === null ? undefined : arrayOf(row.site_ids, isRowID),
  };
}

/** Write a predicate as the columns of a licence's row. */
export const predicateColumnsOf = (
  predicate: LicencePredicate,
): Pick<LicenceTable, 'kinds' | 'splits' | 'site_ids'> => ({
  kinds: JSON.stringify(predicate.kinds),
  splits: JSON.stringify(predicate.splits),
  site_ids: predicate.siteIDs === undefined ? null : JSON.stringify(predicate.siteIDs),
});

function arrayOf<T>(json: string, isElement: (value: unknown) => value is T): readonly T[] {
  const value = parsed(json);
  if (!Array.isArray(value) || !value.every(isElement)) throw unreadable();
  return value;
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch (error) {
    throw unreadable({ cause: error });
  }
}

const unreadable = (options?: ErrorOptions): ArchiveError =>
  new ArchiveError('corrupt', 'What the licence covers can not be read from the index.', options);

const oneOf =
  <T>(values: readonly T[]) =>
  (value: unknown): value is T =>
    values.some((known) => known === value);

const isRowID = (value: unknown): value is number => Number.isSafeInteger(value);
