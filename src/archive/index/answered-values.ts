/** What is answered of attributes that curators have added: read only where a search asks for them. */
import type { Database } from '../../database/database.js';
import type { Scope } from '../scope.js';
import type { ValueField } from './find-query.js';
import type { FoundEntity } from './found-entity.js';
import { visibleSeries } from './visible-series.js';

/** Give each entity the elements of these fields, of itself and of the levels above it. */
export async function withValues(
  database: Database,
  scope: Scope,
  fields: readonly ValueField[],
  entities: readonly FoundEntity[],
): Promise<readonly FoundEntity[]> {
  const idsOf = (level: ValueField['level']): readonly number[] =>
    fields.filter((field) => field.level === level).map(({ attributeID }) => attributeID);
  const rowsOf = (rowID: (entity: FoundEntity) => number | undefined): readonly number[] => [
    ...new Set(entities.flatMap((entity) => rowID(entity) ?? [])),
  ];
  const [ofStudies, ofSeries, ofInstances] = await Promise.all([
    studyElements(
      database,
      scope,
      idsOf('study'),
      rowsOf(({ study }) => study.rowID),
    ),
    elements(
      database,
      'series_value',
      idsOf('series'),
      rowsOf(({ series }) => series?.rowID),
    ),
    elements(
      database,
      'instance_value',
      idsOf('instance'),
      rowsOf(({ instance }) => instance?.rowID),
    ),
  ]);
  return entities.map((entity) => {
    const { study, series, instance } = entity;
    const values = new Map([
      ...(ofStudies.get(study.rowID) ?? []),
      ...(ofSeries.get(series?.rowID ?? 0) ?? []),
      ...(ofInstances.get(instance?.rowID ?? 0) ?? []),
    ]);
    return { ...entity, values };
  });
}

/** By row, by attribute. */
type Elements = ReadonlyMap<number, ReadonlyMap<number, string>>;

async function elements(
  { read, dialect }: Database,
  table: 'series_value' | 'instance_value',
  attributeIDs: readonly number[],
  rowIDs: readonly number[],
): Promise<Elements> {
  if (attributeIDs.length === 0 || rowIDs.length === 0) return new Map();
  const rows = await read
    .selectFrom(table)
    .select(['row_id as owner', 'attribute_id', 'element'])
    .where(dialect.isAmong('row_id', rowIDs))
    .where('attribute_id', 'in', attributeIDs)
    .where('position', '=', 0)
    .execute();
  return byOwner(rows);
}

/** Of a study what the first of its series has that the Scope shows. */
async function studyElements(
  { read, dialect }: Database,
  scope: Scope,
  attributeIDs: readonly number[],
  studyRowIDs: readonly number[],
): Promise<Elements> {
  if (attributeIDs.length === 0 || studyRowIDs.length === 0) return new Map();
  const rows = await read
    .selectFrom('series')
    .innerJoin('series_value', 'series_value.row_id', 'series.id')
    .select(['series.study_row_id as owner', 'series_value.attribute_id', 'series_value.element'])
    .where(dialect.isAmong('series.study_row_id', studyRowIDs))
    .where((eb) => visibleSeries(eb, scope))
    .where('series_value.attribute_id', 'in', attributeIDs)
    .where('series_value.position', '=', 0)
    .orderBy('series.id')
    .execute();
  return byOwner(rows);
}

function byOwner(
  rows: readonly { readonly owner: number; readonly attribute_id: number; readonly element: string | null }[],
): Elements {
  const found = new Map<number, Map<number, string>>();
  for (const { owner, attribute_id: id, element } of rows) {
    const own = found.get(owner) ?? new Map<number, string>();
    found.set(owner, own);
    if (element !== null && !own.has(id)) own.set(id, element);
  }
  return found;
}
