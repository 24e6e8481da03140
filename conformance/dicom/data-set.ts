/** Data sets as the fixtures write them, before any encoding. */
import { attribute } from './dictionary.js';

/** Pixel Data in fragments: of each frame its own. */
export interface Encapsulated {
  readonly frames: readonly (readonly Buffer[])[];
  /** Whether the Basic Offset Table is written. */
  readonly hasOffsets: boolean;
}

export interface Element {
  /** Eight upper-case hexadecimal digits. */
  readonly tag: string;
  readonly vr: string;
  /** Text is written in UTF-8 unless given as bytes; bytes are little endian and stand as they are. */
  readonly value:
    | string
    | readonly (number | bigint)[]
    | Buffer
    | { readonly items: readonly DataSet[] }
    | Encapsulated;
}

export type DataSet = readonly Element[];

export type PlainValue = string | number | readonly (number | bigint)[] | Buffer | readonly DataSet[] | Encapsulated;

/** An element by its keyword; a single number is that number in its VR, or its digits where the VR is text. */
export const element = (keyword: string, value: PlainValue): Element => {
  const { tag, vr } = attribute(keyword);
  return elementOf(tag, vr, value);
};

const TEXT_OF_NUMBERS = new Set(['IS', 'DS']);

/** An element by its tag. */
export function elementOf(tag: string, vr: string, value: PlainValue): Element {
  if (typeof value === 'number') return { tag, vr, value: TEXT_OF_NUMBERS.has(vr) ? String(value) : [value] };
  // What is encapsulated is OB, however deep its samples are. PS3.5 §A.4
  if (typeof value === 'object' && 'frames' in value) return { tag, vr: 'OB', value };
  if (vr === 'SQ') return { tag, vr, value: { items: value as readonly DataSet[] } };
  return { tag, vr, value: value as Exclude<PlainValue, number | readonly DataSet[]> };
}

/** A data set of keywords; `undefined` leaves one out. */
export const dataSet = (values: Readonly<Record<string, PlainValue | undefined>>): DataSet =>
  Object.entries(values).flatMap(([keyword, value]) => (value === undefined ? [] : [element(keyword, value)]));

/** The elements of both, those of the second instead of those of the first. */
export function withElements(base: DataSet, more: DataSet): DataSet {
  const replaced = new Set(more.map(({ tag }) => tag));
  return [...base.filter(({ tag }) => !replaced.has(tag)), ...more];
}

/** The text of an element; undefined when there is none or it is no text. */
export function textOf(elements: DataSet, keyword: string): string | undefined {
  const value = elements.find(({ tag }) => tag === attribute(keyword).tag)?.value;
  return typeof value === 'string' ? value : undefined;
}
