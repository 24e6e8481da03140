/** Encodes grey rasters as a GIF image or animation, letting others have their turn. */
import { setImmediate } from 'node:timers/promises';
import { GIF_END, GIFPixels, gifImageStart, gifStart } from './gif-writer.js';
import type { Raster } from './raster.js';

/** Encoded at a time: a millisecond. */
const CHUNK_PIXELS = 0x8000;

/** @param delayMs how long each image is shown; undefined for one that is no animation */
export async function encodeGreyGIF(rasters: readonly Raster[], delayMs: number | undefined): Promise<Buffer> {
  const [first] = rasters;
  if (first === undefined) throw new RangeError('A GIF has one image at least.');
  const parts: Buffer[] = [gifStart(first, delayMs !== undefined)];
  for (const raster of rasters) {
    parts.push(gifImageStart(raster, delayMs));
    const pixels = new GIFPixels();
    for (let at = 0; at < raster.bytes.length; at += CHUNK_PIXELS) {
      parts.push(pixels.take(raster.bytes.subarray(at, at + CHUNK_PIXELS)));
      await setImmediate();
    }
    parts.push(pixels.end());
  }
  return Buffer.concat([...parts, GIF_END]);
}
