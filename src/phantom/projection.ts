/**
 * The shadow that anatomy casts along y: millimetres of water that would weaken the beam as much. The bulk is summed
 * from coarse voxels; what is finer than these is added as chords through tubes.
 */
import type { Anatomy } from './anatomy.js';
import { lungDepth } from './lungs.js';
import { catmullRom } from './shapes.js';
import { loweredArms } from './skeleton.js';
import { HU } from './tissue.js';
import { addTube, type Screen, type TubeShadow, weakening } from './tube-shadow.js';
import { type Grid, voxelise } from './volume.js';

/** One coarse voxel for so many pixels across and down. */
const PIXELS_PER_VOXEL = 4;
const VOXEL_DEPTH = 5;
/** From in front of the chest to behind it. */
const FRONT_Y = -170;
const BACK_Y = 150;
/** Fine bones are lined with more cortex than their shells tell. */
const RIB_SHADOW: TubeShadow = { around: HU.muscle, boneWeight: 1.5, longestSlant: 2 };
const VESSEL_SHADOW: TubeShadow = { around: HU.lung, boneWeight: 1, longestSlant: 1.25 };

/** Cast the shadow; row by row. */
export function project(anatomy: Anatomy, screen: Screen): Float32Array {
  const shadow = enlarge(projectBulk(anatomy, screen), screen);
  const depth = lungDepth(anatomy.habitus);
  for (const bone of anatomy.slenderBones) addTube(shadow, screen, bone, RIB_SHADOW);
  for (const each of anatomy.pulmonaryTubes) {
    const middle = each.nodes[each.nodes.length >> 1];
    if (middle !== undefined && depth(middle.at) > 0) addTube(shadow, screen, each, VESSEL_SHADOW);
  }
  return shadow;
}

interface Plane {
  readonly columns: number;
  readonly rows: number;
  readonly values: Float32Array;
}

function projectBulk(anatomy: Anatomy, screen: Screen): Plane {
  const [columns, slices] = [
    Math.ceil(screen.columns / PIXELS_PER_VOXEL) + 1,
    Math.ceil(screen.rows / PIXELS_PER_VOXEL) + 1,
  ];
  const grid: Grid = {
    columns,
    rows: Math.round((BACK_Y - FRONT_Y) / VOXEL_DEPTH),
    slices,
    origin: [screen.left, FRONT_Y, screen.top],
    step: [screen.pixelWidth * PIXELS_PER_VOXEL, VOXEL_DEPTH, -screen.pixelHeight * PIXELS_PER_VOXEL],
  };
  const { values: voxels } = voxelise(anatomy, grid, { hasTubes: false, beside: loweredArms() });
  const values = new Float32Array(columns * slices);
  let voxel = 0;
  for (let slice = 0; slice < slices; slice += 1) {
    for (let row = 0; row < grid.rows; row += 1) {
      for (let pixel = slice * columns; pixel < (slice + 1) * columns; pixel += 1) {
        values[pixel] = (values[pixel] ?? 0) + weakening(voxels[voxel] ?? HU.air) * VOXEL_DEPTH;
        voxel += 1;
      }
    }
  }
  return { columns, rows: slices, values };
}

/** Interpolate a coarse plane to the pixels of the screen, smoothly in both directions. */
function enlarge({ columns, rows, values }: Plane, screen: Screen): Float32Array {
  const wide = new Float32Array(screen.columns * rows);
  for (let row = 0; row < rows; row += 1) {
    const sample = (column: number): number => values[row * columns + clamp(column, columns)] ?? 0;
    for (let column = 0; column < screen.columns; column += 1)
      wide[row * screen.columns + column] = interpolate(sample, column);
  }
  const shadow = new Float32Array(screen.columns * screen.rows);
  for (let column = 0; column < screen.columns; column += 1) {
    const sample = (row: number): number => wide[clamp(row, rows) * screen.columns + column] ?? 0;
    for (let row = 0; row < screen.rows; row += 1) shadow[row * screen.columns + column] = interpolate(sample, row);
  }
  return shadow;
}

const clamp = (index: number, count: number): number => Math.min(Math.max(index, 0), count - 1);

function interpolate(sample: (index: number) => number, pixel: number): number {
  const index = Math.floor(pixel / PIXELS_PER_VOXEL);
  const t = (pixel % PIXELS_PER_VOXEL) / PIXELS_PER_VOXEL;
  return catmullRom(sample(index - 1), sample(index), sample(index + 1), sample(index + 2), t);
}
