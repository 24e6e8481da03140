/** RLE Lossless: each byte of each sample is a segment of its own, packed by row. PS3.5 Annex G */
import { type Frame, type FrameDescription, nativeFrameBytes } from '../frame.js';
import { CodecFailure } from './codec-failure.js';
import { decodedInterpretation } from './colour-transform.js';

const HEADER_BYTES = 64;
const MOST_SEGMENTS = 15;
/** Of one run, be it of the same byte or of different ones. */
const MOST_RUN = 128;

/** Where the bytes of one segment belong in a native frame. */
interface Plane {
  readonly start: number;
  readonly step: number;
}

/** @throws CodecFailure when the segments are not those of the frame */
export function decodeRLE({ description: stored, bytes }: Frame): Frame {
  const description = { ...stored, photometricInterpretation: decodedInterpretation(stored) };
  const planes = planesOf(description);
  const segments = readSegments(bytes, planes.length);
  const pixels = new Uint8Array(nativeFrameBytes(description));
  const pixelsOfPlane = Math.floor(pixels.length / planes.length);
  for (const [i, plane] of planes.entries()) {
    const [from, to] = segments[i] ?? [0, 0];
    unpack(bytes.subarray(from, to), pixels, plane, pixelsOfPlane);
  }
  return { description, bytes: pixels };
}

/** @throws CodecFailure for more bytes of a pixel than there can be segments */
export function encodeRLE({ description, bytes }: Frame): Frame {
  const planes = planesOf(description);
  if (planes.length > MOST_SEGMENTS) throw new CodecFailure('A pixel has more bytes than RLE has segments.');
  const { rows, columns } = description;
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeUInt32LE(planes.length, 0);
  const pieces: Uint8Array[] = [header];
  let offset = HEADER_BYTES;
  for (const [i, plane] of planes.entries()) {
    header.writeUInt32LE(offset, 4 + i * 4);
    const segment = pack(bytes, plane, rows, columns);
    pieces.push(segment);
    offset += segment.length;
  }
  return { description, bytes: new Uint8Array(Buffer.concat(pieces)) };
}

/** By samples, and of each from its most significant byte. Bits that are packed are a segment as they are. */
function planesOf({ rows, columns, samplesPerPixel, bitsAllocated, planarConfiguration }: FrameDescription): Plane[] {
  if (bitsAllocated === 1) return [{ start: 0, step: 1 }];
  const sampleBytes = bitsAllocated / 8;
  const isByPlane = planarConfiguration === 1 && samplesPerPixel > 1;
  const step = isByPlane ? sampleBytes : sampleBytes * samplesPerPixel;
  const sampleStep = isByPlane ? rows * columns * sampleBytes : sampleBytes;
  return Array.from({ length: samplesPerPixel * sampleBytes }, (_, segment) => {
    const sample = Math.floor(segment / sampleBytes);
    return { start: sample * sampleStep + (sampleBytes - 1 - (segment % sampleBytes)), step };
  });
}

function readSegments(bytes: Uint8Array, count: number): (readonly [number, number])[] {
  if (bytes.length < HEADER_BYTES) throw new CodecFailure('An RLE frame ends within its header.');
  const header = new DataView(bytes.buffer, bytes.byteOffset, HEADER_BYTES);
  if (header.getUint32(0, true) !== count)
    throw new CodecFailure('An RLE frame has other segments than its pixels have bytes.');
  const offsets = Array.from({ length: count }, (_, i) => header.getUint32(4 + i * 4, true));
  return offsets.map((offset, i) => {
    const end = offsets[i + 1] ?? bytes.length;
    if (offset < HEADER_BYTES || offset > end || end > bytes.length) {
      throw new CodecFailure('A segment of an RLE frame lies outside of it.');
    }
    return [offset, end];
  });
}

/** What comes after the last pixel is padding. @throws CodecFailure when pixels are missing */
function unpack(packed: Uint8Array, pixels: Uint8Array, { start, step }: Plane, count: number): void {
  const end = start + count * step;
  let target = start;
  let at = 0;
  while (target < end) {
    const control = packed[at];
    if (control === undefined) throw new CodecFailure('An RLE frame holds fewer pixels than it should.');
    at += 1;
    if (control === MOST_RUN) continue;
    if (control < MOST_RUN) {
      if (at + control >= packed.length) throw new CodecFailure('An RLE frame ends within a run.');
      const stop = Math.min(end, target + (control + 1) * step);
      let source = at;
      for (; target < stop; target += step) {
        pixels[target] = packed[source] ?? 0;
        source += 1;
      }
      at += control + 1;
    } else {
      const value = packed[at];
      if (value === undefined) throw new CodecFailure('An RLE frame ends within a run.');
      const stop = Math.min(end, target + (257 - control) * step);
      for (; target < stop; target += step) pixels[target] = value;
      at += 1;
    }
  }
}

/** Of even length. A run crosses no row. */
function pack(pixels: Uint8Array, { start, step }: Plane, rows: number, columns: number): Uint8Array {
  const worstBytes = rows * (columns + Math.ceil(columns / MOST_RUN)) + 1;
  const out = new Uint8Array(worstBytes);
  const row = new Uint8Array(columns);
  let source = start;
  let length = 0;
  for (let y = 0; y < rows; y += 1) {
    for (let x = 0; x < columns; x += 1) {
      row[x] = pixels[source] ?? 0;
      source += step;
    }
    length = packRow(row, out, length);
  }
  return out.subarray(0, length + (length % 2));
}

/** Two equal bytes are worth a run where one ends anyway; within different ones it takes three. */
function packRow(row: Uint8Array, out: Uint8Array, from: number): number {
  let length = from;
  let literal = 0;
  let at = 0;
  const flush = (end: number): void => {
    while (literal < end) {
      const count = Math.min(MOST_RUN, end - literal);
      out[length] = count - 1;
      out.set(row.subarray(literal, literal + count), length + 1);
      length += count + 1;
      literal += count;
    }
  };
  while (at < row.length) {
    const value = row[at];
    let end = at + 1;
    while (end < row.length && row[end] === value && end - at < MOST_RUN) end += 1;
    const run = end - at;
    if (run >= 3 || (run === 2 && literal === at)) {
      flush(at);
      out[length] = 257 - run;
      out[length + 1] = value ?? 0;
      length += 2;
      literal = end;
    }
    at = end;
  }
  flush(row.length);
  return length;
}
