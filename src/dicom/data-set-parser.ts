/**
 * Parses one data set while its bytes arrive: elements, sequences, items, at any depth without recursion. Whatever makes
 * two readers see two things in one file is refused: falling or repeated tags, lengths that overlap, delimiters out of
 * place, groups that belong elsewhere. What values mean is for others to judge. PS3.5 §7, §6.2.2
 */
import { TAG } from './attributes.js';
import type { DataElement, DataSet, Tag, ValueElement } from './data-set.js';
import { implicitVR, isSignedAsPixels } from './dictionary.js';
import { cannotUnderstand, outOfResources } from './failure-reasons.js';
import type { Extent, Open, OpenDataSet, OpenFragments, OpenSequence } from './open-elements.js';
import type { ArrivingBytes } from './part10-bytes.js';
import {
  type ElementHead,
  type Encoding,
  findElementHead,
  findSpelledVR,
  IMPLICIT_LITTLE_ENDIAN,
  peekItemLength,
  peekTag,
  SHORT_HEAD_BYTES,
} from './part10-element-head.js';
import { type DataSetKind, expectLawfulElement, isBeyond, isDelimiter, isGroupLength } from './part10-element-rules.js';
import type { Part10Tally } from './part10-limits.js';
import { readNumber } from './values.js';

export interface DataSetParserOptions {
  readonly bytes: ArrivingBytes;
  readonly encoding: Encoding;
  readonly tally: Part10Tally;
  readonly kind: Exclude<DataSetKind, 'item'>;
  /** How messages call the data set. */
  readonly name: string;
  /** Bytes it may have, as far as it is parsed here. */
  readonly mostBytes: number;
  /** Offset at which it is declared to end; without it, it ends where it stops, or with the stream. */
  readonly endOffset?: number;
  /** Told where each Data Element of the outermost level begins, group lengths as well. */
  readonly tellElement?: ((tag: Tag, offset: number) => void) | undefined;
}

const NO_TAG_YET: Tag = -1;
/** Pixel Representation of two's complement. PS3.3 §C.7.6.3.1.1 */
const SIGNED = 1;

export class DataSetParser {
  /** The data set as far as it has been parsed. Nested Pixel Data in fragments has its items as value, no delimiter. */
  readonly dataSet: DataSet;
  readonly #bytes: ArrivingBytes;
  readonly #tally: Part10Tally;
  readonly #options: DataSetParserOptions;
  readonly #startOffset: number;
  /** What is open, outermost first: data set, sequence, item, sequence, item … */
  readonly #open: Open[];

  constructor(options: DataSetParserOptions) {
    const { bytes, encoding, endOffset, kind } = options;
    const elements: DataElement[] = [];
    this.#options = options;
    this.#bytes = bytes;
    this.#tally = options.tally;
    this.#startOffset = bytes.offset;
    this.dataSet = { elements, byteOrder: encoding.byteOrder };
    const boundOffset = endOffset ?? Number.POSITIVE_INFINITY;
    this.#open = [{ kind, elements, lastTag: NO_TAG_YET, encoding, endOffset, boundOffset }];
  }

  /**
   * Parse what has arrived. True when the data set has reached its declared end, or stands before a tag that is beyond
   * it; false when it waits for more bytes.
   * @throws InvalidInstance C000H for what can not be understood, A700H for what exceeds a limit
   */
  advance(): boolean {
    for (;;) {
      const innermost = this.#closeFinished();
      if (innermost === undefined || this.#isBeyond(innermost)) return true;
      if (!this.#readNext(innermost)) return false;
    }
  }

  /** Say that no more bytes come. @throws InvalidInstance C000H when something is open or half there */
  end(): void {
    const { name } = this.#options;
    this.#closeFinished();
    if (this.#open.length > 1) throw cannotUnderstand(`The file ends inside a sequence of ${name}.`);
    if (this.#bytes.available > 0) throw cannotUnderstand(`The file ends inside a Data Element of ${name}.`);
  }

  /** Close what has reached its defined end. What is innermost then; undefined when all is closed. */
  #closeFinished(): Open | undefined {
    while (this.#open.at(-1)?.endOffset === this.#bytes.offset) this.#open.pop();
    return this.#open.at(-1);
  }

  #isBeyond({ kind, encoding }: Open): boolean {
    if ((kind !== 'file meta' && kind !== 'data set') || !this.#bytes.has(4)) return false;
    return isBeyond(kind, peekTag(this.#bytes, encoding.byteOrder));
  }

  /** Read one value, or the head of what holds others; false when it has not arrived. */
  #readNext(innermost: Open): boolean {
    this.#expectRoom(innermost, SHORT_HEAD_BYTES);
    if (!this.#bytes.has(SHORT_HEAD_BYTES)) return false;
    if (innermost.kind === 'sequence' || innermost.kind === 'fragments') return this.#readItem(innermost);
    return this.#readElement(innermost);
  }

  #readElement(holder: OpenDataSet): boolean {
    if (isDelimiter(peekTag(this.#bytes, holder.encoding.byteOrder))) return this.#readItemDelimitation(holder);
    const head = findElementHead(this.#bytes, holder.encoding);
    if (head === undefined) return false;
    const { tag, vr, lengthBytes, headBytes } = head;
    expectLawfulElement(holder.kind, holder.lastTag, head, this.#bytes.offset);
    this.#expectImplicit(holder, head);
    this.#expectRoom(holder, headBytes + (lengthBytes ?? 0));
    if (vr === 'SQ' || (vr === 'UN' && lengthBytes === undefined)) return this.#openSequence(holder, head);
    if (lengthBytes === undefined) return this.#openFragments(holder, head);
    this.#expectWithinLimits(headBytes, lengthBytes);
    if (!this.#bytes.has(headBytes + lengthBytes)) return false;
    const valueOffset = this.#readHead(holder, head);
    const bytes = this.#bytes.take(lengthBytes);
    if (!isGroupLength(tag)) holder.elements.push({ tag, vr: this.#valueVR(holder, tag, vr), bytes, valueOffset });
    return true;
  }

  /**
   * The VR of a value: as the file says, or by the dictionary where it says nothing, which is in Implicit VR and with UN
   * (PS3.5 §6.2.2). "US or SS" is by Pixel Representation, that of the data set itself or of the nearest around it, as far
   * as it has come; without one it is US (PS3.5 §A.1).
   */
  #valueVR({ encoding }: OpenDataSet, tag: Tag, vr: ValueElement['vr']): ValueElement['vr'] {
    const isSaid = encoding.vr === 'explicit' && vr !== 'UN';
    // The bytes of UN are little endian in any data set; in a big endian one they stay what they are called.
    if (isSaid || encoding.byteOrder === 'big') return vr;
    const known = vr === 'UN' ? implicitVR(tag) : vr;
    if (known === 'SQ') return vr;
    return isSignedAsPixels(tag) && this.#arePixelsSigned() ? 'SS' : known;
  }

  #arePixelsSigned(): boolean {
    for (const open of this.#open.toReversed()) {
      if (!('elements' in open)) continue;
      const around = { elements: open.elements, byteOrder: open.encoding.byteOrder };
      const pixelRepresentation = readNumber(around, TAG.PixelRepresentation);
      if (pixelRepresentation !== undefined) return pixelRepresentation === SIGNED;
    }
    return false;
  }

  /** Offset of the value field. */
  #readHead(holder: OpenDataSet, { tag, headBytes }: ElementHead): number {
    this.#tally.countElement();
    if (this.#open.length === 1) this.#options.tellElement?.(tag, this.#bytes.offset);
    holder.lastTag = tag;
    this.#bytes.skip(headBytes);
    return this.#bytes.offset;
  }

  #openSequence(holder: OpenDataSet, head: ElementHead): true {
    if (this.#open.length >> 1 >= this.#tally.limits.depth) {
      throw cannotUnderstand(`Sequences are nested more than ${this.#tally.limits.depth} deep.`);
    }
    this.#expectWithinLimits(head.headBytes, 0);
    this.#readHead(holder, head);
    const items: DataSet[] = [];
    holder.elements.push({ tag: head.tag, vr: 'SQ', items });
    const encoding = head.vr === 'UN' ? IMPLICIT_LITTLE_ENDIAN : holder.encoding;
    this.#open.push({ kind: 'sequence', items, ...this.#extentHere(holder, head.lengthBytes), encoding });
    return true;
  }

  #openFragments(holder: OpenDataSet, head: ElementHead): true {
    const { tag, vr } = head;
    const isPixelData = holder.kind === 'item' && tag === TAG.PixelData && holder.encoding.vr === 'explicit';
    if (!isPixelData || (vr !== 'OB' && vr !== 'OW')) {
      throw cannotUnderstand(`The Data Element at byte ${this.#bytes.offset} can not have an undefined length.`);
    }
    this.#expectWithinLimits(head.headBytes, 0);
    const valueOffset = this.#readHead(holder, head);
    this.#open.push({ kind: 'fragments', vr, valueOffset, items: [], ...this.#extentHere(holder, undefined) });
    return true;
  }

  #readItem(holder: OpenSequence | OpenFragments): boolean {
    const { byteOrder } = holder.encoding;
    const tag = peekTag(this.#bytes, byteOrder);
    const lengthBytes = peekItemLength(this.#bytes, byteOrder);
    if (tag === TAG.SequenceDelimitationItem && holder.endOffset === undefined) return this.#closeDelimited(holder);
    if (tag !== TAG.Item) {
      throw cannotUnderstand(`The sequence holds something else than an item at byte ${this.#bytes.offset}.`);
    }
    this.#expectRoom(holder, SHORT_HEAD_BYTES + (lengthBytes ?? 0));
    if (holder.kind === 'fragments') return this.#readFragment(holder, lengthBytes);
    this.#expectWithinLimits(SHORT_HEAD_BYTES, 0);
    this.#tally.countItem();
    this.#bytes.skip(SHORT_HEAD_BYTES);
    const elements: DataElement[] = [];
    holder.items.push({ elements, byteOrder });
    this.#open.push({ kind: 'item', elements, lastTag: NO_TAG_YET, ...this.#extentHere(holder, lengthBytes) });
    return true;
  }

  #readFragment(holder: OpenFragments, lengthBytes: number | undefined): boolean {
    if (lengthBytes === undefined) {
      throw cannotUnderstand(`The fragment at byte ${this.#bytes.offset} has an undefined length.`);
    }
    this.#expectWithinLimits(SHORT_HEAD_BYTES, lengthBytes);
    if (!this.#bytes.has(SHORT_HEAD_BYTES + lengthBytes)) return false;
    this.#tally.countItem();
    holder.items.push(this.#bytes.take(SHORT_HEAD_BYTES + lengthBytes));
    return true;
  }

  #readItemDelimitation(holder: OpenDataSet): true {
    const tag = peekTag(this.#bytes, holder.encoding.byteOrder);
    if (tag !== TAG.ItemDelimitationItem || holder.kind !== 'item' || holder.endOffset !== undefined) {
      throw cannotUnderstand(`There is an item or a delimitation item out of place at byte ${this.#bytes.offset}.`);
    }
    return this.#closeDelimited(holder);
  }

  #closeDelimited(holder: Open): true {
    if (peekItemLength(this.#bytes, holder.encoding.byteOrder) !== 0) {
      throw cannotUnderstand(`The delimitation item at byte ${this.#bytes.offset} has a length other than zero.`);
    }
    this.#expectWithinLimits(SHORT_HEAD_BYTES, 0);
    this.#bytes.skip(SHORT_HEAD_BYTES);
    this.#open.pop();
    if (holder.kind === 'fragments') this.#keepFragments(holder);
    return true;
  }

  #keepFragments({ vr, valueOffset, items }: OpenFragments): void {
    const item = this.#open.at(-1);
    if (item?.kind === 'item') item.elements.push({ tag: TAG.PixelData, vr, bytes: Buffer.concat(items), valueOffset });
  }

  /** The extent of something of that length that begins here. */
  #extentHere({ encoding, boundOffset }: Extent, lengthBytes: number | undefined): Extent {
    if (lengthBytes === undefined) return { encoding, endOffset: undefined, boundOffset };
    const endOffset = this.#bytes.offset + lengthBytes;
    return { encoding, endOffset, boundOffset: endOffset };
  }

  /** A length that spells the very VR of its attribute is none: who believed it would swallow what comes after. */
  #expectImplicit({ kind, lastTag, encoding }: OpenDataSet, { vr }: ElementHead): void {
    if (kind !== 'data set' || lastTag !== NO_TAG_YET || encoding.vr === 'explicit') return;
    if (findSpelledVR(this.#bytes) !== vr) return;
    throw cannotUnderstand('The data set is in Explicit VR, though its Transfer Syntax is Implicit VR.');
  }

  #expectRoom({ boundOffset }: Extent, count: number): void {
    const { offset } = this.#bytes;
    if (offset + count > boundOffset) {
      throw cannotUnderstand(`What begins at byte ${offset} is longer than the sequence, item or group that holds it.`);
    }
  }

  /** Judged by the bytes that are there: where only the length claims to be huge, the file is a truncated one. */
  #expectWithinLimits(headBytes: number, lengthBytes: number): void {
    const { offset, available } = this.#bytes;
    const { mostBytes, name } = this.#options;
    const { valueBytes } = this.#tally.limits;
    const arrivedBytes = Math.min(headBytes + lengthBytes, available);
    if (offset + arrivedBytes - this.#startOffset > mostBytes) {
      throw outOfResources(`There are more than ${mostBytes} bytes in ${name}.`);
    }
    if (arrivedBytes - headBytes > valueBytes) {
      throw outOfResources(`There are more than ${valueBytes} bytes in the value at byte ${offset + headBytes}.`);
    }
  }
}
