/** Writes PNG images as any lawful writer might, row by row with the filters that are named. ISO/IEC 15948 */
import { crc32, deflateSync } from 'node:zlib';

export interface PNGOptions {
  readonly columns: number;
  readonly rows: number;
  readonly colourType: number;
  readonly bits: number;
  /** Rows from top to bottom, big endian. */
  readonly pixels: Buffer;
  /** 0 to 4, one a row; 0 for those that are not named. */
  readonly filters?: readonly number[];
  readonly palette?: Buffer;
  readonly interlace?: number;
  /** In how many chunks the deflated bytes are cut. */
  readonly cuts?: number;
  /** A chunk before those of the image. */
  readonly more?: { readonly type: string; readonly content: Buffer };
}

const SIGNATURE = Buffer.from('89504e470d0a1a0a', 'hex');
const CHANNELS: Readonly<Record<number, number>> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 };

export function chunk(type: string, content: Buffer): Buffer {
  const head = Buffer.alloc(4);
  head.writeUInt32BE(content.length);
  const typed = Buffer.concat([Buffer.from(type, 'latin1'), content]);
  const tail = Buffer.alloc(4);
  tail.writeUInt32BE(crc32(typed));
  return Buffer.concat([head, typed, tail]);
}

export function writePNG(options: PNGOptions): Buffer {
  const { columns, rows, colourType, bits, palette, interlace = 0, cuts = 1, more } = options;
  const header = Buffer.alloc(13);
  header.writeUInt32BE(columns, 0);
  header.writeUInt32BE(rows, 4);
  header.set([bits, colourType, 0, 0, interlace], 8);
  const deflated = deflateSync(filtered(options));
  const cutBytes = Math.ceil(deflated.length / cuts);
  const data = Array.from({ length: cuts }, (_, i) => deflated.subarray(i * cutBytes, (i + 1) * cutBytes));
  return Buffer.concat([
    SIGNATURE,
    chunk('IHDR', header),
    chunk('tEXt', Buffer.from('Comment\0none')),
    ...(more === undefined ? [] : [chunk(more.type, more.content)]),
    ...(palette === undefined ? [] : [chunk('PLTE', palette)]),
    ...data.map((piece) => chunk('IDAT', piece)),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

function filtered({ columns, rows, colourType, bits, pixels, filters = [] }: PNGOptions): Buffer {
  const step = Math.max(1, ((CHANNELS[colourType] ?? 1) * bits) / 8);
  const rowBytes = Math.ceil((columns * (CHANNELS[colourType] ?? 1) * bits) / 8);
  const written: Buffer[] = [];
  for (let y = 0; y < rows; y += 1) {
    const filter = filters[y] ?? 0;
    const at = (x: number, row: number): number => (x < 0 || row < 0 ? 0 : (pixels[row * rowBytes + x] ?? 0));
    const row = Buffer.alloc(rowBytes + 1);
    row[0] = filter;
    for (let x = 0; x < rowBytes; x += 1) {
      const [left, up, corner] = [at(x - step, y), at(x, y - 1), at(x - step, y - 1)];
      const predictions = [0, left, up, Math.floor((left + up) / 2), paeth(left, up, corner)];
      row[x + 1] = at(x, y) - (predictions[filter] ?? 0);
    }
    written.push(row);
  }
  return Buffer.concat(written);
}

function paeth(left: number, up: number, corner: number): number {
  const estimate = left + up - corner;
  const nearest = [left, up, corner].map((each) => Math.abs(estimate - each));
  return [left, up, corner][nearest.indexOf(Math.min(...nearest))] ?? 0;
}
