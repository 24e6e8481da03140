/** Anatomy as voxels of Hounsfield units. */
import type { Anatomy } from './anatomy.js';
import { clamp01, mix } from './noise.js';
import { type Point, type Solid, type Tube, tubeSolids } from './shapes.js';
import { cavityDistance, diaphragmZ, levelAt } from './thorax.js';
import { HU } from './tissue.js';
import { TrunkTissue } from './trunk-tissue.js';

/** Where voxels lie, in millimetres of the reference adult. A step may be negative. */
export interface Grid {
  readonly columns: number;
  readonly rows: number;
  readonly slices: number;
  /** Middle of the first voxel. */
  readonly origin: Point;
  readonly step: Point;
}

export interface Volume extends Grid {
  /** Slice by slice, row by row. */
  readonly values: Int16Array;
}

export interface VoxelOptions {
  /** Whether the fine tubes are painted too: vessels and bronchi of the lungs, ribs and clavicles. */
  readonly hasTubes: boolean;
  /** Solids painted before all others, where there is no trunk. */
  readonly beside?: readonly Solid[];
}

/** Make the voxels, without noise. Edges are soft over about one voxel of a row. */
export function voxelise(anatomy: Anatomy, grid: Grid, { hasTubes, beside = [] }: VoxelOptions): Volume {
  const volume: Volume = { ...grid, values: new Int16Array(grid.columns * grid.rows * grid.slices).fill(HU.air) };
  const dome = domeMap(anatomy, grid);
  for (const solid of beside) paintSolid(volume, solid);
  paintTrunk(volume, anatomy, dome);
  const isAbdominal = abdomenMask(anatomy);
  for (const solid of anatomy.abdominalSolids) paintSolid(volume, solid, isAbdominal);
  const fine = (tubes: readonly Tube[]): Solid[] => (hasTubes ? tubes.flatMap(tubeSolids) : []);
  for (const solid of fine(anatomy.pulmonaryTubes)) paintSolid(volume, solid);
  for (const solid of anatomy.mediastinalSolids) paintSolid(volume, solid);
  for (const solid of fine(anatomy.slenderBones)) paintSolid(volume, solid);
  for (const solid of anatomy.stoutBones) paintSolid(volume, solid);
  return volume;
}

/** Whether a place is under the diaphragm and within the abdominal wall. */
function abdomenMask({ habitus }: Anatomy): Mask {
  let level = levelAt(0, habitus);
  return (x, y, z) => {
    if (level.z !== z) level = levelAt(z, habitus);
    return z < diaphragmZ(x, y, habitus) - 3 && cavityDistance(level, x, y) < -3;
  };
}

function domeMap({ habitus }: Anatomy, { columns, rows, origin, step }: Grid): Float32Array {
  const map = new Float32Array(columns * rows);
  for (let row = 0; row < rows; row += 1) {
    for (let column = 0; column < columns; column += 1) {
      map[row * columns + column] = diaphragmZ(origin[0] + column * step[0], origin[1] + row * step[1], habitus);
    }
  }
  return map;
}

function paintTrunk(volume: Volume, anatomy: Anatomy, dome: Float32Array): void {
  const { columns, rows, slices, origin, step, values } = volume;
  const tissue = new TrunkTissue(anatomy, softnessOf(step));
  for (let slice = 0; slice < slices; slice += 1) {
    tissue.enterLevel(origin[2] + slice * step[2]);
    for (let row = 0; row < rows; row += 1) {
      const y = origin[1] + row * step[1];
      tissue.enterRow(y);
      const start = (slice * rows + row) * columns;
      for (let column = 0; column < columns; column += 1) {
        const x = origin[0] + column * step[0];
        const there = tissue.at(x, y, dome[row * columns + column] ?? 0);
        if (there !== HU.air) values[start + column] = Math.max(there, values[start + column] ?? HU.air);
      }
    }
  }
}

type Mask = (x: number, y: number, z: number) => boolean;

/** Half of the width over which a surface fades: more when the rows are far apart. */
const softnessOf = ([across, down]: Point): number => Math.max(Math.abs(across) * 0.6, Math.abs(down) * 0.5);

/** Paint one solid over what is there. */
function paintSolid(volume: Volume, { bounds, material, distance }: Solid, mask?: Mask): void {
  const { columns, rows, origin, step, values } = volume;
  const softness = softnessOf(step);
  const [fromColumn, toColumn] = span(volume, 0, bounds.low[0] - softness, bounds.high[0] + softness);
  const [fromRow, toRow] = span(volume, 1, bounds.low[1] - softness, bounds.high[1] + softness);
  const [fromSlice, toSlice] = span(volume, 2, bounds.low[2] - softness, bounds.high[2] + softness);
  const { core, shell = { value: core, thickness: 0 } } = material;
  for (let slice = fromSlice; slice <= toSlice; slice += 1) {
    const z = origin[2] + slice * step[2];
    for (let row = fromRow; row <= toRow; row += 1) {
      const y = origin[1] + row * step[1];
      const start = (slice * rows + row) * columns;
      for (let column = fromColumn; column <= toColumn; column += 1) {
        const x = origin[0] + column * step[0];
        const surface = distance(x, y, z);
        if (surface >= softness || (mask !== undefined && !mask(x, y, z))) continue;
        const inShell = shell.thickness === 0 ? 0 : clamp01(0.5 + (surface + shell.thickness) / (2 * softness));
        const value = mix(core, shell.value, inShell);
        const share = clamp01(0.5 - surface / (2 * softness));
        values[start + column] = mix(values[start + column] ?? HU.air, value, share);
      }
    }
  }
}

/** First and last index of an axis that lies between two places; empty when the first is beyond the last. */
function span(grid: Grid, axis: 0 | 1 | 2, low: number, high: number): readonly [number, number] {
  const count = [grid.columns, grid.rows, grid.slices][axis] ?? 0;
  const [a, b] = [(low - grid.origin[axis]) / grid.step[axis], (high - grid.origin[axis]) / grid.step[axis]];
  return [Math.max(0, Math.ceil(Math.min(a, b))), Math.min(count - 1, Math.floor(Math.max(a, b)))];
}
