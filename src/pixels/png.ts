/**
 * Decodes PNG images to native pixels while their bytes go by: grey and colour of 8 or 16 bits, and palettes as colour.
 * What a native image of DICOM would lose, such as transparency, and what is rare, such as interlacing, is refused.
 * ISO/IEC 15948
 */
import { pipeline } from 'node:stream/promises';
import { crc32, createInflate } from 'node:zlib';
import { cannotUnderstand, FAILURE_REASON, InvalidInstance } from '../dicom/failure-reasons.js';
import { ByteReader } from './byte-reader.js';
import type { NativeImage } from './native-image.js';

interface Header extends NativeImage {
  /** Pixels are places in a palette of colours. */
  readonly isPalette: boolean;
}

const SIGNATURE = Buffer.from('89504e470d0a1a0a', 'hex');
const HEADER_BYTES = 13;
/** Length and type before the content of a chunk, CRC-32 after it. */
const CHUNK_HEAD_BYTES = 8;
const CHUNK_TAIL_BYTES = 4;
const LARGEST_SIZE = 0xffff;
const LARGEST_PALETTE_BYTES = 256 * 3;
const GREY = 0;
const COLOUR = 2;
const PALETTE = 3;
/** So many first bytes hold the header of an image. */
export const PNG_START_BYTES = SIGNATURE.length + CHUNK_HEAD_BYTES + HEADER_BYTES;

const malformed = (): InvalidInstance => cannotUnderstand('An image that should be PNG is none, or is damaged.');
const notTaken = (what: string): InvalidInstance =>
  new InvalidInstance(FAILURE_REASON.transferSyntaxNotSupported, `A PNG image ${what} can not be stored.`);

/**
 * Read what a PNG image says of itself in its first bytes.
 * @throws InvalidInstance C000H for what is no PNG, C122H for a kind of it that is not taken
 */
export function describePNG(start: Buffer): NativeImage {
  const { rows, columns, samplesPerPixel, bits } = readHeader(start);
  return { rows, columns, samplesPerPixel, bits };
}

function readHeader(start: Buffer): Header {
  const at = SIGNATURE.length;
  const isPNG = start.length >= PNG_START_BYTES && start.subarray(0, at).equals(SIGNATURE);
  if (!isPNG || start.readUInt32BE(at) !== HEADER_BYTES || typeAt(start, at) !== 'IHDR') throw malformed();
  const header = start.subarray(at + CHUNK_HEAD_BYTES);
  const [columns, rows] = [header.readUInt32BE(0), header.readUInt32BE(4)];
  const [bits, colourType, compression, filter, interlace] = header.subarray(8);
  if (rows === 0 || columns === 0 || compression !== 0 || filter !== 0) throw malformed();
  if (rows > LARGEST_SIZE || columns > LARGEST_SIZE) throw notTaken('of more than 65,535 rows or columns');
  if (interlace !== 0) throw notTaken('that is interlaced');
  if (colourType !== GREY && colourType !== COLOUR && colourType !== PALETTE) throw notTaken('with transparency');
  if (bits !== 8 && bits !== 16) throw notTaken('of less than 8 bits a sample');
  if (colourType === PALETTE && bits !== 8) throw malformed();
  return { rows, columns, samplesPerPixel: colourType === GREY ? 1 : 3, bits, isPalette: colourType === PALETTE };
}

const typeAt = (bytes: Buffer, at: number): string => bytes.toString('latin1', at + 4, at + 8);

/**
 * The native pixels of an image, row by row: little endian, colour by pixel.
 * @throws InvalidInstance as `describePNG`, and C000H when the image is damaged or not whole
 */
export async function* decodePNG(bytes: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const chunks = new Chunks(bytes);
  const header = readHeader(await chunks.start());
  let palette: Buffer = Buffer.alloc(0);
  const compressed = chunks.imageData((colours) => {
    palette = colours;
  });
  const rows = new Rows(header);
  for await (const piece of inflated(compressed)) {
    for (const row of rows.take(piece))
      yield header.isPalette ? coloured(row, palette) : littleEndian(row, header.bits);
  }
  rows.end();
}

/** The content of the chunks of a PNG file, as they come. */
class Chunks {
  readonly #bytes: ByteReader;

  constructor(bytes: AsyncIterable<Buffer>) {
    this.#bytes = new ByteReader(bytes, malformed);
  }

  /** Signature and header, whose check sum is right. */
  async start(): Promise<Buffer> {
    const start = await this.#bytes.take(PNG_START_BYTES);
    const sum = await this.#bytes.take(CHUNK_TAIL_BYTES);
    if (sum.readUInt32BE(0) !== crc32(start.subarray(SIGNATURE.length + 4))) throw malformed();
    return start;
  }

  /** What is deflated of the image. A palette is told when it comes. */
  async *imageData(tellPalette: (colours: Buffer) => void): AsyncGenerator<Buffer> {
    for (;;) {
      const head = await this.#bytes.take(CHUNK_HEAD_BYTES);
      const type = typeAt(head, 0);
      if (type === 'IEND') return;
      if (type === 'tRNS') throw notTaken('with transparency');
      if (type === 'IDAT') yield* this.#content(head);
      else if (type === 'PLTE') tellPalette(await this.#palette(head));
      else if (/^[A-Z]/.test(type)) throw malformed();
      else await this.#pass(head);
    }
  }

  async #palette(head: Buffer): Promise<Buffer> {
    if (head.readUInt32BE(0) > LARGEST_PALETTE_BYTES) throw malformed();
    const pieces: Buffer[] = [];
    for await (const piece of this.#content(head)) pieces.push(piece);
    return Buffer.concat(pieces);
  }

  async #pass(head: Buffer): Promise<void> {
    const content = this.#content(head);
    while ((await content.next()).done !== true);
  }

  /** @throws InvalidInstance C000H after the last piece when the check sum is another */
  async *#content(head: Buffer): AsyncGenerator<Buffer> {
    let sum = crc32(head.subarray(4));
    for await (const piece of this.#bytes.pieces(head.readUInt32BE(0))) {
      sum = crc32(piece, sum);
      yield piece;
    }
    if ((await this.#bytes.take(CHUNK_TAIL_BYTES)).readUInt32BE(0) !== sum) throw malformed();
  }
}

async function* inflated(compressed: AsyncGenerator<Buffer>): AsyncGenerator<Buffer> {
  const inflate = createInflate();
  let givenBytes = 0;
  const given = async function* (): AsyncGenerator<Buffer> {
    for await (const piece of compressed) {
      givenBytes += piece.length;
      yield piece;
    }
  };
  const fed = pipeline(given(), inflate);
  fed.catch(() => undefined);
  try {
    for await (const piece of inflate) yield piece;
    await fed;
    if (inflate.bytesWritten < givenBytes) throw malformed();
  } catch (error) {
    throw isDamage(error) ? malformed() : error;
  }
}

/** Deflated data that are none, or end before what they are in does: when that is much, nobody takes the rest of it. */
const isDamage = (error: unknown): boolean =>
  error instanceof Error &&
  'code' in error &&
  (String(error.code).startsWith('Z_') || error.code === 'ERR_STREAM_PREMATURE_CLOSE' || error.code === 'ABORT_ERR');

/** Puts rows together, and undoes their filters. ISO/IEC 15948 §9 */
class Rows {
  readonly #pixelBytes: number;
  readonly #rowBytes: number;
  #rowsLeft: number;
  #window: Buffer = Buffer.alloc(0);
  #above: Buffer;

  constructor({ rows, columns, samplesPerPixel, bits, isPalette }: Header) {
    this.#pixelBytes = (isPalette ? 1 : samplesPerPixel) * (bits / 8);
    this.#rowBytes = columns * this.#pixelBytes;
    this.#rowsLeft = rows;
    this.#above = Buffer.alloc(this.#rowBytes);
  }

  *take(piece: Buffer): Generator<Buffer> {
    this.#window = this.#window.length === 0 ? piece : Buffer.concat([this.#window, piece]);
    let at = 0;
    for (; at + 1 + this.#rowBytes <= this.#window.length; at += 1 + this.#rowBytes) {
      if (this.#rowsLeft === 0) throw malformed();
      this.#rowsLeft -= 1;
      const row = Buffer.from(this.#window.subarray(at + 1, at + 1 + this.#rowBytes));
      this.#unfilter(this.#window[at] ?? 0, row);
      this.#above = row;
      yield Buffer.from(row);
    }
    this.#window = Buffer.from(this.#window.subarray(at));
    if (this.#rowsLeft === 0 && this.#window.length > 0) throw malformed();
  }

  end(): void {
    if (this.#rowsLeft > 0) throw malformed();
  }

  #unfilter(filter: number, row: Buffer): void {
    const [above, step] = [this.#above, this.#pixelBytes];
    if (filter > 4) throw malformed();
    if (filter === 0) return;
    for (let i = 0; i < row.length; i += 1) {
      const left = i < step ? 0 : (row[i - step] ?? 0);
      const up = above[i] ?? 0;
      const corner = i < step ? 0 : (above[i - step] ?? 0);
      row[i] = (row[i] ?? 0) + predicted(filter, left, up, corner);
    }
  }
}

function predicted(filter: number, left: number, up: number, corner: number): number {
  if (filter === 1) return left;
  if (filter === 2) return up;
  if (filter === 3) return (left + up) >> 1;
  const [toLeft, toUp, toCorner] = [Math.abs(up - corner), Math.abs(left - corner), Math.abs(left + up - 2 * corner)];
  if (toLeft <= toUp && toLeft <= toCorner) return left;
  return toUp <= toCorner ? up : corner;
}

const littleEndian = (row: Buffer, bits: 8 | 16): Buffer => (bits === 16 ? row.swap16() : row);

function coloured(row: Buffer, colours: Buffer): Buffer {
  const pixels = Buffer.alloc(row.length * 3);
  for (let i = 0; i < row.length; i += 1) {
    const colour = (row[i] ?? 0) * 3;
    if (colour + 3 > colours.length) throw malformed();
    colours.copy(pixels, i * 3, colour, colour + 3);
  }
  return pixels;
}
