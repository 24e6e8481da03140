/** What the trunk is made of at each place, apart from the solids in it: walls, fat and the substance of the lungs. */
import type { Anatomy } from './anatomy.js';
import type { Opacity } from './lungs.js';
import { clamp01, mix, type SmoothNoise, smoothNoise, smoothStep } from './noise.js';
import { randomOf } from './random.js';
import { bodyDistance, cavityDistance, type Level, levelAt, mediastinalHalfWidth } from './thorax.js';
import { HU } from './tissue.js';

/** An opacity may reach this many times its radius where its edge is ragged. */
const RAGGED_REACH = 1.6;
/** What the densest opacity adds to the lung's Hounsfield units. */
const HAZE = 540;

/** Asked row by row, level by level: `enterLevel`, then `enterRow`, then `at` for each place of the row. */
export class TrunkTissue {
  readonly #anatomy: Anatomy;
  readonly #softness: number;
  readonly #noise: SmoothNoise;
  #level: Level;
  #levelOpacities: readonly Opacity[] = [];
  #rowOpacities: readonly Opacity[] = [];
  #mediastinum = 0;

  /** Edges fade over `softness` millimetres to either side. */
  constructor(anatomy: Anatomy, softness: number) {
    this.#anatomy = anatomy;
    this.#softness = softness;
    this.#noise = smoothNoise(randomOf('tissue', anatomy.seed));
    this.#level = levelAt(0, anatomy.habitus);
  }

  enterLevel(z: number): void {
    this.#level = levelAt(z, this.#anatomy.habitus);
    this.#levelOpacities = reached(this.#anatomy.opacities, 2, z);
  }

  enterRow(y: number): void {
    this.#mediastinum = mediastinalHalfWidth(this.#level.z, y);
    this.#rowOpacities = reached(this.#levelOpacities, 1, y);
  }

  /** Hounsfield units at a place of the row, given the height of the diaphragm there. */
  at(x: number, y: number, domeZ: number): number {
    const skin = bodyDistance(this.#level, x, y);
    if (skin > this.#softness) return HU.air;
    const wall = cavityDistance(this.#level, x, y);
    if (wall > this.#softness) return mix(this.#wall(skin, wall, x, y), HU.air, this.#share(skin));
    const within = this.#within(wall, x, y, domeZ);
    return wall < -this.#softness ? within : mix(within, HU.muscle, this.#share(wall));
  }

  /** How much of a voxel lies beyond a surface at that distance. */
  #share(distance: number): number {
    return clamp01(0.5 + distance / (2 * this.#softness));
  }

  #wall(skin: number, wall: number, x: number, y: number): number {
    if (skin > -2) return HU.skin;
    const { z, bodyY } = this.#level;
    const wave = this.#noise(x / 17, y / 17, z / 17);
    const fatEnd = this.#anatomy.habitus.fatThickness * (y < bodyY ? 0.8 : 1) + 2.5 * wave;
    const depth = clamp01(0.5 - (skin + fatEnd) / 2.4);
    if (depth === 0) return HU.fat + 6 * wave;
    return mix(HU.fat, this.#muscle(wall, wave, x, y), depth);
  }

  /** Muscle with planes of fat between its layers, here and there. */
  #muscle(wall: number, wave: number, x: number, y: number): number {
    const { z } = this.#level;
    const inner = sheet(wall - 13 - 3 * wave, 1.2);
    const outer = sheet(wall - 25 - 6 * wave, 1);
    const streak = smoothStep(0.58, 0.8, this.#noise((x + y) / 7 + 7, (x - y) / 16, z / 22));
    const patch = inner + outer === 0 ? 0 : this.#noise(x / 40 + 3, y / 40, z / 60);
    const fat = Math.max(inner * smoothStep(-0.3, 0.5, patch), outer * smoothStep(0, 0.5, -patch), 0.8 * streak);
    return mix(HU.muscle + 5 * wave, HU.fat, 0.85 * fat);
  }

  #within(wall: number, x: number, y: number, domeZ: number): number {
    const { z } = this.#level;
    const above = z - domeZ;
    if (above < -3) return HU.fat;
    const straight = Math.abs(x) - this.#mediastinum;
    const side = Math.abs(straight) > 6 ? straight : straight + 2.5 * this.#noise(x / 14, y / 14, z / 14);
    const isDeepInMediastinum = side < -4;
    if (isDeepInMediastinum) return HU.mediastinalFat;
    const contents = mix(HU.mediastinalFat, this.#lung(x, y, wall), this.#share(side));
    return above > 1.5 ? contents : mix(HU.muscle, contents, clamp01(0.5 + above / 3));
  }

  #lung(x: number, y: number, wall: number): number {
    const { z } = this.#level;
    const texture = 22 * this.#noise(x / 11, y / 11, z / 11) + 20 * this.#noise(x / 2.6, y / 2.6, z / 2.6);
    const settled = 0.32 * y + 30 * smoothStep(-12, 0, wall) * smoothStep(20, 80, y);
    const fissure = 110 * sheet(fissureDistance(x, y, z), 0.7);
    return HU.lung + settled + texture + fissure + HAZE * this.#haze(x, y);
  }

  /** How dense the opacities are here, ragged and mottled. */
  #haze(x: number, y: number): number {
    const { z } = this.#level;
    let haze = 0;
    for (const { centre, radii, density } of this.#rowOpacities) {
      const u = (x - centre[0]) / radii[0];
      const v = (y - centre[1]) / radii[1];
      const w = (z - centre[2]) / radii[2];
      const reach = Math.sqrt(u * u + v * v + w * w);
      if (reach > RAGGED_REACH) continue;
      const ragged = reach + 0.3 * this.#noise(x / 8, y / 8, z / 8) + 0.14 * this.#noise(x / 3.5, y / 3.5, z / 3.5);
      haze = Math.max(haze, (0.45 + 0.55 * density) * (1 - smoothStep(0.55, 1.12, ragged)));
    }
    return haze === 0 ? 0 : haze * (1 + 0.35 * this.#noise(x / 5, y / 5, z / 5));
  }
}

const reached = (opacities: readonly Opacity[], axis: 1 | 2, place: number): readonly Opacity[] =>
  opacities.filter(({ centre, radii }) => Math.abs(place - centre[axis]) < radii[axis] * RAGGED_REACH);

/** 1 on a surface, 0 a little away from it. */
const sheet = (distance: number, halfThickness: number): number => clamp01(1.4 - Math.abs(distance) / halfThickness);

/** The oblique fissure of each lung, slightly bowed. */
function fissureDistance(x: number, y: number, z: number): number {
  const bow = 0.0012 * (Math.abs(x) - 75) ** 2;
  return 0.6 * (z + (x < 0 ? 38 : 30) + bow) - 0.8 * (y + 4);
}
