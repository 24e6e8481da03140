/** Icons as pixels: what a thumbnail shows of an instance that is no image, or must not be shown. */
import sharp from 'sharp';
import { ICON_SHAPES, ICON_SIDE, type IconKind } from './icon-shapes.js';

export interface IconRaster {
  readonly rows: number;
  readonly columns: number;
  readonly samplesPerPixel: 1;
  /** A byte a pixel, 0 black to 255 white, row by row. */
  readonly bytes: Uint8Array<ArrayBuffer>;
}

export const MOST_ICON_SIDE = 4_096;

/** Dark, as the edges of the images are among which it stands. */
const GROUND = '#1b1b1b';
const LINES = '#d0d0d0';

/**
 * Draw an icon in the middle of so many rows and columns, as large as fits. It is the same each time.
 * @throws RangeError when a side is not an integer from 1 to 4096
 */
export async function iconRaster(
  kind: IconKind,
  { rows, columns }: { readonly rows: number; readonly columns: number },
): Promise<IconRaster> {
  for (const side of [rows, columns]) {
    if (!Number.isInteger(side) || side < 1 || side > MOST_ICON_SIDE) throw new RangeError('An icon has no such side.');
  }
  const pixels = await sharp(Buffer.from(svg(kind, rows, columns)))
    .flatten({ background: GROUND })
    .toColourspace('b-w')
    .raw()
    .toBuffer();
  return { rows, columns, samplesPerPixel: 1, bytes: new Uint8Array(pixels) };
}

const svg = (kind: IconKind, rows: number, columns: number): string =>
  `<svg xmlns="http://www.w3.org/2000/svg" width="${columns}" height="${rows}" viewBox="0 0 ${ICON_SIDE} ${ICON_SIDE}" ` +
  `color="${LINES}" fill="none" stroke="currentColor" stroke-width="4" stroke-linecap="round" stroke-linejoin="round">` +
  `${ICON_SHAPES[kind]}</svg>`;
