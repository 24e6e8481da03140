/**
 * The list of all studies that a Scope shows, latest first, as viewers open with it: a page of it costs the same at its
 * beginning and at its end, and among a thousand studies and among millions. For the index keeps how many studies of each
 * sort there are in each month, and a page is looked for from the month on in which it begins.
 */
import type { Kysely } from 'kysely';
import type { Database } from '../../database/database.js';
import type { Schema } from '../../database/schema.js';
import type { Scope } from '../scope.js';
import type { FindQuery } from './find-query.js';
import { visibleStudies } from './visible-series.js';

/** Whether the query asks for nothing but a page of the list. */
export const isListing = ({
  level,
  studyInstanceUID,
  matches,
  dateTimes,
  zoned,
  sequences,
  values,
}: FindQuery): boolean =>
  level === 'study' &&
  studyInstanceUID === undefined &&
  matches.every(({ match }) => match.kind === 'universal') &&
  dateTimes.length === 0 &&
  zoned.length === 0 &&
  values.length === 0 &&
  sequences.length === 0;

interface ListedPage {
  /** Row ids, in order. */
  readonly ids: readonly number[];
  /** How many studies there are after this page. */
  readonly remaining: number;
}

/** Find a page of the list. */
export async function listStudies(
  { search }: Database,
  scope: Scope,
  { limit, offset }: Pick<FindQuery, 'limit' | 'offset'>,
): Promise<ListedPage> {
  const months = await countMonths(search, scope);
  const total = sumOf(months);
  if (offset >= total || limit === 0) return { ids: [], remaining: Math.max(0, total - offset) };
  const { first, skip, last } = monthsOf(months, offset, limit);
  let query = search
    .selectFrom('study')
    .select('study.id')
    .where(visibleStudies(scope, 'study'))
    .orderBy('study.study_date', 'desc')
    .orderBy('study.id', 'desc')
    .limit(Math.min(limit, total - offset))
    .offset(skip);
  if (first !== undefined) query = query.where('study.study_date', '<=', lastDateOf(first));
  if (last !== undefined) query = query.where('study.study_date', '>=', last);
  const rows = await query.execute();
  return { ids: rows.map(({ id }) => id), remaining: Math.max(0, total - offset - rows.length) };
}

/** How many studies the list has. */
export const countListed = async ({ search }: Database, scope: Scope): Promise<number> =>
  sumOf(await countMonths(search, scope));

const sumOf = (months: readonly Month[]): number => months.reduce((sum, { studies }) => sum + studies, 0);

interface Month {
  readonly month: string;
  readonly studies: number;
}

/** The months in which studies are visible, latest first. */
async function countMonths(search: Kysely<Schema>, scope: Scope): Promise<readonly Month[]> {
  const rows = await search
    .selectFrom('study_month')
    .select((eb) => ['month', eb.fn.sum<number>('studies').as('studies')])
    .where(visibleStudies(scope, 'study_month'))
    .groupBy('month')
    .orderBy('month', 'desc')
    .execute();
  return rows.map(({ month, studies }) => ({ month, studies: Number(studies) }));
}

interface Span {
  /** The month in which the page begins; undefined when that is the latest. */
  readonly first: string | undefined;
  /** How many studies of it come before the page. */
  readonly skip: number;
  /** The month in which the page ends; undefined when nothing is earlier. */
  readonly last: string | undefined;
}

function monthsOf(months: readonly Month[], offset: number, limit: number): Span {
  let before = 0;
  let start: Omit<Span, 'last'> | undefined;
  for (const [i, { month, studies }] of months.entries()) {
    if (start === undefined && before + studies > offset) {
      start = { first: i === 0 ? undefined : month, skip: offset - before };
    }
    before += studies;
    if (start !== undefined && before >= offset + limit) return { ...start, last: month };
  }
  return { first: start?.first, skip: start?.skip ?? offset, last: undefined };
}

/** No Study Date of the month is later; dates are `YYYYMMDD`, or empty. */
const lastDateOf = (month: string): string => (month === '' ? '' : `${month}99`);
