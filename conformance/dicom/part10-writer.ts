/** Writes data sets and Part 10 files in any native or encapsulated transfer syntax. PS3.5 §7, PS3.5 Annex A, PS3.10 §7.1 */
import { deflateRawSync } from 'node:zlib';
import type { DataSet, Element, Encapsulated } from './data-set.js';
import { SYNTAX } from './syntaxes.js';

const LONG_VRS = new Set(['OB', 'OD', 'OF', 'OL', 'OV', 'OW', 'SQ', 'SV', 'UC', 'UN', 'UR', 'UT', 'UV']);
const NUL_PADDED = new Set(['UI', 'OB', 'UN']);
const UNDEFINED_LENGTH = 0xffffffff;
const IMPLEMENTATION_CLASS_UID = '1.2.826.0.1.3680043.10.1547.1';

type NumberWriter = (buffer: Buffer, value: number | bigint, at: number) => void;

const NUMBERS: Readonly<Record<string, readonly [bytes: number, little: NumberWriter, big: NumberWriter]>> = {
  US: [2, (b, v, at) => b.writeUInt16LE(Number(v), at), (b, v, at) => b.writeUInt16BE(Number(v), at)],
  SS: [2, (b, v, at) => b.writeInt16LE(Number(v), at), (b, v, at) => b.writeInt16BE(Number(v), at)],
  UL: [4, (b, v, at) => b.writeUInt32LE(Number(v), at), (b, v, at) => b.writeUInt32BE(Number(v), at)],
  SL: [4, (b, v, at) => b.writeInt32LE(Number(v), at), (b, v, at) => b.writeInt32BE(Number(v), at)],
  FL: [4, (b, v, at) => b.writeFloatLE(Number(v), at), (b, v, at) => b.writeFloatBE(Number(v), at)],
  FD: [8, (b, v, at) => b.writeDoubleLE(Number(v), at), (b, v, at) => b.writeDoubleBE(Number(v), at)],
  UV: [8, (b, v, at) => b.writeBigUInt64LE(BigInt(v), at), (b, v, at) => b.writeBigUInt64BE(BigInt(v), at)],
  SV: [8, (b, v, at) => b.writeBigInt64LE(BigInt(v), at), (b, v, at) => b.writeBigInt64BE(BigInt(v), at)],
};
/** Bytes of the words of VRs whose value is a string of them. */
const WORD_BYTES: Readonly<Record<string, number>> = { OW: 2, OL: 4, OF: 4, OD: 8, OV: 8 };

interface Encoding {
  readonly isExplicit: boolean;
  readonly isBigEndian: boolean;
}

const EXPLICIT_LITTLE: Encoding = { isExplicit: true, isBigEndian: false };

/** The data set without File Meta Information. A deflated one is deflated. */
export function encodeDataSet(elements: DataSet, transferSyntaxUID: string): Buffer {
  const encoding = {
    isExplicit: transferSyntaxUID !== SYNTAX.implicitLittle,
    isBigEndian: transferSyntaxUID === SYNTAX.explicitBig,
  };
  const bytes = encodeElements(elements, encoding);
  if (transferSyntaxUID !== SYNTAX.deflated) return bytes;
  const deflated = deflateRawSync(bytes);
  return deflated.length % 2 === 0 ? deflated : Buffer.concat([deflated, Buffer.alloc(1)]);
}

export interface FileMeta {
  readonly sopClassUID: string;
  readonly sopInstanceUID: string;
  readonly transferSyntaxUID: string;
}

/** A whole Part 10 file with an empty preamble. */
export function encodePart10(elements: DataSet, meta: FileMeta): Buffer {
  const group = encodeElements(
    [
      { tag: '00020001', vr: 'OB', value: Buffer.from([0, 1]) },
      { tag: '00020002', vr: 'UI', value: meta.sopClassUID },
      { tag: '00020003', vr: 'UI', value: meta.sopInstanceUID },
      { tag: '00020010', vr: 'UI', value: meta.transferSyntaxUID },
      { tag: '00020012', vr: 'UI', value: IMPLEMENTATION_CLASS_UID },
    ],
    EXPLICIT_LITTLE,
  );
  const length = encodeElements([{ tag: '00020000', vr: 'UL', value: [group.length] }], EXPLICIT_LITTLE);
  const dataSetBytes = encodeDataSet(elements, meta.transferSyntaxUID);
  return Buffer.concat([Buffer.alloc(128), Buffer.from('DICM'), length, group, dataSetBytes]);
}

function encodeElements(elements: DataSet, encoding: Encoding): Buffer {
  const sorted = [...elements].sort((a, b) => (a.tag < b.tag ? -1 : 1));
  return Buffer.concat(sorted.flatMap((one) => encodeElement(one, encoding)));
}

function encodeElement({ tag, vr, value }: Element, encoding: Encoding): readonly Buffer[] {
  if (typeof value === 'object' && 'frames' in value) {
    return [elementHead(tag, vr, UNDEFINED_LENGTH, encoding), encodeFragments(value)];
  }
  if (typeof value === 'object' && 'items' in value) {
    const items = value.items.map((item) => encodeElements(item, encoding));
    const body = Buffer.concat(items.flatMap((item) => [itemHead('FFFEE000', item.length, encoding), item]));
    return [elementHead(tag, vr, body.length, encoding), body];
  }
  const bytes = padded(encodeValue(vr, value, encoding), vr);
  return [elementHead(tag, vr, bytes.length, encoding), bytes];
}

/** The Value Field of an element before padding, in little endian. */
export const valueField = ({ vr, value }: Element): Buffer =>
  typeof value === 'object' && ('items' in value || 'frames' in value)
    ? Buffer.alloc(0)
    : encodeValue(vr, value, EXPLICIT_LITTLE);

function encodeValue(
  vr: string,
  value: string | readonly (number | bigint)[] | Buffer,
  { isBigEndian }: Encoding,
): Buffer {
  if (Buffer.isBuffer(value)) return isBigEndian ? swapped(value, WORD_BYTES[vr] ?? 1) : value;
  if (typeof value === 'string') return Buffer.from(value, 'utf8');
  if (vr === 'AT')
    return encodeValue(
      'US',
      value.flatMap((tag) => [Number(tag) >>> 16, Number(tag) & 0xffff]),
      { isExplicit: true, isBigEndian },
    );
  const [bytes, little, big] = NUMBERS[vr] ?? [];
  if (bytes === undefined || little === undefined || big === undefined) throw new Error(`${vr} takes no numbers.`);
  const buffer = Buffer.alloc(bytes * value.length);
  value.forEach((number, i) => {
    (isBigEndian ? big : little)(buffer, number, i * bytes);
  });
  return buffer;
}

function swapped(bytes: Buffer, wordBytes: number): Buffer {
  const copy = Buffer.from(bytes);
  if (wordBytes === 2) return copy.swap16();
  if (wordBytes === 4) return copy.swap32();
  return wordBytes === 8 ? copy.swap64() : copy;
}

const padded = (bytes: Buffer, vr: string): Buffer =>
  bytes.length % 2 === 0 ? bytes : Buffer.concat([bytes, Buffer.from(NUL_PADDED.has(vr) ? '\0' : ' ')]);

function elementHead(tag: string, vr: string, length: number, encoding: Encoding): Buffer {
  const { isExplicit, isBigEndian } = encoding;
  if (!isExplicit) return itemHead(tag, length, encoding);
  // PS3.5 §6.2.2 note 3: what does not fit a length of 16 bits is written as UN.
  const isTooLong = !LONG_VRS.has(vr) && length > 0xffff;
  const head = Buffer.alloc(LONG_VRS.has(vr) || isTooLong ? 12 : 8);
  writeTag(head, tag, isBigEndian);
  head.write(isTooLong ? 'UN' : vr, 4, 'latin1');
  if (head.length === 8) isBigEndian ? head.writeUInt16BE(length, 6) : head.writeUInt16LE(length, 6);
  else isBigEndian ? head.writeUInt32BE(length, 8) : head.writeUInt32LE(length, 8);
  return head;
}

function itemHead(tag: string, length: number, { isBigEndian }: Encoding): Buffer {
  const head = Buffer.alloc(8);
  writeTag(head, tag, isBigEndian);
  isBigEndian ? head.writeUInt32BE(length, 4) : head.writeUInt32LE(length, 4);
  return head;
}

function writeTag(head: Buffer, tag: string, isBigEndian: boolean): void {
  for (const [at, part] of [tag.slice(0, 4), tag.slice(4)].entries()) {
    const number = Number.parseInt(part, 16);
    isBigEndian ? head.writeUInt16BE(number, 2 * at) : head.writeUInt16LE(number, 2 * at);
  }
}

function encodeFragments({ frames, hasOffsets }: Encapsulated): Buffer {
  const item = (bytes: Buffer): Buffer => {
    const even = padded(bytes, 'OB');
    return Buffer.concat([itemHead('FFFEE000', even.length, EXPLICIT_LITTLE), even]);
  };
  const encoded = frames.map((fragments) => Buffer.concat(fragments.map(item)));
  const table = Buffer.alloc(hasOffsets ? 4 * frames.length : 0);
  if (hasOffsets) {
    encoded.reduce((offset, frame, i) => {
      table.writeUInt32LE(offset, 4 * i);
      return offset + frame.length;
    }, 0);
  }
  return Buffer.concat([item(table), ...encoded, itemHead('FFFEE0DD', 0, EXPLICIT_LITTLE)]);
}
