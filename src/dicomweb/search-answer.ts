/** What a search answers for one study, series or instance, attribute by attribute in tag order. PS3.18 §10.6.3.3 */
import type { FoundEntity, FoundInstance } from '../archive/index/found-entity.js';
import { keywordsOf } from '../archive/query-attributes/query-attribute.js';
import { TAG } from '../dicom/attributes.js';
import { type Tag, tagText } from '../dicom/data-set.js';
import { type QueryableAttribute, type QueryLevel, queryableAttributesOf } from '../dicom/queryable-attributes.js';
import type { VR } from '../dicom/vr.js';
import { availableSyntaxes } from '../pixels/available-syntaxes.js';
import type { AddedField } from './added-attributes.js';
import { memberTexts } from './member-texts.js';
import { instanceURL, seriesURL, studyURL } from './urls.js';

/** Which levels answer with all their attributes, and which one is asked for. PS3.18 Table 10.6.3-2 */
export interface AnswerShape {
  readonly level: QueryLevel;
  readonly returnedLevels: readonly QueryLevel[];
  readonly returnTags: ReadonlySet<Tag> | 'all';
  /** Attributes that curators have added, as far as they are returned. */
  readonly fields: readonly AddedField[];
}

/** One attribute of the answers. */
export interface AnswerColumn {
  readonly source: Source;
  readonly vr: VR;
  /** What the column of a table is called. */
  readonly heading: string;
  /** `00080020` */
  readonly tag: string;
  /** What stands when there is no value; undefined when the attribute is then left out. */
  readonly empty: string | undefined;
}

/** Where an answer has it from: what every archive knows, an added attribute, or it is the same in all of them. */
type Source =
  | { readonly kind: 'known'; readonly attribute: QueryableAttribute }
  | { readonly kind: 'added'; readonly id: number }
  | { readonly kind: 'constant'; readonly text: string };

const LEVELS: readonly QueryLevel[] = ['study', 'series', 'instance'];
/** The UIDs of all levels above are answered too, for viewers read them. */
const IDENTIFYING: ReadonlySet<Tag> = new Set<Tag>([TAG.StudyInstanceUID, TAG.SeriesInstanceUID]);
/** Of the answered entity alone: a series has its own URL, not that of its study. */
const OF_THE_ENTITY: ReadonlySet<Tag> = new Set<Tag>([TAG.RetrieveURL, TAG.InstanceAvailability]);

/** The stored attributes of each level, by tag. */
type StoredAttributes = Readonly<Record<QueryLevel, ReadonlyMap<string, string>>>;
/** Gives the text of one element, or undefined when the entity has none. */
type ElementText = (entity: FoundEntity, attributes: StoredAttributes) => string | undefined;

/** Make the function that writes answers of that shape as DICOM JSON; it is made once for a request, and runs a thousand times. */
export function answerWriter(shape: AnswerShape, base: string): (entity: FoundEntity) => string {
  const columns = answerColumns(shape);
  const names = columns.map(({ tag }) => `"${tag}":`);
  const elementsOf = elementReader(columns, base);
  return (entity) => {
    let answer = '';
    for (const [i, element] of elementsOf(entity).entries()) {
      if (element !== undefined) answer += (answer === '' ? '{' : ',') + names[i] + element;
    }
    return `${answer}}`;
  };
}

/** Make the function that gives the element of each column as DICOM JSON; undefined for one that is left out. */
export function elementReader(
  columns: readonly AnswerColumn[],
  base: string,
): (entity: FoundEntity) => readonly (string | undefined)[] {
  const sources = columns.map((column) => sourceText(column, base));
  return (entity) => {
    const attributes: StoredAttributes = {
      study: memberTexts(entity.study.attributes),
      series: memberTexts(entity.series?.attributes),
      instance: memberTexts(entity.instance?.attributes),
    };
    return sources.map((textOf, i) => textOf(entity, attributes) ?? columns[i]?.empty);
  };
}

function sourceText({ source, tag }: AnswerColumn, base: string): ElementText {
  if (source.kind === 'constant') return () => source.text;
  if (source.kind === 'added') return ({ values }) => values.get(source.id);
  const { attribute } = source;
  const known = knownText(attribute, base);
  const { level } = attribute;
  if (known === undefined) return (_, attributes) => attributes[level].get(tag);
  return (entity, attributes) => known(entity) ?? attributes[level].get(tag);
}

/** The attributes of answers of that shape, in tag order, each tag once. */
export function answerColumns({ level, returnedLevels, returnTags, fields }: AnswerShape): readonly AnswerColumn[] {
  const answered = LEVELS.slice(0, LEVELS.indexOf(level) + 1);
  const known = answered
    .flatMap((one) => queryableAttributesOf(one))
    .filter((attribute) => {
      if (OF_THE_ENTITY.has(attribute.tag)) return attribute.level === level;
      if (IDENTIFYING.has(attribute.tag) || returnTags === 'all' || returnTags.has(attribute.tag)) return true;
      return returnedLevels.includes(attribute.level) && attribute.returned !== 'on-request';
    });
  const added = fields.toSorted((a, b) => LEVELS.indexOf(a.level) - LEVELS.indexOf(b.level));
  // Of two for one tag the last stays: that of the lower level, and before it what every archive knows.
  const columns = [...added.flatMap(addedColumns), ...known.map(knownColumn)];
  return [...new Map(columns.map((column) => [column.tag, column])).values()].sort((a, b) => (a.tag < b.tag ? -1 : 1));
}

const knownColumn = (attribute: QueryableAttribute): AnswerColumn => ({
  source: { kind: 'known', attribute },
  vr: attribute.vr,
  heading: attribute.keyword,
  tag: tagText(attribute.tag),
  empty: attribute.returned === 'if-known' ? undefined : emptyElement(attribute.vr),
});

/** A private attribute comes with its Private Creator. PS3.18 §8.3.4.3 */
function addedColumns({ attribute, tag, creator }: AddedField): readonly AnswerColumn[] {
  const vr = attribute.path.length > 1 ? 'SQ' : attribute.vr;
  const own: AnswerColumn = {
    source: { kind: 'added', id: attribute.id },
    vr,
    heading: creator === undefined ? keywordsOf({ ...attribute, path: attribute.path.slice(0, 1) }) : tagText(tag),
    tag: tagText(tag),
    empty: emptyElement(vr),
  };
  if (creator === undefined) return [own];
  const { tag: creatorTag } = creator;
  return [
    {
      source: { kind: 'constant', text: element('LO', JSON.stringify(creator.name)) },
      vr: 'LO',
      heading: tagText(creatorTag),
      tag: tagText(creatorTag),
      empty: undefined,
    },
    own,
  ];
}

const emptyElement = (vr: VR): string => `{"vr":"${vr}"}`;

/** An element of one value, whose text in JSON is `json`. */
const element = (vr: string, json: string | number): string => `{"vr":"${vr}","Value":[${json}]}`;

const availableText = (instance: FoundInstance, vr: VR): string =>
  `{"vr":"${vr}","Value":${JSON.stringify(availableSyntaxes(instance))}}`;

/** The UIDs under which an entity is retrieved, whatever else is known of it, and what is made from what the caller may see. */
function knownText(
  { tag, vr, isComputed }: QueryableAttribute,
  base: string,
): ((entity: FoundEntity) => string | undefined) | undefined {
  switch (tag) {
    case TAG.StudyInstanceUID:
      return ({ study }) => element(vr, `"${study.studyInstanceUID}"`);
    case TAG.SeriesInstanceUID:
      return ({ series }) => series && element(vr, `"${series.seriesInstanceUID}"`);
    case TAG.SOPInstanceUID:
      return ({ instance }) => instance && element(vr, `"${instance.sopInstanceUID}"`);
    case TAG.AvailableTransferSyntaxUID:
      return ({ instance }) => instance && availableText(instance, vr);
    case TAG.InstanceAvailability:
      return () => element(vr, '"ONLINE"');
    case TAG.ModalitiesInStudy:
      return ({ study }) => modalitiesText(study.modalities, vr);
    case TAG.NumberOfStudyRelatedSeries:
      return ({ study }) => element(vr, study.seriesCount);
    case TAG.NumberOfStudyRelatedInstances:
      return ({ study }) => element(vr, study.instanceCount);
    case TAG.NumberOfSeriesRelatedInstances:
      return ({ series }) => series && element(vr, series.instanceCount);
    case TAG.RetrieveURL: {
      const quotedBase = JSON.stringify(base).slice(1, -1);
      return (entity) => element(vr, `"${retrieveURL(entity, quotedBase)}"`);
    }
    default:
      if (isComputed) throw new Error('A computed attribute has a value that is computed.');
      return undefined;
  }
}

const modalitiesText = (modalities: readonly string[], vr: string): string | undefined =>
  modalities.length === 0 ? undefined : element(vr, modalities.map((modality) => JSON.stringify(modality)).join());

function retrieveURL(
  { study, series, instance }: Pick<FoundEntity, 'study' | 'series' | 'instance'>,
  base: string,
): string {
  const { studyInstanceUID } = study;
  if (series === undefined) return studyURL(base, studyInstanceUID);
  const { seriesInstanceUID } = series;
  if (instance === undefined) return seriesURL(base, studyInstanceUID, seriesInstanceUID);
  return instanceURL(base, { studyInstanceUID, seriesInstanceUID, sopInstanceUID: instance.sopInstanceUID });
}
