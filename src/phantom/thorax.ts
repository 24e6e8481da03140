/**
 * The trunk of a reference adult as cross-sections: skin, chest wall, pleural cavity, mediastinum and diaphragm. The
 * origin is at the carina. Every patient is this adult, stretched, with a habitus of their own.
 */
import { along, type Knot } from './curve.js';
import { mix, smoothStep } from './noise.js';

/** What differs between patients besides size. */
export interface Habitus {
  readonly sex: 'F' | 'M';
  /** Millimetres of fat under the skin of the flank. */
  readonly fatThickness: number;
  /** Width of the heart relative to the reference adult's. */
  readonly heartSize: number;
  /** Millimetres by which the diaphragm stands higher than in full inspiration. */
  readonly diaphragmRise: number;
  /** Millimetres by which the spine bends to the left at mid chest. */
  readonly spineBend: number;
}

/** Lowest and highest place of the trunk that is modelled well, in millimetres from the carina. */
export const LOWEST_Z = -205;
export const HIGHEST_Z = 118;

/** The trunk at one height. Half widths run along x, half depths along y. */
export interface Level {
  readonly z: number;
  readonly bodyHalfWidth: number;
  readonly bodyHalfDepth: number;
  readonly bodyY: number;
  readonly cavityHalfWidth: number;
  readonly cavityHalfDepth: number;
  readonly cavityY: number;
  readonly breast: number;
}

const BODY_HALF_WIDTH: readonly Knot[] = [
  [-220, 140],
  [-150, 148],
  [-80, 157],
  [-20, 164],
  [25, 172],
  [55, 186],
  [78, 192],
  [95, 176],
  [112, 138],
  [128, 96],
  [145, 70],
  [180, 60],
];
const BODY_HALF_DEPTH: readonly Knot[] = [
  [-220, 112],
  [-150, 116],
  [-80, 118],
  [-20, 116],
  [30, 107],
  [70, 86],
  [100, 70],
  [130, 58],
  [180, 58],
];
const BODY_Y: readonly Knot[] = [
  [-220, 2],
  [-60, 2],
  [20, 6],
  [70, 14],
  [110, 18],
  [180, 12],
];
const CAVITY_HALF_WIDTH: readonly Knot[] = [
  [-220, 126],
  [-150, 135],
  [-100, 136],
  [-50, 132],
  [0, 125],
  [40, 112],
  [65, 97],
  [82, 80],
  [95, 61],
  [104, 40],
  [110, 18],
  [114, 1],
];
const CAVITY_HALF_DEPTH: readonly Knot[] = [
  [-220, 84],
  [-150, 90],
  [-80, 91],
  [-20, 87],
  [20, 78],
  [55, 65],
  [80, 50],
  [95, 36],
  [104, 24],
  [110, 11],
  [114, 1],
];
const CAVITY_Y: readonly Knot[] = [
  [-220, 2],
  [-60, 2],
  [0, 5],
  [40, 11],
  [80, 22],
  [112, 28],
];
const SPINE_Y: readonly Knot[] = [
  [-220, 42],
  [-150, 48],
  [-80, 51],
  [-20, 49],
  [40, 42],
  [90, 32],
  [130, 24],
  [180, 18],
];

const SPINE_BEND_HALF_HEIGHT = 120;
/** How far, and how deep, the spine stands into the cavity from behind. */
const SPINE_INDENT_HALF_WIDTH = 33;
const SPINE_INDENT_DEPTH = 46;

/** The trunk at a height. */
export function levelAt(z: number, habitus: Habitus): Level {
  const wall = habitus.fatThickness - 14;
  return {
    z,
    bodyHalfWidth: along(BODY_HALF_WIDTH, z) + wall,
    bodyHalfDepth: along(BODY_HALF_DEPTH, z) + wall,
    bodyY: along(BODY_Y, z),
    cavityHalfWidth: along(CAVITY_HALF_WIDTH, z),
    cavityHalfDepth: along(CAVITY_HALF_DEPTH, z),
    cavityY: along(CAVITY_Y, z),
    breast: habitus.sex === 'F' ? 34 * Math.exp(-(((z + 52) / 38) ** 2)) : 6 * Math.exp(-(((z + 10) / 40) ** 2)),
  };
}

/** Where the middle of the vertebral bodies is at a height: how far to the left, and to the back. */
export const spineAt = (z: number, habitus: Habitus): readonly [x: number, y: number] => [
  habitus.spineBend * Math.exp(-(((z + 40) / SPINE_BEND_HALF_HEIGHT) ** 2)),
  along(SPINE_Y, z),
];

/** Distance from the skin, negative within the body, in millimetres along the line to the middle. */
export function bodyDistance(level: Level, x: number, y: number): number {
  const depth = y - level.bodyY;
  const breast = depth < 0 ? level.breast * bump((Math.abs(x) - 78) / 48) : 0;
  const groove = depth > 0 ? 7 * bump(x / 30) : 3 * bump(x / 40);
  return squircle(x, depth, level.bodyHalfWidth, level.bodyHalfDepth + breast - groove);
}

/** Distance from the parietal pleura of the chest wall, negative within the cavity. */
export function cavityDistance(level: Level, x: number, y: number): number {
  const depth = y - level.cavityY;
  if (depth <= 0) return squircle(x, depth, level.cavityHalfWidth, level.cavityHalfDepth);
  const across = x / SPINE_INDENT_HALF_WIDTH;
  const indent = SPINE_INDENT_DEPTH / (1 + across * across * across * across);
  const fraction = depth / level.cavityHalfDepth;
  return squircle(
    x,
    depth + indent * Math.min(1, fraction * fraction * 1.6),
    level.cavityHalfWidth,
    level.cavityHalfDepth,
  );
}

/** A closed curve between an ellipse and a box; roughly the distance from it. */
function squircle(x: number, y: number, halfWidth: number, halfDepth: number): number {
  const u = (x / halfWidth) ** 2;
  const v = (y / halfDepth) ** 2;
  const sum = u + v;
  if (sum < 1e-4) return -Math.min(halfWidth, halfDepth);
  const reach = 0.6 * Math.sqrt(sum) + 0.4 * Math.sqrt(Math.sqrt(u * u + v * v));
  return Math.sqrt(x * x + y * y) * (1 - 1 / reach);
}

const bump = (t: number): number => (t > -1 && t < 1 ? (1 - t * t) ** 2 : 0);

/** Height of the upper face of the diaphragm: a dome on each side and a saddle under the heart. */
export function diaphragmZ(x: number, y: number, { diaphragmRise }: Habitus): number {
  const right = dome(x + 68, y + 6, 80, 92, -108);
  const left = dome(x - 70, y + 6, 78, 92, -117);
  const saddle = dome(x - 8, y + 22, 98, 84, -111);
  return diaphragmRise + Math.max(right, left, saddle);
}

function dome(x: number, y: number, halfWidth: number, halfDepth: number, peak: number): number {
  const u = x / halfWidth;
  const v = y / halfDepth;
  const square = u * u + v * v;
  const drop = square < 0.9 ? 1 - Math.sqrt(1 - square) : 0.684 + (square - 0.9) * 1.58;
  return peak - 68 * drop - (v > 0 ? 22 * v * v : 0);
}

/**
 * Half width of the fat between the lungs at a height and depth, to the right and to the left: narrow where the lungs
 * all but meet behind the sternum, wide about the great vessels, narrow again in front of the spine.
 */
export function mediastinalHalfWidth(z: number, y: number): number {
  const top = along(
    [
      [-90, 18],
      [-30, 20],
      [10, 22],
      [45, 17],
      [90, 15],
    ],
    y,
  );
  const upper = along(
    [
      [-90, 16],
      [-62, 22],
      [-30, 28],
      [15, 27],
      [45, 23],
      [90, 20],
    ],
    y,
  );
  const lower = along(
    [
      [-90, 12],
      [-66, 6],
      [-44, 14],
      [-10, 27],
      [25, 24],
      [50, 19],
      [90, 18],
    ],
    y,
  );
  return mix(mix(lower, upper, smoothStep(0, 40, z)), top, smoothStep(45, 90, z));
}
