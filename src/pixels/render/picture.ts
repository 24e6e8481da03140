/** Rasters as pictures that libvips works on, in its own threads. */
import sharp, { type Sharp } from 'sharp';
import type { Raster } from './raster.js';
import { placeViewport, type Viewport } from './viewport.js';

// Each picture is made once, and it is requests that run at the same time.
sharp.cache(false);
sharp.concurrency(1);

export const pictureOf = ({ bytes, rows, columns, samplesPerPixel }: Raster): Sharp =>
  sharp(bytes, { raw: { width: columns, height: rows, channels: samplesPerPixel } }).toColourspace(
    samplesPerPixel === 1 ? 'b-w' : 'srgb',
  );

/** The pixels of a picture that is to be worked on further. */
export async function rasterOf(picture: Sharp, samplesPerPixel: 1 | 3): Promise<Raster> {
  const { data, info } = await picture.raw().toBuffer({ resolveWithObject: true });
  return { rows: info.height, columns: info.width, samplesPerPixel, bytes: new Uint8Array(data) };
}

/**
 * The part of a raster that a viewport shows, in the size it has there.
 * @throws ArchiveError invalid-request when the viewport is none of the image
 */
export async function placeRaster(raster: Raster, viewport: Viewport): Promise<Raster> {
  const { left, top, columns, rows, width, height, ...place } = placeViewport(raster, viewport);
  const isReduced = width < columns || height < rows;
  const picture = pictureOf(raster)
    .extract({ left, top, width: columns, height: rows })
    .flop(place.isMirroredAcross)
    .flip(place.isMirroredDown)
    .resize(width, height, { fit: 'fill', kernel: isReduced ? 'lanczos3' : 'linear' });
  const placed = await rasterOf(picture, raster.samplesPerPixel);
  return raster.iccProfile === undefined ? placed : { ...placed, iccProfile: raster.iccProfile };
}
