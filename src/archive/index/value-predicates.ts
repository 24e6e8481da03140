/** Keys on attributes that curators have added, as a predicate on the rows that have such values. */
import { type RawBuilder, type SqlBool, sql } from 'kysely';
import type { Match } from '../../dicom/matching.js';
import { invalidRequest } from '../../errors.js';
import type { ValueTable } from '../query-attributes/value-rows.js';
import { columnPredicate, nameGroupPredicate, type Predicate } from './column-predicates.js';
import type { ValueGroup, ValueKey } from './find-query.js';

/** Rows whose id is among what a query gives. */
export type IsAmong = (rowIDs: RawBuilder<unknown>) => Predicate;

/** What one row of values has to be. */
interface Condition {
  readonly attributeID: number;
  /** Component group of a name; any when undefined. */
  readonly part?: number;
  readonly on: (column: string) => Predicate;
}

/** @param isAmong makes a predicate of the ids of series, or of instances where the level is that, that match */
export function valuesPredicate(group: ValueGroup, isAmong: IsAmong): Predicate {
  const table = group.level === 'instance' ? 'instance_value' : 'series_value';
  // Within one item they are looked for together, else each by itself: joined, many equal values would be many more rows.
  const rows = (conditions: readonly Condition[]) => {
    if (group.isInSequence) return isAmong(matchingRows(table, atMost(MOST_JOINED, conditions)));
    const each = conditions.map((condition) => isAmong(matchingRows(table, [condition])));
    return sql<SqlBool>`(${sql.join(each, sql` and `)})`;
  };
  if (!group.keys.every(({ match }) => match.kind === 'empty')) return rows(group.keys.flatMap(conditionsOf));
  const [first] = group.keys;
  if (first === undefined) throw new Error('A group has keys.');
  const { attributeID } = first;
  if (!group.isInSequence) return not(rows([{ attributeID, on: isNotNull }]));
  return sql<SqlBool>`(${rows(group.keys.flatMap(conditionsOf))} or ${not(rows([{ attributeID, on: () => sql`1 = 1` }]))})`;
}

/** SQLite joins 64 tables at most, and each of many equal values with each. */
const MOST_JOINED = 8;

function atMost<T>(most: number, conditions: readonly T[]): readonly T[] {
  if (conditions.length > most) throw invalidRequest(`At most ${most} values can be asked for within one item.`);
  return conditions;
}

const not = (predicate: Predicate): Predicate => sql<SqlBool>`not (${predicate})`;
const isNotNull = (column: string): Predicate => sql<SqlBool>`${sql.ref(column)} is not null`;
const isNull = (column: string): Predicate => sql<SqlBool>`${sql.ref(column)} is null`;

function conditionsOf({ attributeID, match }: ValueKey): readonly Condition[] {
  switch (match.kind) {
    case 'empty':
      return [{ attributeID, on: isNull }];
    case 'all-of':
      return match.matches.flatMap((one) => conditionsOf({ attributeID, match: one }));
    case 'person-name':
    case 'fuzzy-name':
      return namedParts(match).map((part) => ({
        attributeID,
        ...(match.groups === 'each' ? { part } : {}),
        on: (column: string) => nameGroupPredicate(column, match, part),
      }));
    default:
      return [{ attributeID, on: (column) => columnPredicate(column, match) }];
  }
}

/** Component groups that the key names; the first stands for any. */
function namedParts(match: Match & { readonly kind: 'person-name' | 'fuzzy-name' }): readonly number[] {
  if (match.groups === 'any') return [0];
  const groups = [match.alphabetic, match.ideographic, match.phonetic];
  return groups.flatMap((group, part) =>
    group === undefined || ('length' in group && group.length === 0) ? [] : [part],
  );
}

/** Rows with a value for each condition, all of them in one item. */
function matchingRows(table: ValueTable, conditions: readonly Condition[]): RawBuilder<unknown> {
  const joined = conditions.slice(1).map((_, i) => {
    const alias = `v${i + 1}`;
    return sql`inner join ${sql.table(table)} as ${sql.ref(alias)}
      on ${sql.ref(`${alias}.row_id`)} = v0.row_id and ${sql.ref(`${alias}.item`)} = v0.item`;
  });
  const held = conditions.map(({ attributeID, part, on }, i) => {
    const ofPart = part === undefined ? sql`` : sql` and ${sql.ref(`v${i}.part`)} = ${part}`;
    return sql`${sql.ref(`v${i}.attribute_id`)} = ${attributeID}${ofPart} and ${on(`v${i}.value`)}`;
  });
  return sql`select v0.row_id from ${sql.table(table)} as v0 ${sql.join(joined, sql` `)}
    where ${sql.join(held, sql` and `)}`;
}
