/** Pictures with the ICC profile that was asked for. PS3.18 §8.3.5.1.5 */
import { setImmediate } from 'node:timers/promises';
import sharp, { type Sharp } from 'sharp';
import { pictureOf, rasterOf } from './picture.js';
import type { Raster } from './raster.js';
import { converterTo, profileOf, type StandardProfile } from './standard-profiles.js';
import { tiffWithProfile } from './tiff.js';

/** `yes`: that of the image, or sRGB when it has none. */
export type ICCProfileChoice = 'no' | 'yes' | StandardProfile;

/** Converted at a time, so that others have their turn: a millisecond or two. */
const CHUNK_BYTES = 3 * 0x8000;

/** The raster as a picture; with a profile it is colour, even if that is grey. */
export async function profiledPicture(raster: Raster, choice: ICCProfileChoice): Promise<Sharp> {
  if (choice === 'no') return pictureOf(raster);
  const colour = await asColour(raster);
  const { iccProfile } = raster;
  if (choice === 'yes' && iccProfile !== undefined) return withProfile(colour, iccProfile);
  const source = iccProfile === undefined ? pictureOf(colour) : sharp(tiffWithProfile(colour, iccProfile));
  if (choice === 'yes' || choice === 'srgb') return source.withIccProfile('srgb');
  const target = await rasterOf(source.toColourspace('srgb'), 3);
  return withProfile(await converted(target, choice), profileOf(choice));
}

const withProfile = (raster: Raster, profile: Uint8Array): Sharp =>
  sharp(tiffWithProfile(raster, profile)).keepIccProfile();

const asColour = async (raster: Raster): Promise<Raster> =>
  raster.samplesPerPixel === 3 ? raster : rasterOf(pictureOf(raster).toColourspace('srgb'), 3);

/** The pixels of the raster are overwritten. */
async function converted(raster: Raster, name: StandardProfile): Promise<Raster> {
  const convert = converterTo(name);
  for (let at = 0; at < raster.bytes.length; at += CHUNK_BYTES) {
    convert(raster.bytes.subarray(at, at + CHUNK_BYTES));
    await setImmediate();
  }
  return raster;
}
