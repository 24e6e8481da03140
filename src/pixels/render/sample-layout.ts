/** How the samples of a native frame are to be read. PS3.3 §C.7.6.3.1, §C.7.6.24, §C.7.6.25, PS3.5 §8.1.1 */
import { TAG } from '../../dicom/attributes.js';
import { type DataSet, findElement } from '../../dicom/data-set.js';
import type { ImagePixelDescription } from '../../dicom/image-pixel.js';
import { readNumber } from '../../dicom/values.js';

export interface SampleLayout {
  readonly bitsAllocated: number;
  readonly bitsStored: number;
  /** Two's complement. */
  readonly isSigned: boolean;
  /** IEEE 754 of 32 or 64 bits. */
  readonly isFloat: boolean;
  /** Bits below the lowest stored one. */
  readonly shift: number;
}

/**
 * Samples are floating point when the data set holds such pixels, or, as far as a data set without its pixels can tell, when it
 * does not say how many of 32 or 64 bits are stored: integers must.
 */
export function sampleLayout(dataSet: DataSet, description: ImagePixelDescription): SampleLayout {
  const { bitsAllocated, bitsStored, pixelRepresentation } = description;
  const isFloat = isFloatingPoint(dataSet, bitsAllocated);
  const highBit = readNumber(dataSet, TAG.HighBit) ?? bitsStored - 1;
  const isLawful = Number.isInteger(highBit) && highBit >= bitsStored - 1 && highBit < bitsAllocated;
  return {
    bitsAllocated,
    bitsStored,
    isSigned: pixelRepresentation === 1 && !isFloat,
    isFloat,
    shift: isLawful && !isFloat ? highBit + 1 - bitsStored : 0,
  };
}

function isFloatingPoint(dataSet: DataSet, bitsAllocated: number): boolean {
  const [own, says] = bitsAllocated === 64 ? [TAG.DoubleFloatPixelData, 64] : [TAG.FloatPixelData, 32];
  if (bitsAllocated !== says || findElement(dataSet, TAG.PixelData) !== undefined) return false;
  return findElement(dataSet, own) !== undefined || findElement(dataSet, TAG.BitsStored) === undefined;
}
