/** Small Part 10 files of every kind a test needs, under UIDs made from names, so that a test reads as a story. */
import { createHash } from 'node:crypto';
import { deflateRawSync } from 'node:zlib';
import { dataSet, dataSetOfKeywords, element, type PlainValue } from '../../src/dicom/build-data-set.js';
import { type DataElement, type DataSet, findElement, isSequence } from '../../src/dicom/data-set.js';
import { encodeFileMeta } from '../../src/dicom/data-set-writer.js';
import { EXPLICIT_VR_LITTLE_ENDIAN, findTransferSyntax } from '../../src/dicom/transfer-syntaxes.js';
import { BINARY_VALUE_BYTES } from '../../src/dicom/vr.js';
import {
  type AnyElement,
  type AnyEncoding,
  writeElements,
  writeHead,
  writeItem,
  writeMark,
} from '../support/write-any-data-set.js';

export const SYNTAX = {
  implicit: '1.2.840.10008.1.2',
  explicit: EXPLICIT_VR_LITTLE_ENDIAN,
  deflated: '1.2.840.10008.1.2.1.99',
  bigEndian: '1.2.840.10008.1.2.2',
  jpegBaseline: '1.2.840.10008.1.2.4.50',
  jpegLossless: '1.2.840.10008.1.2.4.70',
  jpegLS: '1.2.840.10008.1.2.4.80',
  jpeg2000: '1.2.840.10008.1.2.4.90',
  rle: '1.2.840.10008.1.2.5',
} as const;

const SOP_CLASS: Readonly<Record<string, string>> = {
  CT: '1.2.840.10008.5.1.4.1.1.2',
  CR: '1.2.840.10008.5.1.4.1.1.1',
  DX: '1.2.840.10008.5.1.4.1.1.1.1',
  MR: '1.2.840.10008.5.1.4.1.1.4',
  SEG: '1.2.840.10008.5.1.4.1.1.66.4',
  SR: '1.2.840.10008.5.1.4.1.1.88.11',
  DOC: '1.2.840.10008.5.1.4.1.1.104.1',
  OT: '1.2.840.10008.5.1.4.1.1.7.2',
};
const WITHOUT_PIXELS: ReadonlySet<string> = new Set(['SR', 'DOC']);

export type Attributes = Readonly<Record<string, PlainValue | undefined>>;

export interface InstanceNames {
  /** Names, not UIDs: the same name is the same study, series, instance. */
  readonly study: string;
  readonly series?: string;
  readonly instance?: string;
}

export interface InstanceOptions extends InstanceNames {
  /** CT without it. */
  readonly modality?: string;
  /** By keyword; undefined takes away what would be there. */
  readonly attributes?: Attributes;
  /** Elements that no keyword can name, or of another VR than the dictionary's. */
  readonly elements?: readonly DataElement[];
  readonly transferSyntaxUID?: string;
  /** Fragments of each frame, for an encapsulated transfer syntax. */
  readonly fragments?: readonly (readonly Buffer[])[];
  /** Whether the Basic Offset Table is filled. */
  readonly hasOffsets?: boolean;
  /** UIDs of the File Meta Information, when they are to be others than those of the data set. */
  readonly fileMeta?: { readonly sopInstanceUID?: string; readonly sopClassUID?: string };
}

export interface MadeInstance {
  readonly studyInstanceUID: string;
  readonly seriesInstanceUID: string;
  readonly sopInstanceUID: string;
  readonly sopClassUID: string;
  /** `/studies/…/series/…/instances/…` */
  readonly path: string;
  readonly dataSet: DataSet;
  readonly file: Buffer;
}

/** A lawful UID that is the same for the same name. */
export const uidOf = (name: string): string =>
  `2.25.${BigInt(`0x${createHash('sha256').update(name).digest('hex').slice(0, 30)}`)}`;

/** Bytes that look random and are the same for the same name. */
export function bytesOf(name: string, lengthBytes: number): Buffer {
  const blocks = Array.from({ length: Math.ceil(lengthBytes / 32) }, (_, i) =>
    createHash('sha256').update(`${name}/${i}`).digest(),
  );
  return Buffer.concat(blocks).subarray(0, lengthBytes);
}

/** What stands for bytes in a comparison: a test that fails shall not print megabytes. */
export const digest = (bytes: Uint8Array | undefined): string =>
  bytes === undefined ? 'nothing' : `${bytes.length} bytes ${createHash('sha256').update(bytes).digest('hex')}`;

/** Make an instance: 4 by 3 pixels of 16 bits unless its attributes say otherwise. */
export function makeInstance(options: InstanceOptions): MadeInstance {
  const { study, series = `${study}/1`, instance = `${series}/1`, modality = 'CT' } = options;
  const { transferSyntaxUID = SYNTAX.explicit } = options;
  const uids = {
    studyInstanceUID: uidOf(`study ${study}`),
    seriesInstanceUID: uidOf(`series ${series}`),
    sopInstanceUID: uidOf(`instance ${instance}`),
    sopClassUID: SOP_CLASS[modality] ?? '1.2.840.10008.5.1.4.1.1.7',
  };
  const plain = dataSetOfKeywords({
    SpecificCharacterSet: 'ISO_IR 192',
    SOPClassUID: uids.sopClassUID,
    SOPInstanceUID: uids.sopInstanceUID,
    StudyInstanceUID: uids.studyInstanceUID,
    SeriesInstanceUID: uids.seriesInstanceUID,
    Modality: modality,
    PatientID: `PATIENT-${study}`,
    PatientName: 'PSEUDO^NYM',
    StudyDate: '20200401',
    InstanceNumber: '1',
    ...(WITHOUT_PIXELS.has(modality) ? {} : pixelAttributes(instance)),
    ...(options.fragments === undefined ? {} : { PixelData: undefined }),
    ...options.attributes,
  });
  const set = dataSet([...plain.elements, ...(options.elements ?? [])]);
  const head = encodeFileMeta({ ...uids, ...options.fileMeta, transferSyntaxUID });
  const body = Buffer.concat([encode(set, transferSyntaxUID), encapsulate(options)]);
  const { studyInstanceUID, seriesInstanceUID, sopInstanceUID } = uids;
  return {
    ...uids,
    path: `/studies/${studyInstanceUID}/series/${seriesInstanceUID}/instances/${sopInstanceUID}`,
    dataSet: set,
    file: Buffer.concat([head, transferSyntaxUID === SYNTAX.deflated ? deflated(body) : body]),
  };
}

const pixelAttributes = (instance: string): Attributes => ({
  SamplesPerPixel: 1,
  PhotometricInterpretation: 'MONOCHROME2',
  Rows: 3,
  Columns: 4,
  BitsAllocated: 16,
  BitsStored: 16,
  HighBit: 15,
  PixelRepresentation: 0,
  PixelData: bytesOf(instance, 24),
});

function deflated(body: Buffer): Buffer {
  const bytes = deflateRawSync(body);
  return bytes.length % 2 === 0 ? bytes : Buffer.concat([bytes, Buffer.alloc(1)]);
}

function encode(set: DataSet, transferSyntaxUID: string): Buffer {
  const { vr = 'explicit', byteOrder = 'little' } = findTransferSyntax(transferSyntaxUID) ?? {};
  const encoding: AnyEncoding = { vr, byteOrder };
  return writeElements(elementsOf(set, byteOrder === 'big'), encoding);
}

const elementsOf = (set: DataSet, isBigEndian: boolean): readonly AnyElement[] =>
  set.elements.map((each) =>
    isSequence(each)
      ? {
          tag: each.tag,
          vr: 'SQ',
          hasDefinedLength: true,
          items: each.items.map((item) => ({ hasDefinedLength: true, elements: elementsOf(item, isBigEndian) })),
        }
      : {
          tag: each.tag,
          vr: each.vr,
          bytes: isBigEndian ? swapped(each.bytes, BINARY_VALUE_BYTES.get(each.vr)) : each.bytes,
        },
  );

/** The bytes of values of that many bytes each, in the other byte order. */
export function swapped(bytes: Buffer, valueBytes = 1): Buffer {
  const copy = Buffer.from(bytes);
  if (valueBytes === 2) return copy.swap16();
  if (valueBytes === 4) return copy.swap32();
  return valueBytes === 8 ? copy.swap64() : copy;
}

/** Pixel Data as a sequence of fragments. PS3.5 §A.4 */
function encapsulate({ fragments, hasOffsets = true }: InstanceOptions): Buffer {
  if (fragments === undefined) return Buffer.alloc(0);
  const offsets = Buffer.alloc(hasOffsets ? fragments.length * 4 : 0);
  let at = 0;
  for (const [i, frame] of fragments.entries()) {
    if (hasOffsets) offsets.writeUInt32LE(at, i * 4);
    at += frame.reduce((sum, fragment) => sum + 8 + fragment.length, 0);
  }
  const items = [offsets, ...fragments.flat()].map((content) => writeItem(content));
  return Buffer.concat([writeHead(0x7fe00010, 'OB', 0xffffffff), ...items, writeMark(0xfffee0dd)]);
}

/** The value field of an attribute as it was put in. */
export function valueBytes(made: MadeInstance, tag: number): Buffer {
  const found = findElement(made.dataSet, tag);
  if (found === undefined || isSequence(found)) throw new Error('The instance has no such value.');
  return found.bytes;
}

/** The attributes of a square image in colour: of each pixel three bytes, one after the other. */
export const rgbImage = (side: number, pixels: Buffer): Attributes => ({
  Rows: side,
  Columns: side,
  SamplesPerPixel: 3,
  PlanarConfiguration: 0,
  PhotometricInterpretation: 'RGB',
  BitsAllocated: 8,
  BitsStored: 8,
  HighBit: 7,
  PixelData: pixels,
});

/** A frame's code stream that begins like a JPEG and is no image; even in length. */
export const codeStream = (name: string, lengthBytes = 20): Buffer =>
  Buffer.concat([Buffer.from([0xff, 0xd8]), bytesOf(name, lengthBytes - 4), Buffer.from([0xff, 0xd9])]);

export { dataSet, dataSetOfKeywords, element };
