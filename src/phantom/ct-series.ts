/** A CT series of the chest: the anatomy's voxels with a reconstruction's grain and the couch beneath. PS3.3 §A.3 */
import { encodePart10 } from '../dicom/data-set-writer.js';
import { anatomyFor } from './anatomy.js';
import { CT_OFFSET, ctDataSet } from './instances.js';
import { grainTile } from './noise.js';
import type { PhantomPatient } from './patient.js';
import { randomOf } from './random.js';
import type { Solid } from './shapes.js';
import { HIGHEST_Z, LOWEST_Z, levelAt } from './thorax.js';
import { HU } from './tissue.js';
import { type Grid, type Volume, voxelise } from './volume.js';

export interface CTSeriesOptions {
  /** Slices from above the apices to below the domes of the diaphragm. */
  readonly slices?: number;
  /** Rows and Columns. */
  readonly size?: number;
}

const FIELD_OF_VIEW = 376;
/** The field is centred this far behind the origin, so that the couch is in it. */
const FIELD_CENTRE_Y = 14;
const COUCH_FOAM = -930;
const GRAIN_SIZE = 512;
const MOST_SLICES = 1024;
const MOST_PIXELS_ACROSS = 1024;

/**
 * Scan the patient: Part 10 files in Explicit VR Little Endian, one a slice, from the head down. Coordinates are those
 * of `patient.opacities`.
 * @throws RangeError when there are no slices or pixels, or more than any scanner makes.
 */
export function* ctSeries(
  patient: PhantomPatient,
  { slices = 64, size = 256 }: CTSeriesOptions = {},
): Generator<Buffer> {
  if (!isCount(slices, MOST_SLICES)) throw new RangeError(`A series has from 1 to ${MOST_SLICES} slices.`);
  if (!isCount(size, MOST_PIXELS_ACROSS))
    throw new RangeError(`A slice has from 1 to ${MOST_PIXELS_ACROSS} pixels a side.`);
  const [sx, sy, sz] = patient.stretch;
  const pixelSpacing = Number(((FIELD_OF_VIEW * sx) / size).toFixed(4));
  const sliceSpacing = Number((((HIGHEST_Z - LOWEST_Z) * sz) / slices).toFixed(2));
  const edge = (-(size - 1) / 2) * pixelSpacing;
  const grid: Grid = {
    columns: size,
    rows: size,
    slices,
    origin: [edge / sx, (edge + FIELD_CENTRE_Y) / sy, HIGHEST_Z],
    step: [pixelSpacing / sx, pixelSpacing / sy, -sliceSpacing / sz],
  };
  const volume = voxelise(anatomyFor(patient), grid, { hasTubes: true, beside: [couch(patient)] });
  const grain = grainTile(randomOf('grain', patient.seed), GRAIN_SIZE);
  for (let sliceIndex = 0; sliceIndex < slices; sliceIndex += 1) {
    const slice = {
      seriesName: `CT ${slices} ${size}`,
      instanceNumber: sliceIndex + 1,
      position: [edge, edge + FIELD_CENTRE_Y, HIGHEST_Z * sz - sliceIndex * sliceSpacing] as const,
      pixelSpacing,
      sliceSpacing,
      rows: size,
      columns: size,
      pixels: storedValues(volume, sliceIndex, grain, patient.seed),
    };
    yield encodePart10(ctDataSet(patient, slice));
  }
}

const isCount = (value: number, most: number): boolean => Number.isInteger(value) && value >= 1 && value <= most;

/** A slice with grain, stronger in the middle of the body where fewer photons arrive. */
function storedValues(
  { values, columns, rows }: Volume,
  sliceIndex: number,
  grain: Float32Array,
  seed: number,
): Buffer {
  const pixels = Buffer.alloc(rows * columns * 2);
  const random = randomOf('grain', seed, sliceIndex);
  const [shiftX, shiftY] = [random.integer(0, GRAIN_SIZE - 1), random.integer(0, GRAIN_SIZE - 1)];
  for (let row = 0; row < rows; row += 1) {
    const v = (row / rows - 0.5) * 2;
    const line = ((row + shiftY) % GRAIN_SIZE) * GRAIN_SIZE;
    for (let column = 0; column < columns; column += 1) {
      const u = (column / columns - 0.5) * 2;
      const strength = 5 + 8 * Math.max(0, 1 - u * u - v * v);
      const value = values[(sliceIndex * rows + row) * columns + column] ?? HU.air;
      const noisy = value + strength * (grain[line + ((column + shiftX) % GRAIN_SIZE)] ?? 0);
      pixels.writeInt16LE(Math.max(0, Math.round(noisy) + CT_OFFSET), (row * columns + column) * 2);
    }
  }
  return pixels;
}

/** The couch the patient lies on: a hollow of foam in a thin skin. */
function couch({ habitus }: PhantomPatient): Solid {
  const { bodyY, bodyHalfDepth } = levelAt(-60, habitus);
  const [halfWidth, thickness] = [185, 18];
  const middle = bodyY + bodyHalfDepth + 3 + thickness / 2;
  return {
    bounds: { low: [-halfWidth, middle - 60, -1000], high: [halfWidth, middle + 20, 1000] },
    material: { core: COUCH_FOAM, shell: { value: -250, thickness: 1.6 } },
    distance: (x, y) => Math.max(Math.abs(y - middle + (x * x) / 1400) - thickness / 2, Math.abs(x) - halfWidth + 2),
  };
}
