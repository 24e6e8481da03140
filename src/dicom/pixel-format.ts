/**
 * What the index keeps of how the pixels of an instance lie: enough to decode a frame, or to say in which transfer syntaxes
 * it can be given, without a look at its file. PS3.3 §C.7.6.3
 */
import { TAG } from './attributes.js';
import { type ImagePixelDescription, imagePixelDescription } from './image-pixel.js';
import type { Part10Header } from './part10-reader.js';

export type PixelFormat = Omit<ImagePixelDescription, 'numberOfFrames'>;

/** So much of a Photometric Interpretation as any defined one has. */
const INTERPRETATION = /^[A-Z0-9_ ]{1,16}$/;

/** As text for the index; null for an instance without Pixel Data, and for floating-point pixels, which no codec takes. */
export function encodePixelFormat({ dataSet, pixelData }: Part10Header): string | null {
  if (pixelData?.tag !== TAG.PixelData) return null;
  const { photometricInterpretation = '', ...format } = imagePixelDescription(dataSet);
  const numbers = [
    format.rows,
    format.columns,
    format.samplesPerPixel,
    format.bitsAllocated,
    format.bitsStored,
    format.pixelRepresentation,
    format.planarConfiguration,
  ];
  return `${numbers.join('/')}/${INTERPRETATION.test(photometricInterpretation) ? photometricInterpretation : ''}`;
}

export function decodePixelFormat(text: string | null): PixelFormat | undefined {
  if (text === null) return undefined;
  const [rows, columns, samplesPerPixel, bitsAllocated, bitsStored, pixelRepresentation, planarConfiguration] = text
    .split('/', 7)
    .map(Number);
  const photometricInterpretation = text.slice(text.lastIndexOf('/') + 1);
  return {
    rows: rows ?? 0,
    columns: columns ?? 0,
    samplesPerPixel: samplesPerPixel ?? 0,
    bitsAllocated: bitsAllocated ?? 0,
    bitsStored: bitsStored ?? 0,
    pixelRepresentation: pixelRepresentation ?? 0,
    planarConfiguration: planarConfiguration ?? 0,
    photometricInterpretation: photometricInterpretation === '' ? undefined : photometricInterpretation,
  };
}
