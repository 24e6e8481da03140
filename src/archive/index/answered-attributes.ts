/**
 * What searches answer of an instance, kept in the index as DICOM JSON. Whole in itself, never a reference to bulkdata,
 * and at most 64 KiB a level, whatever was sent: thousands of them stand in one answer.
 */
import { TAG } from '../../dicom/attributes.js';
import type { CharacterSet } from '../../dicom/character-sets.js';
import {
  type DataElement,
  type DataSet,
  findElement,
  isSequence,
  tagText,
  type ValueElement,
} from '../../dicom/data-set.js';
import { valueTexts } from '../../dicom/dicom-json-values.js';
import { implicitVR } from '../../dicom/dictionary.js';
import {
  type QueryableAttribute,
  type QueryLevel,
  queryableAttributesOf,
  REQUEST_ATTRIBUTES,
} from '../../dicom/queryable-attributes.js';
import { isTextVR, readCharacterSet } from '../../dicom/values.js';
import type { VR } from '../../dicom/vr.js';
import { hasControlCharacter, MAX_SEARCHED_BYTES } from '../admission.js';

/** A data set and what its text is encoded in, found once for all its attributes. */
export interface EncodedText {
  readonly dataSet: DataSet;
  readonly characterSet: CharacterSet;
}

/** An item of Request Attributes Sequence, with nothing in it but what is searched. */
export interface SearchedRequest {
  readonly item: EncodedText;
  /** The item as a DICOM JSON object. */
  readonly json: string;
}

/** Items of Request Attributes Sequence that are looked into. */
export const MAX_SEARCHED_REQUESTS = 64;
/** Of one attribute in JSON: three times what may be sent, so that only floods of empty values or escapes exceed it. */
const MAX_MEMBER_BYTES = 4 * 1024;
/** Of all items in JSON: 64 of lawful values take half of it. */
export const MAX_REQUESTS_BYTES = 16 * 1024;

const ANSWERED: Readonly<Record<QueryLevel, readonly QueryableAttribute[]>> = {
  study: answeredAt('study'),
  series: answeredAt('series'),
  instance: answeredAt('instance'),
};

function answeredAt(level: QueryLevel): readonly QueryableAttribute[] {
  return queryableAttributesOf(level).filter(({ isComputed }) => !isComputed);
}

/**
 * The attributes a search may answer at that level, as one DICOM JSON object in tag order. An attribute is left out when
 * its value is too long, or of a VR of another kind than the dictionary's: what is no text where text belongs.
 */
export function answeredAttributes(text: EncodedText, level: QueryLevel): string {
  const members = ANSWERED[level].map(({ tag }) =>
    tag === TAG.RequestAttributesSequence ? requestsMember(text) : valueMember(text, tag),
  );
  return objectText(members);
}

/**
 * The items of Request Attributes Sequence that are searched and answered: the first 64, or as many as 16 KiB of JSON
 * hold. Values that could not stand in a searched attribute of the data set itself are left out of their item.
 * @throws InvalidInstance C000H for a flood of Specific Character Set
 */
export function searchedRequests({ dataSet, characterSet }: EncodedText): readonly SearchedRequest[] {
  const requests: SearchedRequest[] = [];
  let room = MAX_REQUESTS_BYTES;
  for (const whole of itemsOf(dataSet).slice(0, MAX_SEARCHED_REQUESTS)) {
    const item = {
      dataSet: { ...whole, elements: whole.elements.filter(isSearchedInRequest) },
      characterSet: readCharacterSet(whole, characterSet),
    };
    const json = objectText(REQUEST_ATTRIBUTES.map((tag) => valueMember(item, tag)));
    room -= Buffer.byteLength(json);
    if (room < 0) break;
    requests.push({ item, json });
  }
  return requests;
}

function itemsOf(dataSet: DataSet): readonly DataSet[] {
  const sequence = findElement(dataSet, TAG.RequestAttributesSequence);
  return sequence !== undefined && isSequence(sequence) ? sequence.items : [];
}

const isSearchedInRequest = (element: DataElement): boolean =>
  REQUEST_ATTRIBUTES.some((tag) => tag === element.tag) &&
  !isSequence(element) &&
  element.bytes.length <= MAX_SEARCHED_BYTES &&
  !hasControlCharacter(element.bytes);

function requestsMember(text: EncodedText): string | undefined {
  const sequence = findElement(text.dataSet, TAG.RequestAttributesSequence);
  if (sequence === undefined || !isSequence(sequence)) return undefined;
  return memberText(
    TAG.RequestAttributesSequence,
    'SQ',
    searchedRequests(text).map(({ json }) => json),
  );
}

function valueMember({ dataSet, characterSet }: EncodedText, tag: number): string | undefined {
  const element = findElement(dataSet, tag);
  if (element === undefined || isSequence(element) || element.bytes.length > MAX_SEARCHED_BYTES) return undefined;
  const vr = answeredVR(element);
  if (vr === undefined) return undefined;
  // What is UN is little endian in any data set. PS3.5 §6.2.2 note 2
  const byteOrder = element.vr === 'UN' ? 'little' : dataSet.byteOrder;
  const member = memberText(tag, vr, valueTexts(element.bytes, vr, byteOrder, characterSet));
  return Buffer.byteLength(member) <= MAX_MEMBER_BYTES ? member : undefined;
}

/** UN is read as the VR of the dictionary, as a search reads it; another VR must be text where that one is, else the same. */
function answeredVR({ tag, vr }: ValueElement): VR | undefined {
  const known = implicitVR(tag);
  if (vr === 'UN') return known;
  const isOfItsKind = isTextVR(known) ? isTextVR(vr) : vr === known;
  return isOfItsKind ? vr : undefined;
}

const memberText = (tag: number, vr: VR, values: readonly string[]): string =>
  `"${tagText(tag)}":{"vr":"${vr}"${values.length === 0 ? '' : `,"Value":[${values.join()}]`}}`;

const objectText = (members: readonly (string | undefined)[]): string =>
  `{${members.filter((member) => member !== undefined).join()}}`;
