/** Native Pixel Data as every client is to get it. */
import { TAG } from '../../src/dicom/attributes.js';
import { StreamedSwap, swapUnitBytes } from '../../src/dicom/swap-bytes.js';
import { readNumber } from '../../src/dicom/values.js';
import type { Read } from '../support/read-in-chunks.js';

/** The value of native Pixel Data in little endian, padded to an even length. */
export function littleEndianPixels({ header, pixels }: Read): Buffer {
  const { pixelData, transferSyntax, dataSet } = header;
  if (pixelData === undefined) return Buffer.alloc(0);
  const isBig = transferSyntax.byteOrder === 'big';
  const swap = new StreamedSwap(isBig ? swapUnitBytes(pixelData.vr, readNumber(dataSet, TAG.BitsAllocated)) : 1);
  return Buffer.concat([swap.write(pixels), swap.end(), Buffer.alloc(pixels.length % 2)]);
}
