/**
 * The DICOM JSON Model of an instance: all its attributes as one JSON object, long values by reference. PS3.18 §F
 *
 * The text is written in the order of the data set: an object keyed by tags would put `20500020` before `00080005`,
 * for JavaScript takes digits without a leading zero for an index. Text is Unicode whatever the instance was stored in,
 * and its Specific Character Set says so.
 */
import { TAG } from './attributes.js';
import type { CharacterSet } from './character-sets.js';
import { type ByteOrder, type DataElement, type DataSet, isSequence, tagText, type ValueElement } from './data-set.js';
import { INLINE_BINARY_VRS, inlineBinary, valueTexts } from './dicom-json-values.js';
import { outOfResources } from './failure-reasons.js';
import type { PixelDataElement } from './pixel-data.js';
import { MOST_LISTED_BYTES, readCharacterSet } from './values.js';
import { CHARACTER_SET_VRS, type VR } from './vr.js';

/** One value kept out of line. `path` names it under its instance: '7FE00010', or '00081140/0/00420011' with 0-based item indices. */
export interface BulkdataEntry {
  readonly path: string;
  readonly vr: VR;
  readonly valueOffset: number;
  readonly lengthBytes: number;
  readonly byteOrder: ByteOrder;
}

/** Stands in the text for the URL of the instance; no JSON text contains it otherwise, for control characters are always escaped. */
export const INSTANCE_URL_MARK = '\u0001';

export interface InstanceMetadata {
  /** One JSON object; UTF-8 once it is sent. */
  readonly json: string;
  /** Everything the text refers to but fragments of Pixel Data, which are served as frames; in the order of the file. */
  readonly bulkdata: readonly BulkdataEntry[];
}

/** Longest OB OD OF OL OV OW UN value that stands in the text, in bytes. */
export const INLINE_BINARY_BYTES = 1024;

/** Longest value of the other VRs that may be referred to, in bytes. */
export const INLINE_VALUES_BYTES = 64 * 1024;

/** VRs that stand in the text as values, but may be referred to instead. PS3.18 §10.4.3.3.2 */
export const REFERABLE_VRS: ReadonlySet<VR> = new Set<VR>([
  ...(['DS', 'FD', 'FL', 'IS', 'LT', 'SL', 'SS'] as const),
  ...(['ST', 'SV', 'UC', 'UL', 'US', 'UT', 'UV'] as const),
]);

/** The character set of all text here. */
const UNICODE = 'ISO_IR 192';
const ESCAPE = 0x1b;

/** Of the text of one instance: no lawful one comes near. */
export const MOST_CHARACTERS = 16 * 1024 * 1024;

/** What the elements of one data set have in common. */
interface Surroundings {
  readonly characterSet: CharacterSet;
  readonly byteOrder: ByteOrder;
  /** Path of the data set under its instance: '' or '00081140/0/'. */
  readonly path: string;
}

/**
 * Write the metadata of an instance from what stands before, in and after its Pixel Data.
 * @throws InvalidInstance A700H when the text would be beyond all reason: more than 16 Mi characters, or a value of
 * more than 4 MiB that may not be referred to; C000H for a flood of Specific Character Set
 */
export function instanceMetadata(source: {
  readonly dataSet: DataSet;
  readonly pixelData: PixelDataElement | undefined;
  readonly trailer: DataSet | undefined;
}): InstanceMetadata {
  const writer = new MetadataWriter();
  const { dataSet, pixelData, trailer } = source;
  const { byteOrder } = dataSet;
  const surroundings = { characterSet: readCharacterSet(dataSet), byteOrder, path: '' };
  const members = dataSet.elements.map((element) => writer.member(element, surroundings));
  if (pixelData !== undefined) members.push(writer.pixelDataMember(pixelData, byteOrder));
  for (const element of trailer?.elements ?? []) members.push(writer.member(element, surroundings));
  return { json: `{${members.join()}}`, bulkdata: writer.bulkdata };
}

/** Writes the members of one instance's object, and notes the values it leaves out. */
class MetadataWriter {
  readonly bulkdata: BulkdataEntry[] = [];
  #characters = 0;

  member(element: DataElement, surroundings: Surroundings): string {
    if (isSequence(element)) return this.#sequenceMember(element.tag, element.items, surroundings);
    const member = this.#valueMember(element, surroundings);
    this.#characters += member.length;
    if (this.#characters > MOST_CHARACTERS) throw outOfResources('The metadata of the instance is too large.');
    return member;
  }

  pixelDataMember({ tag, vr, valueOffset, lengthBytes }: PixelDataElement, byteOrder: ByteOrder): string {
    const path = tagText(tag);
    if (lengthBytes === 0) return memberText(path, vr, '');
    if (lengthBytes !== undefined) this.bulkdata.push({ path, vr, valueOffset, lengthBytes, byteOrder });
    return memberText(path, vr, bulkdataText(path));
  }

  /** Depth is what the reader allows: a few dozen at most. */
  #sequenceMember(tag: number, items: readonly DataSet[], { characterSet, path }: Surroundings): string {
    const name = tagText(tag);
    if (items.length === 0) return memberText(name, 'SQ', '');
    const objects = items.map((item, index) => {
      const surroundings = {
        characterSet: readCharacterSet(item, characterSet),
        byteOrder: item.byteOrder,
        path: `${path}${name}/${index}/`,
      };
      return `{${item.elements.map((element) => this.member(element, surroundings)).join()}}`;
    });
    return memberText(name, 'SQ', `,"Value":[${objects.join()}]`);
  }

  #valueMember(element: ValueElement, { characterSet, byteOrder, path }: Surroundings): string {
    const { tag, vr, bytes, valueOffset } = element;
    const name = tagText(tag);
    if (tag === TAG.SpecificCharacterSet) return memberText(name, 'CS', `,"Value":["${UNICODE}"]`);
    if (bytes.length === 0) return memberText(name, vr, '');
    if (isReferred(vr, bytes.length) && !isForeignText(bytes, vr, characterSet)) {
      this.bulkdata.push({ path: path + name, vr, valueOffset, lengthBytes: bytes.length, byteOrder });
      return memberText(name, vr, bulkdataText(path + name));
    }
    if (INLINE_BINARY_VRS.has(vr))
      return memberText(name, vr, `,"InlineBinary":"${inlineBinary(bytes, vr, byteOrder)}"`);
    if (bytes.length > MOST_LISTED_BYTES) throw outOfResources('A value of the instance is too large for its VR.');
    const values = valueTexts(bytes, vr, byteOrder, characterSet);
    return memberText(name, vr, values.length === 0 ? '' : `,"Value":[${values.join()}]`);
  }
}

const isReferred = (vr: VR, lengthBytes: number): boolean =>
  INLINE_BINARY_VRS.has(vr)
    ? lengthBytes > INLINE_BINARY_BYTES
    : REFERABLE_VRS.has(vr) && lengthBytes > INLINE_VALUES_BYTES;

/** Bytes that are text in another character set than the one that is told of all text here: nobody could read them apart. */
const isForeignText = (bytes: Buffer, vr: VR, { name }: CharacterSet): boolean =>
  CHARACTER_SET_VRS.has(vr) && name !== UNICODE && bytes.length <= MOST_LISTED_BYTES && bytes.some(isNotASCII);

const isNotASCII = (byte: number): boolean => byte >= 0x80 || byte === ESCAPE;

const memberText = (name: string, vr: VR, content: string): string => `"${name}":{"vr":"${vr}"${content}}`;

const bulkdataText = (path: string): string => `,"BulkDataURI":"${INSTANCE_URL_MARK}/bulkdata/${path}"`;
