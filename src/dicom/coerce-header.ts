/**
 * Sets attributes of a header that has come from elsewhere and tells of it in the header itself, in one more item of
 * Original Attributes Sequence (0400,0561). Every other element stays byte for byte as it was; only lengths that would no
 * longer be true are left out: group lengths of the groups that are changed, and Length to End, all of them retired
 * (PS3.5 §7.2, PS3.6). PS3.4 §B.4.1.3, PS3.3 §C.12.1.1.9
 */
import { TAG } from './attributes.js';
import { DEFAULT_CHARACTER_SET } from './character-sets.js';
import { type DataSet, findElement, isSequence, type Tag } from './data-set.js';
import { findDictionaryEntry } from './dictionary.js';
import { encodeElement } from './encode-element.js';
import type { ElementChange, HeaderBytes, HeaderElement } from './header-elements.js';
import { encodeCoercionItem, type Modification, type PriorAttribute } from './original-attributes.js';
import { appendItem, itemsOf } from './original-items.js';
import type { Encoding } from './part10-element-head.js';
import { type PlainTextVR, textFault } from './text-rules.js';
import { readCharacterSet, textValues, vrOf } from './values.js';

/** A value that an attribute is to have: one, of the default repertoire. */
export interface CoercedAttribute {
  readonly tag: Tag;
  readonly vr: PlainTextVR;
  readonly value: string;
}

export interface CoercedHeader extends Pick<Modification, 'modifiedAt' | 'modifyingSystem'> {
  readonly bytes: HeaderBytes;
  /** What a reader makes of the same bytes. */
  readonly dataSet: DataSet;
}

/**
 * Longest value that is compared and judged: what every VR has a length field for, padded. What is longer is another value, and
 * none that conforms.
 */
const MOST_JUDGED_BYTES = 0xfffe;

/** The attributes that have another value than they are to have, ascending by tag. */
export const differing = (dataSet: DataSet, attributes: readonly CoercedAttribute[]): readonly CoercedAttribute[] =>
  attributes.filter((attribute) => !isSet(dataSet, attribute)).toSorted((a, b) => a.tag - b.tag);

/** What padding and spaces that mean nothing make is no difference. */
function isSet(dataSet: DataSet, { tag, vr, value }: CoercedAttribute): boolean {
  const element = findElement(dataSet, tag);
  if (element === undefined || isSequence(element) || vrOf(element) !== vr) return false;
  if (element.bytes.length > MOST_JUDGED_BYTES) return false;
  const values = textValues(element.bytes, vr, DEFAULT_CHARACTER_SET);
  return values.length === 1 && values[0] === value;
}

/** Set attributes. Gives the header in pieces. @param attributes those that differ, ascending by tag; not none */
export function coerceHeader(header: CoercedHeader, attributes: readonly CoercedAttribute[]): readonly Buffer[] {
  const { bytes } = header;
  const { encoding } = bytes;
  const originals = bytes.find(TAG.OriginalAttributesSequence);
  const items = originals && itemsOf(originals, encoding);
  const priors = attributes.map((attribute) => priorOf(header, attribute));
  if (originals !== undefined && items === undefined) priors.push({ ...originals, isConforming: false });
  const modification = { ...header, attributes: priors.toSorted((a, b) => a.tag - b.tag) };
  const item = (inEncoding: Encoding): Buffer => encodeCoercionItem(modification, inEncoding);
  const changed: readonly ElementChange[] = [
    ...attributes.map(({ tag, vr, value }) => ({
      tag,
      bytes: encodeElement(tag, vr, Buffer.from(value, 'latin1'), encoding),
    })),
    { tag: TAG.OriginalAttributesSequence, bytes: appendItem(items, item, encoding) },
  ];
  return bytes.changed([...changed, ...untrueLengths(changed)]);
}

/** Those that are not there are left out as well. */
const untrueLengths = (changed: readonly ElementChange[]): readonly ElementChange[] =>
  [...new Set([TAG.LengthToEnd, ...changed.map(({ tag }) => groupLengthOf(tag))])].map((tag) => ({
    tag,
    bytes: undefined,
  }));

const groupLengthOf = (tag: Tag): Tag => (tag & 0xffff_0000) >>> 0;

function priorOf({ bytes, dataSet }: CoercedHeader, { tag, vr }: CoercedAttribute): PriorAttribute {
  const element = bytes.find(tag);
  if (element === undefined || element.value.length === 0)
    return { tag, vr, value: Buffer.alloc(0), isConforming: true };
  return { ...element, isConforming: isConforming(dataSet, element, vr) };
}

/** Whether an element is as the dictionary has it, or the same as UN (PS3.5 §6.2.2). */
function isConforming(dataSet: DataSet, element: HeaderElement, lawful: PlainTextVR): boolean {
  const { tag, vr, value, hasUndefinedLength } = element;
  if (hasUndefinedLength || (vr !== lawful && vr !== 'UN') || value.length > MOST_JUDGED_BYTES) return false;
  const values = textValues(value, lawful, readCharacterSet(dataSet));
  if (values.length > 1 && findDictionaryEntry(tag)?.vm === '1') return false;
  return values.every((text) => text === '' || textFault(lawful, text) === undefined);
}
