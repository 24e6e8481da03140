/** In which transfer syntaxes the pixels of an instance can be given. PS3.18 §8.7.3.4, Table 10.6.3-5 */
import type { PixelFormat } from '../dicom/pixel-format.js';
import {
  EXPLICIT_VR_BIG_ENDIAN,
  EXPLICIT_VR_LITTLE_ENDIAN,
  findTransferSyntax,
  NEVER_NEGOTIATED,
} from '../dicom/transfer-syntaxes.js';
import { decodedFrameBytes, decodedInterpretation } from './codecs/colour-transform.js';
import { isDecodable, MOST_FRAME_BYTES } from './decode.js';
import { ENCODED_SYNTAXES, type EncodablePixels, isEncodable } from './encode.js';

export interface StoredPixels {
  readonly transferSyntaxUID: string;
  /** Undefined without Pixel Data, and where it is not known. */
  readonly pixelFormat: PixelFormat | undefined;
  readonly frameCount: number;
}

/** A value field can be no longer: it is even, and all bits set mean that its length is undefined. PS3.5 §7.1.1 */
const MOST_VALUE_BYTES = 0xfffffffe;

/** The stored one first, unless it is one that is never handed out by name. */
export function availableSyntaxes(stored: StoredPixels): readonly string[] {
  const { transferSyntaxUID, frameCount } = stored;
  const native = isNativelyAvailable(stored) ? [EXPLICIT_VR_LITTLE_ENDIAN] : [];
  const encoded = frameCount === 0 ? [] : encodings(stored);
  const others = [...native, ...encoded].filter((uid) => uid !== transferSyntaxUID);
  return NEVER_NEGOTIATED.has(transferSyntaxUID) ? others : [transferSyntaxUID, ...others];
}

/**
 * In which of the transfer syntaxes that we compress into an instance can be given: one without pixels in all of them, beside
 * those that have some.
 */
export function encodings(stored: StoredPixels): readonly string[] {
  const { transferSyntaxUID, pixelFormat, frameCount } = stored;
  if (frameCount === 0) return ENCODED_SYNTAXES;
  const pixels = encodablePixels(stored, pixelFormat);
  return ENCODED_SYNTAXES.filter(
    (uid) => uid === transferSyntaxUID || (pixels !== undefined && isEncodable(pixels, uid)),
  );
}

/** Undefined when the pixels can not be compressed anew. */
function encodablePixels(stored: StoredPixels, pixelFormat: PixelFormat | undefined): EncodablePixels | undefined {
  if (pixelFormat === undefined || !areFramesDecodable(stored) || shareUnits(stored, pixelFormat)) return undefined;
  if (decodedBytes(stored, pixelFormat) > MOST_FRAME_BYTES) return undefined;
  const { transferSyntaxUID } = stored;
  return { ...pixelFormat, photometricInterpretation: decodedInterpretation({ ...pixelFormat, transferSyntaxUID }) };
}

/** Whether single frames can be given as native pixels. */
export function areFramesDecodable({ transferSyntaxUID, pixelFormat }: StoredPixels): boolean {
  if (!isEncapsulated(transferSyntaxUID)) return true;
  if (!isDecodable(transferSyntaxUID)) return false;
  return pixelFormat === undefined || decodedBytes({ transferSyntaxUID }, pixelFormat) <= MOST_FRAME_BYTES;
}

/** Words are swapped as a whole: frames of an odd number of bytes do not begin with one. */
const shareUnits = ({ transferSyntaxUID, frameCount }: StoredPixels, pixelFormat: PixelFormat): boolean =>
  transferSyntaxUID === EXPLICIT_VR_BIG_ENDIAN &&
  frameCount > 1 &&
  decodedBytes({ transferSyntaxUID }, pixelFormat) % 2 === 1;

/** Whether an instance can be given in Explicit VR Little Endian. */
export function isNativelyAvailable(stored: StoredPixels): boolean {
  const { transferSyntaxUID, pixelFormat, frameCount } = stored;
  if (!isEncapsulated(transferSyntaxUID) || frameCount === 0) return true;
  if (!areFramesDecodable(stored)) return false;
  return pixelFormat === undefined || decodedBytes(stored, pixelFormat) * frameCount <= MOST_VALUE_BYTES;
}

const decodedBytes = (
  { transferSyntaxUID }: Pick<StoredPixels, 'transferSyntaxUID'>,
  pixelFormat: PixelFormat,
): number => decodedFrameBytes({ ...pixelFormat, transferSyntaxUID });

const isEncapsulated = (uid: string): boolean => findTransferSyntax(uid)?.encapsulated === true;
