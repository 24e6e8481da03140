/**
 * Data sets from plain values, for the little that this product writes itself: reports, synthetic images, coerced
 * attributes. Values are little endian, text is UTF-8, padding is that of PS3.5 §6.2. What came from outside is never
 * rebuilt this way; it passes through as bytes.
 */
import { type DataElement, type DataSet, type Tag, tagText, type ValueElement } from './data-set.js';
import { findTagOfKeyword, implicitVR } from './dictionary.js';
import { BINARY_VALUE_BYTES, type VR } from './vr.js';

/** One value, several, or none. Numbers of AT are tags; items are for SQ; a Buffer is the value field as it is. */
export type PlainValue = string | number | bigint | Buffer | readonly (string | number | bigint)[] | readonly DataSet[];

type Scalar = string | number | bigint;

/** Text of a Decimal String may have 16 characters at most. PS3.5 §6.2 */
const DECIMAL_STRING_CHARACTERS = 16;

/** With so many digits every number is told exactly. */
const MOST_SIGNIFICANT_DIGITS = 17;

const LARGEST_TAG = 0xffff_ffff;

const FLOAT_VRS: ReadonlySet<VR> = new Set<VR>(['FL', 'FD', 'OF', 'OD']);

const WRITE_NUMBER: Partial<Record<VR, (bytes: Buffer, value: number, offset: number) => void>> = {
  US: (bytes, value, offset) => bytes.writeUInt16LE(value, offset),
  SS: (bytes, value, offset) => bytes.writeInt16LE(value, offset),
  OW: (bytes, value, offset) => bytes.writeUInt16LE(value, offset),
  UL: (bytes, value, offset) => bytes.writeUInt32LE(value, offset),
  SL: (bytes, value, offset) => bytes.writeInt32LE(value, offset),
  OL: (bytes, value, offset) => bytes.writeUInt32LE(value, offset),
  FL: (bytes, value, offset) => bytes.writeFloatLE(value, offset),
  OF: (bytes, value, offset) => bytes.writeFloatLE(value, offset),
  FD: (bytes, value, offset) => bytes.writeDoubleLE(value, offset),
  OD: (bytes, value, offset) => bytes.writeDoubleLE(value, offset),
  OB: (bytes, value, offset) => bytes.writeUInt8(value, offset),
  UN: (bytes, value, offset) => bytes.writeUInt8(value, offset),
};

/**
 * Build an element; without a value it is there and empty (type 2). The VR is that of the dictionary unless given,
 * which it must be for US or SS attributes that are signed.
 * @throws TypeError when the value is not of the VR's kind, RangeError when it is out of the VR's range.
 */
export function element(tag: Tag, value: PlainValue = [], vr: VR = implicitVR(tag)): DataElement {
  if (vr === 'SQ') return { tag, vr, items: itemsOf(tag, value) };
  const bytes = Buffer.isBuffer(value) ? value : encodeScalars(tag, vr, scalarsOf(tag, value));
  return { tag, vr, bytes: padded(bytes, vr), valueOffset: 0 } satisfies ValueElement;
}

/** Build a little endian data set; the elements may come in any order. @throws RangeError when a tag comes twice. */
export function dataSet(elements: readonly DataElement[]): DataSet {
  const sorted = elements.toSorted((a, b) => a.tag - b.tag);
  const repeated = sorted.find((each, index) => each.tag === sorted[index + 1]?.tag);
  if (repeated !== undefined) throw new RangeError(`A data set holds ${tagText(repeated.tag)} once only.`);
  return { elements: sorted, byteOrder: 'little' };
}

/**
 * Build a data set from attributes named by their keywords, each with the dictionary's VR; undefined leaves it out.
 * @throws RangeError when PS3.6 has no such keyword; TypeError and RangeError as `element`.
 */
export function dataSetOfKeywords(attributes: Readonly<Record<string, PlainValue | undefined>>): DataSet {
  const elements: DataElement[] = [];
  for (const [keyword, value] of Object.entries(attributes)) {
    const tag = findTagOfKeyword(keyword);
    if (tag === undefined) throw new RangeError(`PS3.6 has no attribute of the keyword ${keyword}.`);
    if (value !== undefined) elements.push(element(tag, value));
  }
  return dataSet(elements);
}

/** Pad a value field to an even length: NUL for UI and the binary VRs, a space for text. PS3.5 §6.2, §7.1.1 */
export function padded(bytes: Buffer, vr: VR): Buffer {
  return bytes.length % 2 === 0 ? bytes : Buffer.concat([bytes, Buffer.of(paddingByte(vr))]);
}

/** The byte that makes a value field of the VR even. PS3.5 §6.2 */
export const paddingByte = (vr: VR): number => (vr === 'UI' || BINARY_VALUE_BYTES.has(vr) ? 0x00 : 0x20);

const isDataSet = (value: Scalar | DataSet): value is DataSet => typeof value === 'object';

const wrongKind = (tag: Tag, wanted: string): TypeError => new TypeError(`${tagText(tag)} takes ${wanted}.`);

function valuesOf(value: Exclude<PlainValue, Buffer>): readonly (Scalar | DataSet)[] {
  return typeof value === 'object' ? value : [value];
}

function itemsOf(tag: Tag, value: PlainValue): readonly DataSet[] {
  if (Buffer.isBuffer(value)) throw wrongKind(tag, 'items');
  const items = valuesOf(value).filter(isDataSet);
  if (items.length !== valuesOf(value).length) throw wrongKind(tag, 'items');
  return items;
}

function scalarsOf(tag: Tag, value: Exclude<PlainValue, Buffer>): readonly Scalar[] {
  return valuesOf(value).map((each) => {
    if (isDataSet(each)) throw wrongKind(tag, 'values, not items');
    return each;
  });
}

function encodeScalars(tag: Tag, vr: VR, values: readonly Scalar[]): Buffer {
  if (BINARY_VALUE_BYTES.has(vr)) return encodeBinary(tag, vr, values);
  const texts = values.map((value) =>
    vr === 'DS' && typeof value === 'number' ? decimalString(value) : textOf(value),
  );
  return Buffer.from(texts.join('\\'), 'utf8');
}

function textOf(value: Scalar): string {
  if (typeof value === 'number' && !Number.isFinite(value))
    throw new RangeError('DICOM text has no number without end.');
  return String(value);
}

/** Write a number as a Decimal String, as exactly as 16 characters can. @throws RangeError when it has no end. PS3.5 §6.2 */
export function decimalString(value: number): string {
  if (!Number.isFinite(value)) throw new RangeError('A Decimal String is a finite number.');
  // It ends: with six digits every number fits and none is rounded up to infinity.
  for (let digits = MOST_SIGNIFICANT_DIGITS; ; digits -= 1) {
    const rounded = digits === MOST_SIGNIFICANT_DIGITS ? value : Number(value.toPrecision(digits));
    const text = [String(rounded), rounded.toExponential()].find((each) => each.length <= DECIMAL_STRING_CHARACTERS);
    if (text !== undefined && Number.isFinite(rounded)) return text;
  }
}

function encodeBinary(tag: Tag, vr: VR, values: readonly Scalar[]): Buffer {
  const valueBytes = vr === 'AT' ? 4 : (BINARY_VALUE_BYTES.get(vr) ?? 1);
  const bytes = Buffer.alloc(values.length * valueBytes);
  values.forEach((value, index) => {
    writeBinary(tag, vr, bytes, value, index * valueBytes);
  });
  return bytes;
}

function writeBinary(tag: Tag, vr: VR, bytes: Buffer, value: Scalar, offset: number): void {
  if (typeof value === 'string') throw wrongKind(tag, 'numbers');
  // Buffer would cut a fraction off, write NaN as 0 and wrap a tag that is too large.
  if (typeof value === 'number' && !FLOAT_VRS.has(vr) && !Number.isInteger(value))
    throw wrongKind(tag, 'whole numbers');
  if (vr === 'AT' && (value < 0 || value > LARGEST_TAG)) throw new RangeError(`${tagText(tag)} takes tags.`);
  if (vr === 'UV' || vr === 'OV') bytes.writeBigUInt64LE(BigInt(value), offset);
  else if (vr === 'SV') bytes.writeBigInt64LE(BigInt(value), offset);
  else if (vr === 'AT') writeTag(bytes, Number(value), offset);
  else WRITE_NUMBER[vr]?.(bytes, Number(value), offset);
}

/** Write a tag as its two little endian halves, group first; 4 bytes. PS3.5 §7.1.1 */
export function writeTag(bytes: Buffer, tag: Tag, offset: number): void {
  bytes.writeUInt16LE(tag >>> 16, offset);
  bytes.writeUInt16LE(tag & 0xffff, offset + 2);
}
