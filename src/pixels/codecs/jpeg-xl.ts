/** JPEG XL. PS3.5 §8.2.15 */
import type { Frame } from '../frame.js';
import { asDecoded } from './colour-transform.js';
import { dcmjs } from './dcmjs-module.js';

/** @throws CodecFailure */
export async function decodeJPEGXL(frame: Frame): Promise<Frame> {
  const bytes = await dcmjs.use((module) => module.decode('DecodeJpegXl', frame, false));
  return { description: asDecoded(frame.description), bytes };
}
