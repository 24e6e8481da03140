/** Writes text into a raster, with an outline that tells it from whatever is below. */
import { GLYPH_COLUMNS, GLYPH_ROWS, glyphsOf } from './glyphs.js';
import type { Raster } from './raster.js';

export interface TextStyle {
  /** Pixels of the raster for each of a letter, across and down. */
  readonly scale: number;
  /** Of the letters; the outline is black. */
  readonly level: number;
}

/** From one letter to the next, and from one line to the next, in pixels of a letter. */
const LETTER_ADVANCE = GLYPH_COLUMNS + 1;
export const LINE_ADVANCE = GLYPH_ROWS + 3;
const OUTLINE = 0;
const MOST_LETTERS = 1024;

/** How wide a line becomes, in pixels of the raster. */
export const textWidth = (text: string, scale: number): number =>
  Math.max(0, glyphsOf(text.slice(0, MOST_LETTERS)).length * LETTER_ADVANCE - 1) * scale;

/** Write a line with its upper left corner there; what is outside of the raster is cut off, as is a line's 1,025th letter. */
export function drawText(raster: Raster, text: string, left: number, top: number, { scale, level }: TextStyle): void {
  const letters = glyphsOf(text.slice(0, MOST_LETTERS));
  const border = Math.max(1, Math.floor(scale / 2));
  const each = (use: (x: number, y: number) => void): void => {
    letters.forEach((rows, index) => {
      rows.forEach((bits, row) => {
        for (let column = 0; column < GLYPH_COLUMNS; column += 1) {
          if ((bits & (0x10 >> column)) !== 0) use(left + (index * LETTER_ADVANCE + column) * scale, top + row * scale);
        }
      });
    });
  };
  each((x, y) => fillBlock(raster, x - border, y - border, scale + 2 * border, OUTLINE));
  each((x, y) => fillBlock(raster, x, y, scale, level));
}

/** Fill a square, so far as it is within the raster. */
export function fillBlock(raster: Raster, left: number, top: number, side: number, level: number): void {
  const [from, to] = [Math.max(0, left), Math.min(raster.columns, left + side)];
  if (from >= to) return;
  for (let row = Math.max(0, top); row < Math.min(raster.rows, top + side); row += 1) {
    const start = row * raster.columns;
    raster.bytes.fill(level, (start + from) * raster.samplesPerPixel, (start + to) * raster.samplesPerPixel);
  }
}
