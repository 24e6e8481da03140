/** Rasters as JPEG 2000 or HTJ2K, without loss. ISO/IEC 15444-1, 15444-15 */
import { EXPLICIT_VR_LITTLE_ENDIAN } from '../../dicom/transfer-syntaxes.js';
import { encodeFrame } from '../encode.js';
import type { Raster } from './raster.js';

/** The code stream of a raster. @throws CodecFailure */
export async function encodeRaster(raster: Raster, transferSyntaxUID: string): Promise<Uint8Array<ArrayBuffer>> {
  const { rows, columns, samplesPerPixel, bytes } = raster;
  const description = {
    rows,
    columns,
    samplesPerPixel,
    bitsAllocated: 8,
    bitsStored: 8,
    pixelRepresentation: 0,
    photometricInterpretation: samplesPerPixel === 1 ? 'MONOCHROME2' : 'RGB',
    planarConfiguration: 0,
    transferSyntaxUID: EXPLICIT_VR_LITTLE_ENDIAN,
  };
  return (await encodeFrame({ description, bytes }, transferSyntaxUID)).bytes;
}
