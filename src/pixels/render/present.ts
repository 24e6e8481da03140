/** From what is drawn to a picture that is sent: part, size and way round, text, then a file of a type that viewers know. */
import sharp, { type Sharp } from 'sharp';
import { ArchiveError, invalidRequest } from '../../errors.js';
import { type Annotation, annotated } from './annotate.js';
import { type ICCProfileChoice, profiledPicture } from './colour-profile.js';
import { encodeGreyGIF } from './grey-gif.js';
import { encodeJP2 } from './jp2-file.js';
import { placeRaster } from './picture.js';
import { type PictureArea, viewportOf } from './picture-area.js';
import type { Raster } from './raster.js';

type LibvipsMediaType = 'image/jpeg' | 'image/png' | 'image/gif' | 'image/webp';
type WaveletMediaType = 'image/jp2' | 'image/jph';
/** PS3.18 §8.7.4 */
export type PictureMediaType = LibvipsMediaType | WaveletMediaType;

export interface FinishOptions {
  /** Without one, the picture has a row and a column for each of the image. */
  readonly area?: PictureArea | undefined;
  readonly annotation?: Annotation | undefined;
}

export interface PictureOptions extends FinishOptions {
  readonly mediaType: PictureMediaType;
  /** Of JPEG and WebP, 1 to 100; of no effect on the others. PS3.18 §8.3.5.1.2 */
  readonly quality?: number | undefined;
  readonly iccProfile?: ICCProfileChoice | undefined;
}

export interface AnimationOptions extends FinishOptions {
  /** How long each image is shown; steps of 10 ms. */
  readonly delayMs: number;
}

/** Mean error of a chest CT in its lung window: 1.2 grey levels. 95 would be 0.8, and half as many bytes again. */
const DEFAULT_QUALITY = 90;
/** Less than 3 ms more than the fastest for a slice of a CT, and a quarter fewer bytes. */
const PNG_COMPRESSION = 2;
/** Along a side. */
const MOST_PIXELS: Readonly<Record<PictureMediaType, number>> = {
  'image/jpeg': 65_500,
  'image/png': 65_535,
  'image/gif': 65_535,
  'image/webp': 16_383,
  'image/jp2': 65_535,
  'image/jph': 65_535,
};

/** The part of a raster that is to be shown, in the size it has there, and the text burnt into it. @throws as `encodeImage` */
export async function finishRaster(raster: Raster, { area, annotation }: FinishOptions): Promise<Raster> {
  const viewport = viewportOf(raster, area);
  const placed = viewport === undefined ? raster : await placeRaster(raster, viewport);
  return annotation === undefined ? placed : annotated(placed, annotation);
}

/**
 * Encode a raster. JPEG is baseline, with one component for grey; JPEG 2000 and HTJ2K are without loss.
 * @throws CodecFailure; ArchiveError invalid-request when the viewport is none of the image, or the type has no ICC profiles; not-acceptable
 *   when the picture is too large for its type
 */
export async function encodeImage(raster: Raster, options: PictureOptions): Promise<Buffer> {
  const { mediaType, iccProfile = 'no' } = options;
  if (mediaType === 'image/gif' && iccProfile !== 'no') throw invalidRequest('GIF images have no ICC profile.');
  const finished = await finishRaster(raster, options);
  if (Math.max(finished.rows, finished.columns) > MOST_PIXELS[mediaType])
    throw new ArchiveError('not-acceptable', `The picture is too large for ${mediaType}: ask for a smaller viewport.`);
  if (isWavelet(mediaType)) return encodeJP2(finished, mediaType);
  if (mediaType === 'image/gif' && finished.samplesPerPixel === 1) return encodeGreyGIF([finished], undefined);
  return encoded(await profiledPicture(finished, iccProfile), mediaType, options).toBuffer();
}

const isWavelet = (mediaType: PictureMediaType): mediaType is WaveletMediaType =>
  mediaType === 'image/jp2' || mediaType === 'image/jph';

function encoded(picture: Sharp, mediaType: LibvipsMediaType, { quality = DEFAULT_QUALITY }: PictureOptions): Sharp {
  switch (mediaType) {
    case 'image/jpeg':
      return picture.jpeg({ quality, chromaSubsampling: '4:4:4', optimiseCoding: false });
    case 'image/png':
      return picture.png({ compressionLevel: PNG_COMPRESSION });
    case 'image/webp':
      return picture.webp({ quality, effort: 1 });
    case 'image/gif':
      return picture.gif({ dither: 0 });
  }
}

/**
 * Encode rasters of one size as an animated GIF that repeats for ever.
 * @throws ArchiveError invalid-request when the viewport is none of the image, or the images are of several sizes
 */
export async function encodeAnimation(rasters: readonly Raster[], options: AnimationOptions): Promise<Buffer> {
  const finished: Raster[] = [];
  for (const raster of rasters) finished.push(await finishRaster(raster, options));
  const [first] = finished;
  if (first === undefined) throw new RangeError('An animation has one image at least.');
  if (!finished.every((raster) => isAlike(raster, first)))
    throw invalidRequest('An animation can not be made of images of several sizes.');
  const { delayMs } = options;
  return first.samplesPerPixel === 1 ? encodeGreyGIF(finished, delayMs) : colourAnimation(finished, first, delayMs);
}

const isAlike = (a: Raster, b: Raster): boolean =>
  a.rows === b.rows && a.columns === b.columns && a.samplesPerPixel === b.samplesPerPixel;

/** The images lie one below the other, as libvips takes them. */
function colourAnimation(rasters: readonly Raster[], { rows, columns }: Raster, delayMs: number): Promise<Buffer> {
  const raw = { width: columns, height: rows * rasters.length, channels: 3, pageHeight: rows } as const;
  return sharp(Buffer.concat(rasters.map(({ bytes }) => bytes)), { raw })
    .gif({ dither: 0, loop: 0, delay: rasters.map(() => delayMs) })
    .toBuffer();
}
