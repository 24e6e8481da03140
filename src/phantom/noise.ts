/** Smooth noise: the unevenness of tissue and the grain of a detector. */
import type { Random } from './random.js';

const LATTICE = 32;
const LATTICE_MASK = LATTICE - 1;

/** Noise in [-1, 1] that varies smoothly over about one unit of its coordinates and repeats after 32. */
export type SmoothNoise = (x: number, y: number, z: number) => number;

/** Make value noise: random values on a lattice, interpolated without visible edges. */
export function smoothNoise(random: Random): SmoothNoise {
  const values = Float32Array.from({ length: LATTICE ** 3 }, () => random.between(-1, 1));
  // Written out rather than in small functions: it is called some ten million times for one series.
  return (x, y, z) => {
    const i = Math.floor(x);
    const j = Math.floor(y);
    const k = Math.floor(z);
    const u = eased(x - i);
    const v = eased(y - j);
    const left = i & LATTICE_MASK;
    const right = (i + 1) & LATTICE_MASK;
    const front = (j & LATTICE_MASK) * LATTICE;
    const back = ((j + 1) & LATTICE_MASK) * LATTICE;
    const below = (k & LATTICE_MASK) * LATTICE * LATTICE;
    const above = ((k + 1) & LATTICE_MASK) * LATTICE * LATTICE;
    const frontBelow = mix(values[below + front + left] ?? 0, values[below + front + right] ?? 0, u);
    const backBelow = mix(values[below + back + left] ?? 0, values[below + back + right] ?? 0, u);
    const frontAbove = mix(values[above + front + left] ?? 0, values[above + front + right] ?? 0, u);
    const backAbove = mix(values[above + back + left] ?? 0, values[above + back + right] ?? 0, u);
    return mix(mix(frontBelow, backBelow, v), mix(frontAbove, backAbove, v), eased(z - k));
  };
}

/** Values with a mean of 0 and a standard deviation of 1, each correlated with its neighbours as in a reconstruction. */
export function grainTile(random: Random, size: number): Float32Array {
  const white = Float32Array.from({ length: size * size }, () => random.normal());
  const tile = new Float32Array(size * size);
  for (let row = 0; row < size; row += 1) {
    const [above, here, below] = [((row + size - 1) % size) * size, row * size, ((row + 1) % size) * size];
    for (let column = 0; column < size; column += 1) {
      const [left, right] = [(column + size - 1) % size, (column + 1) % size];
      const beside = (white[here + left] ?? 0) + (white[here + right] ?? 0);
      const across = (white[above + column] ?? 0) + (white[below + column] ?? 0);
      tile[here + column] = (2 * (white[here + column] ?? 0) + beside + across) / Math.sqrt(8);
    }
  }
  return tile;
}

/** The value `fraction` of the way from one to another. */
export const mix = (from: number, to: number, fraction: number): number => from + (to - from) * fraction;

/** 0 below 0, 1 above 1, itself between. */
export const clamp01 = (value: number): number => Math.min(1, Math.max(0, value));

/** Step from 0 to 1 between two edges, level at both. */
export const smoothStep = (from: number, to: number, value: number): number =>
  eased(clamp01((value - from) / (to - from)));

const eased = (t: number): number => t * t * (3 - 2 * t);
