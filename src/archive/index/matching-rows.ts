/** The rows that match a search: the ids of one page, in order, and how many there are. From indexes alone, where those know. */
import type { Kysely, SelectQueryBuilder } from 'kysely';
import type { Database } from '../../database/database.js';
import type { Schema } from '../../database/schema.js';
import type { Scope } from '../scope.js';
import type { FindQuery } from './find-query.js';
import { partsOf, whereOf } from './where.js';

type Tables = 'study' | 'series' | 'instance';
type Select<Row = object> = SelectQueryBuilder<Schema, Tables, Row>;

export interface FoundPage {
  /** Row ids, in order. */
  readonly ids: readonly number[];
  /** Whether nothing matches after this page. */
  readonly isLast: boolean;
}

/** Find the rows of one page. */
export async function findPage(database: Database, scope: Scope, query: FindQuery): Promise<FoundPage> {
  const found = await pageOf(database, matchingOf(database, scope, query), query).execute();
  return { ids: found.slice(0, query.limit).map(({ id }) => id), isLast: found.length <= query.limit };
}

/** How many rows match. */
export async function countMatching(database: Database, scope: Scope, query: FindQuery): Promise<number> {
  const parts = matchingOf(database, scope, query);
  const counts = parts.map((part) => part.select((eb) => eb.fn.countAll<number>().as('total')));
  const rows = await unionOf(counts).execute();
  return rows.reduce((sum, { total }) => sum + Number(total), 0);
}

/** What matches, in parts that have no row in common: mostly one. */
type Parts = readonly [Select, ...Select[]];

function matchingOf({ search: wide, dialect }: Database, scope: Scope, query: FindQuery): Parts {
  const select = (part: FindQuery): Select => from(wide, part).where((eb) => whereOf(eb, { scope, dialect }, part));
  const [first, ...others] = dialect.searchesInParts ? partsOf(query) : [query];
  return [select(first), ...others.map(select)];
}

/** Of several parts each is asked for as much as the page can take of it, so that of none more need be read. */
function pageOf({ search: wide }: Database, parts: Parts, query: FindQuery): Select<{ id: number }> {
  const { level, limit, offset } = query;
  const page = (whole: Select) => {
    const rows = inOrder(whole.select(`${level}.id as id`), query);
    return rows.limit(limit + 1).offset(offset);
  };
  if (parts.length === 1) return page(parts[0]);
  const beginnings = parts.map((part) => {
    const studies = inOrder(part.select(['study.id as id', 'study.study_date as study_date']), query);
    return wide.selectFrom(studies.limit(offset + limit + 1).as('study')).selectAll();
  });
  return page(wide.selectFrom(unionOf(beginnings).as('study')) as unknown as Select);
}

const unionOf = <DB, Table extends keyof DB, Row>(selects: readonly SelectQueryBuilder<DB, Table, Row>[]) =>
  selects.reduce((all, one) => all.unionAll(one));

/** The tables that the level needs; a query names no column of the others. */
function from(db: Kysely<Schema>, { level }: FindQuery): Select {
  const study = db.selectFrom('study');
  const series = study.innerJoin('series', 'series.study_row_id', 'study.id');
  const tables = {
    study,
    series,
    instance: series.innerJoin('instance', 'instance.series_row_id', 'series.id'),
  };
  return tables[level] as unknown as Select;
}

/** The latest studies first; series and instances of one parent by their numbers; else in the order in which they came. */
function inOrder<Row>(select: Select<Row>, query: FindQuery): Select<Row> {
  switch (query.level) {
    case 'study':
      return select.orderBy('study.study_date', 'desc').orderBy('study.id', 'desc');
    case 'series':
      return query.studyInstanceUID === undefined
        ? select.orderBy('series.id')
        : select.orderBy('series.series_order').orderBy('series.series_instance_uid');
    case 'instance':
      return query.seriesInstanceUID === undefined
        ? select.orderBy('instance.id')
        : select.orderBy('instance.instance_order').orderBy('instance.sop_instance_uid');
  }
}
