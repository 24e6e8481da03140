/** JPEG of every process that DICOM has: baseline, extended, progressive, lossless. PS3.5 §8.2.1 */
import type { Frame } from '../frame.js';
import { asDecoded, isLossyYBR } from './colour-transform.js';
import { dcmjs } from './dcmjs-module.js';

/** Lossy colour is given as RGB, for that is what it was; lossless colour as it was coded. @throws CodecFailure */
export async function decodeJPEG(frame: Frame): Promise<Frame> {
  const { description } = frame;
  const bytes = await dcmjs.use((module) => module.decode('DecodeJpeg', frame, isLossyYBR(description)));
  return { description: asDecoded(description), bytes };
}
