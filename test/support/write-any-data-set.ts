/**
 * Writes data sets as any lawful sender might: every VR, sequences in sequences, defined and undefined lengths, UN of
 * undefined length, private attributes, odd values. Independent of the product's own writer, for it tests the reader.
 */
import { deflateRawSync } from 'node:zlib';
import fc from 'fast-check';
import type { ByteOrder, DataElement, DataSet, Tag } from '../../src/dicom/data-set.js';
import { isSequence, tagText } from '../../src/dicom/data-set.js';
import { DICTIONARY_TABLE } from '../../src/dicom/dictionary.data.js';
import { implicitVR } from '../../src/dicom/dictionary.js';
import { findTransferSyntax } from '../../src/dicom/transfer-syntaxes.js';
import { isVR, LONG_LENGTH_VRS, type VR } from '../../src/dicom/vr.js';

export interface AnyValue {
  readonly tag: Tag;
  readonly vr: Exclude<VR, 'SQ'>;
  readonly bytes: Buffer;
}

export interface AnySequence {
  readonly tag: Tag;
  /** UN is written with undefined length and its items in Implicit VR Little Endian (CP-246). */
  readonly vr: 'SQ' | 'UN';
  readonly hasDefinedLength: boolean;
  readonly items: readonly AnyItem[];
}

export interface AnyItem {
  readonly hasDefinedLength: boolean;
  readonly elements: readonly AnyElement[];
}

export type AnyElement = AnyValue | AnySequence;

export interface AnyEncoding {
  readonly vr: 'explicit' | 'implicit';
  readonly byteOrder: ByteOrder;
}

const UNDEFINED_LENGTH = 0xffff_ffff;
const ITEM = 0xfffee000;
const ITEM_END = 0xfffee00d;
const SEQUENCE_END = 0xfffee0dd;
const IMPLICIT_LITTLE: AnyEncoding = { vr: 'implicit', byteOrder: 'little' };
const EXPLICIT_LITTLE: AnyEncoding = { vr: 'explicit', byteOrder: 'little' };

const uint16 = (value: number, byteOrder: ByteOrder): Buffer => {
  const bytes = Buffer.alloc(2);
  if (byteOrder === 'little') bytes.writeUInt16LE(value);
  else bytes.writeUInt16BE(value);
  return bytes;
};

export const uint32 = (value: number, byteOrder: ByteOrder = 'little'): Buffer => {
  const bytes = Buffer.alloc(4);
  if (byteOrder === 'little') bytes.writeUInt32LE(value);
  else bytes.writeUInt32BE(value);
  return bytes;
};

/** A tag and a 4-byte length: an item, a delimitation item, or an element head in Implicit VR. */
export const writeMark = (tag: Tag, length = 0, byteOrder: ByteOrder = 'little'): Buffer =>
  Buffer.concat([uint16(tag >>> 16, byteOrder), uint16(tag & 0xffff, byteOrder), uint32(length, byteOrder)]);

/** The head of an element; the length is written as given, however untrue. */
export function writeHead(tag: Tag, vr: string, length: number, encoding: AnyEncoding = EXPLICIT_LITTLE): Buffer {
  const { byteOrder } = encoding;
  if (encoding.vr === 'implicit') return writeMark(tag, length, byteOrder);
  const front = [uint16(tag >>> 16, byteOrder), uint16(tag & 0xffff, byteOrder), Buffer.from(vr, 'latin1')];
  const isLong = !isVR(vr) || LONG_LENGTH_VRS.has(vr);
  return Buffer.concat([
    ...front,
    ...(isLong ? [Buffer.alloc(2), uint32(length, byteOrder)] : [uint16(length, byteOrder)]),
  ]);
}

/** One element with its value bytes as given. */
export const writeValue = (tag: Tag, vr: string, value: Buffer | string = '', encoding?: AnyEncoding): Buffer => {
  const bytes = typeof value === 'string' ? Buffer.from(value, 'latin1') : value;
  return Buffer.concat([writeHead(tag, vr, bytes.length, encoding), bytes]);
};

/** An item around bytes that are encoded already. */
export function writeItem(content: Buffer, hasDefinedLength = true, byteOrder: ByteOrder = 'little'): Buffer {
  if (hasDefinedLength) return Buffer.concat([writeMark(ITEM, content.length, byteOrder), content]);
  return Buffer.concat([writeMark(ITEM, UNDEFINED_LENGTH, byteOrder), content, writeMark(ITEM_END, 0, byteOrder)]);
}

export interface SequenceOptions {
  readonly vr?: string;
  readonly hasDefinedLength?: boolean;
  readonly encoding?: AnyEncoding;
  readonly itemByteOrder?: ByteOrder;
}

/** A sequence around items that are encoded already. */
export function writeSequence(tag: Tag, items: Buffer, options: SequenceOptions = {}): Buffer {
  const { vr = 'SQ', hasDefinedLength = true, encoding = EXPLICIT_LITTLE } = options;
  const itemByteOrder = options.itemByteOrder ?? encoding.byteOrder;
  if (hasDefinedLength) return Buffer.concat([writeHead(tag, vr, items.length, encoding), items]);
  const end = writeMark(SEQUENCE_END, 0, itemByteOrder);
  return Buffer.concat([writeHead(tag, vr, UNDEFINED_LENGTH, encoding), items, end]);
}

function writeElement(element: AnyElement, encoding: AnyEncoding): Buffer {
  if ('bytes' in element) return writeValue(element.tag, element.vr, element.bytes, encoding);
  const { tag, vr, items } = element;
  const inner = vr === 'UN' ? IMPLICIT_LITTLE : encoding;
  const content = items.map((item) =>
    writeItem(writeElements(item.elements, inner), item.hasDefinedLength, inner.byteOrder),
  );
  // A reader of Implicit VR knows by the dictionary alone that a defined length holds items.
  const isKnown = encoding.vr === 'explicit' || implicitVR(tag) === 'SQ';
  const hasDefinedLength = element.hasDefinedLength && isKnown && vr === 'SQ';
  return writeSequence(tag, Buffer.concat(content), { vr, hasDefinedLength, encoding, itemByteOrder: inner.byteOrder });
}

export const writeElements = (elements: readonly AnyElement[], encoding: AnyEncoding): Buffer =>
  Buffer.concat(elements.map((element) => writeElement(element, encoding)));

/** The File Meta Information with a true group length. */
export function writeFileMeta(transferSyntaxUID: string, more: Buffer = Buffer.alloc(0)): Buffer {
  const uid = transferSyntaxUID.length % 2 === 0 ? transferSyntaxUID : `${transferSyntaxUID}\0`;
  const content = Buffer.concat([
    writeValue(0x00020001, 'OB', Buffer.from([0, 1])),
    writeValue(0x00020010, 'UI', uid),
    more,
  ]);
  return Buffer.concat([writeValue(0x00020000, 'UL', uint32(content.length)), content]);
}

/** A whole file around a data set that is encoded already, but not yet deflated where the transfer syntax says so. */
export function writePart10(transferSyntaxUID: string, dataSet: Buffer): Buffer {
  const isDeflated = findTransferSyntax(transferSyntaxUID)?.deflated === true;
  const deflated = isDeflated ? deflateRawSync(dataSet) : dataSet;
  const padding = Buffer.alloc(isDeflated ? deflated.length % 2 : 0);
  const front = [Buffer.alloc(128), Buffer.from('DICM'), writeFileMeta(transferSyntaxUID)];
  return Buffer.concat([...front, deflated, padding]);
}

/** A data set in words that two sides of a comparison can share. */
export type Told = readonly (readonly [tag: string, vr: string, value: string | readonly Told[]])[];

/** What a reader should tell of the elements written in that encoding. */
export function tellWritten(elements: readonly AnyElement[], encoding: AnyEncoding): Told {
  return elements.map((element) => {
    if (!('bytes' in element)) {
      const inner = element.vr === 'UN' ? IMPLICIT_LITTLE : encoding;
      return [tagText(element.tag), 'SQ', element.items.map((item) => tellWritten(item.elements, inner))];
    }
    const vr = encoding.vr === 'implicit' ? implicitVR(element.tag) : element.vr;
    return [tagText(element.tag), vr, element.bytes.toString('hex')];
  });
}

/** What a data set that was read holds. */
export const tellRead = ({ elements }: DataSet): Told =>
  elements.map((element: DataElement) =>
    isSequence(element)
      ? [tagText(element.tag), 'SQ', element.items.map(tellRead)]
      : [tagText(element.tag), element.vr, element.bytes.toString('hex')],
  );

/** Up to eight attributes of each VR, all before Pixel Data. */
const attributesOf = new Map<VR, Tag[]>();
for (const line of DICTIONARY_TABLE.trim().split('\n')) {
  const [digits = '', vr = ''] = line.split(' ');
  const tag = Number.parseInt(digits, 16);
  if (!/^[\dA-F]{8}$/i.test(digits) || !isVR(vr) || tag < 0x0008_0000 || tag >= 0x7fe0_0000) continue;
  const tags = attributesOf.get(vr) ?? [];
  if (tags.length < 8) attributesOf.set(vr, [...tags, tag]);
}

const isValueVR = (vr: VR): vr is AnyValue['vr'] => vr !== 'SQ';
const valueVRs = [...attributesOf.keys()].filter(isValueVR);
const knownValue = fc
  .constantFrom(...valueVRs)
  .chain((vr) => fc.record({ tag: fc.constantFrom(...(attributesOf.get(vr) ?? [])), vr: fc.constant(vr) }));
const privateTag = fc.integer({ min: 0x1000, max: 0x10ff }).map((element) => 0x0009_0000 + element);
const privateValue = fc.record({ tag: privateTag, vr: fc.constantFrom(...valueVRs) });
const valueBytes = fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes));

const anyValue: fc.Arbitrary<AnyValue> = fc
  .tuple(fc.oneof({ weight: 4, arbitrary: knownValue }, privateValue), valueBytes)
  .map(([attribute, bytes]) => ({ ...attribute, bytes }));

const inOrder = (elements: readonly AnyElement[]): AnyElement[] =>
  [...new Map(elements.map((element) => [element.tag, element])).values()].sort((a, b) => a.tag - b.tag);

/** Elements in order, each tag once, nested at most `depth` deep. */
export function anyDataSet(depth = 3): fc.Arbitrary<AnyElement[]> {
  const element = depth === 0 ? anyValue : fc.oneof({ weight: 3, arbitrary: anyValue }, anySequence(depth));
  return fc.array<AnyElement>(element, { maxLength: 6 }).map(inOrder);
}

function anySequence(depth: number): fc.Arbitrary<AnySequence> {
  const item = fc.record({ hasDefinedLength: fc.boolean(), elements: anyDataSet(depth - 1) });
  return fc.record({
    tag: fc.oneof(fc.constantFrom(...(attributesOf.get('SQ') ?? [])), privateTag),
    vr: fc.constantFrom('SQ' as const, 'SQ' as const, 'UN' as const),
    hasDefinedLength: fc.boolean(),
    items: fc.array(item, { maxLength: 3 }),
  });
}
