/** Places in the lungs: what is lung at all, points spread through it, and where disease settles. */
import type { Random } from './random.js';
import type { Point } from './shapes.js';
import {
  cavityDistance,
  diaphragmZ,
  type Habitus,
  HIGHEST_Z,
  type Level,
  LOWEST_Z,
  levelAt,
  mediastinalHalfWidth,
} from './thorax.js';

/** An ellipsoid of ground-glass opacity; in millimetres, in the patient's coordinates. */
export interface Opacity {
  readonly centre: Point;
  readonly radii: Point;
  /** 0 to 1: from barely hazy to nearly solid. */
  readonly density: number;
}

/** The heart and what lies about it, roughly: no lung here. */
const HEART_MIDDLE: Point = [24, -28, -84];
const HEART_RADII: Point = [70, 42, 50];
const APEX_Z = 107;

/** Tell how deep in the lung a place is, to about a millimetre: the way to the nearest edge, negative outside. */
export function lungDepth(habitus: Habitus): (point: Point) => number {
  const levels = new Map<number, Level>();
  const levelNear = (z: number): Level => {
    const known = levels.get(Math.round(z));
    if (known !== undefined) return known;
    const level = levelAt(Math.round(z), habitus);
    levels.set(level.z, level);
    return level;
  };
  return ([x, y, z]) => {
    const wall = Math.min(-cavityDistance(levelNear(z), x, y), z - diaphragmZ(x, y, habitus), APEX_Z - z);
    if (wall < 0) return wall;
    return Math.min(wall, Math.abs(x) - mediastinalHalfWidth(z, y), heartDistance(x, y, z));
  };
}

function heartDistance(x: number, y: number, z: number): number {
  const [u, v] = [(x - HEART_MIDDLE[0]) / HEART_RADII[0], (y - HEART_MIDDLE[1]) / HEART_RADII[1]];
  return (Math.hypot(u, v, (z - HEART_MIDDLE[2]) / HEART_RADII[2]) - 1) * 45;
}

/** Draw points spread evenly through one lung, at least so many millimetres from its edges. */
export function pointsInLung(side: -1 | 1, count: number, margin: number, habitus: Habitus, random: Random): Point[] {
  const depth = lungDepth(habitus);
  const points: Point[] = [];
  while (points.length < count) {
    const point: Point = [side * random.between(5, 140), random.between(-95, 100), random.between(LOWEST_Z, HIGHEST_Z)];
    if (depth(point) > margin) points.push(point);
  }
  return points;
}

/** Draw opacities as COVID-19 makes them: both lungs, the periphery, the back and the lower zones before all. */
export function drawOpacities(habitus: Habitus, random: Random): Opacity[] {
  const count = random.integer(9, 17);
  const opacities: Opacity[] = [];
  while (opacities.length < count) {
    const side = opacities.length % 2 === 0 ? -1 : 1;
    const centre = peripheralPoint(side, habitus, random);
    const size = random.between(13, 30);
    opacities.push({
      centre,
      radii: [size * random.between(0.7, 1), size * random.between(0.8, 1.15), size * random.between(0.9, 1.5)],
      density: random.between(0.4, 1),
    });
  }
  return opacities;
}

function peripheralPoint(side: -1 | 1, habitus: Habitus, random: Random): Point {
  for (;;) {
    const [point] = pointsInLung(side, 1, 5, habitus, random);
    if (point === undefined) continue;
    const [x, y, z] = point;
    const wall = -cavityDistance(levelAt(z, habitus), x, y);
    const likelihood = (wall < 24 ? 1 : 0.04) * (y > 15 ? 1 : 0.22) * (z < -30 ? 1 : 0.3);
    if (random.next() < likelihood) return point;
  }
}
