/** Reads PNG. PNG specification (third edition), §5, §7, §9 */
import { crc32, inflateSync } from 'node:zlib';
import { type Picture, roomFor } from './picture.js';

export interface PNG extends Picture {
  /** The names of its chunks, in their order. */
  readonly chunks: readonly string[];
}

const SIGNATURE = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1');
const CHANNELS: Readonly<Record<number, number>> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 };
const PALETTE = 3;
const MOST_BYTES = 1 << 29;

/** @throws Error saying what breaks the format */
export function readPNG(file: Buffer): PNG {
  if (!file.subarray(0, 8).equals(SIGNATURE)) throw new Error('the body is no PNG');
  const chunks: string[] = [];
  const data: Buffer[] = [];
  let head: Buffer | undefined;
  let palette: Buffer = Buffer.alloc(0);
  for (let at = 8; chunks.at(-1) !== 'IEND'; ) {
    if (at + 12 > file.length) throw new Error('the PNG ends early');
    const length = file.readUInt32BE(at);
    const typed = file.subarray(at + 4, at + 8 + length);
    const name = typed.subarray(0, 4).toString('latin1');
    if (crc32(typed) !== file.readUInt32BE(at + 8 + length)) throw new Error(`the CRC of ${name} is wrong`);
    const content = typed.subarray(4);
    if (name === 'IHDR') head = content;
    if (name === 'PLTE') palette = content;
    if (name === 'IDAT') data.push(content);
    chunks.push(name);
    at += 12 + length;
  }
  if (head === undefined || chunks[0] !== 'IHDR') throw new Error('the PNG does not begin with IHDR');
  return { ...readPixels(head, inflateSync(Buffer.concat(data), { maxOutputLength: MOST_BYTES }), palette), chunks };
}

/** Where each pass of an interlaced picture begins, and its steps. §8.1 */
const ADAM7 = [
  [0, 0, 8, 8],
  [4, 0, 8, 8],
  [0, 4, 4, 8],
  [2, 0, 4, 4],
  [0, 2, 2, 4],
  [1, 0, 2, 2],
  [0, 1, 1, 2],
] as const;

function readPixels(head: Buffer, filtered: Buffer, palette: Buffer): Picture {
  const [columns, rows] = [head.readUInt32BE(0), head.readUInt32BE(4)];
  const [depth = 0, type = 0, , , interlace = 0] = head.subarray(8);
  const channels = CHANNELS[type];
  if (channels === undefined || interlace > 1) throw new Error(`PNG of colour type ${type}, interlace ${interlace}`);
  const rgb = roomFor(columns, rows);
  let at = 0;
  for (const [left, top, right, down] of interlace === 0 ? [[0, 0, 1, 1] as const] : ADAM7) {
    const [width, height] = [Math.ceil((columns - left) / right), Math.ceil((rows - top) / down)];
    if (width <= 0 || height <= 0) continue;
    const lineBytes = Math.ceil((width * channels * depth) / 8);
    const pass = filtered.subarray(at, at + height * (1 + lineBytes));
    at += height * (1 + lineBytes);
    if (at > filtered.length) break;
    const lines = unfiltered(pass, height, lineBytes, Math.max(1, (channels * depth) >> 3));
    for (let y = 0; y < height; y++) {
      const level = levelsOf(lines.subarray(y * lineBytes, (y + 1) * lineBytes), depth, type === PALETTE);
      for (let x = 0; x < width; x++) {
        const first = level(x * channels);
        const others = channels < 3 ? [first, first] : [level(x * channels + 1), level(x * channels + 2)];
        const colour = type === PALETTE ? palette.subarray(3 * first, 3 * first + 3) : [first, ...others];
        rgb.set(colour, 3 * ((top + y * down) * columns + left + x * right));
      }
    }
  }
  if (at !== filtered.length) throw new Error('the PNG has not as many pixels as it says');
  return { columns, rows, rgb };
}

/** Samples of a line as 8 bits; of a palette as they are. */
function levelsOf(line: Buffer, depth: number, isIndex: boolean): (sample: number) => number {
  if (depth === 16) return (sample) => line[2 * sample] ?? 0;
  if (depth === 8) return (sample) => line[sample] ?? 0;
  const most = (1 << depth) - 1;
  return (sample) => {
    const bit = sample * depth;
    const value = ((line[bit >> 3] ?? 0) >> (8 - depth - (bit & 7))) & most;
    return isIndex ? value : Math.round((value * 255) / most);
  };
}

function unfiltered(filtered: Buffer, rows: number, lineBytes: number, step: number): Buffer {
  const lines = Buffer.alloc(rows * lineBytes);
  for (let y = 0; y < rows; y++) {
    const from = y * (lineBytes + 1);
    const filter = filtered[from] ?? 0;
    for (let i = 0; i < lineBytes; i++) {
      const at = y * lineBytes + i;
      const left = i >= step ? (lines[at - step] ?? 0) : 0;
      const up = y > 0 ? (lines[at - lineBytes] ?? 0) : 0;
      const corner = i >= step && y > 0 ? (lines[at - lineBytes - step] ?? 0) : 0;
      lines[at] = (filtered[from + 1 + i] ?? 0) + predicted(filter, left, up, corner);
    }
  }
  return lines;
}

function predicted(filter: number, left: number, up: number, corner: number): number {
  if (filter === 0) return 0;
  if (filter === 1) return left;
  if (filter === 2) return up;
  if (filter === 3) return (left + up) >> 1;
  if (filter !== 4) throw new Error(`there is no PNG filter ${filter}`);
  const estimate = left + up - corner;
  const [a, b, c] = [Math.abs(estimate - left), Math.abs(estimate - up), Math.abs(estimate - corner)];
  return a <= b && a <= c ? left : b <= c ? up : corner;
}
