/** High-Throughput JPEG 2000 by OpenJPH. PS3.5 §8.2.14 */
import createOpenJPH from '@cornerstonejs/codec-openjph/wasmjs';
import type { Frame, FrameDescription } from '../frame.js';
import { asDecoded, asEncoded, transformsColour } from './colour-transform.js';
import { emscriptenModule } from './emscripten-module.js';

/** Resolution, position, component, layer: a client may stop reading when it has the resolution that it needs. */
const RPCL = 2;
/** The smallest resolution of a code stream has at most so many rows and columns. PS3.5 §A.4.12 */
const SMALLEST_RESOLUTION = 64;
const MOST_DECOMPOSITIONS = 32;

const openJPH = emscriptenModule(createOpenJPH, '@cornerstonejs/codec-openjph/wasm');

/** @throws CodecFailure */
export async function decodeHTJ2K({ description, bytes }: Frame): Promise<Frame> {
  const { pixels, isByPlane } = await openJPH.use((module) => {
    const decoder = new module.HTJ2KDecoder();
    decoder.getEncodedBuffer(bytes.length).set(bytes);
    decoder.decode();
    const decoded = new Uint8Array(decoder.getDecodedBuffer());
    const { componentCount, isUsingColorTransform } = decoder.getFrameInfo();
    decoder.delete();
    return { pixels: decoded, isByPlane: componentCount > 1 && !isUsingColorTransform };
  });
  return {
    description: asDecoded(description),
    bytes: isByPlane ? moveLines(pixels, description, 'from the order of planes') : pixels,
  };
}

/** Lossless, in the order and with the pointers that the RPCL transfer syntax asks for. @throws CodecFailure */
export async function encodeHTJ2K({ description, bytes }: Frame): Promise<Frame> {
  const isByPlane = description.samplesPerPixel > 1 && !transformsColour(description);
  const pixels = isByPlane ? moveLines(bytes, description, 'to the order of planes') : bytes;
  const stream = await openJPH.use((module) => {
    const encoder = new module.HTJ2KEncoder();
    encoder.getDecodedBuffer(frameInfoOf(description)).set(pixels);
    encoder.setQuality(true, 0);
    encoder.setProgressionOrder(RPCL);
    encoder.setTLMMarker(true);
    encoder.setDecompositions(decompositionsOf(description));
    encoder.encode();
    const encoded = new Uint8Array(encoder.getEncodedBuffer());
    encoder.delete();
    return encoded;
  });
  return { description: asEncoded(description), bytes: stream };
}

/**
 * Without a colour transform OpenJPH takes and gives the lines of one component after those of the other, and its wrapper
 * thinks that they come by turns: the line that it holds for component c of row y is number 3y + c of them all.
 */
function moveLines(
  bytes: Uint8Array<ArrayBuffer>,
  { rows, columns, samplesPerPixel, bitsAllocated }: FrameDescription,
  direction: 'from the order of planes' | 'to the order of planes',
): Uint8Array<ArrayBuffer> {
  const sampleBytes = bitsAllocated / 8;
  const pixelBytes = samplesPerPixel * sampleBytes;
  const moved = new Uint8Array(bytes.length);
  for (let line = 0; line < rows * samplesPerPixel; line += 1) {
    const held = Math.floor(line / samplesPerPixel) * columns * pixelBytes + (line % samplesPerPixel) * sampleBytes;
    const meant = (line % rows) * columns * pixelBytes + Math.floor(line / rows) * sampleBytes;
    const [from, to] = direction === 'from the order of planes' ? [held, meant] : [meant, held];
    for (let at = 0; at < columns * pixelBytes; at += pixelBytes) {
      for (let byte = 0; byte < sampleBytes; byte += 1) moved[to + at + byte] = bytes[from + at + byte] ?? 0;
    }
  }
  return moved;
}

const frameInfoOf = (description: FrameDescription) => ({
  width: description.columns,
  height: description.rows,
  bitsPerSample: description.bitsStored,
  componentCount: description.samplesPerPixel,
  isSigned: description.pixelRepresentation === 1,
  isUsingColorTransform: transformsColour(description),
});

function decompositionsOf({ rows, columns }: FrameDescription): number {
  let levels = 0;
  for (let size = Math.max(rows, columns); size > SMALLEST_RESOLUTION && levels < MOST_DECOMPOSITIONS; size /= 2)
    levels += 1;
  return Math.max(levels, 1);
}
