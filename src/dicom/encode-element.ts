/**
 * Data Elements to bytes in any of the encodings a data set may have: for what is put into a file of somebody else, whose own
 * elements stay as they are. Values are given as their bytes, sequences as their encoded items. PS3.5 §7
 */
import { TAG } from './attributes.js';
import { paddingByte } from './build-data-set.js';
import type { ByteOrder, Tag } from './data-set.js';
import type { Encoding } from './part10-element-head.js';
import { LONG_LENGTH_VRS, type VR } from './vr.js';

export const UNDEFINED_LENGTH = 0xffff_ffff;
const SHORT_HEAD_BYTES = 8;
const LONG_HEAD_BYTES = 12;

/** Bytes of the head of an element: tag, VR and length. */
export const headBytesOf = (vr: VR, encoding: Encoding): number =>
  encoding.vr === 'explicit' && LONG_LENGTH_VRS.has(vr) ? LONG_HEAD_BYTES : SHORT_HEAD_BYTES;

/** Encode tag, VR and length. @throws RangeError when the VR has no length field for so many bytes */
export function encodeHead(tag: Tag, vr: VR, lengthBytes: number, encoding: Encoding): Buffer {
  const head = Buffer.alloc(headBytesOf(vr, encoding));
  writeTag(head, tag, encoding.byteOrder);
  if (encoding.vr === 'explicit') head.write(vr, 4, 'latin1');
  if (encoding.vr === 'implicit') writeUInt32(head, lengthBytes, 4, encoding.byteOrder);
  else if (head.length === LONG_HEAD_BYTES) writeUInt32(head, lengthBytes, 8, encoding.byteOrder);
  else writeUInt16(head, lengthBytes, 6, encoding.byteOrder);
  return head;
}

/** Encode an element; an odd value is padded. @throws RangeError as `encodeHead` */
export function encodeElement(tag: Tag, vr: VR, value: Buffer, encoding: Encoding): Buffer {
  const padding = Buffer.alloc(value.length % 2, paddingByte(vr));
  return Buffer.concat([encodeHead(tag, vr, value.length + padding.length, encoding), value, padding]);
}

/** Encode a sequence around items that are encoded already. */
export function encodeSequence(tag: Tag, items: readonly Buffer[], encoding: Encoding): Buffer {
  const content = Buffer.concat(items);
  return Buffer.concat([encodeHead(tag, 'SQ', content.length, encoding), content]);
}

/** Encode an item around elements that are encoded already. */
export function encodeItem(elements: readonly Buffer[], { byteOrder }: Encoding): Buffer {
  const content = Buffer.concat(elements);
  return Buffer.concat([encodeMark(TAG.Item, content.length, byteOrder), content]);
}

/** Encode a tag with a length of four bytes: an item, or what ends one. PS3.5 §7.5 */
export function encodeMark(tag: Tag, lengthBytes: number, byteOrder: ByteOrder): Buffer {
  const mark = Buffer.alloc(SHORT_HEAD_BYTES);
  writeTag(mark, tag, byteOrder);
  writeUInt32(mark, lengthBytes, 4, byteOrder);
  return mark;
}

/** The value of an attribute of VR US. */
export function encodeUInt16(value: number, { byteOrder }: Encoding): Buffer {
  const bytes = Buffer.alloc(2);
  writeUInt16(bytes, value, 0, byteOrder);
  return bytes;
}

/** The value of an attribute of VR AT. */
export function encodeTag(tag: Tag, { byteOrder }: Encoding): Buffer {
  const bytes = Buffer.alloc(4);
  writeTag(bytes, tag, byteOrder);
  return bytes;
}

function writeTag(bytes: Buffer, tag: Tag, byteOrder: ByteOrder): void {
  writeUInt16(bytes, tag >>> 16, 0, byteOrder);
  writeUInt16(bytes, tag & 0xffff, 2, byteOrder);
}

function writeUInt16(bytes: Buffer, value: number, offset: number, byteOrder: ByteOrder): void {
  if (byteOrder === 'little') bytes.writeUInt16LE(value, offset);
  else bytes.writeUInt16BE(value, offset);
}

function writeUInt32(bytes: Buffer, value: number, offset: number, byteOrder: ByteOrder): void {
  if (byteOrder === 'little') bytes.writeUInt32LE(value, offset);
  else bytes.writeUInt32BE(value, offset);
}
