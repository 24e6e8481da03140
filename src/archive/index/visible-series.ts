/** Which series a Scope shows: the only place where a Scope becomes a predicate. */
import type { Expression, ExpressionBuilder, SqlBool } from 'kysely';
import type { Schema } from '../../database/schema.js';
import type { Scope } from '../scope.js';

/** The predicate of a Scope on the table `series`; every read of the index passes through it. */
export function visibleSeries(eb: ExpressionBuilder<Schema, 'series'>, scope: Scope): Expression<SqlBool> {
  switch (scope.kind) {
    case 'everything':
      return eb.lit(true);
    case 'nothing':
      return eb.lit(false);
    case 'site':
      return eb('series.site_id', '=', scope.siteID);
    case 'licence': {
      const { kinds, splits, siteIDs } = scope.predicate;
      return eb.and([
        kinds.length === 0 ? eb.lit(false) : eb('series.kind', 'in', kinds),
        splits.length === 0 ? eb.lit(false) : eb('series.split', 'in', splits),
        siteIDs === undefined
          ? eb.lit(true)
          : siteIDs.length === 0
            ? eb.lit(false)
            : eb('series.site_id', 'in', siteIDs),
      ]);
    }
  }
}
