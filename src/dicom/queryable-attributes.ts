/**
 * The attributes that a search can match and answer, level by level: PS3.18 Tables 10.6.1-5 and 10.6.3-3 to 10.6.3-5,
 * and those beyond them that people look for. Data, not code: index, search and conformance statement all read it here.
 */
import { TAG } from './attributes.js';
import type { Tag } from './data-set.js';
import { findDictionaryEntry } from './dictionary.js';
import type { VR } from './vr.js';

/** Patient attributes are those of the study. PS3.18 §10.6.1.2.1 */
export type QueryLevel = 'study' | 'series' | 'instance';

export interface QueryableAttribute {
  readonly tag: Tag;
  readonly keyword: string;
  readonly vr: VR;
  readonly level: QueryLevel;
  /** `always`, with no value when there is none; `if-known`; or only `on-request`, by match key or includefield. */
  readonly returned: 'always' | 'if-known' | 'on-request';
  /** May be a match key. */
  readonly isMatched: boolean;
  /** Made by the archive from what the caller may see, not read from the instance. */
  readonly isComputed: boolean;
}

type Returned = QueryableAttribute['returned'];
type Row = readonly [tag: Tag, returned: Returned, use?: 'returned-only' | 'computed' | 'computed-and-matched'];

const STUDY: readonly Row[] = [
  [TAG.StudyDate, 'always'],
  [TAG.StudyTime, 'always'],
  [TAG.AccessionNumber, 'always'],
  [TAG.InstanceAvailability, 'always', 'computed'],
  [TAG.ModalitiesInStudy, 'always', 'computed-and-matched'],
  [TAG.ReferringPhysicianName, 'always'],
  [TAG.TimezoneOffsetFromUTC, 'if-known', 'returned-only'],
  [TAG.StudyDescription, 'on-request'],
  [TAG.RetrieveURL, 'always', 'computed'],
  [TAG.PatientName, 'always'],
  [TAG.PatientID, 'always'],
  [TAG.PatientBirthDate, 'always'],
  [TAG.PatientSex, 'always'],
  [TAG.PatientAge, 'on-request', 'returned-only'],
  [TAG.StudyInstanceUID, 'always'],
  [TAG.StudyID, 'always'],
  [TAG.NumberOfStudyRelatedSeries, 'always', 'computed'],
  [TAG.NumberOfStudyRelatedInstances, 'always', 'computed'],
];

const SERIES: readonly Row[] = [
  [TAG.SeriesDate, 'on-request'],
  [TAG.SeriesTime, 'on-request', 'returned-only'],
  [TAG.Modality, 'always'],
  [TAG.Manufacturer, 'on-request'],
  [TAG.SeriesDescription, 'if-known'],
  [TAG.ManufacturerModelName, 'on-request'],
  [TAG.RetrieveURL, 'always', 'computed'],
  [TAG.BodyPartExamined, 'on-request'],
  [TAG.SeriesInstanceUID, 'always'],
  [TAG.SeriesNumber, 'always'],
  [TAG.NumberOfSeriesRelatedInstances, 'always', 'computed'],
  [TAG.PerformedProcedureStepStartDate, 'if-known'],
  [TAG.PerformedProcedureStepStartTime, 'if-known'],
  [TAG.RequestAttributesSequence, 'if-known'],
];

const INSTANCE: readonly Row[] = [
  [TAG.SOPClassUID, 'always'],
  [TAG.SOPInstanceUID, 'always'],
  [TAG.InstanceAvailability, 'always', 'computed'],
  [TAG.RetrieveURL, 'always', 'computed'],
  [TAG.AvailableTransferSyntaxUID, 'always', 'computed'],
  [TAG.InstanceNumber, 'always'],
  [TAG.NumberOfFrames, 'if-known', 'returned-only'],
  [TAG.Rows, 'if-known', 'returned-only'],
  [TAG.Columns, 'if-known', 'returned-only'],
  [TAG.BitsAllocated, 'if-known', 'returned-only'],
];

/** The attributes within Request Attributes Sequence that are searched. */
export const REQUEST_ATTRIBUTES = [TAG.ScheduledProcedureStepID, TAG.RequestedProcedureID] as const;

/** All of them, ascending by tag within their level. */
export const QUERYABLE_ATTRIBUTES: readonly QueryableAttribute[] = [
  ...STUDY.map((row) => attribute('study', row)),
  ...SERIES.map((row) => attribute('series', row)),
  ...INSTANCE.map((row) => attribute('instance', row)),
];

const byLevel = new Map(QUERYABLE_ATTRIBUTES.map((entry) => [`${entry.level}/${entry.tag}`, entry]));

/** Find what a search of that level knows of the attribute. */
export const findQueryable = (level: QueryLevel, tag: Tag): QueryableAttribute | undefined =>
  byLevel.get(`${level}/${tag}`);

export const queryableAttributesOf = (level: QueryLevel): readonly QueryableAttribute[] =>
  QUERYABLE_ATTRIBUTES.filter((entry) => entry.level === level);

function attribute(level: QueryLevel, [tag, returned, use]: Row): QueryableAttribute {
  const entry = findDictionaryEntry(tag);
  if (entry === undefined) throw new Error('A queryable attribute is in the dictionary.');
  const { keyword, vr } = entry;
  const isComputed = use === 'computed' || use === 'computed-and-matched';
  return {
    tag,
    keyword,
    vr,
    level,
    returned,
    isComputed,
    isMatched: use === undefined || use === 'computed-and-matched',
  };
}
