/** JPEG of every process that DICOM has: baseline, extended, progressive, lossless. PS3.5 §8.2.1 */
import type { Frame } from '../frame.js';
import { dcmjs } from './dcmjs-module.js';

/** Lossy colour is given as RGB, for that is what it was; lossless colour as it was coded. @throws CodecFailure */
export async function decodeJPEG(frame: Frame, isLossless: boolean): Promise<Frame> {
  const { description } = frame;
  const isTransformed = !isLossless && description.photometricInterpretation?.startsWith('YBR') === true;
  const bytes = await dcmjs.use((module) => module.decode('DecodeJpeg', frame, isTransformed));
  return {
    description: {
      ...description,
      planarConfiguration: 0,
      ...(isTransformed ? { photometricInterpretation: 'RGB' } : {}),
    },
    bytes,
  };
}
