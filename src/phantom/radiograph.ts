/** A chest radiograph, posteroanterior, cast from the same anatomy as the CT. PS3.3 §A.26 */

import { encodePart10 } from '../dicom/data-set-writer.js';
import { anatomyFor } from './anatomy.js';
import { radiographDataSet } from './instances.js';
import { grainTile } from './noise.js';
import type { PhantomPatient } from './patient.js';
import { project } from './projection.js';
import { randomOf } from './random.js';
import type { Screen } from './tube-shadow.js';

/** Rows and Columns. */
export const RADIOGRAPH_SIZE = 1024;
/** Imager Pixel Spacing in millimetres. */
export const RADIOGRAPH_SPACING = 0.41;

const TOP_Z = 168;
const GRAIN_SIZE = 256;
const WHITE = 4095;

/** Take the patient's radiograph, as a Part 10 file in Explicit VR Little Endian. */
export function radiograph(patient: PhantomPatient): Buffer {
  const [sx, , sz] = patient.stretch;
  const screen: Screen = {
    columns: RADIOGRAPH_SIZE,
    rows: RADIOGRAPH_SIZE,
    left: (-(RADIOGRAPH_SIZE - 1) / 2) * (RADIOGRAPH_SPACING / sx),
    top: TOP_Z,
    pixelWidth: RADIOGRAPH_SPACING / sx,
    pixelHeight: RADIOGRAPH_SPACING / sz,
  };
  const pixels = develop(project(anatomyFor(patient), screen), patient.seed);
  return encodePart10(
    radiographDataSet(patient, {
      rows: screen.rows,
      columns: screen.columns,
      pixels,
      pixelSpacing: RADIOGRAPH_SPACING,
    }),
  );
}

/** Turn millimetres of water into stored values: dense is white, detail is lifted, the detector's grain is added. */
export function develop(shadow: Float32Array, seed: number): Buffer {
  const size = RADIOGRAPH_SIZE;
  const smooth = blurred(blurred(shadow, size, 48), size, 48);
  const grain = grainTile(randomOf('detector', seed), GRAIN_SIZE);
  const pixels = Buffer.alloc(shadow.length * 2);
  shadow.forEach((path, index) => {
    const detail = path - (smooth[index] ?? path);
    const lifted = path + 0.4 * detail;
    const tile = (Math.floor(index / size) % GRAIN_SIZE) * GRAIN_SIZE + (index % GRAIN_SIZE);
    const noise = (8 + path * 0.09) * (grain[tile] ?? 0);
    pixels.writeUInt16LE(Math.round(Math.min(WHITE, Math.max(0, tone(lifted) + noise))), index * 2);
  });
  return pixels;
}

/** Dense parts are held back so that the spine is still seen behind the heart. */
function tone(path: number): number {
  const t = Math.max(0, path) / 195;
  return WHITE * 0.95 * (1 - Math.exp(-1.55 * t * t * Math.sqrt(t)));
}

/** Mean over a square of 2 × radius + 1 pixels a side. */
function blurred(values: Float32Array, size: number, radius: number): Float32Array {
  const across = new Float32Array(values.length);
  const result = new Float32Array(values.length);
  for (let line = 0; line < size; line += 1) slideMean(values, across, line * size, 1, size, radius);
  for (let line = 0; line < size; line += 1) slideMean(across, result, line, size, size, radius);
  return result;
}

function slideMean(
  from: Float32Array,
  to: Float32Array,
  start: number,
  step: number,
  count: number,
  radius: number,
): void {
  const at = (index: number): number => from[start + Math.min(Math.max(index, 0), count - 1) * step] ?? 0;
  let sum = 0;
  for (let index = -radius; index <= radius; index += 1) sum += at(index);
  for (let index = 0; index < count; index += 1) {
    to[start + index * step] = sum / (2 * radius + 1);
    sum += at(index + radius + 1) - at(index - radius);
  }
}
