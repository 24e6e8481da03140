/**
 * Searches the index: the row ids of one page first, from indexes alone, then the rows. Counts and modalities are those
 * of the series that the Scope shows, made anew for each answer.
 */
import type { Kysely, SelectQueryBuilder } from 'kysely';
import type { Database } from '../../database/database.js';
import type { Schema } from '../../database/schema.js';
import { decodePixelFormat } from '../../dicom/pixel-format.js';
import type { Scope } from '../scope.js';
import { withValues } from './answered-values.js';
import type { FindQuery } from './find-query.js';
import type { Found, FoundEntity, FoundStudy } from './found-entity.js';
import { countListed, isListing, type ListedPage, listStudies } from './listing.js';
import { parseSeriesCounts, sumOf } from './series-counts.js';
import { visibleKinds } from './visible-series.js';
import { whereOf } from './where.js';

type Select = SelectQueryBuilder<Schema, 'study' | 'series' | 'instance', object>;

export async function search(database: Database, scope: Scope, query: FindQuery): Promise<Found> {
  const { ids, remaining } = isListing(query)
    ? await listStudies(database, scope, query)
    : await findPage(database, scope, query);
  const entities = ids.length === 0 ? [] : await READ_ENTITIES[query.level](database, scope, ids);
  const { fields } = query;
  const isWhole = fields.length === 0 || entities.length === 0;
  return { entities: isWhole ? entities : await withValues(database, scope, fields, entities), remaining };
}

/** How many studies, series or instances match, whatever page is asked for. */
export async function count(database: Database, scope: Scope, query: FindQuery): Promise<number> {
  if (isListing(query)) return countListed(database, scope);
  return countAll(matchingOf(database, scope, query));
}

/** Row ids of one page, and how many match after it. */
async function findPage(database: Database, scope: Scope, query: FindQuery): Promise<ListedPage> {
  const matching = matchingOf(database, scope, query);
  const found = await inOrder(matching.select(`${query.level}.id as id`), query)
    .limit(query.limit + 1)
    .offset(query.offset)
    .execute();
  return {
    ids: found.slice(0, query.limit).map(({ id }) => id),
    remaining: found.length > query.limit ? (await countAll(matching)) - query.offset - query.limit : 0,
  };
}

const matchingOf = ({ search: wide, dialect }: Database, scope: Scope, query: FindQuery): Select =>
  from(wide, query).where((eb) => whereOf(eb, { scope, dialect }, query));

async function countAll(matching: Select): Promise<number> {
  const { total } = await matching.select((eb) => eb.fn.countAll<number>().as('total')).executeTakeFirstOrThrow();
  return Number(total);
}

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
function inOrder<Row>(select: SelectQueryBuilder<Schema, 'study' | 'series' | 'instance', Row>, query: FindQuery) {
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

type ReadEntities = (database: Database, scope: Scope, ids: readonly number[]) => Promise<readonly FoundEntity[]>;

const NONE: ReadonlyMap<number, string> = new Map();

const READ_ENTITIES: Readonly<Record<FindQuery['level'], ReadEntities>> = {
  study: async (database, scope, ids) => {
    const studies = await readStudies(database, scope, ids);
    return inOrderOf(ids, studies).map((study) => ({ study, series: undefined, instance: undefined, values: NONE }));
  },
  series: async (database, scope, ids) => {
    const series = await readSeries(database, ids);
    const studies = await readStudies(database, scope, distinct([...series.values()].map((one) => one.studyRowID)));
    return inOrderOf(ids, series).flatMap((one) => {
      const study = studies.get(one.studyRowID);
      return study === undefined ? [] : [{ study, series: one, instance: undefined, values: NONE }];
    });
  },
  instance: async (database, scope, ids) => {
    const instances = await readInstances(database, ids);
    const series = await readSeries(database, distinct([...instances.values()].map((one) => one.seriesRowID)));
    const studies = await readStudies(database, scope, distinct([...series.values()].map((one) => one.studyRowID)));
    return inOrderOf(ids, instances).flatMap((instance) => {
      const parent = series.get(instance.seriesRowID);
      const study = parent && studies.get(parent.studyRowID);
      return study === undefined ? [] : [{ study, series: parent, instance, values: NONE }];
    });
  },
};

async function readStudies(
  { read, dialect }: Database,
  scope: Scope,
  ids: readonly number[],
): Promise<ReadonlyMap<number, FoundStudy>> {
  const rows = await read
    .selectFrom('study')
    .select(['id', 'study_instance_uid', 'attributes', 'series_counts'])
    .where(dialect.isAmong('id', ids))
    .execute();
  const isVisible = visibleKinds(scope);
  return new Map(
    rows.map((row) => [
      row.id,
      {
        rowID: row.id,
        studyInstanceUID: row.study_instance_uid,
        attributes: row.attributes,
        ...sumOf(parseSeriesCounts(row.series_counts).filter(({ kind }) => isVisible.has(kind))),
      },
    ]),
  );
}

async function readSeries({ read, dialect }: Database, ids: readonly number[]) {
  const rows = await read
    .selectFrom('series')
    .select(['id', 'study_row_id', 'series_instance_uid', 'attributes', 'instance_count'])
    .where(dialect.isAmong('id', ids))
    .execute();
  return new Map(
    rows.map((row) => [
      row.id,
      {
        rowID: row.id,
        studyRowID: row.study_row_id,
        seriesInstanceUID: row.series_instance_uid,
        attributes: row.attributes,
        instanceCount: row.instance_count,
      },
    ]),
  );
}

async function readInstances({ read, dialect }: Database, ids: readonly number[]) {
  const rows = await read
    .selectFrom('instance')
    .select([
      'id',
      'series_row_id',
      'sop_instance_uid',
      'transfer_syntax_uid',
      'pixel_format',
      'frame_count',
      'attributes',
    ])
    .where(dialect.isAmong('id', ids))
    .execute();
  return new Map(
    rows.map((row) => [
      row.id,
      {
        rowID: row.id,
        seriesRowID: row.series_row_id,
        sopInstanceUID: row.sop_instance_uid,
        transferSyntaxUID: row.transfer_syntax_uid,
        pixelFormat: decodePixelFormat(row.pixel_format),
        frameCount: row.frame_count,
        attributes: row.attributes,
      },
    ]),
  );
}

const distinct = (ids: readonly number[]): readonly number[] => [...new Set(ids)];

/** Rows are read after the ids of the page were: what was deleted in between, or what it belonged to, is left out. */
const inOrderOf = <T>(ids: readonly number[], rows: ReadonlyMap<number, T>): readonly T[] =>
  ids.flatMap((id) => rows.get(id) ?? []);
