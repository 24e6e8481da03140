/** The colour transform within code streams of the JPEG 2000 family. PS3.5 §8.2.4, PS3.3 §C.7.6.3.1.2 */
import type { FrameDescription } from '../frame.js';

/** What a code stream undoes by itself: its pixels come out as RGB. */
const TRANSFORMED: ReadonlySet<string | undefined> = new Set(['YBR_RCT', 'YBR_ICT', 'XYB']);

/** How pixels are described that came out of a code stream. */
export const asDecoded = (description: FrameDescription): FrameDescription => ({
  ...description,
  planarConfiguration: 0,
  ...(TRANSFORMED.has(description.photometricInterpretation) ? { photometricInterpretation: 'RGB' } : {}),
});

/** Whether pixels are coded as differences of their colours: without loss, and in much less. */
export const transformsColour = ({ samplesPerPixel, photometricInterpretation }: FrameDescription): boolean =>
  samplesPerPixel === 3 && photometricInterpretation === 'RGB';

/** How the pixels of a lossless code stream are described. */
export const asEncoded = (description: FrameDescription): FrameDescription => ({
  ...description,
  planarConfiguration: 0,
  ...(transformsColour(description) ? { photometricInterpretation: 'YBR_RCT' } : {}),
});
