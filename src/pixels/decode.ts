/** A frame of any transfer syntax that can be decoded, as native pixels. PS3.5 §8, Annex A */
import { inflateRawSync } from 'node:zlib';
import { describeCodeStream } from '../dicom/code-stream.js';
import { EXPLICIT_VR_LITTLE_ENDIAN, findTransferSyntax } from '../dicom/transfer-syntaxes.js';
import { CodecFailure } from './codecs/codec-failure.js';
import { decodedFrameBytes } from './codecs/colour-transform.js';
import { decodeHTJ2K } from './codecs/htj2k.js';
import { withoutBoxes } from './codecs/jp2-boxes.js';
import { decodeJPEG } from './codecs/jpeg.js';
import { decodeJPEGLS } from './codecs/jpeg-ls.js';
import { decodeJPEGXL } from './codecs/jpeg-xl.js';
import { decodeJPEG2000 } from './codecs/jpeg2000.js';
import { decodeRLE } from './codecs/rle.js';
import { type Frame, type FrameDescription, nativeFrameBytes } from './frame.js';

type Decode = (frame: Frame) => Frame | Promise<Frame>;

const root = '1.2.840.10008.1.2';
const asTheyAre: Decode = (frame) => frame;

const DECODERS: ReadonlyMap<string, Decode> = new Map<string, Decode>([
  [EXPLICIT_VR_LITTLE_ENDIAN, asTheyAre],
  [`${root}.1.98`, asTheyAre],
  [`${root}.5`, decodeRLE],
  ...['50', '51', '53', '55', '57', '70'].map((leaf) => [`${root}.4.${leaf}`, decodeJPEG] as const),
  ...['80', '81'].map((leaf) => [`${root}.4.${leaf}`, decodeJPEGLS] as const),
  ...['90', '91', '92', '93'].map((leaf) => [`${root}.4.${leaf}`, decodeJPEG2000] as const),
  ...['110', '111', '112'].map((leaf) => [`${root}.4.${leaf}`, decodeJPEGXL] as const),
  ...['201', '202', '203'].map((leaf) => [`${root}.4.${leaf}`, decodeHTJ2K] as const),
  [`${root}.8.1`, inflate],
]);

/** A radiograph of 8,192 × 8,192 pixels of 16 bits, and what a codec needs beside it is within its memory: see `codecs/bounded-module`. */
export const MOST_FRAME_BYTES = 128 * 1024 * 1024;

/** Whether frames of that transfer syntax can be decoded: all but videos. */
export const isDecodable = (transferSyntaxUID: string): boolean => DECODERS.has(transferSyntaxUID);

/**
 * Decode a frame to native, little-endian pixels: colour by pixel unless it was native or RLE, RGB where the code stream
 * holds differences of colours. @throws CodecFailure when the bytes are not the frame that they are said to be
 */
export async function decodeFrame(stored: Frame): Promise<Frame> {
  const { description } = stored;
  const decode = DECODERS.get(description.transferSyntaxUID);
  if (decode === undefined) throw new CodecFailure('Frames of this transfer syntax can not be decoded.');
  expectDecodableLength(Math.max(decodedFrameBytes(description), stored.bytes.length));
  const frame = { description, bytes: withoutBoxes(stored.bytes) };
  expectDescribed(frame);
  expectEnd(frame);
  const decoded = await decode(frame);
  const native = { ...decoded.description, transferSyntaxUID: EXPLICIT_VR_LITTLE_ENDIAN };
  return { description: native, bytes: exactly(native, decoded.bytes) };
}

/** To be asked before a frame is read, and its memory taken. @throws CodecFailure */
export function expectDecodableLength(lengthBytes: number): void {
  if (lengthBytes > MOST_FRAME_BYTES) throw new CodecFailure('The frame is too large to be decoded.');
}

/** A code stream that is larger than it is said to be is refused before any memory is taken for it. */
function expectDescribed({ description, bytes }: Frame): void {
  const mediaType = findTransferSyntax(description.transferSyntaxUID)?.mediaType;
  if (mediaType === undefined) return;
  const said = describe(mediaType, bytes);
  if (said === undefined) return;
  const { rows, columns, samplesPerPixel } = description;
  if (said.rows !== rows || said.columns !== columns || said.samplesPerPixel !== samplesPerPixel) {
    throw new CodecFailure('A frame has another size than its instance says.');
  }
}

/** Media types whose code streams end with a marker. */
const ENDED: ReadonlySet<string | undefined> = new Set([
  'image/jpeg',
  'image/jls',
  'image/jp2',
  'image/jpx',
  'image/jphc',
]);
const END_OF_STREAM = Buffer.from([0xff, 0xd9]);
/** Some writers pad with more than the one byte that makes the length even. */
const MOST_PADDING_BYTES = 64;

/** Codecs make a picture of half a code stream, and say nothing. */
function expectEnd({ description, bytes: { buffer, byteOffset, length } }: Frame): void {
  if (!ENDED.has(findTransferSyntax(description.transferSyntaxUID)?.mediaType)) return;
  const tail = Math.min(length, MOST_PADDING_BYTES);
  if (Buffer.from(buffer, byteOffset + length - tail, tail).includes(END_OF_STREAM)) return;
  throw new CodecFailure('A frame ends before its code stream does.');
}

function describe(mediaType: string, { buffer, byteOffset, byteLength }: Uint8Array<ArrayBuffer>) {
  try {
    return describeCodeStream(mediaType, Buffer.from(buffer, byteOffset, byteLength));
  } catch (error) {
    throw new CodecFailure('A frame is no code stream of its transfer syntax.', { cause: error });
  }
}

/**
 * Frames of a mask may come with a byte for each pixel, and those of few bits in bytes where the data set has words.
 * @throws CodecFailure when pixels are missing, or too many
 */
function exactly(description: FrameDescription, bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const { rows, columns, bitsAllocated } = description;
  const expectedBytes = nativeFrameBytes(description);
  if (bytes.length === expectedBytes) return bytes;
  if (bitsAllocated === 1 && bytes.length === rows * columns) return packBits(bytes);
  if (bitsAllocated === 16 && bytes.length * 2 === expectedBytes) return inWords(bytes, description);
  if (bytes.length === expectedBytes + (expectedBytes % 2)) return bytes.subarray(0, expectedBytes);
  throw new CodecFailure('A frame holds more or fewer pixels than its instance says.');
}

function inWords(bytes: Uint8Array<ArrayBuffer>, { pixelRepresentation }: FrameDescription): Uint8Array<ArrayBuffer> {
  const samples = pixelRepresentation === 1 ? new Int8Array(bytes.buffer, bytes.byteOffset, bytes.length) : bytes;
  return new Uint8Array(Int16Array.from(samples).buffer);
}

/** From the least significant bit of each byte. PS3.5 §8.1.1 */
function packBits(pixels: Uint8Array): Uint8Array<ArrayBuffer> {
  const packed = new Uint8Array(Math.ceil(pixels.length / 8));
  for (let i = 0; i < pixels.length; i += 1) {
    if (pixels[i]) packed[i >>> 3] = (packed[i >>> 3] ?? 0) | (1 << (i & 7));
  }
  return packed;
}

/** PS3.5 §A.4.13 */
function inflate({ description, bytes }: Frame): Frame {
  try {
    const expectedBytes = nativeFrameBytes(description);
    const inflated = inflateRawSync(bytes, { maxOutputLength: expectedBytes + (expectedBytes % 2) });
    return { description, bytes: new Uint8Array(inflated) };
  } catch (error) {
    throw new CodecFailure('A deflated frame is damaged.', { cause: error });
  }
}
