/** JPEG 2000: decoded by OpenJPEG as cornerstone builds it, encoded by the one of dcmjs, for each fails at the other. PS3.5 §8.2.4 */
import createOpenJPEG, { type OpenJPEG } from '@cornerstonejs/codec-openjpeg/decodewasmjs';
import type { Frame } from '../frame.js';
import { asDecoded, asEncoded, transformsColour } from './colour-transform.js';
import { dcmjs } from './dcmjs-module.js';
import { RenewedModule } from './renewed-module.js';
import { silent } from './silent.js';

const openJPEG = new RenewedModule(
  () => createOpenJPEG(silent()),
  (module: OpenJPEG) => module.HEAPU8.length,
);

/** @throws CodecFailure */
export async function decodeJPEG2000({ description, bytes }: Frame): Promise<Frame> {
  const pixels = await openJPEG.use((module) => {
    const decoder = new module.J2KDecoder();
    decoder.getEncodedBuffer(bytes.length).set(bytes);
    decoder.decode();
    const decoded = new Uint8Array(decoder.getDecodedBuffer());
    decoder.delete();
    return decoded;
  });
  return { description: asDecoded(description), bytes: pixels };
}

/** Lossless. @throws CodecFailure */
export async function encodeJPEG2000(frame: Frame): Promise<Frame> {
  const isTransformed = transformsColour(frame.description);
  const bytes = await dcmjs.use((module) => module.encode('EncodeJpeg2000', frame, isTransformed));
  return { description: asEncoded(frame.description), bytes };
}
