/**
 * The solids that anatomy is made of. Coordinates are millimetres in the patient's own system (PS3.3 §C.7.6.2.1.1): x to
 * the left, y to the back, z to the head; distances are negative inside, and exact enough near the surface to shade it.
 */
export type Point = readonly [x: number, y: number, z: number];

export interface Box {
  readonly low: Point;
  readonly high: Point;
}

/** What a solid is made of, in Hounsfield units; a shell lies within the surface. */
export interface Material {
  readonly core: number;
  readonly shell?: { readonly value: number; readonly thickness: number };
}

export interface Solid {
  readonly bounds: Box;
  readonly material: Material;
  readonly distance: (x: number, y: number, z: number) => number;
}

/** A point of a tube's axis and the radius there. */
export interface TubeNode {
  readonly at: Point;
  readonly radius: number;
}

export interface Tube {
  readonly nodes: readonly TubeNode[];
  readonly material: Material;
  /** How many times wider than `radius` the tube is along each axis. */
  readonly stretch: Point;
}

const ROUND: Point = [1, 1, 1];

/** Make a tube through points given as x, y, z, radius. */
export function tube(
  nodes: readonly (readonly [number, number, number, number])[],
  material: Material,
  stretch: Point = ROUND,
): Tube {
  return { nodes: nodes.map(([x, y, z, radius]) => ({ at: [x, y, z], radius })), material, stretch };
}

/** The same tube with nodes between, on a smooth curve through all of its nodes (Catmull-Rom). */
export function curved({ nodes, material, stretch }: Tube, piecesPerSegment = 6): Tube {
  const finer: TubeNode[] = [];
  for (let index = 0; index + 1 < nodes.length; index += 1) {
    for (let piece = 0; piece < piecesPerSegment; piece += 1)
      finer.push(between(nodes, index, piece / piecesPerSegment));
  }
  return { nodes: [...finer, ...nodes.slice(-1)], material, stretch };
}

function between(nodes: readonly TubeNode[], index: number, t: number): TubeNode {
  const pick = (step: number): TubeNode => nodeAt(nodes, Math.min(Math.max(index + step, 0), nodes.length - 1));
  const [p, q, r, s] = [pick(-1), pick(0), pick(1), pick(2)];
  const along = (axis: 0 | 1 | 2): number => catmullRom(p.at[axis], q.at[axis], r.at[axis], s.at[axis], t);
  return { at: [along(0), along(1), along(2)], radius: q.radius + (r.radius - q.radius) * t };
}

/** The smooth curve through q (t = 0) and r (t = 1), with p before and s after them. */
export const catmullRom = (p: number, q: number, r: number, s: number, t: number): number =>
  q + 0.5 * t * (r - p + t * (2 * p - 5 * q + 4 * r - s + t * (3 * (q - r) + s - p)));

function nodeAt(nodes: readonly TubeNode[], index: number): TubeNode {
  const node = nodes[index];
  if (node === undefined) throw new RangeError('A tube has no such node.');
  return node;
}

/** Cut a tube into solids, one a segment; a shell goes on from segment to segment without a seam. */
export function tubeSolids({ nodes, material, stretch }: Tube): Solid[] {
  const segments = nodes.slice(1).map((end, index) => segmentOf(nodeAt(nodes, index), end, stretch));
  return segments.map(({ bounds, distance }) => {
    if (material.shell === undefined) return { bounds, material, distance };
    const touching = segments.filter((other) => overlap(bounds, other.bounds)).map((other) => other.distance);
    return { bounds, material, distance: nearest(touching) };
  });
}

const overlap = (a: Box, b: Box): boolean =>
  ([0, 1, 2] as const).every((axis) => a.low[axis] <= b.high[axis] && b.low[axis] <= a.high[axis]);

function nearest(distances: readonly Solid['distance'][]): Solid['distance'] {
  return (x, y, z) => {
    let least = Number.POSITIVE_INFINITY;
    for (const distance of distances) least = Math.min(least, distance(x, y, z));
    return least;
  };
}

function segmentOf(start: TubeNode, end: TubeNode, stretch: Point): Pick<Solid, 'bounds' | 'distance'> {
  const [sx, sy, sz] = stretch;
  const [ax, ay, az] = [start.at[0] / sx, start.at[1] / sy, start.at[2] / sz];
  const [dx, dy, dz] = [end.at[0] / sx - ax, end.at[1] / sy - ay, end.at[2] / sz - az];
  const lengthSquared = dx * dx + dy * dy + dz * dz || 1;
  const widening = end.radius - start.radius;
  const distance = (x: number, y: number, z: number): number => {
    const px = x / sx - ax;
    const py = y / sy - ay;
    const pz = z / sz - az;
    const t = Math.min(1, Math.max(0, (px * dx + py * dy + pz * dz) / lengthSquared));
    const qx = px - dx * t;
    const qy = py - dy * t;
    const qz = pz - dz * t;
    return Math.sqrt(qx * qx + qy * qy + qz * qz) - start.radius - widening * t;
  };
  const radius = Math.max(start.radius, end.radius);
  const low = (axis: 0 | 1 | 2): number => Math.min(start.at[axis], end.at[axis]) - radius * stretch[axis];
  const high = (axis: 0 | 1 | 2): number => Math.max(start.at[axis], end.at[axis]) + radius * stretch[axis];
  return { bounds: { low: [low(0), low(1), low(2)], high: [high(0), high(1), high(2)] }, distance };
}

/** Make an ellipsoid; `axis` is where its third radius points, the head unless told otherwise. */
export function ellipsoid(centre: Point, radii: Point, material: Material, axis: Point = [0, 0, 1]): Solid {
  const [[cx, cy, cz], [rx, ry, rz]] = [centre, radii];
  const long = unit(axis);
  const side = unit(Math.abs(long[1]) > 0.9 ? [1, 0, 0] : cross([0, 1, 0], long));
  const third = cross(long, side);
  const reach = Math.max(rx, ry, rz);
  return {
    bounds: { low: [cx - reach, cy - reach, cz - reach], high: [cx + reach, cy + reach, cz + reach] },
    material,
    distance: (x, y, z) => {
      const u = ((x - cx) * side[0] + (y - cy) * side[1] + (z - cz) * side[2]) / rx;
      const v = ((x - cx) * third[0] + (y - cy) * third[1] + (z - cz) * third[2]) / ry;
      const w = ((x - cx) * long[0] + (y - cy) * long[1] + (z - cz) * long[2]) / rz;
      const inUnits = Math.sqrt(u * u + v * v + w * w);
      if (inUnits < 1e-6) return -Math.min(rx, ry, rz);
      const gradient = Math.sqrt((u / rx) ** 2 + (v / ry) ** 2 + (w / rz) ** 2) / inUnits;
      return (inUnits - 1) / gradient;
    },
  };
}

/** The scalar product of two vectors. */
export const dot = (a: Point, b: Point): number => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];

const cross = (a: Point, b: Point): Point => [
  a[1] * b[2] - a[2] * b[1],
  a[2] * b[0] - a[0] * b[2],
  a[0] * b[1] - a[1] * b[0],
];

function unit(vector: Point): Point {
  const length = Math.sqrt(dot(vector, vector));
  return [vector[0] / length, vector[1] / length, vector[2] / length];
}
