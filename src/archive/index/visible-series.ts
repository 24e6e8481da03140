/** What a Scope shows: the only place where a Scope becomes a predicate, on series and on the studies they make visible. */
import { type Expression, type ExpressionBuilder, expressionBuilder, type SqlBool, sql } from 'kysely';
import type { Schema } from '../../database/schema.js';
import { IMAGING_KINDS, type ImagingKind, imagingKindBits, type LicencePredicate, type Scope } from '../scope.js';

type Predicate = Expression<SqlBool>;

/** A table whose rows tell what a Scope asks of a series: of one that is there, and of one whose instances were deleted. */
type SeriesTable = 'series' | 'deleted_instance';
type SeriesBuilder = ExpressionBuilder<Schema, SeriesTable>;

/** The predicate of a Scope on the table `series`; every read of series and instances passes through it. */
export const visibleSeries = (eb: ExpressionBuilder<Schema, 'series'>, scope: Scope): Predicate =>
  visibleIn(eb as unknown as SeriesBuilder, scope, 'series');

/** The same predicate on `deleted_instance`: whether the Scope would show the instance, were it there. */
export const visibleDeleted = (eb: ExpressionBuilder<Schema, 'deleted_instance'>, scope: Scope): Predicate =>
  visibleIn(eb as unknown as SeriesBuilder, scope, 'deleted_instance');

/** @param table the one that the query has, whose columns are meant */
function visibleIn(eb: SeriesBuilder, scope: Scope, table: SeriesTable): Predicate {
  switch (scope.kind) {
    case 'everything':
      return eb.lit(true);
    case 'nothing':
      return eb.lit(false);
    case 'site':
      return eb(`${table}.site_id`, '=', scope.siteID);
    case 'licence': {
      const { kinds, splits, siteIDs } = scope.predicate;
      return eb.and([
        kinds.length === 0 ? eb.lit(false) : eb(`${table}.kind`, 'in', kinds),
        splits.length === 0 ? eb.lit(false) : eb(`${table}.split`, 'in', splits),
        ...(siteIDs === undefined
          ? []
          : [siteIDs.length === 0 ? eb.lit(false) : eb(`${table}.site_id`, 'in', siteIDs)]),
      ]);
    }
  }
}

/** A table whose rows tell of studies what a Scope asks: a study has one site and one split, and the kinds of its series. */
type StudyTable = 'study' | 'study_month';

/**
 * The same predicate on studies, asked of their own columns: a study is seen when one of its series is.
 * @param table the one of the two whose columns are meant
 */
export function visibleStudies(scope: Scope, table: StudyTable): Predicate {
  const eb = expressionBuilder<Schema, StudyTable>();
  switch (scope.kind) {
    case 'everything':
      return eb.lit(true);
    case 'nothing':
      return eb.lit(false);
    case 'site':
      return eb(`${table}.site_id`, '=', scope.siteID);
    case 'licence':
      return licensedStudies(scope.predicate, table);
  }
}

function licensedStudies({ kinds, splits, siteIDs }: LicencePredicate, table: StudyTable): Predicate {
  const eb = expressionBuilder<Schema, StudyTable>();
  if (kinds.length === 0 || splits.length === 0 || siteIDs?.length === 0) return eb.lit(false);
  return eb.and([
    hasModalityBits(imagingKindBits(kinds), table),
    eb(`${table}.split`, 'in', splits),
    ...(siteIDs === undefined ? [] : [eb(`${table}.site_id`, 'in', siteIDs)]),
  ]);
}

/** One of the series of a study has a Modality with one of these bits. */
export const hasModalityBits = (bits: number, table: StudyTable): Predicate =>
  sql<SqlBool>`(${sql.ref(`${table}.modality_bits`)} & ${sql.lit(bits)}) <> 0`;

/** The kinds of series that a Scope shows, of the studies that it shows. */
export function visibleKinds(scope: Scope): ReadonlySet<ImagingKind> {
  if (scope.kind === 'nothing') return new Set();
  return new Set(scope.kind === 'licence' ? scope.predicate.kinds : IMAGING_KINDS);
}

/** The bits of the Modalities that a Scope shows. */
export const visibleModalityBits = (scope: Scope): number => imagingKindBits([...visibleKinds(scope)]);
