/** The head of a Data Element: tag, VR and length, as each encoding lays them out. PS3.5 §7.1 */
import type { ByteOrder, Tag } from './data-set.js';
import { implicitVR } from './dictionary.js';
import { cannotUnderstand } from './failure-reasons.js';
import type { ArrivingBytes } from './part10-bytes.js';
import { LONG_LENGTH_VRS, VALUE_REPRESENTATIONS, type VR } from './vr.js';

export interface Encoding {
  readonly vr: 'explicit' | 'implicit';
  readonly byteOrder: ByteOrder;
}

/** How the content of a UN element of undefined length is encoded, whatever surrounds it. PS3.5 §6.2.2, CP-246 */
export const IMPLICIT_LITTLE_ENDIAN: Encoding = { vr: 'implicit', byteOrder: 'little' };

export interface ElementHead {
  readonly tag: Tag;
  readonly vr: VR;
  /** Bytes of the value field; undefined when a delimitation item ends it. */
  readonly lengthBytes: number | undefined;
  /** Bytes of the head itself. */
  readonly headBytes: number;
}

/** Bytes of a tag with a 4-byte length: an item, a delimitation item, and every head in Implicit VR. PS3.5 §7.5 */
export const SHORT_HEAD_BYTES = 8;
const LONG_HEAD_BYTES = 12;

const vrOfCode = new Map<number, VR>(
  VALUE_REPRESENTATIONS.map((vr) => [vr.charCodeAt(0) * 0x100 + vr.charCodeAt(1), vr]),
);

const definedLength = (length: number): number | undefined => (length === 0xffff_ffff ? undefined : length);

/** The tag that comes next. Four bytes must be there. */
export const peekTag = (bytes: ArrivingBytes, byteOrder: ByteOrder): Tag =>
  bytes.uint16(0, byteOrder) * 0x1_0000 + bytes.uint16(2, byteOrder);

/** The length of the item or delimitation item that comes next, undefined when it is. Eight bytes must be there. */
export const peekItemLength = (bytes: ArrivingBytes, byteOrder: ByteOrder): number | undefined =>
  definedLength(bytes.uint32(4, byteOrder));

/** The VR that the two bytes after the tag would be in Explicit VR, if they are one. Six bytes must be there. */
export const findSpelledVR = (bytes: ArrivingBytes): VR | undefined => vrOfCode.get(bytes.uint16(4, 'big'));

/**
 * Look at the head of the element that comes next, without reading past it; undefined while it has not arrived.
 * Lengths and reserved bytes are not judged.
 * @throws InvalidInstance C000H when the VR of Explicit VR is none
 */
export function findElementHead(bytes: ArrivingBytes, { vr: how, byteOrder }: Encoding): ElementHead | undefined {
  if (!bytes.has(SHORT_HEAD_BYTES)) return undefined;
  const tag = peekTag(bytes, byteOrder);
  if (how === 'implicit') {
    const lengthBytes = definedLength(bytes.uint32(4, byteOrder));
    return { tag, vr: implicitVR(tag), lengthBytes, headBytes: SHORT_HEAD_BYTES };
  }
  const vr = findSpelledVR(bytes);
  if (vr === undefined) {
    throw cannotUnderstand(`The Data Element at byte ${bytes.offset} has no Value Representation of the standard.`);
  }
  if (!LONG_LENGTH_VRS.has(vr)) {
    return { tag, vr, lengthBytes: bytes.uint16(6, byteOrder), headBytes: SHORT_HEAD_BYTES };
  }
  if (!bytes.has(LONG_HEAD_BYTES)) return undefined;
  return { tag, vr, lengthBytes: definedLength(bytes.uint32(8, byteOrder)), headBytes: LONG_HEAD_BYTES };
}
