/** Reads Part 10 files strictly, to judge what a server returns. PS3.5 §7, PS3.10 §7.1 */
import { inflateRawSync } from 'node:zlib';
import { attribute, keywordOf } from './dictionary.js';
import { SYNTAX } from './syntaxes.js';

export interface ReadElement {
  readonly tag: string;
  readonly vr: string;
  /** The Value Field as it stands in the file; empty for sequences and encapsulated Pixel Data. */
  readonly bytes: Buffer;
  readonly items?: readonly ReadDataSet[];
  /** Of encapsulated Pixel Data, without the Basic Offset Table. */
  readonly fragments?: readonly Buffer[];
}

export type ReadDataSet = readonly ReadElement[];

export interface ReadFile {
  readonly meta: ReadDataSet;
  readonly transferSyntaxUID: string;
  readonly elements: ReadDataSet;
}

const LONG_VRS = new Set(['OB', 'OD', 'OF', 'OL', 'OV', 'OW', 'SQ', 'SV', 'UC', 'UN', 'UR', 'UT', 'UV']);
const VRS = new Set([...LONG_VRS, ...'AE AS AT CS DA DS DT FL FD IS LO LT PN SH SL SS ST TM UI UL US'.split(' ')]);
const UNDEFINED_LENGTH = 0xffffffff;
const ITEM = 'FFFEE000';
const ITEM_END = 'FFFEE00D';
const SEQUENCE_END = 'FFFEE0DD';

/** @throws Error saying what breaks the format */
export function readPart10(file: Buffer): ReadFile {
  if (file.subarray(128, 132).toString('latin1') !== 'DICM')
    throw new Error('there is no DICM after a preamble of 128 bytes');
  const metaReader = new Reader(file, 132, { isExplicit: true, isBigEndian: false });
  const first = metaReader.element();
  if (first.tag !== '00020000') throw new Error('the File Meta Information does not begin with its group length');
  const end = 132 + 12 + first.bytes.readUInt32LE(0);
  const meta = metaReader.elementsUntil(end);
  if (meta.some(({ tag }) => !tag.startsWith('0002'))) throw new Error('the File Meta group length is wrong');
  const transferSyntaxUID = textIn(meta, '00020010');
  if (transferSyntaxUID === undefined) throw new Error('the File Meta Information has no Transfer Syntax UID');
  const rest = file.subarray(end);
  if (rest.subarray(0, 2).equals(Buffer.from([2, 0]))) throw new Error('the File Meta group length is too short');
  return { meta, transferSyntaxUID, elements: readDataSet(rest, transferSyntaxUID) };
}

/** @throws Error saying what breaks the format */
export function readDataSet(bytes: Buffer, transferSyntaxUID: string): ReadDataSet {
  const body = transferSyntaxUID === SYNTAX.deflated ? inflateRawSync(bytes) : bytes;
  return new Reader(body, 0, {
    isExplicit: transferSyntaxUID !== SYNTAX.implicitLittle,
    isBigEndian: transferSyntaxUID === SYNTAX.explicitBig,
  }).elementsUntil(body.length);
}

/** The text of an element without padding; undefined when it is not there. */
export function textIn(elements: ReadDataSet, tag: string): string | undefined {
  const bytes = elements.find((one) => one.tag === tag)?.bytes;
  return bytes?.toString('latin1').replace(/[\0 ]+$/, '');
}

interface Encoding {
  readonly isExplicit: boolean;
  readonly isBigEndian: boolean;
}

class Reader {
  readonly #bytes: Buffer;
  readonly #encoding: Encoding;
  #at: number;

  constructor(bytes: Buffer, at: number, encoding: Encoding) {
    this.#bytes = bytes;
    this.#at = at;
    this.#encoding = encoding;
  }

  elementsUntil(end: number): ReadDataSet {
    const elements: ReadElement[] = [];
    while (this.#at < end) elements.push(this.#ordered(elements.at(-1), this.element()));
    if (this.#at !== end) throw new Error('an element reaches beyond what holds it');
    return elements;
  }

  element(): ReadElement {
    const tag = this.#tag();
    const { vr, length } = this.#vrAndLength(tag);
    if (length === UNDEFINED_LENGTH && tag === '7FE00010')
      return { tag, vr, bytes: Buffer.alloc(0), fragments: this.#fragments() };
    const isSequence = vr === 'SQ' || (length === UNDEFINED_LENGTH && vr === 'UN');
    if (isSequence) return { tag, vr, bytes: Buffer.alloc(0), items: this.#items(length) };
    if (length === UNDEFINED_LENGTH) throw new Error(`${tag} has an undefined length`);
    if (length % 2 === 1) throw new Error(`${tag} has an odd length of ${length}`);
    return { tag, vr, bytes: this.#take(length) };
  }

  #ordered(before: ReadElement | undefined, now: ReadElement): ReadElement {
    if (before !== undefined && before.tag >= now.tag) throw new Error(`${now.tag} comes after ${before.tag}`);
    return now;
  }

  #vrAndLength(tag: string): { vr: string; length: number } {
    if (!this.#encoding.isExplicit) return { vr: vrOf(tag), length: this.#uint32() };
    const vr = this.#take(2).toString('latin1');
    if (!VRS.has(vr)) throw new Error(`${tag} has no known VR: ${JSON.stringify(vr)}`);
    if (!LONG_VRS.has(vr)) return { vr, length: this.#uint16() };
    this.#take(2);
    return { vr, length: this.#uint32() };
  }

  #items(length: number): readonly ReadDataSet[] {
    const items: ReadDataSet[] = [];
    const end = length === UNDEFINED_LENGTH ? Number.POSITIVE_INFINITY : this.#at + length;
    while (this.#at < end) {
      const tag = this.#tag();
      const itemLength = this.#uint32();
      if (tag === SEQUENCE_END && end === Number.POSITIVE_INFINITY) return items;
      if (tag !== ITEM) throw new Error(`${tag} stands where an item begins`);
      items.push(itemLength === UNDEFINED_LENGTH ? this.#elementsOfItem() : this.elementsUntil(this.#at + itemLength));
    }
    return items;
  }

  #elementsOfItem(): ReadDataSet {
    const elements: ReadElement[] = [];
    for (;;) {
      const start = this.#at;
      if (this.#tag() === ITEM_END) {
        this.#uint32();
        return elements;
      }
      this.#at = start;
      elements.push(this.#ordered(elements.at(-1), this.element()));
    }
  }

  #fragments(): readonly Buffer[] {
    const fragments: Buffer[] = [];
    for (;;) {
      const tag = this.#tag();
      const length = this.#uint32();
      if (tag === SEQUENCE_END) return fragments.slice(1);
      if (tag !== ITEM) throw new Error(`${tag} stands where a fragment begins`);
      fragments.push(this.#take(length));
    }
  }

  #tag(): string {
    const hex = (): string => this.#uint16().toString(16).toUpperCase().padStart(4, '0');
    return hex() + hex();
  }

  #uint16(): number {
    const bytes = this.#take(2);
    return this.#encoding.isBigEndian ? bytes.readUInt16BE(0) : bytes.readUInt16LE(0);
  }

  #uint32(): number {
    const bytes = this.#take(4);
    return this.#encoding.isBigEndian ? bytes.readUInt32BE(0) : bytes.readUInt32LE(0);
  }

  #take(length: number): Buffer {
    if (this.#at + length > this.#bytes.length) throw new Error('the file ends within an element');
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }
}

const vrOf = (tag: string): string => {
  const keyword = keywordOf(tag);
  return keyword === undefined ? 'UN' : attribute(keyword).vr;
};

/**
 * Where two data sets differ, for people to read; empty when they are equal element by element. Padding at the end of a
 * value, and how lengths are written, make no difference.
 */
export function differences(expected: ReadDataSet, came: ReadDataSet, path = ''): readonly string[] {
  const others = new Map(came.map((one) => [one.tag, one]));
  const missing = expected.flatMap((one) => {
    const other = others.get(one.tag);
    others.delete(one.tag);
    return other === undefined ? [`${path}${one.tag} is missing`] : elementDifferences(one, other, path);
  });
  return [...missing, ...[...others.keys()].map((tag) => `${path}${tag} was added`)];
}

function elementDifferences(one: ReadElement, other: ReadElement, path: string): readonly string[] {
  const at = `${path}${one.tag}`;
  if (one.vr !== other.vr) return [`${at} has VR ${other.vr} instead of ${one.vr}`];
  const [items, otherItems] = [one.items ?? [], other.items ?? []];
  if (items.length !== otherItems.length) return [`${at} has ${otherItems.length} items instead of ${items.length}`];
  const within = items.flatMap((item, i) => differences(item, otherItems[i] ?? [], `${at}[${i + 1}].`));
  if (within.length > 0) return within;
  const [bytes, otherBytes] = [wholeOf(one), wholeOf(other)];
  return bytes.equals(otherBytes) ? [] : [`${at} has other bytes (${otherBytes.length} instead of ${bytes.length})`];
}

function wholeOf({ vr, bytes, fragments }: ReadElement): Buffer {
  const whole = fragments === undefined ? bytes : Buffer.concat([...fragments]);
  const pad = vr === 'UI' || fragments !== undefined || vr.startsWith('O') || vr === 'UN' ? 0 : 0x20;
  let end = whole.length;
  while (end > 0 && whole[end - 1] === pad) end -= 1;
  return whole.subarray(0, end);
}
