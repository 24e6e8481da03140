/** Attributes that curators have added to those that are searched and answered: any of the dictionary, and private ones. */
import { blocklessText, parseAttributePath, parseBlockless } from '../../dicom/attribute-paths.js';
import { TAG } from '../../dicom/attributes.js';
import { type Tag, tagText } from '../../dicom/data-set.js';
import { findDictionaryEntry } from '../../dicom/dictionary.js';
import { privateBlockOf } from '../../dicom/private-blocks.js';
import { findQueryable, type QueryLevel } from '../../dicom/queryable-attributes.js';
import { isVR, type VR } from '../../dicom/vr.js';
import { ArchiveError, invalidRequest } from '../../errors.js';

/** What says of an attribute that it is searched, and how. */
export interface QueryAttributeDefinition {
  /** Tags, outermost first: one of the data set itself, or one within sequences. A private one is in the first block. */
  readonly path: readonly Tag[];
  /** Of a private attribute. */
  readonly creator: string | undefined;
  readonly vr: VR;
  /** Of `study` the values are those of all its series that the caller may see; of these two, of a series' first instance. */
  readonly level: QueryLevel;
}

export interface QueryAttribute extends QueryAttributeDefinition {
  readonly id: number;
  /** Of the series, or instances, that were there when it was added. */
  readonly indexed: { readonly done: number; readonly total: number | undefined; readonly isWhole: boolean };
}

/** As a curator writes it. */
export interface WrittenAttribute {
  /** A keyword, a tag, or a path of them. */
  readonly attribute: string;
  readonly level: string;
  readonly creator?: string | undefined;
  /** Only of a private attribute, which no dictionary knows; LO without it. */
  readonly vr?: string | undefined;
}

const LEVELS: readonly QueryLevel[] = ['study', 'series', 'instance'];
const DEEPEST = 4;
/** LO. PS3.5 Table 6.2-1 */
const LONGEST_CREATOR = 64;
/** What has values that are told apart and put in order: neither bytes nor sequences. */
export const SEARCHED_VRS: ReadonlySet<VR> = new Set<VR>([
  ...(['AE', 'AS', 'AT', 'CS', 'DA', 'DS', 'DT', 'FD', 'FL', 'IS', 'LO', 'LT', 'PN', 'SH'] as const),
  ...(['SL', 'SS', 'ST', 'SV', 'TM', 'UC', 'UI', 'UL', 'UR', 'US', 'UT', 'UV'] as const),
]);

/** Read what a curator wrote. @throws ArchiveError `invalid-request` with what is wrong, `conflict` when it is searched already */
export function defineAttribute({ attribute, level, creator, vr }: WrittenAttribute): QueryAttributeDefinition {
  if (!isLevel(level)) throw invalidRequest('A level is study, series or instance.');
  const path = parseAttributePath(attribute);
  const leaf = path?.at(-1);
  if (path === undefined || leaf === undefined || path.length > DEEPEST) {
    throw invalidRequest(
      'An attribute is a keyword or a tag of eight hexadecimal digits, or up to four of them with dots.',
    );
  }
  const known = findDictionaryEntry(leaf);
  if (known === undefined) return definePrivate(path, level, creator, vr);
  if (creator !== undefined) throw invalidRequest('An attribute of the standard has no Private Creator.');
  if (vr !== undefined && vr !== known.vr) throw invalidRequest(`The VR of this attribute is ${known.vr}.`);
  if (!SEARCHED_VRS.has(known.vr)) throw invalidRequest(`Attributes of VR ${known.vr} can not be searched.`);
  if (path[0] === TAG.RequestAttributesSequence) {
    throw invalidRequest('Of Request Attributes Sequence two attributes are searched at all times, and no others.');
  }
  if (path.length === 1 && findQueryable(level, leaf) !== undefined) {
    throw new ArchiveError('conflict', 'This attribute is searched at this level already.');
  }
  return { path, creator: undefined, vr: known.vr, level };
}

function definePrivate(
  path: readonly Tag[],
  level: QueryLevel,
  creator: string | undefined,
  vr = 'LO',
): QueryAttributeDefinition {
  const [tag, ...inner] = path;
  if (tag === undefined || inner.length > 0 || privateBlockOf(tag) === undefined) {
    throw invalidRequest('This attribute is neither in the dictionary nor a private one of the data set itself.');
  }
  const name = creator?.trim() ?? '';
  if (name === '' || name.length > LONGEST_CREATOR || /[\u0000-\u001f\\]/.test(name)) {
    throw invalidRequest('A private attribute is named with its Private Creator, of up to 64 characters.');
  }
  if (!isVR(vr) || !SEARCHED_VRS.has(vr)) throw invalidRequest('Attributes of this VR can not be searched.');
  return { path: [parseBlockless(blocklessText(tag))], creator: name, vr, level };
}

const isLevel = (text: string): text is QueryLevel => LEVELS.some((level) => level === text);

/** The path as it is kept and shown: `00180060`, `00400275.00401001`, `0023xx02`. */
export const pathText = ({ path, creator }: Pick<QueryAttributeDefinition, 'path' | 'creator'>): string =>
  path.map(creator === undefined ? tagText : blocklessText).join('.');

/** Read what `pathText` wrote. */
export const parsePathText = (text: string): readonly Tag[] => text.split('.').map(parseBlockless);

/** Keywords with dots between; the tag where there is none. */
export const keywordsOf = (definition: Pick<QueryAttributeDefinition, 'path' | 'creator'>): string =>
  definition.creator === undefined
    ? definition.path.map((tag) => findDictionaryEntry(tag)?.keyword || tagText(tag)).join('.')
    : pathText(definition);
