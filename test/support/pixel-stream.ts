/**
 * Pixel Data as a Part 10 stream holds it, given to the frame table builder in pieces, and frames read back from the
 * ranges it found. Frames are cut out here by the encoded table alone, as whoever serves them does.
 */
import { crc32 } from 'node:zlib';
import { TAG } from '../../src/dicom/attributes.js';
import { dataSetOfKeywords, type PlainValue } from '../../src/dicom/build-data-set.js';
import type { DataSet } from '../../src/dicom/data-set.js';
import { alignBits, encodeFrameTable, type FrameTable, findFrame } from '../../src/dicom/frame-table.js';
import { FrameTableBuilder } from '../../src/dicom/frames.js';
import type { PixelDataElement } from '../../src/dicom/pixel-data.js';
import {
  EXPLICIT_VR_LITTLE_ENDIAN,
  findTransferSyntax,
  type TransferSyntax,
} from '../../src/dicom/transfer-syntaxes.js';
import { cutAt } from './read-in-chunks.js';

/** The stream that Pixel Data is a part of. */
export interface PixelStream {
  readonly stream: Buffer;
  readonly valueOffset: number;
  /** Undefined for a native value: then the value is all that follows. */
  readonly items: readonly { readonly valueOffset: number; readonly lengthBytes: number }[] | undefined;
}

export interface ImageOptions {
  /** Image Pixel attributes by keyword, over those of an 8-bit image of 2 rows and 3 columns. */
  readonly attributes?: Readonly<Record<string, PlainValue | undefined>>;
  readonly transferSyntaxUID?: string;
  readonly vr?: PixelDataElement['vr'];
  readonly tag?: number;
  /** Offsets in the stream at which chunks end. */
  readonly cuts?: readonly number[];
}

const header = Buffer.from('what comes before Pixel Data');

export function imageDataSet(attributes: Readonly<Record<string, PlainValue | undefined>> = {}): DataSet {
  return dataSetOfKeywords({
    SamplesPerPixel: 1,
    PhotometricInterpretation: 'MONOCHROME2',
    Rows: 2,
    Columns: 3,
    BitsAllocated: 8,
    ...attributes,
  });
}

export function transferSyntaxOf(uid: string): TransferSyntax {
  const syntax = findTransferSyntax(uid);
  if (syntax === undefined) throw new Error(`The transfer syntax ${uid} is unknown.`);
  return syntax;
}

export const nativeStream = (value: Buffer): PixelStream => ({
  stream: Buffer.concat([header, value]),
  valueOffset: header.length,
  items: undefined,
});

/** Encapsulate fragments as they are, even odd ones. */
export function encapsulatedStream(basicOffsetTable: readonly number[], fragments: readonly Buffer[]): PixelStream {
  const table = Buffer.alloc(basicOffsetTable.length * 4);
  for (const [entry, offset] of basicOffsetTable.entries()) table.writeUInt32LE(offset, entry * 4);
  const pieces: Buffer[] = [header];
  const items: { valueOffset: number; lengthBytes: number }[] = [];
  let at = header.length;
  for (const item of [table, ...fragments]) {
    const head = Buffer.from('feff00e000000000', 'hex');
    head.writeUInt32LE(item.length, 4);
    pieces.push(head, item);
    items.push({ valueOffset: at + 8, lengthBytes: item.length });
    at += 8 + item.length;
  }
  pieces.push(Buffer.from('feffdde000000000', 'hex'));
  return { stream: Buffer.concat(pieces), valueOffset: header.length, items };
}

/** The offset of each frame's first fragment from the item of the very first one. */
export function fragmentOffsets(frames: readonly (readonly Buffer[])[]): number[] {
  let at = 0;
  return frames.map((fragments) => {
    const offset = at;
    for (const fragment of fragments) at += 8 + fragment.length;
    return offset;
  });
}

/** An Extended Offset Table or its lengths as a value field of OV. */
export function extendedTable(values: readonly (number | bigint)[]): Buffer {
  const bytes = Buffer.alloc(values.length * 8);
  for (const [entry, value] of values.entries()) bytes.writeBigUInt64LE(BigInt(value), entry * 8);
  return bytes;
}

/** Build the table of a stream, each chunk overwritten once it was given, for the builder may keep none. */
export function buildFrameTable({ stream, valueOffset, items }: PixelStream, options: ImageOptions = {}): FrameTable {
  const builder = new FrameTableBuilder({
    dataSet: imageDataSet(options.attributes),
    transferSyntax: transferSyntaxOf(options.transferSyntaxUID ?? EXPLICIT_VR_LITTLE_ENDIAN),
    pixelData: {
      tag: options.tag ?? TAG.PixelData,
      vr: options.vr ?? 'OB',
      valueOffset,
      lengthBytes: items === undefined ? stream.length - valueOffset : undefined,
    },
  });
  const give = (from: number, to: number): void => {
    const cuts = (options.cuts ?? []).filter((cut) => cut > from && cut < to).map((cut) => cut - from);
    for (const piece of cutAt(stream.subarray(from, to), cuts)) {
      const lent = Buffer.from(piece);
      builder.bytes(lent);
      lent.fill(0xee);
    }
  };
  if (items === undefined) give(valueOffset, stream.length);
  for (const item of items ?? []) {
    builder.item(item.valueOffset, item.lengthBytes);
    give(item.valueOffset, item.valueOffset + item.lengthBytes);
  }
  builder.end();
  return builder.build();
}

/** Read all frames by the encoded table; the words of big-endian OW are swapped when asked. Checksums must be right. */
export function readFrames(stream: Buffer, table: FrameTable, { swapsWords = false } = {}): Buffer[] {
  const encoded = encodeFrameTable(table);
  return Array.from({ length: table.frameCount }, (_, frameIndex) => {
    const location = findFrame(encoded, frameIndex);
    if (location === undefined) throw new Error('The table has no such frame.');
    const pieces = location.ranges.map((range) => {
      const piece = stream.subarray(range.offset, range.offset + range.lengthBytes);
      if (crc32(piece) !== range.crc32) throw new Error('The checksum of a range is not that of its bytes.');
      return piece;
    });
    const bytes = Buffer.concat(pieces);
    if (swapsWords) bytes.swap16();
    return location.bits === undefined ? bytes : alignBits(bytes, location.firstBit, location.bits);
  });
}
