/** DICOM JSON as servers answer it, and data sets of the fixtures written in it. PS3.18 Annex F */
import type { DataSet, Element } from './data-set.js';
import { tagOf } from './dictionary.js';
import { valueField } from './part10-writer.js';

export interface JSONElement {
  readonly vr?: unknown;
  readonly Value?: readonly unknown[];
  readonly BulkDataURI?: string;
  readonly InlineBinary?: unknown;
}

export type JSONDataSet = Readonly<Record<string, JSONElement>>;

/** The data sets of an answer. @throws Error when it is not an array of objects */
export function readDataSets(body: Buffer): readonly JSONDataSet[] {
  const parsed: unknown = JSON.parse(body.toString('utf8'));
  if (!Array.isArray(parsed)) throw new Error('the JSON is not an array');
  if (parsed.some((one) => typeof one !== 'object' || one === null || Array.isArray(one))) {
    throw new Error('the array holds something that is no object');
  }
  return parsed;
}

/** The values of an attribute by keyword; empty when there are none. */
export const valuesOf = (set: JSONDataSet | undefined, keyword: string): readonly unknown[] =>
  set?.[tagOf(keyword)]?.Value ?? [];

/** The first value of an attribute as text; undefined when there is none. */
export function firstOf(set: JSONDataSet | undefined, keyword: string): string | undefined {
  const [value] = valuesOf(set, keyword);
  return value === undefined || value === null ? undefined : String(value);
}

/** The items of a sequence. */
export const itemsOf = (set: JSONDataSet | undefined, keyword: string): readonly JSONDataSet[] =>
  valuesOf(set, keyword) as readonly JSONDataSet[];

/** The alphabetic, ideographic or phonetic group of the first Person Name. */
export function nameOf(set: JSONDataSet | undefined, keyword: string, group = 'Alphabetic'): string | undefined {
  const [value] = valuesOf(set, keyword);
  const groups = new Map(Object.entries(typeof value === 'object' && value !== null ? value : {}));
  const text: unknown = groups.get(group);
  return typeof text === 'string' ? text : undefined;
}

/** Every element of a data set and of its items, with the path to it. */
export function* elementsOf(set: JSONDataSet, path = ''): Generator<readonly [path: string, tag: string, JSONElement]> {
  for (const [tag, one] of Object.entries(set)) {
    yield [path + tag, tag, one];
    if (one.vr !== 'SQ' || !Array.isArray(one.Value)) continue;
    for (const [i, item] of one.Value.entries()) {
      if (typeof item === 'object' && item !== null) yield* elementsOf(item as JSONDataSet, `${path}${tag}[${i + 1}].`);
    }
  }
}

const BINARY = new Set(['OB', 'OD', 'OF', 'OL', 'OV', 'OW', 'UN']);
const UNSPLIT = new Set(['LT', 'ST', 'UT', 'UR']);

/** The data set in DICOM JSON, as a client stores it; values of tags in `bulk` are referred to by that URI. */
export function writeDICOMJSON(elements: DataSet, bulk: Readonly<Record<string, string>> = {}): JSONDataSet {
  const sorted = [...elements].sort((a, b) => (a.tag < b.tag ? -1 : 1));
  return Object.fromEntries(sorted.map((one) => [one.tag, writeElement(one, bulk[one.tag])]));
}

function writeElement(one: Element, uri: string | undefined): JSONElement {
  const { vr, value } = one;
  if (uri !== undefined) return { vr, BulkDataURI: uri };
  if (typeof value === 'object' && 'items' in value) {
    return value.items.length === 0 ? { vr } : { vr, Value: value.items.map((item) => writeDICOMJSON(item)) };
  }
  if (BINARY.has(vr)) return { vr, InlineBinary: valueField(one).toString('base64') };
  if (typeof value === 'string') return writeText(vr, value);
  if (Array.isArray(value)) return { vr, Value: value.map((number: number | bigint) => writeNumber(vr, number)) };
  return writeText(vr, valueField(one).toString('utf8'));
}

function writeText(vr: string, text: string): JSONElement {
  if (text === '') return { vr };
  const values = UNSPLIT.has(vr) ? [text] : text.split('\\');
  return { vr, Value: values.map((value) => (value === '' ? null : vr === 'PN' ? writeName(value) : value)) };
}

const GROUPS = ['Alphabetic', 'Ideographic', 'Phonetic'];

const writeName = (name: string): Readonly<Record<string, string>> =>
  Object.fromEntries(name.split('=').flatMap((text, i) => (text === '' ? [] : [[GROUPS[i] ?? '', text]])));

function writeNumber(vr: string, number: number | bigint): unknown {
  if (vr === 'AT') return (Number(number) >>> 0).toString(16).toUpperCase().padStart(8, '0');
  if (typeof number === 'bigint') return String(number);
  return Number.isFinite(number) ? number : String(number);
}
