/** Graphic types as lines from point to point. PS3.3 §C.10.5.1.2 */

type Points = readonly number[];

const GRAPHIC_TYPES = ['POINT', 'POLYLINE', 'CIRCLE', 'ELLIPSE', 'INTERPOLATED'] as const;
export type GraphicType = (typeof GRAPHIC_TYPES)[number];

/** The type of a name; one that is not known is drawn as it stands, from point to point. */
export const graphicType = (name: string | undefined): GraphicType =>
  GRAPHIC_TYPES.find((type) => type === name) ?? 'POLYLINE';

const CURVE_STEPS = 96;
const SPLINE_STEPS = 8;
const NUMBERS: Readonly<Record<GraphicType, number>> = {
  POINT: 2,
  POLYLINE: Number.POSITIVE_INFINITY,
  CIRCLE: 4,
  ELLIPSE: 8,
  INTERPOLATED: Number.POSITIVE_INFINITY,
};

/** How many numbers of a graphic are looked at, of those that it has. */
export const numbersOf = (type: GraphicType, count: number): number => Math.min(count, NUMBERS[type]);

/** How many points the path of a graphic of so many numbers has, at most. */
export function pointsOf(type: GraphicType, count: number): number {
  if (type === 'CIRCLE' || type === 'ELLIPSE') return CURVE_STEPS + 1;
  return Math.max(1, (numbersOf(type, count) / 2) * (type === 'INTERPOLATED' ? SPLINE_STEPS : 1));
}

/** The points of a graphic, x and y by turns; none when there are too few for its type. */
export function pathOf(type: GraphicType, data: Points): Points {
  const points = data.slice(0, data.length - (data.length % 2));
  switch (type) {
    case 'POINT':
      return points.slice(0, 2);
    case 'CIRCLE':
      return circle(points);
    case 'ELLIPSE':
      return ellipse(points);
    case 'INTERPOLATED':
      return spline(points);
    default:
      return points;
  }
}

/** Center, and a point of it. */
function circle([x, y, x1, y1]: Points): Points {
  if (x === undefined || y === undefined || x1 === undefined || y1 === undefined) return [];
  return curve(x, y, [x1 - x, y1 - y], [y - y1, x1 - x]);
}

/** The ends of the longer axis, then those of the shorter. */
function ellipse(points: Points): Points {
  const [x1 = 0, y1 = 0, x2 = 0, y2 = 0, x3 = 0, y3 = 0, x4 = 0, y4 = 0] = points;
  if (points.length < 8) return [];
  return curve((x1 + x2) / 2, (y1 + y2) / 2, [(x2 - x1) / 2, (y2 - y1) / 2], [(x4 - x3) / 2, (y4 - y3) / 2]);
}

type Vector = readonly [x: number, y: number];

function curve(x: number, y: number, [ax, ay]: Vector, [bx, by]: Vector): Points {
  return Array.from({ length: CURVE_STEPS + 1 }, (_, step) => (step * 2 * Math.PI) / CURVE_STEPS).flatMap((angle) => {
    const [cosine, sine] = [Math.cos(angle), Math.sin(angle)];
    return [x + ax * cosine + bx * sine, y + ay * cosine + by * sine];
  });
}

/** Through all points, by the curves of Catmull and Rom. */
function spline(points: Points): Points {
  const count = points.length / 2;
  if (count < 3) return points;
  const isClosed = points[0] === points.at(-2) && points[1] === points.at(-1);
  const at = (index: number, axis: number): number => {
    const place = isClosed ? (index + count - 1) % (count - 1) : Math.min(Math.max(index, 0), count - 1);
    return points[place * 2 + axis] ?? 0;
  };
  const path: number[] = [];
  for (let i = 0; i < count - 1; i += 1) {
    for (let step = 0; step < SPLINE_STEPS; step += 1) {
      for (const axis of [0, 1])
        path.push(between(step / SPLINE_STEPS, at(i - 1, axis), at(i, axis), at(i + 1, axis), at(i + 2, axis)));
    }
  }
  return [...path, at(count - 1, 0), at(count - 1, 1)];
}

/** From `b` to `c`, with the neighbours before and after. */
function between(t: number, a: number, b: number, c: number, d: number): number {
  return b + (t * (c - a + t * (2 * a - 5 * b + 4 * c - d + t * (3 * (b - c) + d - a)))) / 2;
}
