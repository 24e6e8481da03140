/** Draws straight lines into a raster. */
import { fillBlock } from './draw-text.js';
import type { Raster } from './raster.js';

export interface Pen {
  /** Pixels across. */
  readonly width: number;
  readonly level: number;
}

/** A line from one point to another, so far as it is within the raster; ends may be anywhere. */
export function drawLine(
  raster: Raster,
  from: readonly [number, number],
  to: readonly [number, number],
  pen: Pen,
): void {
  const visible = clip(from, to, raster.columns, raster.rows);
  if (visible === undefined) return;
  const [x1, y1, x2, y2] = visible;
  const steps = Math.max(1, Math.ceil(Math.max(Math.abs(x2 - x1), Math.abs(y2 - y1))));
  const offset = Math.floor(pen.width / 2);
  for (let step = 0; step <= steps; step += 1) {
    const x = Math.floor(x1 + ((x2 - x1) * step) / steps);
    const y = Math.floor(y1 + ((y2 - y1) * step) / steps);
    fillBlock(raster, x - offset, y - offset, pen.width, pen.level);
  }
}

/** The part of a line within a raster: the algorithm of Liang and Barsky. */
function clip(
  [x1, y1]: readonly [number, number],
  [x2, y2]: readonly [number, number],
  columns: number,
  rows: number,
): readonly [number, number, number, number] | undefined {
  const [dx, dy] = [x2 - x1, y2 - y1];
  let [start, end] = [0, 1];
  const edges = [
    [-dx, x1],
    [dx, columns - x1],
    [-dy, y1],
    [dy, rows - y1],
  ] as const;
  for (const [step, room] of edges) {
    if (step === 0 && !(room >= 0)) return undefined;
    if (step < 0) start = Math.max(start, room / step);
    if (step > 0) end = Math.min(end, room / step);
  }
  return start <= end ? [x1 + start * dx, y1 + start * dy, x1 + end * dx, y1 + end * dy] : undefined;
}
