/**
 * The values of single attributes, as text or numbers. An attribute stored as UN is read by the VR the dictionary knows
 * it to have (PS3.5 §6.2.2 note 2); where the stored VR is neither text nor number there is simply nothing to read.
 */
import { TAG } from './attributes.js';
import { type CharacterSet, characterSetOf, DEFAULT_CHARACTER_SET } from './character-sets.js';
import { type DataSet, findElement, isSequence, type Tag, type ValueElement } from './data-set.js';
import { implicitVR } from './dictionary.js';
import { cannotUnderstand, outOfResources } from './failure-reasons.js';
import type { VR } from './vr.js';

/** VRs whose leading spaces mean nothing; the trailing ones mean nothing in any text. PS3.5 §6.2 */
const LEADING_SPACES_INSIGNIFICANT: ReadonlySet<VR> = new Set<VR>(['AE', 'CS', 'DS', 'IS', 'LO', 'SH']);

const TEXT_VRS: ReadonlySet<VR> = new Set<VR>([
  ...(['AE', 'AS', 'CS', 'DA', 'DS', 'DT', 'IS', 'LO', 'LT'] as const),
  ...(['PN', 'SH', 'ST', 'TM', 'UC', 'UI', 'UR', 'UT'] as const),
]);

/** A decimal number as DS and IS write it. PS3.5 §6.2 */
const DECIMAL = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?$/;

/** Longest value field that is made into a list, in bytes: in memory the list may take a hundred times as much. */
export const MOST_LISTED_BYTES = 4 * 1024 * 1024;

/** Longest Specific Character Set, in bytes: all defined terms together take a third of it. */
const MOST_TERMS_BYTES = 1024;

/** Whether values of the VR are text. */
export const isTextVR = (vr: VR): boolean => TEXT_VRS.has(vr);

/** Whether a trimmed text is a decimal number as DS and IS write it; it may still overflow. PS3.5 §6.2 */
export const isDecimal = (text: string): boolean => DECIMAL.test(text);

/**
 * Read the numbers of an attribute of VR US SS UL SL FL FD IS DS, in order; a text that is no finite number is left out.
 * @throws InvalidInstance A700H when the value field has more than 4 MiB, as all readers here do
 */
export function readNumbers(dataSet: DataSet, tag: Tag): readonly number[] {
  const element = findValueElement(dataSet, tag);
  if (element === undefined) return [];
  const vr = vrOf(element);
  if (vr === 'DS' || vr === 'IS') {
    return textValues(element.bytes, vr, DEFAULT_CHARACTER_SET).filter(isDecimal).map(Number).filter(Number.isFinite);
  }
  return binaryNumbers(element.bytes, vr, element.vr !== 'UN' && dataSet.byteOrder === 'big');
}

/** Read the first number of an attribute, as `readNumbers` finds them. */
export const readNumber = (dataSet: DataSet, tag: Tag): number | undefined => readNumbers(dataSet, tag)[0];

/**
 * Read the texts of an attribute, padding and insignificant spaces trimmed; empty values among several stay as ''.
 * None when it is absent, empty or no text. Without a character set the default repertoire is assumed.
 */
export function readStrings(dataSet: DataSet, tag: Tag, characterSet = DEFAULT_CHARACTER_SET): readonly string[] {
  const element = findValueElement(dataSet, tag);
  if (element === undefined) return [];
  const vr = vrOf(element);
  return isTextVR(vr) ? textValues(element.bytes, vr, characterSet) : [];
}

/** Read the first text of an attribute that is not empty. */
export const readString = (dataSet: DataSet, tag: Tag, characterSet?: CharacterSet): string | undefined =>
  readStrings(dataSet, tag, characterSet).find((text) => text !== '');

/**
 * Find the character set of a data set: its own, or for an item without one that of the data set around it.
 * @throws InvalidInstance C000H when Specific Character Set has more than 1 KiB. PS3.5 §6.1.2.4
 */
export function readCharacterSet(dataSet: DataSet, inherited: CharacterSet = DEFAULT_CHARACTER_SET): CharacterSet {
  const element = findValueElement(dataSet, TAG.SpecificCharacterSet);
  if (element === undefined) return inherited;
  if (element.bytes.length > MOST_TERMS_BYTES)
    throw cannotUnderstand('Specific Character Set has far too many values.');
  return characterSetOf(textValues(element.bytes, 'CS', DEFAULT_CHARACTER_SET));
}

/** The values of a text value field, trimmed as `readStrings` does; none when the field is empty or padding only. */
export function textValues(bytes: Buffer, vr: VR, characterSet: CharacterSet): readonly string[] {
  if (bytes.length === 0) return [];
  const isLeadingSpaceCut = LEADING_SPACES_INSIGNIFICANT.has(vr);
  const values = characterSet.split(bytes, vr).map((text) => trim(text, isLeadingSpaceCut));
  return values.length === 1 && values[0] === '' ? [] : values;
}

/**
 * The numbers of a value field of US SS UL SL FL or FD; none for other VRs. Bytes that are too few for one more value
 * are ignored.
 */
export function binaryNumbers(bytes: Buffer, vr: VR, isBigEndian: boolean): readonly number[] {
  switch (vr) {
    case 'US':
      return everyValue(bytes, 2, isBigEndian ? (at) => bytes.readUInt16BE(at) : (at) => bytes.readUInt16LE(at));
    case 'SS':
      return everyValue(bytes, 2, isBigEndian ? (at) => bytes.readInt16BE(at) : (at) => bytes.readInt16LE(at));
    case 'UL':
      return everyValue(bytes, 4, isBigEndian ? (at) => bytes.readUInt32BE(at) : (at) => bytes.readUInt32LE(at));
    case 'SL':
      return everyValue(bytes, 4, isBigEndian ? (at) => bytes.readInt32BE(at) : (at) => bytes.readInt32LE(at));
    case 'FL':
      return everyValue(bytes, 4, isBigEndian ? (at) => bytes.readFloatBE(at) : (at) => bytes.readFloatLE(at));
    case 'FD':
      return everyValue(bytes, 8, isBigEndian ? (at) => bytes.readDoubleBE(at) : (at) => bytes.readDoubleLE(at));
    default:
      return [];
  }
}

/** Collect what `read` finds at each whole value of `valueBytes` bytes; a rest shorter than one value is ignored. */
export function everyValue<Value>(bytes: Buffer, valueBytes: number, read: (at: number) => Value): readonly Value[] {
  const values: Value[] = [];
  for (let at = 0; at + valueBytes <= bytes.length; at += valueBytes) values.push(read(at));
  return values;
}

function findValueElement(dataSet: DataSet, tag: Tag): ValueElement | undefined {
  const element = findElement(dataSet, tag);
  if (element === undefined || isSequence(element)) return undefined;
  if (element.bytes.length > MOST_LISTED_BYTES)
    throw outOfResources(`A value has more than ${MOST_LISTED_BYTES} bytes.`);
  return element;
}

/** The VR of an element, that of the dictionary where it is stored as UN. PS3.5 §6.2.2 note 2 */
export const vrOf = (element: ValueElement): VR => (element.vr === 'UN' ? implicitVR(element.tag) : element.vr);

/** Many writers pad text with NUL as if it were a UID; no text of DICOM ends in a NUL or space that means anything. */
function trim(text: string, isLeadingSpaceCut: boolean): string {
  let end = text.length;
  while (end > 0 && isPadding(text.charCodeAt(end - 1))) end--;
  let start = 0;
  while (isLeadingSpaceCut && start < end && text.charCodeAt(start) === 0x20) start++;
  return text.slice(start, end);
}

const isPadding = (code: number): boolean => code === 0x20 || code === 0;
