/**
 * Vessels and bronchi of the lungs. A tree fills a lung as the real ones do: the points to be reached are parted again
 * and again, and a branch grows towards the middle of each part (after Kitaoka and Tawhai).
 */
import type { Random } from './random.js';
import { curved, dot, type Material, type Point, type Tube, tube } from './shapes.js';

export interface TreePlan {
  readonly root: Point;
  /** Points that the finest branches reach. */
  readonly targets: readonly Point[];
  readonly rootRadius: number;
  /** Branches thinner than this are left out, in millimetres. */
  readonly thinnest: number;
  readonly material: Material;
}

interface Growth {
  readonly from: Point;
  readonly radius: number;
  readonly targets: readonly Point[];
}

/** A vessel's cross-section is shared out among its branches to this power of the radius. */
const MURRAY_EXPONENT = 2.6;
/** Lungs part to the sides and up and down before they part to front and back. */
const DEPTH_WEIGHT = 0.6;
const TRIALS = 6;
/** How far a branch goes towards the middle of what it supplies before it parts. */
const REACH: readonly [number, number] = [0.34, 0.5];

/** Grow a tree; each tube is one branch, from the thickest to the thinnest in no order that matters. */
export function growTree(plan: TreePlan, random: Random): Tube[] {
  const branches: Tube[] = [];
  const growing: Growth[] = [{ from: plan.root, radius: plan.rootRadius, targets: plan.targets }];
  for (let growth = growing.pop(); growth !== undefined; growth = growing.pop()) {
    if (growth.targets.length === 0 || growth.radius < plan.thinnest) continue;
    for (const part of parted(growth.targets, random)) {
      const radius = growth.radius * (part.length / growth.targets.length) ** (1 / MURRAY_EXPONENT);
      if (part.length === 0 || radius < plan.thinnest) continue;
      const end = part.length === 1 ? middle(part) : towards(growth.from, middle(part), random.between(...REACH));
      branches.push(branch(growth.from, end, [growth.radius, radius], plan.material, random));
      if (part.length > 1) growing.push({ from: end, radius, targets: part });
    }
  }
  return branches;
}

function branch(start: Point, end: Point, radii: readonly [number, number], material: Material, random: Random): Tube {
  const length = Math.hypot(end[0] - start[0], end[1] - start[1], end[2] - start[2]);
  const sway = length * 0.1;
  const [x, y, z] = towards(start, end, 0.5);
  const [first, last] = [Math.min(radii[0], radii[1] * 1.25), radii[1]];
  const bend: [number, number, number, number] = [
    x + sway * random.between(-1, 1),
    y + sway * random.between(-1, 1),
    z + sway * random.between(-1, 1),
    (first + last) / 2,
  ];
  const straight = tube([[...start, first], bend, [...end, last]], material);
  return length < 8 ? straight : curved(straight, 3);
}

/** Part points by a plane across the direction in which they spread most, not quite in the middle. */
function parted(points: readonly Point[], random: Random): readonly [Point[], Point[]] {
  const along = widestDirection(points, random);
  const places = points.map((point) => ({ point, at: dot(point, along) })).sort((a, b) => a.at - b.at);
  const share = points.length < 4 ? 0.5 : random.between(0.32, 0.68);
  const cut = Math.round(places.length * share);
  const sorted = places.map(({ point }) => point);
  return [sorted.slice(0, cut), sorted.slice(cut)];
}

/** The direction, of a few drawn at random, in which points spread most. */
function widestDirection(points: readonly Point[], random: Random): Point {
  let widest: Point = [0, 0, 1];
  let most = 0;
  for (let trial = 0; trial < TRIALS; trial += 1) {
    const direction: Point = [random.normal(), random.normal() * DEPTH_WEIGHT, random.normal()];
    const spread = spreadAlong(points, direction) / Math.hypot(...direction);
    if (spread <= most) continue;
    most = spread;
    widest = direction;
  }
  return widest;
}

function spreadAlong(points: readonly Point[], direction: Point): number {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (const point of points) {
    const at = dot(point, direction);
    low = Math.min(low, at);
    high = Math.max(high, at);
  }
  return high - low;
}

function middle(points: readonly Point[]): Point {
  let x = 0;
  let y = 0;
  let z = 0;
  for (const point of points) {
    x += point[0];
    y += point[1];
    z += point[2];
  }
  return [x / points.length, y / points.length, z / points.length];
}

const towards = (from: Point, to: Point, fraction: number): Point => [
  from[0] + (to[0] - from[0]) * fraction,
  from[1] + (to[1] - from[1]) * fraction,
  from[2] + (to[2] - from[2]) * fraction,
];
