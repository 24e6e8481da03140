/** A smooth curve through a few points: how a measure of the body changes from the head downwards. */
import { catmullRom } from './shapes.js';

/** Where a curve is known: place and value. */
export type Knot = readonly [place: number, value: number];

/** Interpolate smoothly between knots that ascend by place; beyond the ends the value stays as it is there. */
export function along(knots: readonly Knot[], place: number): number {
  const after = knots.findIndex(([at]) => at >= place);
  const knot = (index: number): Knot => knots[Math.min(Math.max(index, 0), knots.length - 1)] ?? [0, 0];
  if (after === -1) return knot(knots.length)[1];
  if (after === 0) return knot(0)[1];
  const [start, end] = [knot(after - 1), knot(after)];
  const t = (place - start[0]) / (end[0] - start[0]);
  return catmullRom(knot(after - 2)[1], start[1], end[1], knot(after + 1)[1], t);
}
