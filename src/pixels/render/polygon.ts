/** Which pixels of a row are within a polygon: their centers are, by the even-odd rule. */

/** Corners as x, y, x, y …; a pixel is 1 wide and high, and the first one's center is at 0.5, 0.5. */
export type Corners = readonly number[];

/** From a first column, up to one that is not in it. */
export type Span = readonly [start: number, end: number];

/** The columns of a row that are within, as far as there are columns. */
export function spansOfPolygon(corners: Corners, row: number, columns: number): readonly Span[] {
  const y = row + 0.5;
  const crossings: number[] = [];
  for (let i = 0; i + 1 < corners.length; i += 2) {
    const [x1 = 0, y1 = 0] = [corners[i], corners[i + 1]];
    const next = (i + 2) % (corners.length - (corners.length % 2));
    const [x2 = 0, y2 = 0] = [corners[next], corners[next + 1]];
    if (y1 <= y !== y2 <= y) crossings.push(x1 + ((y - y1) / (y2 - y1)) * (x2 - x1));
  }
  crossings.sort((a, b) => a - b);
  const spans: Span[] = [];
  for (let i = 0; i + 1 < crossings.length; i += 2) {
    const start = Math.max(0, Math.ceil((crossings[i] ?? 0) - 0.5));
    const end = Math.min(columns, Math.ceil((crossings[i + 1] ?? 0) - 0.5));
    if (start < end) spans.push([start, end]);
  }
  return spans;
}
