/** The file around a JPEG 2000 or HTJ2K code stream, which says what its samples are. ISO/IEC 15444-1 Annex I, 15444-15 Annex D */
import type { Raster } from './raster.js';

/** JP2 holds JPEG 2000, JPH holds HTJ2K. */
export type FileBrand = 'jp2 ' | 'jph ';

const SIGNATURE = Buffer.from([0x0d, 0x0a, 0x87, 0x0a]);
const EIGHT_BITS = 7;
/** The code streams of both. */
const WAVELETS = 7;
const ENUMERATED = 1;
const SRGB = 16;
const GREYSCALE = 17;

/** Wrap the code stream of a raster. */
export function jp2File(brand: FileBrand, raster: Omit<Raster, 'bytes'>, codeStream: Uint8Array): Buffer {
  const { rows, columns, samplesPerPixel } = raster;
  const size = Buffer.alloc(14);
  size.writeUInt32BE(rows, 0);
  size.writeUInt32BE(columns, 4);
  size.writeUInt16BE(samplesPerPixel, 8);
  size.set([EIGHT_BITS, WAVELETS, 0, 0], 10);
  const colour = Buffer.alloc(7);
  colour[0] = ENUMERATED;
  colour.writeUInt32BE(samplesPerPixel === 1 ? GREYSCALE : SRGB, 3);
  return Buffer.concat([
    box('jP  ', SIGNATURE),
    box('ftyp', Buffer.from(brand), Buffer.alloc(4), Buffer.from(brand)),
    box('jp2h', box('ihdr', size), box('colr', colour)),
    box('jp2c', codeStream),
  ]);
}

function box(type: string, ...content: readonly Uint8Array[]): Buffer {
  const head = Buffer.alloc(8);
  head.writeUInt32BE(
    content.reduce((sum, { length }) => sum + length, head.length),
    0,
  );
  head.write(type, 4, 'latin1');
  return Buffer.concat([head, ...content]);
}
