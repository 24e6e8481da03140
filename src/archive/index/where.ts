/** Search keys as predicates on the columns of the index: the only place where a predicate on studies is built. */
import { type ExpressionBuilder, type RawBuilder, type SqlBool, sql } from 'kysely';
import type { Dialect } from '../../database/dialects.js';
import type { Schema } from '../../database/schema.js';
import { TAG } from '../../dicom/attributes.js';
import type { Tag } from '../../dicom/data-set.js';
import type { Match } from '../../dicom/matching.js';
import type { RangeMatch } from '../../dicom/matching-ranges.js';
import { laterDay } from '../../dicom/timezones.js';
import { hasOwnBit, modalityBit, type Scope } from '../scope.js';
import {
  betweenExpression,
  betweenPredicate,
  columnPredicate,
  isByBeginning,
  type NameColumns,
  namePartPredicate,
  namePredicate,
  type Predicate,
} from './column-predicates.js';
import type {
  AttributeMatch,
  DateTimeBound,
  DateTimeMatch,
  FindQuery,
  NamePart,
  ValueGroup,
  ZonedMatch,
} from './find-query.js';
import { trigramsOf } from './trigrams.js';
import { type IsAmong, valuesPredicate } from './value-predicates.js';
import { hasModalityBits, visibleModalityBits, visibleSeries, visibleStudies } from './visible-series.js';

type Tables = 'study' | 'series' | 'instance';
type Builder = ExpressionBuilder<Schema, Tables>;
type Column = Parameters<Builder['ref']>[0];

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

const NAME_COLUMNS = new Map<Tag, NameColumns>([
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

/**
 * A search of studies by the beginning of a name, in two parts that have no study in common. The names of patients who have no
 * other than alphabetic ones are all in the first, which an index answers alone. Any other search is one whole.
 */
export function partsOf(query: FindQuery): readonly [FindQuery, ...FindQuery[]] {
  const { level, matches } = query;
  const at = matches.findIndex(({ tag, match }) => NAME_COLUMNS.has(tag) && isByBeginning(match));
  const name = matches[at];
  if (level !== 'study' || name === undefined) return [query];
  const partOf = (part: NamePart): FindQuery => ({ ...query, matches: matches.with(at, { ...name, part }) });
  return [partOf('alphabetic'), partOf('only-other')];
}

/** Who asks, and which database. */
export interface Asking {
  readonly scope: Scope;
  readonly dialect: Dialect;
}

/** Everything a query asks, within what the Scope shows. */
export function whereOf(eb: Builder, { dialect, scope }: Asking, query: FindQuery): Predicate {
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
  const trigrams = query.matches.flatMap(({ tag, match }) => trigramsOf(tag, match));
  if (trigrams.length > 0) predicates.push(dialect.hasTrigrams(trigrams));
  for (const range of query.dateTimes) predicates.push(dateTimePredicate(eb, range));
  for (const range of query.zoned) predicates.push(zonedPredicate(eb, range));
  for (const group of query.values) predicates.push(valuesPredicate(group, isAmongOf(eb, scope, group)));
  for (const { keys } of query.sequences) predicates.push(requestPredicate(eb, keys));
  return eb.and(predicates);
}

/** Of the series that are seen, one has such a Modality; or, for several that must all be there, one each. */
function modalitiesPredicate(eb: Builder, scope: Scope, match: Match): Predicate {
  if (match.kind === 'all-of') return eb.and(match.matches.map((one) => modalitiesPredicate(eb, scope, one)));
  if (match.kind === 'empty') return eb.not(hasVisibleSeries(eb, scope, sql`series.modality is not null`));
  if (match.kind !== 'any-of') return hasVisibleSeries(eb, scope, columnPredicate('series.modality', match));
  return hasVisibleModality(eb, scope, match.values);
}

/** Bits beside the study tell it of the Modalities that most studies have. */
function hasVisibleModality(eb: Builder, scope: Scope, modalities: readonly string[]): Predicate {
  const asked = modalities.reduce((bits, value) => bits | modalityBit(value), 0);
  const bits = asked & visibleModalityBits(scope);
  if (bits === 0) return eb.lit(false);
  const byBits = hasModalityBits(bits, 'study');
  if (modalities.every(hasOwnBit)) return byBits;
  const match = { kind: 'any-of', values: modalities } as const;
  return eb.and([byBits, hasVisibleSeries(eb, scope, columnPredicate('series.modality', match))]);
}

function hasVisibleSeries(eb: Builder, scope: Scope, predicate: Predicate): Predicate {
  return eb.exists(
    eb
      .selectFrom('series')
      .select(sql.lit(1).as('one'))
      .whereRef('series.study_row_id', '=', 'study.id')
      .where((inner) => visibleSeries(inner, scope))
      .where(predicate),
  );
}

function attributePredicate(eb: Builder, scope: Scope, { tag, match, part }: AttributeMatch): Predicate {
  if (match.kind === 'universal') return eb.lit(true);
  if (tag === TAG.ModalitiesInStudy) return modalitiesPredicate(eb, scope, match);
  const names = NAME_COLUMNS.get(tag);
  if (names === undefined) return columnPredicate(columnOf(tag), match);
  return part === undefined ? namePredicate(names, match) : namePartPredicate(names, match, part);
}

function columnOf(tag: Tag): Column {
  const column = COLUMNS.get(tag);
  if (column === undefined) throw new Error('A matched attribute has a column.');
  return column;
}

/** Both attributes as one instant: days between the ends whole, the days at the ends by their times. */
function dateTimePredicate(eb: Builder, { dateTag, timeTag, from, to }: DateTimeMatch): Predicate {
  const [date, time] = [columnOf(dateTag), columnOf(timeTag)];
  const bound = ({ date: day, time: clock }: DateTimeBound, side: '>' | '<'): Predicate =>
    eb.or([
      eb(date, side, day),
      eb.and([eb(date, '=', day), clock === undefined ? eb.lit(true) : eb(time, `${side}=`, clock)]),
    ]);
  const days = { kind: 'between', from: from?.date, to: to?.date } as const;
  return eb.and([
    betweenPredicate(date, days),
    ...(from === undefined ? [] : [bound(from, '>')]),
    ...(to === undefined ? [] : [bound(to, '<')]),
  ]);
}

/** Where an entity with its own offset from UTC keeps its instant, besides date and time as they were written. */
const INSTANT_COLUMNS = new Map<Tag, Column>([
  [TAG.StudyDate, 'study.study_instant'],
  [TAG.PerformedProcedureStepStartDate, 'series.performed_procedure_step_start_instant'],
]);

/** No offset brings an instant further than to the next day. */
const aroundDays = ({ from, to }: RangeMatch): RangeMatch => ({
  kind: 'between',
  from: from && laterDay(from, -1),
  to: to && laterDay(to, 1),
});

function zonedPredicate(eb: Builder, { dateTag, timeTag, dates, instants, times }: ZonedMatch): Predicate {
  const [date, time, instantColumn] = [columnOf(dateTag), columnOf(timeTag), INSTANT_COLUMNS.get(dateTag)];
  if (instantColumn === undefined) throw new Error('A date and its time have an instant.');
  const instant = sql<string>`coalesce(${eb.ref(instantColumn)}, ${eb.ref(date)} || ${eb.ref(time)})`;
  const hasBoth = sql<SqlBool>`${eb.ref(date)} <> '' and ${eb.ref(time)} is not null`;
  const zoned = eb.and([
    hasBoth,
    ...(instants === undefined
      ? []
      : [betweenPredicate(date, aroundDays(instants)), betweenExpression(instant, instants)]),
    ...(times === undefined ? [] : [eb.or(times.map((one) => betweenExpression(sql`substr(${instant}, 9)`, one)))]),
  ]);
  if (dates === undefined) return zoned;
  return eb.or([zoned, eb.and([eb(time, 'is', null), betweenPredicate(date, dates)])]);
}

/**
 * All keys must hold within one item of Request Attributes Sequence; where all of them ask for no value, none of them has one
 * in a series without items either. PS3.4 §C.2.2.2.6
 */
function requestPredicate(eb: Builder, keys: readonly AttributeMatch[]): Predicate {
  const searched = keys.filter(({ match }) => match.kind !== 'universal');
  if (searched.length === 0) return eb.lit(true);
  const items = eb
    .selectFrom('series_request')
    .select(sql.lit(1).as('one'))
    .whereRef('series_request.series_row_id', '=', 'series.id');
  const hasItem = eb.exists(
    items.where((inner) => inner.and(searched.map(({ tag, match }) => columnPredicate(requestColumn(tag), match)))),
  );
  return searched.every(({ match }) => match.kind === 'empty') ? eb.or([hasItem, eb.not(eb.exists(items))]) : hasItem;
}

/** A study has the values of its series, of those that are seen. */
function isAmongOf(eb: Builder, scope: Scope, { level }: ValueGroup): IsAmong {
  if (level !== 'study') return (rowIDs) => sql`${eb.ref(`${level}.id`)} in (${rowIDs})`;
  const ofVisible = (rowIDs: RawBuilder<unknown>) =>
    eb
      .selectFrom('series')
      .select('series.study_row_id')
      .where((inner) => visibleSeries(inner, scope))
      .where(sql<SqlBool>`series.id in (${rowIDs})`);
  return (rowIDs) => eb('study.id', 'in', ofVisible(rowIDs));
}

const requestColumn = (tag: Tag) =>
  tag === TAG.ScheduledProcedureStepID
    ? 'series_request.scheduled_procedure_step_id'
    : 'series_request.requested_procedure_id';
