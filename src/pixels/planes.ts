/** Colour by pixel, colour by plane: the two orders of the samples of a native frame. PS3.3 §C.7.6.3.1.3 */
import type { FrameDescription } from './frame.js';

type Layout = Pick<FrameDescription, 'rows' | 'columns' | 'samplesPerPixel' | 'bitsAllocated'>;

/** How far the next pixel, and the next sample of the same pixel, is away: in samples. */
interface Steps {
  readonly pixel: number;
  readonly sample: number;
}

const byPixel = ({ samplesPerPixel }: Layout): Steps => ({ pixel: samplesPerPixel, sample: 1 });
const byPlane = ({ rows, columns }: Layout): Steps => ({ pixel: 1, sample: rows * columns });

export const toColourByPixel = (bytes: Uint8Array, layout: Layout): Uint8Array<ArrayBuffer> =>
  rearrange(bytes, layout, byPlane(layout), byPixel(layout));

export const toColourByPlane = (bytes: Uint8Array, layout: Layout): Uint8Array<ArrayBuffer> =>
  rearrange(bytes, layout, byPixel(layout), byPlane(layout));

function rearrange(bytes: Uint8Array, layout: Layout, from: Steps, to: Steps): Uint8Array<ArrayBuffer> {
  const { rows, columns, samplesPerPixel, bitsAllocated } = layout;
  const sampleBytes = bitsAllocated / 8;
  const pixels = rows * columns;
  const out = new Uint8Array(pixels * samplesPerPixel * sampleBytes);
  for (let sample = 0; sample < samplesPerPixel; sample += 1) {
    for (let byte = 0; byte < sampleBytes; byte += 1) {
      let source = sample * from.sample * sampleBytes + byte;
      let target = sample * to.sample * sampleBytes + byte;
      for (let pixel = 0; pixel < pixels; pixel += 1) {
        out[target] = bytes[source] ?? 0;
        source += from.pixel * sampleBytes;
        target += to.pixel * sampleBytes;
      }
    }
  }
  return out;
}
