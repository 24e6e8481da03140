/** A match as a predicate on the column, or the columns of a name, that hold the attribute's normalised value. */
import { type Expression, expressionBuilder, type SqlBool, sql } from 'kysely';
import type { Match } from '../../dicom/matching.js';
import { type FuzzyNameMatch, type FuzzyWords, WORD_SEPARATORS } from '../../dicom/matching-fuzzy-names.js';
import type { PersonNameMatch } from '../../dicom/matching-names.js';
import type { RangeMatch } from '../../dicom/matching-ranges.js';
import { isBeginning, type TextMatch, type WildcardToken } from '../../dicom/matching-text.js';
import type { NamePart } from './find-query.js';

export type Predicate = Expression<SqlBool>;
/** `table.column`, of a table that the query has joined. */
export type ColumnName = string;
/** Columns of a name's component groups: alphabetic, ideographic, phonetic. */
export type NameColumns = readonly [ColumnName, ColumnName, ColumnName];

const eb = expressionBuilder<Record<string, never>, never>();

/** A predicate on a column with one value, or none: NULL or, where that can not be, empty text. */
export function columnPredicate(column: ColumnName, match: Match): Predicate {
  switch (match.kind) {
    case 'universal':
      return eb.lit(true);
    case 'empty':
      return sql<SqlBool>`coalesce(${sql.ref(column)}, '') = ''`;
    case 'all-of':
      return eb.and(match.matches.map((one) => columnPredicate(column, one)));
    case 'any-of':
      return anyOf(column, match.values);
    case 'wildcard':
      return wildcardPredicate(column, match);
    case 'between':
      return betweenPredicate(column, match);
    case 'person-name':
    case 'fuzzy-name':
      throw new Error('A name has a column for each component group.');
  }
}

/** A predicate on the columns of a name. */
export function namePredicate(columns: NameColumns, match: Match): Predicate {
  switch (match.kind) {
    case 'universal':
      return eb.lit(true);
    case 'empty':
      return eb.and(columns.map((column) => columnPredicate(column, match)));
    case 'all-of':
      return eb.and(match.matches.map((one) => namePredicate(columns, one)));
    case 'person-name':
      return literalName(columns, match);
    case 'fuzzy-name':
      return fuzzyName(columns, match);
    default:
      throw new Error('Names are matched as names.');
  }
}

function anyOf(column: ColumnName, values: readonly string[]): Predicate {
  const name = sql.ref(column);
  return values.length === 1 ? sql`${name} = ${values[0]}` : sql`${name} in (${sql.join([...values])})`;
}

/** What stands before the first wildcard bounds the value, so that an index can be used; the pattern decides. */
function wildcardPredicate(column: ColumnName, { tokens }: TextMatch & { kind: 'wildcard' }): Predicate {
  const name = sql.ref(column);
  const predicates: Predicate[] = [];
  const [first] = tokens;
  if (typeof first === 'object') {
    predicates.push(sql`${name} >= ${first.literal}`, sql`${name} < ${`${first.literal}\u{10ffff}`}`);
  }
  if (!isBeginning(tokens)) predicates.push(likePredicate(column, patternOf(tokens)));
  return eb.and(predicates);
}

const likePredicate = (column: ColumnName, pattern: string): Predicate =>
  sql`${sql.ref(column)} like ${pattern} escape '\\'`;

const patternOf = (tokens: readonly WildcardToken[]): string =>
  tokens.map((token) => (token === '*' ? '%' : token === '?' ? '_' : escaped(token.literal))).join('');

const escaped = (literal: string): string => literal.replace(/[\\%_]/g, '\\$&');

/** A predicate on a column of dates, times or instants; what has no value is in no range. */
export const betweenPredicate = (column: ColumnName, range: RangeMatch): Predicate =>
  betweenExpression(sql.ref(column), range);

/** The same of what is made from columns. */
export function betweenExpression(expression: Expression<unknown>, { from, to }: RangeMatch): Predicate {
  const predicates: Predicate[] = [sql`${expression} >= ${from ?? '0'}`];
  if (to !== undefined) predicates.push(sql`${expression} <= ${to}`);
  return eb.and(predicates);
}

/**
 * A predicate on a column that holds one component group of a name.
 * @param part which one: 0 alphabetic, 1 ideographic, 2 phonetic; of a key for any, 0
 */
export function nameGroupPredicate(
  column: ColumnName,
  match: PersonNameMatch | FuzzyNameMatch,
  part: number,
): Predicate {
  if (match.kind === 'fuzzy-name') {
    return wordsPredicate(column, [match.alphabetic, match.ideographic, match.phonetic][part] ?? []);
  }
  const group = [match.alphabetic, match.ideographic, match.phonetic][part];
  return group === undefined ? eb.lit(true) : columnPredicate(column, group);
}

/** Whether a name matches by any component group that is one of some texts, or begins so: an index of each group finds it. */
export function isByBeginning(match: Match): match is PersonNameMatch & { readonly alphabetic: TextMatch } {
  if (match.kind !== 'person-name' || match.groups !== 'any' || match.alphabetic === undefined) return false;
  return match.alphabetic.kind === 'any-of' || isBeginning(match.alphabetic.tokens);
}

/** A predicate on the names of one part: every name that matches is in exactly one of both. */
export function namePartPredicate([column, ...others]: NameColumns, match: Match, part: NamePart): Predicate {
  if (!isByBeginning(match)) throw new Error('A name is searched in parts by its beginning.');
  const alphabetic = columnPredicate(column, match.alphabetic);
  if (part === 'alphabetic') return alphabetic;
  const anyOther = eb.or(others.map((other) => columnPredicate(other, match.alphabetic)));
  return eb.and([anyOther, sql<SqlBool>`(${alphabetic}) is not true`]);
}

function literalName(columns: NameColumns, match: PersonNameMatch): Predicate {
  const { alphabetic, ideographic, phonetic } = match;
  if (match.groups === 'any') {
    return alphabetic === undefined
      ? eb.lit(true)
      : eb.or(columns.map((column) => columnPredicate(column, alphabetic)));
  }
  const groups = [alphabetic, ideographic, phonetic];
  return eb.and(
    columns.flatMap((column, i) => {
      const group = groups[i];
      return group === undefined ? [] : [columnPredicate(column, group)];
    }),
  );
}

function fuzzyName(columns: NameColumns, match: FuzzyNameMatch): Predicate {
  const { alphabetic, ideographic, phonetic } = match;
  if (match.groups === 'any') {
    return alphabetic.length === 0 ? eb.lit(true) : eb.or(columns.map((column) => wordsPredicate(column, alphabetic)));
  }
  const groups = [alphabetic, ideographic, phonetic];
  return eb.and(columns.map((column, i) => wordsPredicate(column, groups[i] ?? [])));
}

/** Each word begins the name, or follows what parts words. */
const wordsPredicate = (column: ColumnName, words: FuzzyWords): Predicate =>
  eb.and(
    words.map((word) => {
      const pattern = patternOf(word);
      const within = WORD_SEPARATORS.map((separator) => likePredicate(column, `%${separator}${pattern}`));
      return eb.or([likePredicate(column, pattern), ...within]);
    }),
  );
