/**
 * Answers of a search as a table: `text/csv`, an extension that no standard has. One row an answer, one column an attribute,
 * whose keyword heads it. RFC 4180
 */

import type { FoundEntity } from '../archive/index/found-entity.js';
import { TAG } from '../dicom/attributes.js';
import { tagText } from '../dicom/data-set.js';
import { findDictionaryEntry } from '../dicom/dictionary.js';
import { joinPersonName } from '../dicom/person-names.js';
import { REQUEST_ATTRIBUTES } from '../dicom/queryable-attributes.js';
import { type AnswerColumn, elementReader } from './search-answer.js';

/** An element of the DICOM JSON Model, as far as cells are made of it. PS3.18 §F.2 */
interface JSONElement {
  readonly Value?: readonly JSONValue[];
}
type JSONValue = string | number | null | JSONName | JSONItem;
interface JSONName {
  readonly Alphabetic?: string;
  readonly Ideographic?: string;
  readonly Phonetic?: string;
}
type JSONItem = Readonly<Record<string, JSONElement>>;

/** One column of the table: an attribute, or one that stands in the items of a sequence. */
interface TableColumn {
  readonly heading: string;
  /** Which column of the answer it is taken from. */
  readonly from: number;
  /** Tag of the attribute within the items. */
  readonly inner: string | undefined;
}

/** What a spreadsheet takes for the beginning of a formula, also in its full width. */
const FORMULA = /^[=+\-@\t\r\uff1d\uff0b\uff0d\uff20]/;
const NEEDS_QUOTES = /[",;\t\r\n]|^\s|\s$/;

const REQUESTS = tagText(TAG.RequestAttributesSequence);

export interface CSVWriter {
  /** The row of headings, with its end. */
  readonly head: string;
  /** The row of an answer, with its end. */
  readonly row: (entity: FoundEntity) => string;
}

/** Make what writes answers of these columns; it is made once for a request. */
export function csvWriter(columns: readonly AnswerColumn[], base: string): CSVWriter {
  const table = columns.flatMap(tableColumns);
  const elementsOf = elementReader(columns, base);
  return {
    head: line(table.map(({ heading }) => cell(heading))),
    row: (entity) => {
      const elements = elementsOf(entity).map(parsed);
      return line(table.map(({ from, inner }) => cellOf(elements[from], inner)));
    },
  };
}

function tableColumns({ heading, tag, vr }: AnswerColumn, from: number): readonly TableColumn[] {
  if (vr !== 'SQ') return [{ heading, from, inner: undefined }];
  if (tag !== REQUESTS) return [];
  return REQUEST_ATTRIBUTES.map((inner) => ({
    heading: `${heading}.${findDictionaryEntry(inner)?.keyword}`,
    from,
    inner: tagText(inner),
  }));
}

/** What is no JSON, in a damaged row, is no reason to answer nobody anything. */
function parsed(text = '{}'): JSONElement {
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
}

/** Several values, and those of several items, have a backslash between. */
function cellOf(element: JSONElement | undefined, inner: string | undefined): string {
  const values = element?.Value ?? [];
  const own = inner === undefined ? values : values.flatMap((item) => (isItem(item) ? valueIn(item, inner) : ['']));
  const texts = own.map(textOf);
  const isNumber = own.length === 1 && typeof own[0] === 'number';
  return isNumber ? (texts[0] ?? '') : cell(texts.join('\\'));
}

const isItem = (value: JSONValue): value is JSONItem => typeof value === 'object' && value !== null;

const valueIn = (item: JSONItem, tag: string): readonly JSONValue[] => {
  const values = item[tag]?.Value ?? [];
  return values.length === 0 ? [''] : values;
};

function textOf(value: JSONValue): string {
  if (value === null) return '';
  if (typeof value !== 'object') return String(value);
  const { Alphabetic: alphabetic = '', Ideographic: ideographic = '', Phonetic: phonetic = '' }: JSONName = value;
  return joinPersonName({ alphabetic, ideographic, phonetic });
}

/** A text as a cell: behind an apostrophe where a spreadsheet would reckon it out, in quotes where it would end too soon. */
function cell(text: string): string {
  const harmless = FORMULA.test(text) ? `'${text}` : text;
  return NEEDS_QUOTES.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}

const line = (cells: readonly string[]): string => `${cells.join(',')}\r\n`;
