/** Rasters as JPEG 2000 or HTJ2K, without loss, in a file that says what their samples are. ISO/IEC 15444-1 Annex I, 15444-15 Annex D */
import { EXPLICIT_VR_LITTLE_ENDIAN } from '../../dicom/transfer-syntaxes.js';
import { encodeFrame } from '../encode.js';
import type { Raster } from './raster.js';

const KINDS = {
  'image/jp2': { brand: 'jp2 ', syntax: '1.2.840.10008.1.2.4.90' },
  'image/jph': { brand: 'jph ', syntax: '1.2.840.10008.1.2.4.201' },
} as const;

const SIGNATURE = Buffer.from([0x0d, 0x0a, 0x87, 0x0a]);
const EIGHT_BITS = 7;
/** The code streams of both. */
const WAVELETS = 7;
const ENUMERATED = 1;
const SRGB = 16;
const GREYSCALE = 17;

/** JP2 holds JPEG 2000, JPH holds HTJ2K. @throws CodecFailure */
export async function encodeJP2(raster: Raster, mediaType: keyof typeof KINDS): Promise<Buffer> {
  const { brand, syntax } = KINDS[mediaType];
  return wrapped(brand, raster, await codeStreamOf(raster, syntax));
}

async function codeStreamOf(raster: Raster, transferSyntaxUID: string): Promise<Uint8Array> {
  const { rows, columns, samplesPerPixel, bytes } = raster;
  const description = {
    rows,
    columns,
    samplesPerPixel,
    bitsAllocated: 8,
    bitsStored: 8,
    pixelRepresentation: 0,
    photometricInterpretation: samplesPerPixel === 1 ? 'MONOCHROME2' : 'RGB',
    planarConfiguration: 0,
    transferSyntaxUID: EXPLICIT_VR_LITTLE_ENDIAN,
  };
  return (await encodeFrame({ description, bytes }, transferSyntaxUID)).bytes;
}

function wrapped(brand: string, { rows, columns, samplesPerPixel }: Raster, codeStream: Uint8Array): Buffer {
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
