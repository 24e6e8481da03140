/**
 * Searches the index: the row ids of one page first, from indexes alone, then the rows. Counts and modalities are those
 * of the series that the Scope shows, made anew for each answer.
 */
import type { Database } from '../../database/database.js';
import { decodePixelFormat } from '../../dicom/pixel-format.js';
import type { Scope } from '../scope.js';
import { withValues } from './answered-values.js';
import type { FindQuery } from './find-query.js';
import type { Found, FoundEntity, FoundStudy } from './found-entity.js';
import { countListed, isListing, listStudies } from './listing.js';
import { countMatching, findPage } from './matching-rows.js';
import { parseSeriesCounts, sumOf } from './series-counts.js';
import { visibleKinds } from './visible-series.js';

export async function search(database: Database, scope: Scope, query: FindQuery): Promise<Found> {
  if (isListing(query)) {
    const { ids, remaining } = await listStudies(database, scope, query);
    return { entities: await readPage(database, scope, query, ids), remaining };
  }
  const { ids, isLast } = await findPage(database, scope, query);
  const [entities, total] = await Promise.all([
    readPage(database, scope, query, ids),
    isLast ? undefined : countMatching(database, scope, query),
  ]);
  return { entities, remaining: total === undefined ? 0 : total - query.offset - ids.length };
}

/** How many studies, series or instances match, whatever page is asked for. */
export const count = (database: Database, scope: Scope, query: FindQuery): Promise<number> =>
  isListing(query) ? countListed(database, scope) : countMatching(database, scope, query);

async function readPage(
  database: Database,
  scope: Scope,
  { level, fields }: FindQuery,
  ids: readonly number[],
): Promise<readonly FoundEntity[]> {
  const entities = ids.length === 0 ? [] : await READ_ENTITIES[level](database, scope, ids);
  const isWhole = fields.length === 0 || entities.length === 0;
  return isWhole ? entities : withValues(database, scope, fields, entities);
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
