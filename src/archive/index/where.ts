/** Search keys as predicates on the columns of the index: the only place where a predicate on studies is built. */
import type { Expression, ExpressionBuilder, SqlBool } from 'kysely';
import { sql } from 'kysely';
import type { Schema } from '../../database/schema.js';
import { TAG } from '../../dicom/attributes.js';
import type { Tag } from '../../dicom/data-set.js';
import type { Match } from '../../dicom/matching.js';
import type { PersonNameMatch } from '../../dicom/matching-names.js';
import type { RangeMatch } from '../../dicom/matching-ranges.js';
import type { TextMatch } from '../../dicom/matching-text.js';
import { hasOwnBit, modalityBit, type Scope } from '../scope.js';
import type { AttributeMatch, DateTimeBound, DateTimeMatch, FindQuery } from './find-query.js';
import { hasModalityBits, visibleModalityBits, visibleSeries, visibleStudies } from './visible-series.js';

type Tables = 'study' | 'series' | 'instance';
type Builder = ExpressionBuilder<Schema, Tables>;
type Column = Parameters<Builder['ref']>[0];
type Predicate = Expression<SqlBool>;

const COLUMNS = new Map<Tag, Column>([
  [TAG.StudyInstanceUID, 'study.study_instance_uid'],
  [TAG.StudyDate, 'study.study_date'],
  [TAG.StudyTime, 'study.study_time'],
  [TAG.AccessionNumber, 'study.accession_number'],
  [TAG.StudyID, 'study.study_id'],
  [TAG.StudyDescription, 'study.study_description'],
  [TAG.PatientID, 'study.patient_id'],
  [TAG.PatientBirthDate, 'study.patient_birth_date'],
  [TAG.PatientSex, 'study.patient_sex'],
  [TAG.SeriesInstanceUID, 'series.series_instance_uid'],
  [TAG.Modality, 'series.modality'],
  [TAG.SeriesNumber, 'series.series_number'],
  [TAG.SeriesDescription, 'series.series_description'],
  [TAG.SeriesDate, 'series.series_date'],
  [TAG.BodyPartExamined, 'series.body_part_examined'],
  [TAG.Manufacturer, 'series.manufacturer'],
  [TAG.ManufacturerModelName, 'series.manufacturer_model_name'],
  [TAG.PerformedProcedureStepStartDate, 'series.performed_procedure_step_start_date'],
  [TAG.PerformedProcedureStepStartTime, 'series.performed_procedure_step_start_time'],
  [TAG.SOPInstanceUID, 'instance.sop_instance_uid'],
  [TAG.SOPClassUID, 'instance.sop_class_uid'],
  [TAG.InstanceNumber, 'instance.instance_number'],
]);

/** A name's component groups: alphabetic, ideographic, phonetic. */
const NAME_COLUMNS = new Map<Tag, readonly [Column, Column, Column]>([
  [TAG.PatientName, ['study.patient_name', 'study.patient_name_ideographic', 'study.patient_name_phonetic']],
  [
    TAG.ReferringPhysicianName,
    [
      'study.referring_physician_name',
      'study.referring_physician_name_ideographic',
      'study.referring_physician_name_phonetic',
    ],
  ],
]);

/** Everything a query asks, within what the Scope shows. */
export function whereOf(eb: Builder, scope: Scope, query: FindQuery): Predicate {
  const predicates: Predicate[] = [];
  if (query.level === 'study') predicates.push(visibleStudies(scope, 'study'));
  else predicates.push(visibleSeries(eb, scope));
  if (query.studyInstanceUID !== undefined) {
    predicates.push(eb('study.study_instance_uid', '=', query.studyInstanceUID));
  }
  if (query.seriesInstanceUID !== undefined) {
    predicates.push(eb('series.series_instance_uid', '=', query.seriesInstanceUID));
  }
  for (const key of query.matches) predicates.push(attributePredicate(eb, scope, key));
  for (const range of query.dateTimes) predicates.push(dateTimePredicate(eb, range));
  for (const { keys } of query.sequences) predicates.push(requestPredicate(eb, keys));
  return eb.and(predicates);
}

/** Of the series that are seen, one has such a Modality. Bits beside the study tell it of those that most studies have. */
function hasVisibleModality(eb: Builder, scope: Scope, modality: Match): Predicate {
  if (modality.kind !== 'any-of') return hasVisibleSeries(eb, scope, modality);
  const asked = modality.values.reduce((bits, value) => bits | modalityBit(value), 0);
  const bits = asked & visibleModalityBits(scope);
  if (bits === 0) return eb.lit(false);
  const byBits = hasModalityBits(bits, 'study');
  return modality.values.every(hasOwnBit) ? byBits : eb.and([byBits, hasVisibleSeries(eb, scope, modality)]);
}

function hasVisibleSeries(eb: Builder, scope: Scope, modality: Match): Predicate {
  return eb.exists(
    eb
      .selectFrom('series')
      .select(sql.lit(1).as('one'))
      .whereRef('series.study_row_id', '=', 'study.id')
      .where((inner) => visibleSeries(inner, scope))
      .where((inner) => predicate(inner, 'series.modality', modality)),
  );
}

function attributePredicate(eb: Builder, scope: Scope, { tag, match }: AttributeMatch): Predicate {
  if (match.kind === 'universal') return eb.lit(true);
  if (tag === TAG.ModalitiesInStudy) return hasVisibleModality(eb, scope, match);
  const names = NAME_COLUMNS.get(tag);
  if (names !== undefined && match.kind === 'person-name') return namePredicate(eb, names, match);
  const column = COLUMNS.get(tag);
  if (column === undefined) throw new Error('A matched attribute has a column.');
  return predicate(eb, column, match);
}

function predicate<T extends keyof Schema>(
  builder: ExpressionBuilder<Schema, T>,
  name: Column,
  match: Match,
): Predicate {
  // A column is named with its table, which the query that asks has joined.
  const eb = builder as unknown as Builder;
  switch (match.kind) {
    case 'universal':
      return eb.lit(true);
    case 'any-of':
      return match.values.length === 1 ? eb(name, '=', match.values[0] ?? '') : eb(name, 'in', [...match.values]);
    case 'wildcard':
      return wildcardPredicate(eb, name, match);
    case 'between':
      return betweenPredicate(eb, name, match);
    case 'person-name':
      throw new Error('Only names are matched as names.');
  }
}

/** What stands before the first wildcard bounds the value, so that an index can be used; the pattern decides. */
function wildcardPredicate(eb: Builder, name: Column, { tokens }: TextMatch & { kind: 'wildcard' }): Predicate {
  const predicates: Predicate[] = [];
  const [first, ...rest] = tokens;
  if (typeof first === 'object') {
    predicates.push(eb(name, '>=', first.literal), eb(name, '<', `${first.literal}\u{10ffff}`));
  }
  const isPrefix = typeof first === 'object' && rest.length === 1 && rest[0] === '*';
  if (!isPrefix) predicates.push(likePredicate(eb, name, tokens));
  return eb.and(predicates);
}

function likePredicate(
  eb: Builder,
  name: Column,
  tokens: readonly (string | { readonly literal: string })[],
): Predicate {
  const pattern = tokens
    .map((token) =>
      token === '*' ? '%' : token === '?' ? '_' : escaped(typeof token === 'object' ? token.literal : token),
    )
    .join('');
  return sql<SqlBool>`${eb.ref(name)} like ${pattern} escape '\\'`;
}

const escaped = (literal: string): string => literal.replace(/[\\%_]/g, '\\$&');

function betweenPredicate(eb: Builder, name: Column, { from, to }: RangeMatch): Predicate {
  const predicates: Predicate[] = [eb(name, '>=', from ?? '0')];
  if (to !== undefined) predicates.push(eb(name, '<=', to));
  return eb.and(predicates);
}

function namePredicate(eb: Builder, columns: readonly [Column, Column, Column], match: PersonNameMatch): Predicate {
  const { alphabetic } = match;
  if (match.groups === 'any') {
    return alphabetic === undefined ? eb.lit(true) : eb.or(columns.map((column) => predicate(eb, column, alphabetic)));
  }
  const groups = [match.alphabetic, match.ideographic, match.phonetic];
  return eb.and(
    columns.flatMap((column, i) => {
      const group = groups[i];
      return group === undefined ? [] : [predicate(eb, column, group)];
    }),
  );
}

/** Both attributes as one instant: days between the ends whole, the days at the ends by their times. */
function dateTimePredicate(eb: Builder, { dateTag, timeTag, from, to }: DateTimeMatch): Predicate {
  const date = COLUMNS.get(dateTag);
  const time = COLUMNS.get(timeTag);
  if (date === undefined || time === undefined) throw new Error('A matched attribute has a column.');
  const bound = ({ date: day, time: clock }: DateTimeBound, side: '>' | '<'): Predicate =>
    eb.or([
      eb(date, side, day),
      eb.and([eb(date, '=', day), clock === undefined ? eb.lit(true) : eb(time, `${side}=`, clock)]),
    ]);
  const days = { kind: 'between', from: from?.date, to: to?.date } as const;
  return eb.and([
    betweenPredicate(eb, date, days),
    ...(from === undefined ? [] : [bound(from, '>')]),
    ...(to === undefined ? [] : [bound(to, '<')]),
  ]);
}

/** All keys must hold within one item of Request Attributes Sequence. PS3.4 §C.2.2.2.6 */
function requestPredicate(eb: Builder, keys: readonly AttributeMatch[]): Predicate {
  const searched = keys.filter(({ match }) => match.kind !== 'universal');
  if (searched.length === 0) return eb.lit(true);
  return eb.exists(
    eb
      .selectFrom('series_request')
      .select(sql.lit(1).as('one'))
      .whereRef('series_request.series_row_id', '=', 'series.id')
      .where((inner) =>
        inner.and(searched.map(({ tag, match }) => predicate(inner, requestColumn(tag) as Column, match))),
      ),
  );
}

const requestColumn = (tag: Tag) =>
  tag === TAG.ScheduledProcedureStepID
    ? 'series_request.scheduled_procedure_step_id'
    : 'series_request.requested_procedure_id';
