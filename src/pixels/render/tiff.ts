/** A raster as a TIFF file, for the one thing that raw pixels can not tell a decoder: the ICC profile of their colours. TIFF 6.0 */
import type { Raster } from './raster.js';

const HEADER_BYTES = 8;
const ENTRY_BYTES = 12;
const SHORT = 3;
const LONG = 4;
const UNDEFINED = 7;
const PROFILE = 34_675;

/** Red, green and blue in one strip, not compressed, with the profile. */
export function tiffWithProfile({ rows, columns, bytes }: Raster, profile: Uint8Array): Buffer {
  const tags = [256, 257, 258, 259, 262, 273, 277, 278, 279, PROFILE].length;
  const directoryBytes = 2 + tags * ENTRY_BYTES + 4;
  const bitsAt = HEADER_BYTES + directoryBytes;
  const profileAt = bitsAt + 6;
  const pixelsAt = profileAt + profile.length + (profile.length % 2);
  const front = Buffer.alloc(pixelsAt);
  front.write('II*\0', 'latin1');
  front.writeUInt32LE(HEADER_BYTES, 4);
  front.writeUInt16LE(tags, HEADER_BYTES);
  const entries = [
    [256, LONG, 1, columns],
    [257, LONG, 1, rows],
    [258, SHORT, 3, bitsAt],
    [259, SHORT, 1, 1],
    [262, SHORT, 1, 2],
    [273, LONG, 1, pixelsAt],
    [277, SHORT, 1, 3],
    [278, LONG, 1, rows],
    [279, LONG, 1, bytes.length],
    [PROFILE, UNDEFINED, profile.length, profileAt],
  ] as const;
  entries.forEach(([tag, type, count, value], index) => {
    const at = HEADER_BYTES + 2 + index * ENTRY_BYTES;
    front.writeUInt16LE(tag, at);
    front.writeUInt16LE(type, at + 2);
    front.writeUInt32LE(count, at + 4);
    front.writeUInt32LE(value, at + 8);
  });
  for (const sample of [0, 1, 2]) front.writeUInt16LE(8, bitsAt + 2 * sample);
  front.set(profile, profileAt);
  return Buffer.concat([front, bytes]);
}
