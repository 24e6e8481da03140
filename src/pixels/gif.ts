/**
 * Decodes a GIF image to native pixels while its bytes go by: one image that covers its whole screen, as colour. What a
 * native image of DICOM would lose, such as transparency and animation, and what is rare, such as interlacing, is refused.
 * GIF89a specification
 */
import { cannotUnderstand, FAILURE_REASON, InvalidInstance } from '../dicom/failure-reasons.js';
import { ByteReader } from './byte-reader.js';
import { GIFCodes } from './gif-codes.js';
import type { NativeImage } from './native-image.js';

/** So many first bytes hold the size of the screen. */
export const GIF_START_BYTES = 13;
const SIGNATURE = /^GIF8[79]a$/;
const EXTENSION = 0x21;
const IMAGE = 0x2c;
const TRAILER = 0x3b;
const GRAPHIC_CONTROL = 0xf9;
const TRANSPARENT = 0x01;
const HAS_COLOURS = 0x80;
const IS_INTERLACED = 0x40;
const DESCRIPTOR_BYTES = 9;
const COLOUR_BYTES = 3;

const malformed = (): InvalidInstance => cannotUnderstand('An image that should be GIF is none, or is damaged.');
const notTaken = (what: string): InvalidInstance =>
  new InvalidInstance(FAILURE_REASON.transferSyntaxNotSupported, `A GIF image ${what} can not be stored.`);

/** Read what a GIF says of itself in its first bytes. @throws InvalidInstance C000H for what is no GIF */
export function describeGIF(start: Buffer): NativeImage {
  if (start.length < GIF_START_BYTES || !SIGNATURE.test(start.toString('latin1', 0, 6))) throw malformed();
  const [columns, rows] = [start.readUInt16LE(6), start.readUInt16LE(8)];
  if (columns === 0 || rows === 0) throw malformed();
  return { rows, columns, samplesPerPixel: 3, bits: 8 };
}

/**
 * The native pixels of an image, piece by piece.
 * @throws InvalidInstance C000H when it is damaged or not whole, C122H for a kind of GIF that is not taken
 */
export async function* decodeGIF(bytes: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const reader = new ByteReader(bytes, malformed);
  const start = await reader.take(GIF_START_BYTES);
  const image = describeGIF(start);
  const colours = await coloursOf(reader, start[10] ?? 0);
  await passExtensions(reader, IMAGE);
  const descriptor = await reader.take(DESCRIPTOR_BYTES);
  const flags = descriptor[8] ?? 0;
  if (!coversScreen(descriptor, image)) throw notTaken('that does not cover its screen');
  if ((flags & IS_INTERLACED) !== 0) throw notTaken('that is interlaced');
  const own = await coloursOf(reader, flags);
  yield* pixelsOf(reader, image, own ?? colours ?? Buffer.alloc(0));
  await passExtensions(reader, TRAILER);
}

async function* pixelsOf(reader: ByteReader, image: NativeImage, colours: Buffer): AsyncGenerator<Buffer> {
  const [leastBits = 0] = await reader.take(1);
  if (leastBits < 2 || leastBits > 8) throw malformed();
  const codes = new GIFCodes(leastBits, malformed);
  let pixelsLeft = image.rows * image.columns;
  for await (const block of blocks(reader)) {
    const places = codes.take(block);
    pixelsLeft -= places.length;
    if (pixelsLeft < 0) throw malformed();
    if (places.length > 0) yield coloured(places, colours);
  }
  if (pixelsLeft > 0) throw malformed();
}

/** The colours that follow, when the flags say so. */
async function coloursOf(reader: ByteReader, flags: number): Promise<Buffer | undefined> {
  return (flags & HAS_COLOURS) === 0 ? undefined : reader.take(COLOUR_BYTES * 2 ** ((flags & 7) + 1));
}

function coversScreen(descriptor: Buffer, { rows, columns }: NativeImage): boolean {
  const [left, top, width, height] = [0, 2, 4, 6].map((at) => descriptor.readUInt16LE(at));
  return left === 0 && top === 0 && width === columns && height === rows;
}

/** Go on to what should come next; another image in its place would be an animation. */
async function passExtensions(reader: ByteReader, wanted: number): Promise<void> {
  for (;;) {
    const [kind] = await reader.take(1);
    if (kind === wanted) return;
    if (kind === IMAGE) throw notTaken('of more than one picture');
    if (kind !== EXTENSION) throw malformed();
    const [label] = await reader.take(1);
    for await (const block of blocks(reader)) {
      if (label === GRAPHIC_CONTROL && ((block[0] ?? 0) & TRANSPARENT) !== 0) throw notTaken('with transparency');
    }
  }
}

async function* blocks(reader: ByteReader): AsyncGenerator<Buffer> {
  for (;;) {
    const [lengthBytes = 0] = await reader.take(1);
    if (lengthBytes === 0) return;
    yield await reader.take(lengthBytes);
  }
}

function coloured(places: Buffer, colours: Buffer): Buffer {
  const pixels = Buffer.alloc(places.length * COLOUR_BYTES);
  for (let i = 0; i < places.length; i += 1) {
    const colour = (places[i] ?? 0) * COLOUR_BYTES;
    if (colour + COLOUR_BYTES > colours.length) throw malformed();
    colours.copy(pixels, i * COLOUR_BYTES, colour, colour + COLOUR_BYTES);
  }
  return pixels;
}
