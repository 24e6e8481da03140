/** Anatomy as voxels of Hounsfield units. */
import type { Anatomy } from './anatomy.js';
import type { Opacity } from './lungs.js';
import { clamp01, mix, type SmoothNoise, smoothNoise, smoothStep } from './noise.js';
import { randomOf } from './random.js';
import { type Point, type Solid, tubeSolids } from './shapes.js';
import { bodyDistance, cavityDistance, diaphragmZ, type Level, levelAt, mediastinalHalfWidth } from './thorax.js';
import { HU } from './tissue.js';

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
  if (hasTubes)
    for (const tube of anatomy.pulmonaryTubes) for (const solid of tubeSolids(tube)) paintSolid(volume, solid);
  for (const solid of anatomy.mediastinalSolids) paintSolid(volume, solid);
  if (hasTubes)
    for (const tube of anatomy.slenderBones) for (const solid of tubeSolids(tube)) paintSolid(volume, solid);
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

/** What the trunk is made of at each place, apart from the solids in it. */
class TrunkTissue {
  readonly #anatomy: Anatomy;
  readonly #softness: number;
  readonly #noise: SmoothNoise;
  #level: Level;
  #opacities: readonly Opacity[] = [];
  #rowOpacities: readonly Opacity[] = [];
  #halfWidth = 0;

  constructor(anatomy: Anatomy, softness: number) {
    this.#anatomy = anatomy;
    this.#softness = softness;
    this.#noise = smoothNoise(randomOf('tissue', anatomy.seed));
    this.#level = levelAt(0, anatomy.habitus);
  }

  enterLevel(z: number): void {
    this.#level = levelAt(z, this.#anatomy.habitus);
    this.#opacities = this.#anatomy.opacities.filter(({ centre, radii }) => Math.abs(z - centre[2]) < radii[2] * 1.4);
  }

  enterRow(y: number): void {
    this.#halfWidth = mediastinalHalfWidth(this.#level.z, y);
    this.#rowOpacities = this.#opacities.filter(({ centre, radii }) => Math.abs(y - centre[1]) < radii[1] * 1.4);
  }

  /** Hounsfield units at a place of the row, given the height of the diaphragm there. */
  at(x: number, y: number, domeZ: number): number {
    const skin = bodyDistance(this.#level, x, y);
    if (skin > this.#softness) return HU.air;
    const wall = cavityDistance(this.#level, x, y);
    const outside = this.#share(skin);
    if (wall > this.#softness) return mix(this.#wall(skin, wall, x, y), HU.air, outside);
    const within = this.#within(wall, x, y, domeZ);
    return wall < -this.#softness ? within : mix(within, HU.muscle, this.#share(wall));
  }

  /** How much of a voxel lies beyond a surface at that distance. */
  #share(distance: number): number {
    return clamp01(0.5 + distance / (2 * this.#softness));
  }

  #wall(skin: number, wall: number, x: number, y: number): number {
    const { habitus } = this.#anatomy;
    if (skin > -2) return HU.skin;
    const { z } = this.#level;
    const streak = this.#noise(x / 40 + 3, y / 40, z / 60);
    const wave = this.#noise(x / 17, y / 17, z / 17);
    const fatEnd = habitus.fatThickness * (y < this.#level.bodyY ? 0.8 : 1) + 2.5 * wave;
    const fat = HU.fat + 6 * this.#noise(x / 5, y / 5, z / 9);
    const planes = Math.max(
      plane(wall - 13 - 3 * wave, 1.2) * smoothStep(-0.3, 0.5, streak),
      plane(wall - 25 - 6 * wave, 1) * smoothStep(0, 0.5, -streak),
      0.8 * smoothStep(0.58, 0.8, this.#noise((x + y) / 7 + 7, (x - y) / 16, z / 22)),
    );
    const muscle = mix(HU.muscle + 5 * wave, HU.fat, 0.85 * planes);
    return mix(muscle, fat, clamp01(0.5 + (skin + fatEnd) / 2.4));
  }

  #within(wall: number, x: number, y: number, domeZ: number): number {
    const above = this.#level.z - domeZ;
    if (above < -3) return HU.fat;
    const side = Math.abs(x) - this.#halfWidth + 2.5 * this.#noise(x / 14, y / 14, this.#level.z / 14);
    const edge = Math.min(side, -wall);
    const contents = mix(HU.mediastinalFat, this.#lung(x, y, wall), this.#share(side));
    return edge < -4 ? contents : mix(HU.muscle, contents, clamp01(0.5 + above / 3));
  }

  #lung(x: number, y: number, wall: number): number {
    const { z } = this.#level;
    const texture = 22 * this.#noise(x / 11, y / 11, z / 11) + 20 * this.#noise(x / 2.6, y / 2.6, z / 2.6);
    const settled = 0.32 * y + 30 * smoothStep(-12, 0, wall) * smoothStep(20, 80, y);
    const fissure = 110 * plane(fissureDistance(x, y, z), 0.7);
    const clear = HU.lung + settled + texture + fissure;
    return this.#rowOpacities.length === 0 ? clear : this.#hazy(clear, x, y);
  }

  #hazy(clear: number, x: number, y: number): number {
    const { z } = this.#level;
    const ragged = 0.3 * this.#noise(x / 8, y / 8, z / 8) + 0.14 * this.#noise(x / 3.5, y / 3.5, z / 3.5);
    let haze = 0;
    for (const { centre, radii, density } of this.#rowOpacities) {
      const [u, v, w] = [(x - centre[0]) / radii[0], (y - centre[1]) / radii[1], (z - centre[2]) / radii[2]];
      const reach = Math.sqrt(u * u + v * v + w * w) + ragged;
      haze = Math.max(haze, (0.45 + 0.55 * density) * (1 - smoothStep(0.55, 1.12, reach)));
    }
    const mottled = haze * (1 + 0.35 * this.#noise(x / 5, y / 5, z / 5));
    return clear + 500 * mottled;
  }
}

/** 1 on a surface, 0 a little away from it. */
const plane = (distance: number, halfThickness: number): number => clamp01(1.4 - Math.abs(distance) / halfThickness);

/** The oblique fissure of each lung, slightly bowed. */
function fissureDistance(x: number, y: number, z: number): number {
  const bow = 0.0012 * (Math.abs(x) - 75) ** 2;
  return 0.6 * (z + (x < 0 ? 38 : 30) + bow) - 0.8 * (y + 4);
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
