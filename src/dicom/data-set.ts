/**
 * A data set as read: elements in the order of the file, values as views of the bytes that came in. Nothing is decoded
 * here and nothing copied; who wants text, numbers or JSON asks `values` or `dicom-json`.
 */
import type { VR } from './vr.js';

/** A tag as one number, 0xGGGGEEEE (unsigned). */
export type Tag = number;

export type ByteOrder = 'little' | 'big';

/** An element whose value field is bytes. */
export interface ValueElement {
  readonly tag: Tag;
  readonly vr: Exclude<VR, 'SQ'>;
  /** The value field, padding included, in the byte order of its data set. */
  readonly bytes: Buffer;
  /** Offset of the value field from the first byte of the Part 10 stream (of the inflated one when deflated). */
  readonly valueOffset: number;
}

/** A sequence; what was UN of undefined length is a sequence too (PS3.5 §6.2.2 note 2, CP-246). */
export interface SequenceElement {
  readonly tag: Tag;
  readonly vr: 'SQ';
  readonly items: readonly DataSet[];
}

export type DataElement = ValueElement | SequenceElement;

export interface DataSet {
  /** Ascending by tag, each tag once. */
  readonly elements: readonly DataElement[];
  readonly byteOrder: ByteOrder;
}

export const isSequence = (element: DataElement): element is SequenceElement => element.vr === 'SQ';

/** Find the element with that tag. O(log n). */
export function findElement(dataSet: DataSet, tag: Tag): DataElement | undefined {
  let low = 0;
  let high = dataSet.elements.length - 1;
  while (low <= high) {
    const middle = (low + high) >>> 1;
    const element = dataSet.elements[middle];
    if (element === undefined) return undefined;
    if (element.tag === tag) return element;
    if (element.tag < tag) low = middle + 1;
    else high = middle - 1;
  }
  return undefined;
}

/** Find the value field of the element with that tag; undefined when it is absent or a sequence. */
export function findBytes(dataSet: DataSet, tag: Tag): Buffer | undefined {
  const element = findElement(dataSet, tag);
  return element === undefined || isSequence(element) ? undefined : element.bytes;
}

/** A tag as 8 upper-case hexadecimal digits, the attribute name of the DICOM JSON Model. PS3.18 §F.2.2 */
export const tagText = (tag: Tag): string => tag.toString(16).toUpperCase().padStart(8, '0');
