/** The samples of a native frame as typed arrays, whatever their size. The machine is little endian, as those Node runs on are. */
import { doesNotMatch } from '../../dicom/failure-reasons.js';
import { frameBits } from '../../dicom/image-pixel.js';
import type { Frame } from '../frame.js';
import type { SampleLayout } from './sample-layout.js';

/** Samples that can be places in a table. */
export type NarrowSamples = Uint8Array<ArrayBuffer> | Uint16Array<ArrayBuffer>;

/** @throws InvalidInstance A900H when a frame has less bytes than its description says */
export function expectWhole({ description, bytes }: Frame): void {
  if (bytes.length * 8 < frameBits({ ...description, numberOfFrames: 1 }))
    throw doesNotMatch('A frame has less pixels than its description says.');
}

/** Samples of 16 bits at most, as they are stored: bits that are not pixels are in them. One-bit samples get a byte each. */
export function narrowSamples({ description, bytes }: Frame): NarrowSamples {
  const count = sampleCount({ description, bytes });
  if (description.bitsAllocated === 16) {
    const { buffer, byteOffset } = aligned(bytes, 2);
    return new Uint16Array(buffer, byteOffset, count);
  }
  return description.bitsAllocated === 8 ? bytes.subarray(0, count) : unpackedBits(bytes, count);
}

const sampleCount = ({ description, bytes }: Frame): number =>
  Math.min(
    description.rows * description.columns * description.samplesPerPixel,
    Math.floor((bytes.length * 8) / description.bitsAllocated),
  );

/** The first pixel is the lowest bit. PS3.5 §8.1.1 */
function unpackedBits(bytes: Uint8Array, count: number): Uint8Array<ArrayBuffer> {
  const samples = new Uint8Array(count);
  for (let i = 0; i < count; i += 1) samples[i] = ((bytes[i >> 3] ?? 0) >> (i & 7)) & 1;
  return samples;
}

/** The bytes, or a copy of them where they do not begin at a whole number of units. */
const aligned = (bytes: Uint8Array<ArrayBuffer>, unitBytes: number): Uint8Array<ArrayBuffer> =>
  bytes.byteOffset % unitBytes === 0 ? bytes : bytes.slice();

/** The value that a sample of 16 bits at most stands for, for each place in a table of its stored bits. */
export function storedValues({ bitsStored, isSigned }: SampleLayout): Float64Array<ArrayBuffer> {
  const values = new Float64Array(2 ** bitsStored);
  const firstNegative = isSigned ? values.length / 2 : values.length;
  for (let i = 0; i < values.length; i += 1) values[i] = i < firstNegative ? i : i - values.length;
  return values;
}

/** Reads samples of 32 or 64 bits into numbers, some at a time: from the sample `from` on, as many as `values` has place for. */
export type WideReader = (from: number, values: Float64Array) => void;

export function wideReader({ bytes }: Frame, layout: SampleLayout): WideReader {
  const sampleBytes = layout.bitsAllocated / 8;
  const { buffer, byteOffset } = aligned(bytes, sampleBytes);
  const count = Math.floor(bytes.length / sampleBytes);
  if (layout.isFloat) {
    const Floats = sampleBytes === 4 ? Float32Array : Float64Array;
    return reader(new Floats(buffer, byteOffset, count), (value) => value);
  }
  return sampleBytes === 4
    ? reader(new Uint32Array(buffer, byteOffset, count), integerOf32(layout))
    : bigReader(new BigUint64Array(buffer, byteOffset, count), layout);
}

const reader =
  (samples: Float32Array | Uint32Array | Float64Array, convert: (sample: number) => number): WideReader =>
  (from, values) => {
    for (let i = 0; i < values.length; i += 1) values[i] = convert(samples[from + i] ?? 0);
  };

/** Bits above the stored ones are shifted out, those below are dropped by the shift back. */
function integerOf32({ bitsStored, shift, isSigned }: SampleLayout): (sample: number) => number {
  const [above, unused] = [32 - bitsStored - shift, 32 - bitsStored];
  return isSigned ? (sample) => (sample << above) >> unused : (sample) => (sample << above) >>> unused;
}

function bigReader(samples: BigUint64Array, { bitsStored, shift, isSigned }: SampleLayout): WideReader {
  const convert = isSigned ? BigInt.asIntN : BigInt.asUintN;
  return (from, values) => {
    for (let i = 0; i < values.length; i += 1) {
      values[i] = Number(convert(bitsStored, (samples[from + i] ?? 0n) >> BigInt(shift)));
    }
  };
}
