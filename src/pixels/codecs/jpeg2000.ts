/** JPEG 2000: decoded by OpenJPEG as cornerstone builds it, encoded by the one of dcmjs, for each fails at the other. PS3.5 §8.2.4 */
import createOpenJPEG from '@cornerstonejs/codec-openjpeg/decodewasmjs';
import type { Frame } from '../frame.js';
import { asDecoded, asEncoded, transformsColour } from './colour-transform.js';
import { dcmjs } from './dcmjs-module.js';
import { emscriptenModule } from './emscripten-module.js';

const openJPEG = emscriptenModule(createOpenJPEG, '@cornerstonejs/codec-openjpeg/decodewasm');

/** In a code stream that was described: depth and sign of each component follow their number. ISO/IEC 15444-1 §A.5.1 */
const COMPONENTS_AT = 40;
const DEPTHS_AT = 42;
const DEPTH_BYTES = 3;
const SIGN = 0x80;

/** @throws CodecFailure */
export async function decodeJPEG2000(frame: Frame): Promise<Frame> {
  const depth = frame.bytes[DEPTHS_AT] ?? 0;
  const bits = (depth & ~SIGN) + 1;
  // OpenJPEG, as it is built here, takes negative numbers of one byte for 0: they are decoded as what lies half above.
  if (!(depth & SIGN) || bits > 8) return decode(frame);
  const { description, bytes } = await decode({ ...frame, bytes: withoutSigns(frame.bytes) });
  const half = 2 ** (bits - 1);
  return { description, bytes: bytes.map((value) => value - half) };
}

function withoutSigns(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const copy = bytes.slice();
  const count = new DataView(copy.buffer).getUint16(COMPONENTS_AT);
  for (let at = DEPTHS_AT; at < DEPTHS_AT + count * DEPTH_BYTES && at < copy.length; at += DEPTH_BYTES) {
    copy[at] = (copy[at] ?? 0) & ~SIGN;
  }
  return copy;
}

async function decode({ description, bytes }: Frame): Promise<Frame> {
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
