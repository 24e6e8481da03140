/** Cuts the displayed area out of a raster, turns and mirrors it. PS3.3 §C.10.4, §C.10.6 */
import type { Area, Placement } from './placement.js';
import type { Raster } from './raster.js';

/** The displayed area as it is displayed; black where it reaches beyond the image. */
export function placeArea(raster: Raster, placement: Placement): Raster {
  const cut = cutArea(raster, placement);
  const isTurned = placement.rotation % 180 !== 0;
  const placed = rearranged(cut, placement, isTurned);
  const { pixelAspect = 1 } = raster;
  return { ...raster, ...placed, pixelAspect: isTurned ? 1 / pixelAspect : pixelAspect };
}

function cutArea(raster: Raster, { left, top, rows, columns }: Area): Raster {
  if (left === 0 && top === 0 && rows === raster.rows && columns === raster.columns) return raster;
  const { samplesPerPixel } = raster;
  const bytes = new Uint8Array(rows * columns * samplesPerPixel);
  const [from, to] = [Math.max(0, left), Math.min(raster.columns, left + columns)];
  for (let row = Math.max(0, top); row < Math.min(raster.rows, top + rows) && from < to; row += 1) {
    const start = row * raster.columns;
    const part = raster.bytes.subarray((start + from) * samplesPerPixel, (start + to) * samplesPerPixel);
    bytes.set(part, ((row - top) * columns + from - left) * samplesPerPixel);
  }
  return { rows, columns, samplesPerPixel, bytes };
}

function rearranged(raster: Raster, { rotation, isMirrored }: Placement, isTurned: boolean): Raster {
  if (rotation === 0 && !isMirrored) return raster;
  const { samplesPerPixel, bytes: source } = raster;
  const [rows, columns] = isTurned ? [raster.columns, raster.rows] : [raster.rows, raster.columns];
  const { first, perRow, perColumn } = mirrored(walk(raster, rotation), columns, isMirrored);
  const bytes = new Uint8Array(source.length);
  let at = 0;
  for (let row = 0; row < rows; row += 1) {
    for (let column = 0; column < columns; column += 1) {
      const from = (first + row * perRow + column * perColumn) * samplesPerPixel;
      for (let sample = 0; sample < samplesPerPixel; sample += 1) bytes[at++] = source[from + sample] ?? 0;
    }
  }
  return { rows, columns, samplesPerPixel, bytes };
}

/** Which pixel comes first, and how many pixels of the source lie between neighbours of the result. */
interface Walk {
  readonly first: number;
  readonly perRow: number;
  readonly perColumn: number;
}

function walk({ rows, columns }: Raster, rotation: Placement['rotation']): Walk {
  const lastRow = (rows - 1) * columns;
  switch (rotation) {
    case 0:
      return { first: 0, perRow: columns, perColumn: 1 };
    case 90:
      return { first: lastRow, perRow: 1, perColumn: -columns };
    case 180:
      return { first: lastRow + columns - 1, perRow: -columns, perColumn: -1 };
    case 270:
      return { first: columns - 1, perRow: -1, perColumn: columns };
  }
}

const mirrored = ({ first, perRow, perColumn }: Walk, columns: number, isMirrored: boolean): Walk =>
  isMirrored
    ? { first: first + (columns - 1) * perColumn, perRow, perColumn: -perColumn }
    : { first, perRow, perColumn };

/** Where a point of the image comes to lie in what is displayed of it; both in pixels, from the upper left corner. */
export function placePoint(x: number, y: number, placement: Placement): readonly [x: number, y: number] {
  const { columns, rows, rotation, isMirrored } = placement;
  const [across, down] = [x - placement.left, y - placement.top];
  const turned = {
    0: [across, down],
    90: [rows - down, across],
    180: [columns - across, rows - down],
    270: [down, columns - across],
  } as const;
  const [placedX, placedY] = turned[rotation];
  const width = rotation % 180 === 0 ? columns : rows;
  return [isMirrored ? width - placedX : placedX, placedY];
}
