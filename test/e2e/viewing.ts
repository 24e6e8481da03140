/** Looking at a study in the viewer, and holding what is on the canvas against what is in the file. */
import { expect } from 'vitest';
import type { Visit } from './browser.js';
import { drawnAt, isDrawn, loadedImages, shownImage } from './in-page.js';
import type { Picture } from './picture.js';

/** Two cores that others use as well may take their time; a test waits for what it needs and for nothing else. */
export const PATIENCE_MS = 120_000;
/** Greys between two pixels of the image are interpolated in eight bits. */
const ROUNDING = 3;
const PLACES_ACROSS = 24;

type Shown = ReturnType<typeof shownImage>;

/** Wait until the first viewport shows an image; with an index, counted from 0, that one of its stack. */
export async function untilDrawn(visit: Visit, index?: number): Promise<void> {
  await visit.page.waitForFunction(isDrawn, index, { timeout: PATIENCE_MS });
}

/** Wait until every image of the stack is there. */
export async function untilLoaded(visit: Visit, images: number): Promise<void> {
  await expect
    .poll(() => visit.page.evaluate(loadedImages), { timeout: PATIENCE_MS })
    .toEqual({ all: images, loaded: images });
}

/** The viewer holds the very pixels of a frame, and the canvas shows them in the window of the file. `frame` counts from 0. */
export async function expectPicture(visit: Visit, picture: Picture, frame = 0): Promise<void> {
  const values = picture.frames[frame] ?? [];
  const shown = await visit.page.evaluate(shownImage);
  expect([shown.columns, shown.rows]).toEqual([picture.columns, picture.rows]);
  expect(firstDifference(shown.values, values)).toBeUndefined();
  expect(shown.invert).toBe(picture.isInverted);
  if (picture.samples === 1 && picture.window !== undefined) {
    const { lower = Number.NaN, upper = Number.NaN } = shown.voiRange ?? {};
    // The lower and upper ends of PS3.3 C.11.2.1.2.1 are half a value off what viewers take for them.
    expect(Math.abs((lower + upper) / 2 - picture.window[0])).toBeLessThanOrEqual(1);
    expect(Math.abs(upper - lower - picture.window[1])).toBeLessThanOrEqual(1);
  }
  await expect.poll(() => wronglyDrawn(visit, picture, values, shown), { timeout: PATIENCE_MS }).toEqual([]);
}

function firstDifference(shown: ArrayLike<number>, expected: ArrayLike<number>): string | undefined {
  if (shown.length !== expected.length) return `${shown.length} values, not ${expected.length}`;
  for (let at = 0; at < expected.length; at += 1) {
    if (shown[at] !== expected[at]) return `value ${at} is ${shown[at]}, not ${expected[at]}`;
  }
  return undefined;
}

/** Places of a grid over the image that are drawn lighter or darker than anything near them in the file. */
async function wronglyDrawn(
  visit: Visit,
  picture: Picture,
  values: ArrayLike<number>,
  { voiRange, isColour }: Shown,
): Promise<readonly string[]> {
  const { columns, rows, samples } = picture;
  const places = grid(columns, rows);
  const { colours, zoom } = await visit.page.evaluate(drawnAt, places);
  const reach = 1 + Math.ceil(1 / zoom);
  const wrong: string[] = [];
  const greys = new Set<number>();
  for (const [at, [i, j]] of places.entries()) {
    for (const sample of [0, 1, 2]) {
      const grey = colours[at]?.[sample];
      if (grey === undefined) continue;
      greys.add(grey);
      const value = (column: number, row: number) =>
        values[(row * columns + column) * samples + (isColour ? sample : 0)] ?? Number.NaN;
      const [darkest, lightest] = greysAbout(i, j, reach, picture, (column, row) =>
        isColour ? value(column, row) : greyOf(value(column, row), voiRange, picture.isInverted),
      );
      if (grey < darkest - ROUNDING || grey > lightest + ROUNDING)
        wrong.push(`${i},${j}: ${grey}, not ${darkest}–${lightest}`);
    }
  }
  const isSeen = colours.filter((colour) => colour !== undefined).length > places.length / 2 && greys.size > 8;
  return isSeen ? wrong : [`there are ${greys.size} greys at ${colours.length} places`];
}

const grid = (columns: number, rows: number): readonly (readonly [number, number])[] =>
  Array.from({ length: PLACES_ACROSS ** 2 }, (_, at) => [
    Math.floor((((at % PLACES_ACROSS) + 0.5) * columns) / PLACES_ACROSS),
    Math.floor(((Math.floor(at / PLACES_ACROSS) + 0.5) * rows) / PLACES_ACROSS),
  ]);

function greysAbout(
  i: number,
  j: number,
  reach: number,
  { columns, rows }: Picture,
  greyAt: (column: number, row: number) => number,
): readonly [number, number] {
  let [darkest, lightest] = [255, 0];
  for (let row = Math.max(0, j - reach); row <= Math.min(rows - 1, j + reach); row += 1) {
    for (let column = Math.max(0, i - reach); column <= Math.min(columns - 1, i + reach); column += 1) {
      const grey = greyAt(column, row);
      [darkest, lightest] = [Math.min(darkest, grey), Math.max(lightest, grey)];
    }
  }
  return [darkest, lightest];
}

function greyOf(value: number, range: { lower: number; upper: number } | undefined, isInverted: boolean): number {
  const { lower = 0, upper = 255 } = range ?? {};
  const grey = Math.min(255, Math.max(0, (255 * (value - lower)) / (upper - lower)));
  return isInverted ? 255 - grey : grey;
}
