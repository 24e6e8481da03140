/** Draws frames of three samples per pixel as red, green and blue of 8 bits. PS3.3 §C.7.6.3.1.2 */
import { doesNotMatch } from '../../dicom/failure-reasons.js';
import type { Frame } from '../frame.js';
import { narrowSamples, wideReader } from './native-samples.js';
import type { SampleLayout } from './sample-layout.js';

type Bytes = Uint8Array<ArrayBuffer>;

/** From luminance and colour differences, as fixed-point shares of 2^16: what the parts of a pixel add up to. */
interface ColourSpace {
  readonly luminance: Int32Array;
  readonly redOfCr: Int32Array;
  readonly greenOfCb: Int32Array;
  readonly greenOfCr: Int32Array;
  readonly blueOfCb: Int32Array;
}

const ONE = 0x1_0000;
const HALF = 0x8000;
/** The colour difference of grey. */
const NEUTRAL = 128;

const scaled = (factor: number, zero: number): Int32Array =>
  Int32Array.from({ length: 256 }, (_, value) => Math.round((value - zero) * factor * ONE));

/** All of 0 … 255: of JPEG, and of YBR_FULL. */
const FULL: ColourSpace = {
  luminance: scaled(1, 0),
  redOfCr: scaled(1.402, 128),
  greenOfCb: scaled(-0.344136, 128),
  greenOfCr: scaled(-0.714136, 128),
  blueOfCb: scaled(1.772, 128),
};
/** Black at 16 and white at 235, as in television: retired. */
const PARTIAL: ColourSpace = {
  luminance: scaled(255 / 219, 16),
  redOfCr: scaled((255 / 224) * 1.402, 128),
  greenOfCb: scaled((255 / 224) * -0.344136, 128),
  greenOfCr: scaled((255 / 224) * -0.714136, 128),
  blueOfCb: scaled((255 / 224) * 1.772, 128),
};

/** The pixels of a frame, three bytes each. @throws InvalidInstance A900H for what no frame of colour can be */
export function drawColour(frame: Frame, layout: SampleLayout): Bytes {
  const { photometricInterpretation = 'RGB', rows, columns, planarConfiguration } = frame.description;
  const samples = layout.bitsAllocated > 16 ? narrowed32(frame, layout) : narrowed(frame, layout);
  switch (photometricInterpretation) {
    case 'YBR_FULL_422':
      return converted(spread422(samples, rows, columns), FULL);
    case 'YBR_PARTIAL_422':
      return converted(spread422(samples, rows, columns), PARTIAL);
    case 'YBR_FULL':
      return converted(byPixel(samples, rows * columns, planarConfiguration), FULL);
    case 'RGB':
    case 'YBR_ICT':
    case 'YBR_RCT':
      // The transforms of JPEG 2000 are undone by its decoder.
      return byPixel(samples, rows * columns, planarConfiguration);
    default:
      throw doesNotMatch('Images of this Photometric Interpretation are not drawn.');
  }
}

/** Samples in the 8 highest of their stored bits. */
function narrowed(frame: Frame, { bitsStored, shift, isSigned }: SampleLayout): Bytes {
  const samples = narrowSamples(frame);
  if (samples instanceof Uint8Array && bitsStored === 8 && !isSigned) return samples;
  const most = 2 ** bitsStored - 1;
  const lowest = isSigned ? 2 ** (bitsStored - 1) : 0;
  const table = new Uint8Array(most + 1);
  for (let value = 0; value <= most; value += 1) table[value] = (((value + lowest) & most) * 255) / most + 0.5;
  const bytes = new Uint8Array(samples.length);
  for (let i = 0; i < bytes.length; i += 1) bytes[i] = table[((samples[i] ?? 0) >> shift) & most] ?? 0;
  return bytes;
}

function narrowed32(frame: Frame, layout: SampleLayout): Bytes {
  const { rows, columns } = frame.description;
  const bytes = new Uint8Array(rows * columns * 3);
  const read = wideReader(frame, layout);
  const row = new Float64Array(columns);
  const scale = layout.isFloat ? 255 : 255 / (2 ** layout.bitsStored - 1);
  const lowest = layout.isSigned ? 2 ** (layout.bitsStored - 1) : 0;
  for (let from = 0; from < bytes.length; from += columns) {
    read(from, row);
    for (let i = 0; i < columns; i += 1) {
      const level = ((row[i] ?? 0) + lowest) * scale + 0.5;
      bytes[from + i] = level > 0 ? Math.min(level, 255) : 0;
    }
  }
  return bytes;
}

function byPixel(samples: Bytes, pixels: number, planarConfiguration: number): Bytes {
  if (planarConfiguration !== 1) return samples.slice(0, pixels * 3);
  const bytes = new Uint8Array(pixels * 3);
  for (let i = 0, to = 0; i < pixels; i += 1, to += 3) {
    bytes[to] = samples[i] ?? 0;
    bytes[to + 1] = samples[pixels + i] ?? 0;
    bytes[to + 2] = samples[2 * pixels + i] ?? 0;
  }
  return bytes;
}

/**
 * Two luminances, then the colour differences that two neighbours share, row by row. Of an odd last pixel, whose differences
 * have no place, what is missing is grey. PS3.3 §C.7.6.3.1.2
 */
function spread422(samples: Bytes, rows: number, columns: number): Bytes {
  const pixels = rows * columns;
  const bytes = new Uint8Array(pixels * 3);
  const pairs = samples.subarray(0, pixels * 2);
  for (let i = 0, to = 0; i < pixels; i += 1, to += 3) {
    const pair = (i >> 1) * 4;
    bytes[to] = pairs[pair + (i & 1)] ?? 0;
    bytes[to + 1] = pairs[pair + 2] ?? NEUTRAL;
    bytes[to + 2] = pairs[pair + 3] ?? NEUTRAL;
  }
  return bytes;
}

/** Replace luminance and colour differences by red, green and blue. */
function converted(bytes: Bytes, space: ColourSpace): Bytes {
  const { luminance, redOfCr, greenOfCb, greenOfCr, blueOfCb } = space;
  const clamped = new Uint8ClampedArray(bytes.buffer, bytes.byteOffset, bytes.length);
  for (let i = 0; i + 2 < bytes.length; i += 3) {
    const y = (luminance[bytes[i] ?? 0] ?? 0) + HALF;
    const cb = bytes[i + 1] ?? 0;
    const cr = bytes[i + 2] ?? 0;
    clamped[i] = (y + (redOfCr[cr] ?? 0)) >> 16;
    clamped[i + 1] = (y + (greenOfCb[cb] ?? 0) + (greenOfCr[cr] ?? 0)) >> 16;
    clamped[i + 2] = (y + (blueOfCb[cb] ?? 0)) >> 16;
  }
  return bytes;
}
