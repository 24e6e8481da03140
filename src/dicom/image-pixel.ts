/**
 * What a data set says of its pixels, checked so far as it can be without them: whoever computes sizes from it meets no
 * zero, no fraction and no overflow. PS3.3 §C.7.6.3, §C.7.6.24, §C.7.6.25
 */
import { TAG } from './attributes.js';
import { type DataSet, findBytes, type Tag } from './data-set.js';
import { doesNotMatch } from './failure-reasons.js';
import { readNumber, readString } from './values.js';

export interface ImagePixelDescription {
  readonly rows: number;
  readonly columns: number;
  readonly samplesPerPixel: number;
  /** 1 or whole bytes, 64 at most. */
  readonly bitsAllocated: number;
  readonly bitsStored: number;
  /** 0 unsigned, 1 two's complement. */
  readonly pixelRepresentation: number;
  /** As sent; undefined when the data set does not say. */
  readonly photometricInterpretation: string | undefined;
  /** 0 colour by pixel, 1 colour by plane; it matters with several samples per pixel only. */
  readonly planarConfiguration: number;
  readonly numberOfFrames: number;
}

interface WholeNumber {
  readonly tag: Tag;
  readonly name: string;
  readonly least: number;
  readonly most: number;
  /** What it means to leave the attribute out or empty; without it the attribute is required. */
  readonly otherwise?: number;
}

const LARGEST_US = 0xffff;
const LARGEST_IS = 0x7fffffff;

const ROWS: WholeNumber = { tag: TAG.Rows, name: 'Rows', least: 1, most: LARGEST_US };
const COLUMNS: WholeNumber = { tag: TAG.Columns, name: 'Columns', least: 1, most: LARGEST_US };
const SAMPLES: WholeNumber = { tag: TAG.SamplesPerPixel, name: 'Samples per Pixel', least: 1, most: 4, otherwise: 1 };
const BITS_ALLOCATED: WholeNumber = { tag: TAG.BitsAllocated, name: 'Bits Allocated', least: 1, most: 64 };
const BITS_STORED = { tag: TAG.BitsStored, name: 'Bits Stored', least: 1 };
const REPRESENTATION = { tag: TAG.PixelRepresentation, name: 'Pixel Representation', least: 0, most: 1, otherwise: 0 };
const PLANAR = { tag: TAG.PlanarConfiguration, name: 'Planar Configuration', least: 0, most: 1, otherwise: 0 };
const FRAMES = { tag: TAG.NumberOfFrames, name: 'Number of Frames', least: 1, most: LARGEST_IS, otherwise: 1 };

/** Colour difference samples shared by two pixels: native pixels have two samples, not three. PS3.3 §C.7.6.3.1.2 */
const SUBSAMPLED: ReadonlySet<string> = new Set(['YBR_FULL_422', 'YBR_PARTIAL_422']);

/**
 * Read the Image Pixel attributes. What many writers leave out gets the one value it can then have: one sample per
 * pixel, all bits stored, unsigned, colour by pixel, one frame.
 * @throws InvalidInstance A900H when Rows, Columns or Bits Allocated is missing, or a value is one no image can have.
 */
export function imagePixelDescription(dataSet: DataSet): ImagePixelDescription {
  const bitsAllocated = readWholeNumber(dataSet, BITS_ALLOCATED);
  if (bitsAllocated !== 1 && bitsAllocated % 8 !== 0)
    throw doesNotMatch('Bits Allocated is neither 1 nor whole bytes.');
  return {
    rows: readWholeNumber(dataSet, ROWS),
    columns: readWholeNumber(dataSet, COLUMNS),
    samplesPerPixel: readWholeNumber(dataSet, SAMPLES),
    bitsAllocated,
    bitsStored: readWholeNumber(dataSet, { ...BITS_STORED, most: bitsAllocated, otherwise: bitsAllocated }),
    pixelRepresentation: readWholeNumber(dataSet, REPRESENTATION),
    photometricInterpretation: readString(dataSet, TAG.PhotometricInterpretation),
    planarConfiguration: readWholeNumber(dataSet, PLANAR),
    numberOfFrames: readWholeNumber(dataSet, FRAMES),
  };
}

/** Count the bits of one native frame; at most 2^40, so products with it stay exact for every lawful value. PS3.5 §8.1.1 */
export function frameBits(description: ImagePixelDescription): number {
  const { rows, columns, samplesPerPixel, bitsAllocated, photometricInterpretation } = description;
  const isSubsampled = samplesPerPixel === 3 && SUBSAMPLED.has(photometricInterpretation ?? '');
  return rows * columns * (isSubsampled ? 2 : samplesPerPixel) * bitsAllocated;
}

function readWholeNumber(dataSet: DataSet, { tag, name, least, most, otherwise }: WholeNumber): number {
  const value = readNumber(dataSet, tag);
  if (value === undefined) {
    // What is no number must not pass for what is absent: Number of Frames "1A" is not one frame.
    if (otherwise !== undefined && isBlank(findBytes(dataSet, tag))) return otherwise;
    throw doesNotMatch(`${name} is missing or no number.`);
  }
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  throw doesNotMatch(`${name} is a value that no image can have.`);
}

const isBlank = (bytes: Buffer | undefined): boolean =>
  bytes === undefined || bytes.every((byte) => byte === 0x20 || byte === 0);
