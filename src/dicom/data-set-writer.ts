/**
 * Data sets to bytes: always Explicit VR Little Endian, whatever byte order and VR encoding they were read in, and the
 * File Meta Information that goes before them. Sequences and items get defined lengths. PS3.5 §7, §A.2, PS3.10 §7.1
 */
import { TAG } from './attributes.js';
import { dataSet as buildDataSet, element, paddingByte, writeTag } from './build-data-set.js';
import { type DataElement, type DataSet, findBytes, isSequence, type Tag, type ValueElement } from './data-set.js';
import { doesNotMatch } from './failure-reasons.js';
import { EXPLICIT_VR_LITTLE_ENDIAN } from './transfer-syntaxes.js';
import { BINARY_VALUE_BYTES, LONG_LENGTH_VRS, type VR } from './vr.js';

/** Who wrote the file: this product, in every version. Derived from a UUID as PS3.5 §B.2 says. */
export const IMPLEMENTATION_CLASS_UID = '2.25.303138793165027872692443100481309446584';
export const IMPLEMENTATION_VERSION_NAME = 'NCCID_0_1';

const PREAMBLE_BYTES = 128;
const UNDEFINED_LENGTH = 0xffffffff;
/** The longest even value field that a 16-bit length can tell. */
const SHORT_LENGTH_MAXIMUM = 0xfffe;
const ITEM_HEADER_BYTES = 8;

/** Length in bytes of the content of each data set and sequence in a tree, found once. */
type Lengths = Map<DataSet | DataElement, number>;

/**
 * Encode a data set as Explicit VR Little Endian, into one new buffer. Values of a big endian data set or item are
 * swapped; a value too long for its VR's 16-bit length goes out as UN (PS3.5 §6.2.2); odd values are padded; Pixel Data of
 * an item goes out in fragments when it came so. Group lengths are left out, for they were true of other bytes (PS3.5
 * §7.2). Recurses over nested sequences: the reader bounds their depth.
 */
export function encodeExplicitVRLittleEndian(dataSet: DataSet): Buffer {
  const lengths: Lengths = new Map();
  const bytes = Buffer.alloc(measureDataSet(dataSet, lengths));
  writeDataSet(bytes, 0, dataSet, lengths);
  return bytes;
}

export interface FileMeta {
  readonly sopClassUID: string;
  readonly sopInstanceUID: string;
  /** The transfer syntax of what follows; the File Meta Information itself is always Explicit VR Little Endian. */
  readonly transferSyntaxUID: string;
}

/** Encode preamble, prefix `DICM` and File Meta Information; the data set follows at once. PS3.10 §7.1 */
export function encodeFileMeta({ sopClassUID, sopInstanceUID, transferSyntaxUID }: FileMeta): Buffer {
  const elements = encodeExplicitVRLittleEndian(
    buildDataSet([
      element(TAG.FileMetaInformationVersion, Buffer.of(0x00, 0x01)),
      element(TAG.MediaStorageSOPClassUID, sopClassUID),
      element(TAG.MediaStorageSOPInstanceUID, sopInstanceUID),
      element(TAG.TransferSyntaxUID, transferSyntaxUID),
      element(TAG.ImplementationClassUID, IMPLEMENTATION_CLASS_UID),
      element(TAG.ImplementationVersionName, IMPLEMENTATION_VERSION_NAME),
    ]),
  );
  const groupLength = Buffer.alloc(4);
  groupLength.writeUInt32LE(elements.length);
  return Buffer.concat([
    Buffer.alloc(PREAMBLE_BYTES),
    Buffer.from('DICM', 'latin1'),
    encodeElementHeader(TAG.FileMetaInformationGroupLength, 'UL', groupLength.length),
    groupLength,
    elements,
  ]);
}

/**
 * Encode a whole Part 10 file as Explicit VR Little Endian from a data set that holds everything, native Pixel Data
 * included. For small instances; Pixel Data that streams goes out by `encodeElementHeader`.
 * @throws InvalidInstance when the data set does not say its SOP Class and SOP Instance.
 */
export function encodePart10(dataSet: DataSet): Buffer {
  const meta = encodeFileMeta({
    sopClassUID: requireUID(dataSet, TAG.SOPClassUID),
    sopInstanceUID: requireUID(dataSet, TAG.SOPInstanceUID),
    transferSyntaxUID: EXPLICIT_VR_LITTLE_ENDIAN,
  });
  return Buffer.concat([meta, encodeExplicitVRLittleEndian(dataSet)]);
}

/**
 * Encode what goes before a value field: tag, VR and length, 8 or 12 bytes. An undefined length is for SQ, UN, OB and
 * OW values that end with a Sequence Delimitation Item. PS3.5 §7.1.2
 * @throws RangeError when the VR's length field can not tell that length.
 */
export function encodeElementHeader(tag: Tag, vr: VR, lengthBytes: number | undefined): Buffer {
  if (lengthBytes === undefined && !LONG_LENGTH_VRS.has(vr)) throw new RangeError(`${vr} has no undefined length.`);
  const header = Buffer.alloc(headerBytes(vr));
  writeElementHeader(header, 0, tag, vr, lengthBytes ?? UNDEFINED_LENGTH);
  return header;
}

function requireUID(dataSet: DataSet, tag: Tag): string {
  const uid = findBytes(dataSet, tag)?.toString('latin1').replaceAll('\0', '').trim() ?? '';
  if (uid === '') throw doesNotMatch('The data set has no SOP Class UID or no SOP Instance UID.');
  return uid;
}

const headerBytes = (vr: VR): 8 | 12 => (LONG_LENGTH_VRS.has(vr) ? 12 : 8);

const evenLength = (lengthBytes: number): number => lengthBytes + (lengthBytes % 2);

const isGroupLength = (element: DataElement): boolean => (element.tag & 0xffff) === 0;

const writtenVR = ({ vr, bytes }: ValueElement): VR =>
  LONG_LENGTH_VRS.has(vr) || bytes.length <= SHORT_LENGTH_MAXIMUM ? vr : 'UN';

function measureDataSet(dataSet: DataSet, lengths: Lengths): number {
  let total = 0;
  for (const each of dataSet.elements) {
    if (!isGroupLength(each)) total += measureElement(each, lengths);
  }
  lengths.set(dataSet, total);
  return total;
}

function measureElement(each: DataElement, lengths: Lengths): number {
  if (!isSequence(each)) {
    const endBytes = isFragments(each) ? ITEM_HEADER_BYTES : 0;
    return headerBytes(writtenVR(each)) + evenLength(each.bytes.length) + endBytes;
  }
  let total = 0;
  for (const item of each.items) total += ITEM_HEADER_BYTES + measureDataSet(item, lengths);
  lengths.set(each, total);
  return headerBytes('SQ') + total;
}

function writeDataSet(target: Buffer, start: number, dataSet: DataSet, lengths: Lengths): number {
  let offset = start;
  for (const each of dataSet.elements) {
    if (isGroupLength(each)) continue;
    if (!isSequence(each)) {
      offset = writeValueElement(target, offset, each, dataSet.byteOrder === 'big');
      continue;
    }
    offset = writeElementHeader(target, offset, each.tag, 'SQ', lengths.get(each) ?? 0);
    for (const item of each.items) {
      writeTag(target, TAG.Item, offset);
      target.writeUInt32LE(lengths.get(item) ?? 0, offset + 4);
      offset = writeDataSet(target, offset + ITEM_HEADER_BYTES, item, lengths);
    }
  }
  return offset;
}

function writeValueElement(target: Buffer, start: number, element: ValueElement, isBigEndian: boolean): number {
  const { tag, vr, bytes } = element;
  if (isFragments(element)) return writeFragments(target, start, element);
  const valueStart = writeElementHeader(target, start, tag, writtenVR(element), evenLength(bytes.length));
  const valueEnd = valueStart + bytes.length;
  bytes.copy(target, valueStart);
  if (isBigEndian) swapValues(target.subarray(valueStart, valueEnd), BINARY_VALUE_BYTES.get(vr) ?? 1);
  if (bytes.length % 2 === 1) target[valueEnd] = paddingByte(vr);
  return valueStart + evenLength(bytes.length);
}

/**
 * Whether the value is whole items, as the parser gives Pixel Data of an item, such as an icon, that was in fragments: with a
 * defined length they would be taken for pixels. PS3.5 §A.4
 */
export function isFragments({ tag, vr, bytes }: ValueElement): boolean {
  if (tag !== TAG.PixelData || (vr !== 'OB' && vr !== 'OW') || bytes.length === 0) return false;
  let at = 0;
  while (at + ITEM_HEADER_BYTES <= bytes.length) {
    if (bytes.readUInt16LE(at) !== TAG.Item >>> 16 || bytes.readUInt16LE(at + 2) !== (TAG.Item & 0xffff)) return false;
    at += ITEM_HEADER_BYTES + bytes.readUInt32LE(at + 4);
  }
  return at === bytes.length;
}

function writeFragments(target: Buffer, start: number, { tag, vr, bytes }: ValueElement): number {
  const valueStart = writeElementHeader(target, start, tag, vr, UNDEFINED_LENGTH);
  bytes.copy(target, valueStart);
  const end = valueStart + bytes.length;
  writeTag(target, TAG.SequenceDelimitationItem, end);
  return end + ITEM_HEADER_BYTES;
}

function writeElementHeader(target: Buffer, start: number, tag: Tag, vr: VR, lengthBytes: number): number {
  writeTag(target, tag, start);
  target.write(vr, start + 4, 'latin1');
  return headerBytes(vr) === 12
    ? target.writeUInt32LE(lengthBytes, start + 8)
    : target.writeUInt16LE(lengthBytes, start + 6);
}

/** Reverse the bytes of each whole value in place; bytes that make no whole value stay. */
function swapValues(bytes: Buffer, valueBytes: number): void {
  const whole = bytes.subarray(0, bytes.length - (bytes.length % valueBytes));
  if (valueBytes === 2) whole.swap16();
  else if (valueBytes === 4) whole.swap32();
  else if (valueBytes === 8) whole.swap64();
}
