/** The Viewport of a request: which part of an image is shown, how large, and which way round. PS3.18 §8.3.5.1.3 */
import { invalidRequest } from '../../errors.js';

export interface Viewport {
  /** Of the viewport, in pixels; the picture is as large as fits into it. */
  readonly width: number;
  readonly height: number;
  /** Left and top of the part of the image that is shown, in its pixels; 0 when left out. */
  readonly x?: number;
  readonly y?: number;
  /** Size of that part; to the right and lower edge when left out. Negative to mirror it. */
  readonly regionWidth?: number;
  readonly regionHeight?: number;
}

/** A part of an image in whole pixels, and what becomes of it. */
export interface Placement {
  readonly left: number;
  readonly top: number;
  readonly columns: number;
  readonly rows: number;
  readonly isMirroredAcross: boolean;
  readonly isMirroredDown: boolean;
  /** Size of the picture. */
  readonly width: number;
  readonly height: number;
}

export interface Extent {
  readonly rows: number;
  readonly columns: number;
  readonly pixelAspect?: number;
}

/** Most pixels along a side of a viewport: what pictures of the usual types can have. */
export const MOST_VIEWPORT_SIDE = 16_383;
export const MOST_VIEWPORT_PIXELS = 64 * 1024 * 1024;

/**
 * Where a viewport takes its picture from, and how large it becomes. The shape that the part has in reality is kept, so that
 * pixels which are not square are stretched. A part that is not wholly within the image is cut to it.
 * @throws ArchiveError invalid-request when the sizes are none, or the part is outside of the image
 */
export function placeViewport(image: Extent, viewport: Viewport): Placement {
  const { width, height } = viewport;
  const isSize = [width, height].every((side) => Number.isInteger(side) && side >= 1 && side <= MOST_VIEWPORT_SIDE);
  if (!isSize || width * height > MOST_VIEWPORT_PIXELS)
    throw invalidRequest(`A viewport has whole pixels, 1 to ${MOST_VIEWPORT_SIDE} along a side, 64 Mi in all.`);
  const across = range(viewport.x ?? 0, viewport.regionWidth, image.columns);
  const down = range(viewport.y ?? 0, viewport.regionHeight, image.rows);
  const trueHeight = down.length * (image.pixelAspect ?? 1);
  const scale = Math.min(width / across.length, height / trueHeight);
  return {
    left: across.start,
    top: down.start,
    columns: across.length,
    rows: down.length,
    isMirroredAcross: (viewport.regionWidth ?? 0) < 0,
    isMirroredDown: (viewport.regionHeight ?? 0) < 0,
    width: Math.max(1, Math.round(across.length * scale)),
    height: Math.max(1, Math.round(trueHeight * scale)),
  };
}

function range(start: number, length: number | undefined, size: number): { start: number; length: number } {
  const first = Math.floor(start);
  const last = Math.min(Math.ceil(start + Math.abs(length ?? size - start)), size);
  if (!(first >= 0 && first < last && length !== 0))
    throw invalidRequest('The part of the image that the viewport shows is outside of the image.');
  return { start: first, length: last - first };
}
