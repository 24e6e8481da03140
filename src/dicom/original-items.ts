/**
 * The items that an Original Attributes Sequence (0400,0561) of somebody else has already, whatever form it came in; they are
 * kept as they are, and one is added behind them. PS3.3 §C.12.1.1.9, PS3.5 §7.5, §6.2.2
 */
import { TAG } from './attributes.js';
import { isSequence } from './data-set.js';
import { DataSetParser } from './data-set-parser.js';
import { encodeHead, encodeMark, encodeSequence, UNDEFINED_LENGTH } from './encode-element.js';
import { InvalidInstance } from './failure-reasons.js';
import type { HeaderElement } from './header-elements.js';
import { ArrivingBytes } from './part10-bytes.js';
import { type Encoding, IMPLICIT_LITTLE_ENDIAN } from './part10-element-head.js';
import { PART10_LIMITS, Part10Tally } from './part10-limits.js';

const DELIMITER_BYTES = 8;
const NOTHING = Buffer.alloc(0);
const { OriginalAttributesSequence, SequenceDelimitationItem } = TAG;

/** Items as bytes, one behind the other. */
export interface EncodedItems {
  readonly bytes: Buffer;
  /** Those of an element of VR UN are Implicit VR Little Endian in any data set (PS3.5 §6.2.2). */
  readonly isUnknownVR: boolean;
}

/** The items of the element; undefined when it is no sequence that could be read. */
export function itemsOf(element: HeaderElement, encoding: Encoding): EncodedItems | undefined {
  const { vr, value, hasUndefinedLength } = element;
  const isUnknownVR = vr === 'UN' && encoding.vr === 'explicit';
  if (value.length === 0) return { bytes: value, isUnknownVR: false };
  if (hasUndefinedLength) return { bytes: value.subarray(0, -DELIMITER_BYTES), isUnknownVR };
  if (vr === 'SQ') return { bytes: value, isUnknownVR: false };
  return isUnknownVR && areItems(value) ? { bytes: value, isUnknownVR } : undefined;
}

/** Encode the sequence with one item more; undefined length tells a reader that what is of VR UN is a sequence (CP-246). */
export function appendItem(
  items: EncodedItems | undefined,
  item: (encoding: Encoding) => Buffer,
  encoding: Encoding,
): Buffer {
  if (items?.isUnknownVR !== true) {
    return encodeSequence(OriginalAttributesSequence, [items?.bytes ?? NOTHING, item(encoding)], encoding);
  }
  return Buffer.concat([
    encodeHead(OriginalAttributesSequence, 'UN', UNDEFINED_LENGTH, encoding),
    items.bytes,
    item(IMPLICIT_LITTLE_ENDIAN),
    encodeMark(SequenceDelimitationItem, 0, 'little'),
  ]);
}

/** More than any lawful one has: so much is looked into at once in a few milliseconds. */
const MOST_UNKNOWN_BYTES = 64 * 1024;

/** Whether bytes that nobody has looked into are items of Implicit VR Little Endian, and nothing else. */
function areItems(value: Buffer): boolean {
  if (value.length > MOST_UNKNOWN_BYTES) return false;
  const bytes = new ArrivingBytes();
  const parser = new DataSetParser({
    bytes,
    encoding: IMPLICIT_LITTLE_ENDIAN,
    tally: new Part10Tally(PART10_LIMITS),
    kind: 'data set',
    name: 'the sequence',
    mostBytes: PART10_LIMITS.headerBytes,
  });
  const element = [
    encodeHead(OriginalAttributesSequence, 'SQ', UNDEFINED_LENGTH, IMPLICIT_LITTLE_ENDIAN),
    value,
    encodeMark(SequenceDelimitationItem, 0, 'little'),
  ];
  bytes.write(Buffer.concat(element));
  try {
    parser.advance();
    parser.end();
  } catch (error) {
    if (error instanceof InvalidInstance) return false;
    throw error;
  }
  const [sequence, ...others] = parser.dataSet.elements;
  return sequence !== undefined && isSequence(sequence) && others.length === 0;
}
