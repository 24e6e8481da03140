/**
 * Decodes PNG images to native pixels while their bytes go by: grey and colour of 8 or 16 bits, and palettes as colour.
 * What a native image of DICOM would lose, such as transparency, and what is rare, such as interlacing, is refused.
 * ISO/IEC 15948
 */
import { pipeline } from 'node:stream/promises';
import { crc32, createInflate } from 'node:zlib';
import { cannotUnderstand, FAILURE_REASON, InvalidInstance } from '../dicom/failure-reasons.js';

export interface PNGImage {
  readonly rows: number;
  readonly columns: number;
  readonly samplesPerPixel: 1 | 3;
  /** Of each sample, all of them stored. */
  readonly bits: 8 | 16;
}

interface Header extends PNGImage {
  /** Pixels are places in a palette of colours. */
  readonly isPalette: boolean;
}

const SIGNATURE = Buffer.from('89504e470d0a1a0a', 'hex');
const HEADER_BYTES = 13;
/** Length and type before the content of a chunk, CRC-32 after it. */
const CHUNK_HEAD_BYTES = 8;
const CHUNK_TAIL_BYTES = 4;
const LARGEST_SIZE = 0xffff;
/** Of a chunk that is kept whole. */
const LARGEST_CHUNK_BYTES = 64 * 1024;
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
export function describePNG(start: Buffer): PNGImage {
  const { rows, columns, samplesPerPixel, bits } = readHeader(start);
  return { rows, columns, samplesPerPixel, bits };
}

/** How many bytes the native pixels of an image have. */
export const nativeBytes = ({ rows, columns, samplesPerPixel, bits }: PNGImage): number =>
  rows * columns * samplesPerPixel * (bits / 8);

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
  readonly #source: AsyncIterator<Buffer>;
  #window: Buffer = Buffer.alloc(0);

  constructor(bytes: AsyncIterable<Buffer>) {
    this.#source = bytes[Symbol.asyncIterator]();
  }

  /** Signature and header, which has been checked when it resolves. */
  async start(): Promise<Buffer> {
    await this.#need(PNG_START_BYTES + CHUNK_TAIL_BYTES);
    const start = this.#window.subarray(0, PNG_START_BYTES);
    this.#window = this.#window.subarray(SIGNATURE.length);
    await this.#whole(HEADER_BYTES);
    return start;
  }

  /** What is deflated of the image. A palette is told when it comes. */
  async *imageData(tellPalette: (colours: Buffer) => void): AsyncGenerator<Buffer> {
    for (;;) {
      await this.#need(CHUNK_HEAD_BYTES);
      const [lengthBytes, type] = [this.#window.readUInt32BE(0), typeAt(this.#window, 0)];
      if (type === 'IEND') return;
      if (type === 'tRNS') throw notTaken('with transparency');
      if (type === 'IDAT') yield* this.#content(lengthBytes);
      else if (type === 'PLTE') tellPalette(await this.#whole(lengthBytes));
      else if (/^[A-Z]/.test(type)) throw malformed();
      else for await (const piece of this.#content(lengthBytes)) if (piece.length < 0) return;
    }
  }

  async #whole(lengthBytes: number): Promise<Buffer> {
    if (lengthBytes > LARGEST_CHUNK_BYTES) throw malformed();
    const pieces: Buffer[] = [];
    for await (const piece of this.#content(lengthBytes)) pieces.push(piece);
    return Buffer.concat(pieces);
  }

  /** The content of the chunk whose head is next. */
  async *#content(lengthBytes: number): AsyncGenerator<Buffer> {
    let sum = crc32(this.#window.subarray(4, CHUNK_HEAD_BYTES));
    this.#window = this.#window.subarray(CHUNK_HEAD_BYTES);
    for (let left = lengthBytes; left > 0; ) {
      await this.#need(1);
      const piece = this.#window.subarray(0, left);
      this.#window = this.#window.subarray(piece.length);
      left -= piece.length;
      sum = crc32(piece, sum);
      yield piece;
    }
    await this.#need(CHUNK_TAIL_BYTES);
    if (this.#window.readUInt32BE(0) !== sum) throw malformed();
    this.#window = this.#window.subarray(CHUNK_TAIL_BYTES);
  }

  async #need(count: number): Promise<void> {
    while (this.#window.length < count) {
      const next = await this.#source.next();
      if (next.done === true) throw malformed();
      this.#window = this.#window.length === 0 ? next.value : Buffer.concat([this.#window, next.value]);
    }
  }
}

async function* inflated(compressed: AsyncGenerator<Buffer>): AsyncGenerator<Buffer> {
  const inflate = createInflate();
  const fed = pipeline(compressed, inflate);
  fed.catch(() => undefined);
  try {
    for await (const piece of inflate) yield piece;
    await fed;
  } catch (error) {
    throw isDamage(error) ? malformed() : error;
  }
}

const isDamage = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && String(error.code).startsWith('Z_');

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
