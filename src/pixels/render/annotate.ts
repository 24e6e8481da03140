/** Burns text into the upper corners of a picture. PS3.18 §8.3.5.1.1 */
import { drawText, LINE_ADVANCE, textWidth } from './draw-text.js';
import type { Raster } from './raster.js';

/** Lines of text, in the words of whoever asks for them. */
export interface Annotation {
  /** In the upper left corner. */
  readonly patient?: readonly string[];
  /** In the upper right corner. */
  readonly technique?: readonly string[];
}

const WHITE = 255;
const MARGIN = 4;
const PIXELS_OF_SCALE_1 = 300;

/** A copy of the raster with the text, whose letters grow with the picture; lines that do not fit are cut off. */
export function annotated(raster: Raster, { patient = [], technique = [] }: Annotation): Raster {
  const copy = { ...raster, bytes: raster.bytes.slice() };
  const scale = scaleOf(raster, [...patient, ...technique]);
  const write = (line: string, row: number, left: number): void =>
    drawText(copy, line, left, (MARGIN + row * LINE_ADVANCE) * scale, { scale, level: WHITE });
  for (const [row, line] of patient.entries()) write(line, row, MARGIN * scale);
  for (const [row, line] of technique.entries()) {
    write(line, row, raster.columns - MARGIN * scale - textWidth(line, scale));
  }
  return copy;
}

/** The two corners do not meet, unless even the smallest letters do. */
function scaleOf({ rows, columns }: Raster, lines: readonly string[]): number {
  const widest = lines.reduce((most, line) => Math.max(most, textWidth(line, 1)), 1);
  const fitting = Math.floor(columns / 2 / (widest + 2 * MARGIN));
  return Math.max(1, Math.min(Math.round(Math.min(rows, columns) / PIXELS_OF_SCALE_1), fitting));
}
