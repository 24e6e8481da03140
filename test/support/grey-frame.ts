/** How native grey pixels are described in tests of the codecs: 512 × 512, of 16 bits, unsigned. */
import type { FrameDescription } from '../../src/pixels/frame.js';

export const GREY: FrameDescription = {
  transferSyntaxUID: '1.2.840.10008.1.2.1',
  rows: 512,
  columns: 512,
  samplesPerPixel: 1,
  bitsAllocated: 16,
  bitsStored: 16,
  pixelRepresentation: 0,
  photometricInterpretation: 'MONOCHROME2',
  planarConfiguration: 0,
};
