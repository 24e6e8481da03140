/** The colour transforms within code streams. PS3.5 §8.2.1, §8.2.4, PS3.3 §C.7.6.3.1.2 */
import { type FrameDescription, nativeFrameBytes } from '../frame.js';

/** What a code stream of the JPEG 2000 family undoes by itself: its pixels come out as RGB. */
const UNDONE: ReadonlySet<string | undefined> = new Set(['YBR_RCT', 'YBR_ICT', 'XYB']);
/** JPEG that loses something: its colours are told apart as brightness and differences. */
const LOSSY_JPEG: ReadonlySet<string> = new Set(['50', '51', '53', '55'].map((leaf) => `1.2.840.10008.1.2.4.${leaf}`));

/** Whatever was put into JPEG XL comes out as RGB. */
const JPEG_XL: ReadonlySet<string> = new Set(['110', '111', '112'].map((leaf) => `1.2.840.10008.1.2.4.${leaf}`));
const RLE = '1.2.840.10008.1.2.5';

type Coloured = Pick<FrameDescription, 'transferSyntaxUID' | 'photometricInterpretation'>;

/** Whether pixels come out of lossy JPEG as another colour than they are to be given in. */
export const isLossyYBR = ({ transferSyntaxUID, photometricInterpretation }: Coloured): boolean =>
  LOSSY_JPEG.has(transferSyntaxUID) && photometricInterpretation?.startsWith('YBR') === true;

/** The Photometric Interpretation of the pixels once they are decoded. */
export function decodedInterpretation(stored: Coloured): string | undefined {
  const { transferSyntaxUID, photometricInterpretation } = stored;
  const isYBR = photometricInterpretation?.startsWith('YBR') === true;
  if (UNDONE.has(photometricInterpretation) || isLossyYBR(stored)) return 'RGB';
  if (isYBR && JPEG_XL.has(transferSyntaxUID)) return 'RGB';
  // Each sample is a segment of its own: no two pixels share one, whatever is said.
  return isYBR && transferSyntaxUID === RLE ? 'YBR_FULL' : photometricInterpretation;
}

/** How many bytes a stored frame has once it is decoded. */
export const decodedFrameBytes = (stored: FrameDescription): number =>
  nativeFrameBytes({ ...stored, photometricInterpretation: decodedInterpretation(stored) });

/** How pixels are described that came out of a code stream. */
export const asDecoded = (description: FrameDescription): FrameDescription => ({
  ...description,
  planarConfiguration: 0,
  photometricInterpretation: decodedInterpretation(description),
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
