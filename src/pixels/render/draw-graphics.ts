/** Draws lines and texts onto what is displayed of an image. Text is upright however the image is turned. */
import { drawLine } from './draw-line.js';
import { drawText, LINE_ADVANCE, textWidth } from './draw-text.js';
import { pathOf } from './graphic-paths.js';
import type { Graphic, GraphicPath, GraphicText, Points } from './graphics-plan.js';
import { placePoint } from './place.js';
import type { Placement } from './placement.js';
import { spansOfPolygon } from './polygon.js';
import type { Raster } from './raster.js';

type Point = readonly [x: number, y: number];

/** A line is one pixel wide on images of up to so many pixels, a letter as large as its font; both grow with the image. */
const PIXELS_OF_SCALE_1 = 512;
const CROSS_ARM = 4;

/** @param raster of the displayed area, as `placeArea` gives it */
export function drawGraphics(raster: Raster, graphics: readonly Graphic[], placement: Placement): void {
  const scale = Math.max(1, Math.round(Math.min(raster.rows, raster.columns) / PIXELS_OF_SCALE_1));
  for (const graphic of graphics) {
    const path = graphic.kind === 'path' ? pathOf(graphic.type, graphic.points) : graphic.points;
    const points = placedPoints(raster, graphic.units, path, placement);
    if (graphic.kind === 'path') drawPath(raster, graphic, points, scale);
    else drawTexts(raster, graphic, points, scale);
  }
}

function placedPoints(raster: Raster, units: Graphic['units'], points: Points, placement: Placement): readonly Point[] {
  const placed: Point[] = [];
  for (let i = 0; i + 1 < points.length; i += 2) {
    const [x = 0, y = 0] = [points[i], points[i + 1]];
    placed.push(units === 'display' ? [x * raster.columns, y * raster.rows] : placePoint(x, y, placement));
  }
  return placed;
}

/** A single point is marked by a cross. */
function drawPath(raster: Raster, { isFilled, level }: GraphicPath, points: readonly Point[], scale: number): void {
  const pen = { width: scale, level };
  const [first] = points;
  if (first !== undefined && points.length === 1) {
    const [[x, y], arm] = [first, CROSS_ARM * scale];
    drawLine(raster, [x - arm, y], [x + arm, y], pen);
    drawLine(raster, [x, y - arm], [x, y + arm], pen);
  }
  points.slice(1).forEach((point, index) => {
    drawLine(raster, points[index] ?? point, point, pen);
  });
  if (isFilled) fill(raster, points, level);
}

function fill(raster: Raster, points: readonly Point[], level: number): void {
  const { columns, rows, samplesPerPixel } = raster;
  const corners = points.flat();
  const heights = points.map(([, y]) => y);
  const [from, to] = [heights.reduce((a, b) => Math.min(a, b), rows), heights.reduce((a, b) => Math.max(a, b), 0)];
  for (let row = Math.max(0, Math.floor(from)); row < Math.min(rows, to); row += 1) {
    for (const [start, end] of spansOfPolygon(corners, row, columns)) {
      raster.bytes.fill(level, (row * columns + start) * samplesPerPixel, (row * columns + end) * samplesPerPixel);
    }
  }
}

function drawTexts(raster: Raster, text: GraphicText, [a, b]: readonly Point[], leastScale: number): void {
  if (a === undefined) return;
  const { lines, align, level } = text;
  // Turned or mirrored, its corners are others; a text without a box has none to be aligned in.
  const [left, right] = b === undefined ? [a[0], a[0]] : [Math.min(a[0], b[0]), Math.max(a[0], b[0])];
  const [top, bottom] = b === undefined ? [a[1], a[1]] : [Math.min(a[1], b[1]), Math.max(a[1], b[1])];
  const widest = lines.reduce((most, line) => Math.max(most, textWidth(line, 1)), 1);
  const fitting = Math.floor(Math.min((right - left) / widest, (bottom - top) / (lines.length * LINE_ADVANCE)));
  const scale = Math.max(leastScale, Math.min(fitting, 4 * leastScale));
  lines.forEach((line, index) => {
    const room = right - left - textWidth(line, scale);
    const indent = b === undefined || align === 'left' ? 0 : align === 'right' ? room : room / 2;
    drawText(raster, line, Math.round(left + indent), Math.round(top + index * LINE_ADVANCE * scale), { scale, level });
  });
}
