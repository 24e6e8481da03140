/** JPEG-LS, lossless and near-lossless, by CharLS. PS3.5 §8.2.3 */
import createCharLS, { type CharLS } from '@cornerstonejs/codec-charls/wasmjs';
import type { Frame } from '../frame.js';
import { toColourByPixel } from '../planes.js';
import { dcmjs } from './dcmjs-module.js';
import { emscriptenModule } from './emscripten-module.js';

/** Interleaving of components in a code stream. ISO/IEC 14495-1 §C.2.3 */
const NONE = 0;
const BY_LINE = 1;
const LEAST_BITS = 2;

const charLS = emscriptenModule(createCharLS, '@cornerstonejs/codec-charls/wasm');

/** @throws CodecFailure */
export async function decodeJPEGLS({ description, bytes }: Frame): Promise<Frame> {
  const { pixels, isByPlane } = await charLS.use((module) => {
    const decoder = new module.JpegLSDecoder();
    decoder.getEncodedBuffer(bytes.length).set(bytes);
    decoder.decode();
    const decoded = new Uint8Array(decoder.getDecodedBuffer());
    const mode = decoder.getInterleaveMode();
    decoder.delete();
    return { pixels: decoded, isByPlane: mode === NONE };
  });
  const isColour = description.samplesPerPixel > 1;
  return {
    description: { ...description, planarConfiguration: 0 },
    bytes: isByPlane && isColour ? toColourByPixel(pixels, description) : pixels,
  };
}

/** Lossless. Noise takes more room than its pixels, and cornerstone's CharLS has no more. @throws CodecFailure */
export async function encodeJPEGLS({ description, bytes }: Frame): Promise<Frame> {
  const frame = { description: { ...description, bitsStored: Math.max(description.bitsStored, LEAST_BITS) }, bytes };
  const stream = await charLS
    .use((module) => encodeIn(module, frame))
    .catch(() => dcmjs.use((module) => module.encode('EncodeJpegLs', frame, false)));
  return { description: { ...description, planarConfiguration: 0 }, bytes: stream };
}

function encodeIn(module: CharLS, { description, bytes }: Frame): Uint8Array<ArrayBuffer> {
  const { columns: width, rows: height, bitsStored: bitsPerSample, samplesPerPixel: componentCount } = description;
  const encoder = new module.JpegLSEncoder();
  encoder.getDecodedBuffer({ width, height, bitsPerSample, componentCount }).set(bytes);
  encoder.setNearLossless(0);
  encoder.setInterleaveMode(componentCount > 1 ? BY_LINE : NONE);
  encoder.encode();
  const encoded = new Uint8Array(encoder.getEncodedBuffer());
  encoder.delete();
  return encoded;
}
