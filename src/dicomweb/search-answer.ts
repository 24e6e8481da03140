/** What a search answers for one study, series or instance, as DICOM JSON in tag order. PS3.18 §10.6.3.3 */
import type { FoundEntity } from '../archive/index/search.js';
import { TAG } from '../dicom/attributes.js';
import { type Tag, tagText } from '../dicom/data-set.js';
import { type QueryableAttribute, type QueryLevel, queryableAttributesOf } from '../dicom/queryable-attributes.js';
import { memberTexts } from './member-texts.js';
import { instanceURL, seriesURL, studyURL } from './urls.js';

/** Which levels answer with all their attributes, and which one is asked for. PS3.18 Table 10.6.3-2 */
export interface AnswerShape {
  readonly level: QueryLevel;
  readonly returnedLevels: readonly QueryLevel[];
  readonly returnTags: ReadonlySet<Tag> | 'all';
}

interface Column {
  readonly attribute: QueryableAttribute;
  /** `00080020` */
  readonly tag: string;
  /** `"00080020":` */
  readonly name: string;
  /** What stands when there is no value; undefined when the attribute is then left out. */
  readonly empty: string | undefined;
}

const LEVELS: readonly QueryLevel[] = ['study', 'series', 'instance'];
/** The UIDs of all levels above are answered too, for viewers read them. */
const IDENTIFYING: ReadonlySet<Tag> = new Set<Tag>([TAG.StudyInstanceUID, TAG.SeriesInstanceUID]);
/** Of the answered entity alone: a series has its own URL, not that of its study. */
const OF_THE_ENTITY: ReadonlySet<Tag> = new Set<Tag>([TAG.RetrieveURL, TAG.InstanceAvailability]);

/** Make the function that writes answers of that shape; it is made once for a request. */
export function answerWriter(shape: AnswerShape, base: string): (entity: FoundEntity) => string {
  const columns = columnsOf(shape);
  return (entity) => {
    const attributes: Record<QueryLevel, ReadonlyMap<string, string>> = {
      study: memberTexts(entity.study.attributes),
      series: memberTexts(entity.series?.attributes),
      instance: memberTexts(entity.instance?.attributes),
    };
    const members = columns.flatMap(({ attribute, tag, name, empty }) => {
      const text = attribute.isComputed
        ? computed(attribute, entity, base)
        : (identifying(attribute, entity) ?? attributes[attribute.level].get(tag));
      const member = text ?? empty;
      return member === undefined ? [] : [name + member];
    });
    return `{${members.join()}}`;
  };
}

function columnsOf({ level, returnedLevels, returnTags }: AnswerShape): readonly Column[] {
  const answered = LEVELS.slice(0, LEVELS.indexOf(level) + 1);
  return answered
    .flatMap((one) => queryableAttributesOf(one))
    .filter((attribute) => {
      if (OF_THE_ENTITY.has(attribute.tag)) return attribute.level === level;
      if (IDENTIFYING.has(attribute.tag) || returnTags === 'all' || returnTags.has(attribute.tag)) return true;
      return returnedLevels.includes(attribute.level) && attribute.returned !== 'on-request';
    })
    .sort((a, b) => a.tag - b.tag)
    .map((attribute) => ({
      attribute,
      tag: tagText(attribute.tag),
      name: `"${tagText(attribute.tag)}":`,
      empty: attribute.returned === 'if-known' ? undefined : `{"vr":"${attribute.vr}"}`,
    }));
}

/** The UIDs under which the entity is retrieved, whatever else is known of it. */
function identifying({ tag, vr }: QueryableAttribute, entity: FoundEntity): string | undefined {
  const uid = identifyingUID(tag, entity);
  return uid === undefined ? undefined : `{"vr":"${vr}","Value":["${uid}"]}`;
}

function identifyingUID(tag: Tag, { study, series, instance }: FoundEntity): string | undefined {
  switch (tag) {
    case TAG.StudyInstanceUID:
      return study.studyInstanceUID;
    case TAG.SeriesInstanceUID:
      return series?.seriesInstanceUID;
    case TAG.SOPInstanceUID:
      return instance?.sopInstanceUID;
    default:
      return undefined;
  }
}

function computed({ tag, vr }: QueryableAttribute, entity: FoundEntity, base: string): string | undefined {
  const values = computedValues(tag, entity, base);
  return values === undefined ? undefined : `{"vr":"${vr}","Value":${JSON.stringify(values)}}`;
}

function computedValues(
  tag: Tag,
  { study, series, instance }: FoundEntity,
  base: string,
): readonly (string | number)[] | undefined {
  switch (tag) {
    case TAG.InstanceAvailability:
      return ['ONLINE'];
    case TAG.ModalitiesInStudy:
      return study.modalities.length === 0 ? undefined : study.modalities;
    case TAG.NumberOfStudyRelatedSeries:
      return [study.seriesCount];
    case TAG.NumberOfStudyRelatedInstances:
      return [study.instanceCount];
    case TAG.NumberOfSeriesRelatedInstances:
      return series && [series.instanceCount];
    case TAG.AvailableTransferSyntaxUID:
      return instance && [instance.transferSyntaxUID];
    case TAG.RetrieveURL:
      return [retrieveURL({ study, series, instance }, base)];
    default:
      throw new Error('A computed attribute has a value that is computed.');
  }
}

function retrieveURL({ study, series, instance }: FoundEntity, base: string): string {
  const { studyInstanceUID } = study;
  if (series === undefined) return studyURL(base, studyInstanceUID);
  const { seriesInstanceUID } = series;
  if (instance === undefined) return seriesURL(base, studyInstanceUID, seriesInstanceUID);
  return instanceURL(base, { studyInstanceUID, seriesInstanceUID, sopInstanceUID: instance.sopInstanceUID });
}
