/**
 * Pixel Data out of the parts that were sent for it: native bytes as they are, compressed frames encapsulated unchanged.
 * PS3.18 §10.5.1.4, §10.5.2; PS3.5 §A.4
 */
import type { Spool, SpooledBytes } from '../archive/spool.js';
import { TAG } from '../dicom/attributes.js';
import { element, writeTag } from '../dicom/build-data-set.js';
import { CODE_STREAM_START_BYTES, describeCodeStream } from '../dicom/code-stream.js';
import type { CodeStreamDescription } from '../dicom/code-stream-description.js';
import type { DataElement, Tag } from '../dicom/data-set.js';
import { encodeElementHeader } from '../dicom/data-set-writer.js';
import {
  cannotUnderstand,
  doesNotMatch,
  FAILURE_REASON,
  InvalidInstance,
  outOfResources,
} from '../dicom/failure-reasons.js';
import { allowedInflatedBytes, PART10_LIMITS } from '../dicom/part10-limits.js';
import type { BulkdataReference } from '../dicom/sent-data-set.js';
import {
  EXPLICIT_VR_LITTLE_ENDIAN,
  findTransferSyntax,
  IMPLICIT_VR_LITTLE_ENDIAN,
} from '../dicom/transfer-syntaxes.js';
import { decodeGIF, describeGIF, GIF_START_BYTES } from '../pixels/gif.js';
import { type NativeImage, nativeBytes } from '../pixels/native-image.js';
import { decodePNG, describePNG, PNG_START_BYTES } from '../pixels/png.js';
import { OCTETS } from './media-type-names.js';
import type { SentPart } from './sent-bulkdata.js';

export interface SentPixelData {
  readonly transferSyntaxUID: string;
  /** What the frames say of themselves; the data set may leave it out. PS3.18 Table 10.5.2-1 */
  readonly description: () => readonly DataElement[];
  /** The whole element, its head included. */
  readonly bytes: () => AsyncGenerator<Buffer>;
}

/** Native pixels in octets are little endian, whichever of the two is named. PS3.18 §8.7.3.3.1 */
const NATIVE: ReadonlySet<string> = new Set([EXPLICIT_VR_LITTLE_ENDIAN, IMPLICIT_VR_LITTLE_ENDIAN]);

/** The transfer syntax of media types whose frames do not tell it. PS3.18 Table 8.7.3-5 */
export const UNTOLD_SYNTAXES: ReadonlyMap<string, string> = new Map([
  ['image/dicom-rle', '1.2.840.10008.1.2.5'],
  // Of the three the one that is true of any.
  ['image/jxl', '1.2.840.10008.1.2.4.112'],
  ['video/mpeg', '1.2.840.10008.1.2.4.101'],
  ['video/mp4', '1.2.840.10008.1.2.4.102'],
  ['video/h265', '1.2.840.10008.1.2.4.107'],
]);

/** Both names are in use for High-Throughput JPEG 2000. PS3.18 §8.7.3.3.2 */
const HIGH_THROUGHPUT = new Set(['image/jph', 'image/jphc']);

interface TransformedFormat {
  /** So many first bytes of an image are what `describe` needs. */
  readonly startBytes: number;
  readonly describe: (start: Buffer) => NativeImage;
  readonly decode: (bytes: AsyncIterable<Buffer>) => AsyncGenerator<Buffer>;
}

const TRANSFORMED: ReadonlyMap<string, TransformedFormat> = new Map([
  ['image/gif', { startBytes: GIF_START_BYTES, describe: describeGIF, decode: decodeGIF }],
  ['image/png', { startBytes: PNG_START_BYTES, describe: describePNG, decode: decodePNG }],
]);

const LARGEST_LENGTH = 0xffff_fffe;
const ITEM_HEAD_BYTES = 8;

/**
 * Make Pixel Data of these parts, one for each frame when they are compressed.
 * @throws InvalidInstance C122H for a media type that can not be stored, A900H for parts that do not belong together, A700H
 * for images that become far more than was sent of them
 */
export async function sentPixelData(
  reference: BulkdataReference,
  parts: readonly SentPart[],
  spool: Spool,
): Promise<SentPixelData> {
  const [first] = parts;
  if (first === undefined)
    throw cannotUnderstand('Pixel Data has a BulkDataURI, and no part of the request is of that name.');
  const isAlike = parts.every(
    (part) => part.mediaType === first.mediaType && part.transferSyntaxUID === first.transferSyntaxUID,
  );
  if (!isAlike) throw doesNotMatch('The parts of Pixel Data are not all of one media type and transfer syntax.');
  const runs = parts.map(({ bytes }) => bytes);
  if (isNative(first)) return nativePixelData(reference, runs, spool);
  const format = TRANSFORMED.get(first.mediaType);
  if (format !== undefined) return transformedPixelData(reference, runs, spool, format);
  const mediaType = HIGH_THROUGHPUT.has(first.mediaType) ? 'image/jphc' : first.mediaType;
  const start = await startOf(first.bytes, spool, CODE_STREAM_START_BYTES);
  // What is named is not looked into, unless the data set needs it.
  const described = once(() => describeCodeStream(mediaType, start));
  const transferSyntaxUID = syntaxOf(mediaType, first.transferSyntaxUID, () => described()?.transferSyntaxUID);
  return {
    transferSyntaxUID,
    description: () => descriptionOf(described(), runs.length),
    bytes: () => encapsulated(reference.tag, runs, spool),
  };
}

const isNative = ({ mediaType, transferSyntaxUID }: SentPart): boolean =>
  mediaType === OCTETS && (transferSyntaxUID === undefined || NATIVE.has(transferSyntaxUID));

function syntaxOf(mediaType: string, named: string | undefined, described: () => string | undefined): string {
  const uid = named ?? described() ?? UNTOLD_SYNTAXES.get(mediaType);
  const syntax = uid === undefined ? undefined : findTransferSyntax(uid);
  const isOfType = mediaType === OCTETS || syntax?.mediaType?.toLowerCase() === mediaType;
  if (syntax?.encapsulated === true && isOfType) return syntax.uid;
  throw new InvalidInstance(
    FAILURE_REASON.transferSyntaxNotSupported,
    `Pixel Data of the media type ${mediaType} can not be stored, or not in the transfer syntax that is named.`,
  );
}

function nativePixelData({ tag, vr }: BulkdataReference, runs: readonly SpooledBytes[], spool: Spool): SentPixelData {
  const lengthBytes = sentBytes(runs);
  const frames = runs.map((run) => () => spool.read(run));
  return {
    transferSyntaxUID: EXPLICIT_VR_LITTLE_ENDIAN,
    description: () => [],
    bytes: () => native(tag, vr, lengthBytes, frames),
  };
}

/** Images that are transformed without loss, for DICOM has no transfer syntax for them. PS3.18 Table 10.5.2-1 */
async function transformedPixelData(
  { tag, vr }: BulkdataReference,
  runs: readonly SpooledBytes[],
  spool: Spool,
  { startBytes, describe, decode }: TransformedFormat,
): Promise<SentPixelData> {
  const images: NativeImage[] = [];
  for (const run of runs) images.push(describe(await startOf(run, spool, startBytes)));
  const [first] = images;
  if (first === undefined) throw new Error('Pixel Data has a part at least.');
  const isAlike = images.every((image) => IMAGE_TRAITS.every((trait) => image[trait] === first[trait]));
  if (!isAlike) throw doesNotMatch('The images of Pixel Data are not all of one size and kind.');
  const lengthBytes = nativeBytes(first) * runs.length;
  if (lengthBytes > allowedInflatedBytes(PART10_LIMITS, sentBytes(runs))) {
    throw outOfResources('The images of Pixel Data become far more than was sent of them.');
  }
  const frames = runs.map((run) => () => decode(spool.read(run)));
  return {
    transferSyntaxUID: EXPLICIT_VR_LITTLE_ENDIAN,
    description: () => descriptionOf(asDescription(first), runs.length),
    bytes: () => native(tag, first.bits === 16 ? 'OW' : vr, lengthBytes, frames),
  };
}

const IMAGE_TRAITS = ['rows', 'columns', 'samplesPerPixel', 'bits'] as const;

const asDescription = ({ rows, columns, samplesPerPixel, bits }: NativeImage): CodeStreamDescription => ({
  transferSyntaxUID: EXPLICIT_VR_LITTLE_ENDIAN,
  rows,
  columns,
  samplesPerPixel,
  bitsStored: bits,
  isSigned: false,
  photometricInterpretation: samplesPerPixel === 1 ? 'MONOCHROME2' : 'RGB',
});

async function* native(
  tag: Tag,
  vr: BulkdataReference['vr'],
  lengthBytes: number,
  frames: readonly (() => AsyncGenerator<Buffer>)[],
): AsyncGenerator<Buffer> {
  if (lengthBytes > LARGEST_LENGTH) throw outOfResources('Native Pixel Data has 4 GiB at most.');
  yield encodeElementHeader(tag, vr, even(lengthBytes));
  for (const frame of frames) yield* frame();
  if (lengthBytes % 2 === 1) yield Buffer.alloc(1);
}

/** One fragment for each frame, and a Basic Offset Table where there are several and it can reach them. */
async function* encapsulated(tag: Tag, frames: readonly SpooledBytes[], spool: Spool): AsyncGenerator<Buffer> {
  yield encodeElementHeader(tag, 'OB', undefined);
  const table = offsetTable(frames);
  yield itemHead(TAG.Item, table.length);
  yield table;
  for (const frame of frames) {
    yield itemHead(TAG.Item, even(frame.lengthBytes));
    yield* spool.read(frame);
    if (frame.lengthBytes % 2 === 1) yield Buffer.alloc(1);
  }
  yield itemHead(TAG.SequenceDelimitationItem, 0);
}

function offsetTable(frames: readonly SpooledBytes[]): Buffer {
  const table = Buffer.alloc(frames.length * 4);
  let offset = 0;
  for (const [i, { lengthBytes }] of frames.entries()) {
    if (lengthBytes > LARGEST_LENGTH) throw outOfResources('A compressed frame has 4 GiB at most.');
    if (offset > LARGEST_LENGTH) return Buffer.alloc(0);
    table.writeUInt32LE(offset, i * 4);
    offset += ITEM_HEAD_BYTES + even(lengthBytes);
  }
  return frames.length > 1 ? table : Buffer.alloc(0);
}

function itemHead(tag: Tag, lengthBytes: number): Buffer {
  const head = Buffer.alloc(ITEM_HEAD_BYTES);
  writeTag(head, tag, 0);
  head.writeUInt32LE(lengthBytes, 4);
  return head;
}

function descriptionOf(frame: CodeStreamDescription | undefined, frameCount: number): readonly DataElement[] {
  if (frame === undefined) return [];
  return [
    element(TAG.SamplesPerPixel, frame.samplesPerPixel),
    element(TAG.PhotometricInterpretation, frame.photometricInterpretation),
    ...(frame.samplesPerPixel > 1 ? [element(TAG.PlanarConfiguration, 0)] : []),
    ...(frameCount > 1 ? [element(TAG.NumberOfFrames, String(frameCount))] : []),
    element(TAG.Rows, frame.rows),
    element(TAG.Columns, frame.columns),
    element(TAG.BitsAllocated, frame.bitsStored > 8 ? 16 : 8),
    element(TAG.BitsStored, frame.bitsStored),
    element(TAG.HighBit, frame.bitsStored - 1),
    element(TAG.PixelRepresentation, frame.isSigned ? 1 : 0),
  ];
}

async function startOf(run: SpooledBytes, spool: Spool, mostBytes: number): Promise<Buffer> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const piece of spool.read(run)) {
    pieces.push(piece);
    bytes += piece.length;
    if (bytes >= mostBytes) break;
  }
  return Buffer.concat(pieces);
}

const sentBytes = (runs: readonly SpooledBytes[]): number => runs.reduce((sum, run) => sum + run.lengthBytes, 0);

const even = (lengthBytes: number): number => lengthBytes + (lengthBytes % 2);

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}
