/**
 * Values of attributes for people to read, never more of them than somebody would: whatever length a value field has, only its
 * start is decoded. What was left out is told.
 */
import type { CharacterSet } from './character-sets.js';
import { type DataSet, findElement, isSequence, type Tag, type ValueElement } from './data-set.js';
import { binaryNumbers, isDecimal, isTextVR, textValues, vrOf } from './values.js';
import { BINARY_VALUE_BYTES } from './vr.js';

/** A text of which perhaps only the start is there. */
export interface BoundedText {
  readonly text: string;
  readonly isCut: boolean;
}

/** Numbers of which perhaps only the first are there. */
export interface BoundedNumbers {
  readonly numbers: readonly number[];
  readonly isCut: boolean;
}

/** Of a long text: some fifty pages. */
export const MOST_TEXT_BYTES = 128 * 1024;
/** Of whatever else is text; the longest of them have 64 characters or five components of a name. */
const MOST_LINE_BYTES = 4 * 1024;
export const MOST_NUMBERS = 1_000;
/** Of a decimal string, with the backslash after it. PS3.5 §6.2 */
const DECIMAL_BYTES = 17;

/** Read a long text, line breaks included; undefined when it is absent, empty or no text. */
export function readLongText(dataSet: DataSet, tag: Tag, characterSet: CharacterSet): BoundedText | undefined {
  const element = findText(dataSet, tag);
  if (element === undefined) return undefined;
  const values = textValues(element.bytes.subarray(0, MOST_TEXT_BYTES), vrOf(element), characterSet);
  const text = values.join('\\');
  return text === '' ? undefined : { text, isCut: element.bytes.length > MOST_TEXT_BYTES };
}

/** Read the texts of an attribute of short values; none when it is absent, empty or no text. */
export function readLines(dataSet: DataSet, tag: Tag, characterSet: CharacterSet): readonly string[] {
  const element = findText(dataSet, tag);
  if (element === undefined) return [];
  return textValues(element.bytes.subarray(0, MOST_LINE_BYTES), vrOf(element), characterSet);
}

/** Read the first of them that is not empty. */
export const readLine = (dataSet: DataSet, tag: Tag, characterSet: CharacterSet): string | undefined =>
  readLines(dataSet, tag, characterSet).find((text) => text !== '');

/** Read the first numbers of an attribute of VR US SS UL SL FL FD IS DS. */
export function readFirstNumbers(dataSet: DataSet, tag: Tag, characterSet: CharacterSet): BoundedNumbers {
  const element = findValue(dataSet, tag);
  if (element === undefined) return { numbers: [], isCut: false };
  const vr = vrOf(element);
  const isDecimalText = vr === 'DS' || vr === 'IS';
  const mostBytes = MOST_NUMBERS * (isDecimalText ? DECIMAL_BYTES : (BINARY_VALUE_BYTES.get(vr) ?? 1));
  const bytes = element.bytes.subarray(0, mostBytes);
  const isBigEndian = element.vr !== 'UN' && dataSet.byteOrder === 'big';
  const numbers = isDecimalText
    ? textValues(bytes, vr, characterSet).filter(isDecimal).map(Number)
    : binaryNumbers(bytes, vr, isBigEndian);
  return {
    numbers: numbers.slice(0, MOST_NUMBERS).filter(Number.isFinite),
    isCut: element.bytes.length > mostBytes || numbers.length > MOST_NUMBERS,
  };
}

function findValue(dataSet: DataSet, tag: Tag): ValueElement | undefined {
  const element = findElement(dataSet, tag);
  return element === undefined || isSequence(element) ? undefined : element;
}

function findText(dataSet: DataSet, tag: Tag): ValueElement | undefined {
  const element = findValue(dataSet, tag);
  return element !== undefined && isTextVR(vrOf(element)) ? element : undefined;
}
