/**
 * The values of single attributes, as text or numbers. An attribute stored as UN is read by the VR the dictionary knows
 * it to have (PS3.5 §6.2.2 note 2); where the stored VR is neither text nor number there is simply nothing to read.
 */
import { TAG } from './attributes.js';
import { type CharacterSet, characterSetOf, DEFAULT_CHARACTER_SET } from './character-sets.js';
import { type DataSet, findElement, isSequence, type Tag, type ValueElement } from './data-set.js';
import { implicitVR } from './dictionary.js';
import { cannotUnderstand, outOfResources } from './failure-reasons.js';
import { BINARY_VALUE_BYTES, SINGLE_TEXT_VRS, type VR } from './vr.js';

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

/** Longest value field of which numbers written as text are made into a list, in bytes: it takes some milliseconds. */
const MOST_DECIMALS_BYTES = 64 * 1024;

/** Of a value field of several texts, only so much is read: sixty of the longest lawful ones, and a list of four thousand at most. */
const MOST_TEXTS_BYTES = 4 * 1024;

/** Longest Specific Character Set, in bytes: all defined terms together take a third of it. */
const MOST_TERMS_BYTES = 1024;

const BACKSLASH = 0x5c;

/** Whether values of the VR are text. */
export const isTextVR = (vr: VR): boolean => TEXT_VRS.has(vr);

/** Whether a trimmed text is a decimal number as DS and IS write it; it may still overflow. PS3.5 §6.2 */
export const isDecimal = (text: string): boolean => DECIMAL.test(text);

/**
 * Read the numbers of an attribute of VR US SS UL SL FL FD IS DS, in order; a text that is no finite number is left out.
 * @throws InvalidInstance A700H when the value field has more than 4 MiB, as all readers here do, or 64 KiB of IS or DS
 */
export function readNumbers(dataSet: DataSet, tag: Tag): readonly number[] {
  const element = findValueElement(dataSet, tag);
  if (element === undefined) return [];
  if (isDecimalVR(vrOf(element))) expectAtMost(element, MOST_DECIMALS_BYTES);
  return numbersOf(dataSet, element, element.bytes);
}

/**
 * Read the first numbers of an attribute, at most `count`, as `readNumbers` finds them; of IS and DS those in the first 4 KiB.
 * Whatever there is after them costs nothing.
 */
export function readFirst(dataSet: DataSet, tag: Tag, count: number): readonly number[] {
  const element = findValueElement(dataSet, tag);
  if (element === undefined) return [];
  const vr = vrOf(element);
  const bytes = isDecimalVR(vr)
    ? startOf(element.bytes, MOST_TEXTS_BYTES)
    : element.bytes.subarray(0, count * (BINARY_VALUE_BYTES.get(vr) ?? 1));
  return numbersOf(dataSet, element, bytes).slice(0, count);
}

/** Read the first number of an attribute, as `readFirst` does. */
export const readNumber = (dataSet: DataSet, tag: Tag): number | undefined => readFirst(dataSet, tag, 1)[0];

const isDecimalVR = (vr: VR): boolean => vr === 'DS' || vr === 'IS';

function numbersOf({ byteOrder }: DataSet, element: ValueElement, bytes: Buffer): readonly number[] {
  const vr = vrOf(element);
  if (!isDecimalVR(vr)) return binaryNumbers(bytes, vr, element.vr !== 'UN' && byteOrder === 'big');
  return textValues(bytes, vr, DEFAULT_CHARACTER_SET).filter(isDecimal).map(Number).filter(Number.isFinite);
}

/** The whole values in the first bytes; of one that is longer than that, its start, which is no lawful number. */
function startOf(bytes: Buffer, mostBytes: number): Buffer {
  if (bytes.length <= mostBytes) return bytes;
  const end = bytes.lastIndexOf(BACKSLASH, mostBytes - 1);
  return bytes.subarray(0, end === -1 ? mostBytes : end);
}

/**
 * Read the texts of an attribute, padding and insignificant spaces trimmed; empty values among several stay as ''.
 * None when it is absent, empty or no text. Without a character set the default repertoire is assumed. Of a VR that can
 * have several, the texts in the first 4 KiB.
 */
export function readStrings(dataSet: DataSet, tag: Tag, characterSet = DEFAULT_CHARACTER_SET): readonly string[] {
  const element = findValueElement(dataSet, tag);
  if (element === undefined) return [];
  const vr = vrOf(element);
  if (!isTextVR(vr)) return [];
  const bytes = SINGLE_TEXT_VRS.has(vr) ? element.bytes : element.bytes.subarray(0, MOST_TEXTS_BYTES);
  return textValues(bytes, vr, characterSet);
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
  expectAtMost(element, MOST_LISTED_BYTES);
  return element;
}

function expectAtMost({ bytes }: ValueElement, mostBytes: number): void {
  if (bytes.length > mostBytes) throw outOfResources(`A value has more than ${mostBytes} bytes.`);
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
