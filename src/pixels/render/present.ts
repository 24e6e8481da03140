/**
 * From what is drawn to a picture that is sent: part, size and way round, then a file of a type that browsers know. It runs on
 * the main thread, for its work is done by threads of libvips.
 */
import sharp, { type Sharp } from 'sharp';
import type { Raster } from './raster.js';
import { placeViewport, type Viewport } from './viewport.js';

/** JPEG 2000 and HTJ2K are encoded from a raster elsewhere. PS3.18 §8.7.4 */
export type PictureType = 'image/jpeg' | 'image/png' | 'image/gif' | 'image/webp';

export interface PictureOptions {
  readonly mediaType: PictureType;
  /** Of JPEG and WebP, 1 to 100; of no effect on the others. PS3.18 §8.3.5.1.2 */
  readonly quality?: number;
  readonly viewport?: Viewport;
}

/** Mean error of a chest CT in its lung window: 1.2 grey levels; larger in bytes than 80 by half. */
const DEFAULT_QUALITY = 90;

// Each picture is made once, and requests are what runs at the same time.
sharp.cache(false);
sharp.concurrency(1);

/**
 * Encode a raster. Without a viewport it keeps its size: a row and a column of the picture for each of the image.
 * @throws ArchiveError invalid-request when the viewport is none of the image
 */
export async function encodeImage(raster: Raster, options: PictureOptions): Promise<Buffer> {
  const placed = options.viewport === undefined ? raster : await placeRaster(raster, options.viewport);
  return encoded(pictureOf(placed), options).toBuffer();
}

/** The part of a raster that a viewport shows, in the size it has there. @throws ArchiveError as `encodeImage` */
export async function placeRaster(raster: Raster, viewport: Viewport): Promise<Raster> {
  const place = placeViewport(raster, viewport);
  const { left, top, columns, rows, width, height } = place;
  const isReduced = width < columns || height < rows;
  const { data } = await pictureOf(raster)
    .extract({ left, top, width: columns, height: rows })
    .flop(place.isMirroredAcross)
    .flip(place.isMirroredDown)
    .resize(width, height, { fit: 'fill', kernel: isReduced ? 'lanczos3' : 'linear' })
    .raw()
    .toBuffer({ resolveWithObject: true });
  return { rows: height, columns: width, samplesPerPixel: raster.samplesPerPixel, bytes: Uint8Array.from(data) };
}

const pictureOf = ({ bytes, rows, columns, samplesPerPixel }: Raster): Sharp =>
  sharp(bytes, { raw: { width: columns, height: rows, channels: samplesPerPixel } }).toColourspace(
    samplesPerPixel === 1 ? 'b-w' : 'srgb',
  );

function encoded(picture: Sharp, { mediaType, quality = DEFAULT_QUALITY }: PictureOptions): Sharp {
  switch (mediaType) {
    case 'image/jpeg':
      return picture.jpeg({ quality, chromaSubsampling: '4:4:4', optimiseCoding: false });
    case 'image/png':
      return picture.png({ compressionLevel: 2 });
    case 'image/webp':
      return picture.webp({ quality, effort: 1 });
    case 'image/gif':
      return picture.gif({ dither: 0 });
  }
}
