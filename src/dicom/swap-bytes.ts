/** Byte order of values: what was stored big endian leaves little endian. PS3.5 §7.3 */
import { BINARY_VALUE_BYTES, type VR } from './vr.js';

/**
 * How many bytes are swapped as one in a big endian value. Pixels in OW of more than 16 bits are swapped as whole
 * pixels, as those who write them do; so `bitsAllocated` matters for Pixel Data and is left out elsewhere.
 */
export function swapUnitBytes(vr: VR, bitsAllocated = 16): number {
  if (vr === 'OW' && bitsAllocated > 16) return bitsAllocated / 8;
  return BINARY_VALUE_BYTES.get(vr) ?? 1;
}

/** The bytes with every whole unit reversed, as a new buffer; a rest shorter than a unit stays as it is. */
export function swapped(bytes: Buffer, unitBytes: number): Buffer {
  const result = Buffer.from(bytes);
  const whole = result.subarray(0, result.length - (result.length % unitBytes));
  if (unitBytes === 2) whole.swap16();
  else if (unitBytes === 4) whole.swap32();
  else if (unitBytes === 8) whole.swap64();
  else for (let at = 0; at < whole.length; at += unitBytes) whole.subarray(at, at + unitBytes).reverse();
  return result;
}

/** Swaps a value that comes in chunks of any length. */
export class StreamedSwap {
  readonly #unitBytes: number;
  #rest: Buffer = Buffer.alloc(0);

  constructor(unitBytes: number) {
    this.#unitBytes = unitBytes;
  }

  write(chunk: Buffer): Buffer {
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    const wholeBytes = bytes.length - (bytes.length % this.#unitBytes);
    this.#rest = Buffer.from(bytes.subarray(wholeBytes));
    return swapped(bytes.subarray(0, wholeBytes), this.#unitBytes);
  }

  /** What is left of a value that did not end on a unit. */
  end(): Buffer {
    return this.#rest;
  }
}
