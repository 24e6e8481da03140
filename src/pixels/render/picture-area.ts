/** Which part of an image a picture shows, and how large: a viewport, or the fractions of WADO-URI. */
import { type Extent, MOST_VIEWPORT_PIXELS, MOST_VIEWPORT_SIDE, type Viewport } from './viewport.js';

/** A size that the picture shall not be larger than, and a part of the image by fractions. PS3.18 §9.5.1.2.4, §9.5.1.2.5 */
export interface FractionalArea {
  readonly rows: number | undefined;
  readonly columns: number | undefined;
  readonly region:
    | { readonly xMin: number; readonly yMin: number; readonly xMax: number; readonly yMax: number }
    | undefined;
}

export type PictureArea = Viewport | FractionalArea;

/** The viewport of an image that has been drawn; undefined for all of it as it is. */
export function viewportOf(image: Extent, area: PictureArea | undefined): Viewport | undefined {
  if (area === undefined || 'width' in area) return area;
  const { rows, columns, region } = area;
  if (rows === undefined && columns === undefined && region === undefined) return undefined;
  const part = partOf(image, region);
  const isSized = rows !== undefined || columns !== undefined;
  const width = Math.min(columns ?? (isSized ? MOST_VIEWPORT_SIDE : part.regionWidth), MOST_VIEWPORT_SIDE);
  const height = Math.min(rows ?? (isSized ? MOST_VIEWPORT_SIDE : part.regionHeight), MOST_VIEWPORT_SIDE);
  // Nobody has asked for so large a side, so that it may be a shorter one.
  const isFreeWidth = columns === undefined && isSized;
  return {
    ...part,
    width: isFreeWidth ? Math.min(width, Math.floor(MOST_VIEWPORT_PIXELS / height)) : width,
    height: rows === undefined && isSized ? Math.min(height, Math.floor(MOST_VIEWPORT_PIXELS / width)) : height,
  };
}

function partOf({ rows, columns }: Extent, region: FractionalArea['region']) {
  const { xMin, yMin, xMax, yMax } = region ?? { xMin: 0, yMin: 0, xMax: 1, yMax: 1 };
  const x = Math.min(Math.round(xMin * columns), columns - 1);
  const y = Math.min(Math.round(yMin * rows), rows - 1);
  return {
    x,
    y,
    regionWidth: Math.max(Math.round(xMax * columns) - x, 1),
    regionHeight: Math.max(Math.round(yMax * rows) - y, 1),
  };
}
