/** Native pixels, compressed without loss. PS3.5 §8.2, Annex A */
import { CodecFailure } from './codecs/codec-failure.js';
import { encodeHTJ2K } from './codecs/htj2k.js';
import { encodeJPEGLS } from './codecs/jpeg-ls.js';
import { encodeJPEG2000 } from './codecs/jpeg2000.js';
import { encodeRLE } from './codecs/rle.js';
import type { Frame, FrameDescription } from './frame.js';
import { toColourByPixel } from './planes.js';

interface Encoder {
  readonly encode: (frame: Frame) => Frame | Promise<Frame>;
  readonly mostBits: number;
  /** Of samples of colours, when they are fewer. */
  readonly mostColourBits?: number;
  readonly leastSignedBits?: number;
  /** Wavelets need a neighbour each way. */
  readonly leastSide?: number;
  /** Samples are coded as numbers of Bits Stored bits; otherwise byte by byte. */
  readonly isNumeric: boolean;
}

const root = '1.2.840.10008.1.2';

const HTJ2K: Encoder = {
  encode: encodeHTJ2K,
  mostBits: 16,
  mostColourBits: 8,
  leastSignedBits: 16,
  leastSide: 2,
  isNumeric: true,
};

const ENCODERS: ReadonlyMap<string, Encoder> = new Map([
  [`${root}.5`, { encode: encodeRLE, mostBits: 32, isNumeric: false }],
  [`${root}.4.80`, { encode: encodeJPEGLS, mostBits: 16, isNumeric: true }],
  [
    `${root}.4.90`,
    { encode: encodeJPEG2000, mostBits: 16, mostColourBits: 8, leastSignedBits: 16, leastSide: 2, isNumeric: true },
  ],
  [`${root}.4.201`, HTJ2K],
  [`${root}.4.202`, HTJ2K],
]);

/** JPEG-LS has no negative numbers. */
const UNSIGNED: ReadonlySet<string> = new Set([`${root}.4.80`]);
/** Two pixels share samples: no lossless code stream is laid out so. PS3.3 §C.7.6.3.1.2 */
const SUBSAMPLED: ReadonlySet<string | undefined> = new Set(['YBR_FULL_422', 'YBR_PARTIAL_422', 'YBR_PARTIAL_420']);

/** The transfer syntaxes into which pixels are compressed. */
export const ENCODED_SYNTAXES: readonly string[] = [...ENCODERS.keys()];

/** As much of a description as decides in what form the pixels can be given. */
export type EncodablePixels = Pick<
  FrameDescription,
  'rows' | 'columns' | 'samplesPerPixel' | 'bitsAllocated' | 'pixelRepresentation' | 'photometricInterpretation'
>;

/** Whether native pixels of that description can be compressed into that transfer syntax. */
export function isEncodable(pixels: EncodablePixels, transferSyntaxUID: string): boolean {
  const encoder = ENCODERS.get(transferSyntaxUID);
  const { bitsAllocated, samplesPerPixel, pixelRepresentation, photometricInterpretation } = pixels;
  if (encoder === undefined || SUBSAMPLED.has(photometricInterpretation)) return false;
  const { mostBits, mostColourBits = mostBits, leastSignedBits = 0, leastSide = 1 } = encoder;
  if (Math.min(pixels.rows, pixels.columns) < leastSide) return false;
  if (bitsAllocated % 8 !== 0 || bitsAllocated === 24) return false;
  if (samplesPerPixel !== 1 && samplesPerPixel !== 3) return false;
  if (pixelRepresentation === 1 && bitsAllocated < leastSignedBits) return false;
  return bitsAllocated <= (samplesPerPixel === 1 ? mostBits : mostColourBits);
}

/**
 * Compress a native frame so that every bit of it comes back. @throws CodecFailure
 */
export async function encodeFrame({ description, bytes }: Frame, transferSyntaxUID: string): Promise<Frame> {
  const encoder = ENCODERS.get(transferSyntaxUID);
  if (encoder === undefined || !isEncodable(description, transferSyntaxUID)) {
    throw new CodecFailure('Pixels of this kind can not be given in that transfer syntax.');
  }
  const native = encoder.isNumeric
    ? inNumbers({ description, bytes }, UNSIGNED.has(transferSyntaxUID))
    : { description, bytes };
  const encoded = await encoder.encode(native);
  const { bitsStored, pixelRepresentation } = description;
  return {
    description: { ...encoded.description, transferSyntaxUID, bitsStored, pixelRepresentation },
    bytes: encoded.bytes,
  };
}

/** By Bits Allocated: codecs take samples of 8 bits or fewer in bytes, and none of a single bit. */
const LEAST_BITS: ReadonlyMap<number, number> = new Map([
  [8, 2],
  [16, 9],
]);

/** Colour by pixel, in numbers of as many bits as hold all that is there: some writers use the bits above Bits Stored. */
function inNumbers({ description, bytes }: Frame, isUnsigned: boolean): Frame {
  const { planarConfiguration, samplesPerPixel, bitsAllocated } = description;
  const isByPlane = planarConfiguration === 1 && samplesPerPixel > 1;
  const pixels = isByPlane ? toColourByPixel(bytes, description) : bytes;
  const isSigned = description.pixelRepresentation === 1 && !isUnsigned;
  const isWithin = fits(pixels, description, isSigned);
  return {
    description: {
      ...description,
      planarConfiguration: 0,
      bitsStored: isWithin ? Math.max(description.bitsStored, LEAST_BITS.get(bitsAllocated) ?? 0) : bitsAllocated,
      pixelRepresentation: isSigned ? 1 : 0,
    },
    bytes: pixels,
  };
}

/** Whether all samples are numbers of Bits Stored bits. */
function fits(
  bytes: Uint8Array<ArrayBuffer>,
  { bitsAllocated, bitsStored }: FrameDescription,
  isSigned: boolean,
): boolean {
  if (bitsStored === bitsAllocated) return true;
  const half = 2 ** (bitsStored - 1);
  const [least, most] = isSigned ? [-half, half - 1] : [0, 2 * half - 1];
  for (const value of samplesOf(bytes, bitsAllocated, isSigned)) if (value < least || value > most) return false;
  return true;
}

function samplesOf(bytes: Uint8Array<ArrayBuffer>, bitsAllocated: number, isSigned: boolean) {
  if (bitsAllocated === 8) return isSigned ? new Int8Array(bytes.buffer, bytes.byteOffset, bytes.length) : bytes;
  const aligned = bytes.byteOffset % 2 === 0 ? bytes : bytes.slice();
  const length = Math.floor(aligned.length / 2);
  return isSigned
    ? new Int16Array(aligned.buffer, aligned.byteOffset, length)
    : new Uint16Array(aligned.buffer, aligned.byteOffset, length);
}
