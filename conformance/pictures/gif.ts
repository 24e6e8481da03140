/** Reads GIF. GIF89a specification, §§18–24 and Appendix F */
import { type Picture, pictureOf } from './picture.js';

export interface GIF extends Picture {
  /** Every picture of an animation; the GIF itself is the first. */
  readonly pictures: readonly Picture[];
}

/** @throws Error saying what breaks the format */
export function readGIF(file: Buffer): GIF {
  if (!/^GIF8[79]a$/.test(file.subarray(0, 6).toString('latin1'))) throw new Error('the body is no GIF');
  const [columns, rows, packed] = [file.readUInt16LE(6), file.readUInt16LE(8), file.readUInt8(10)];
  const globalTable = tableAt(file, 13, packed);
  const pictures: Picture[] = [];
  let canvas = pictureOf(columns, rows, () => 0);
  let transparent = -1;
  let at = 13 + globalTable.length;
  for (;;) {
    const kind = file.readUInt8(at);
    if (kind === 0x3b) break;
    if (kind === 0x21) {
      const label = file.readUInt8(at + 1);
      const { bytes, end } = subBlocks(file, at + 2);
      if (label === 0xf9) transparent = ((bytes[0] ?? 0) & 1) === 1 ? (bytes[3] ?? -1) : -1;
      at = end;
    } else if (kind === 0x2c) {
      const drawn = readImage(file, at, globalTable, transparent, canvas);
      canvas = drawn.canvas;
      pictures.push(canvas);
      transparent = -1;
      at = drawn.end;
    } else throw new Error(`a GIF has no block ${kind.toString(16)}`);
  }
  const [first] = pictures;
  if (first === undefined) throw new Error('the GIF has no picture');
  return { ...first, pictures };
}

function tableAt(file: Buffer, at: number, packed: number): Buffer {
  return (packed & 0x80) === 0 ? Buffer.alloc(0) : file.subarray(at, at + 3 * (2 << (packed & 7)));
}

function readImage(file: Buffer, at: number, globalTable: Buffer, transparent: number, under: Picture) {
  const [left, top, width, height] = [1, 3, 5, 7].map((offset) => file.readUInt16LE(at + offset)) as [
    number,
    number,
    number,
    number,
  ];
  const packed = file.readUInt8(at + 9);
  const localTable = tableAt(file, at + 10, packed);
  const table = localTable.length > 0 ? localTable : globalTable;
  const data = at + 10 + localTable.length;
  const { bytes, end } = subBlocks(file, data + 1);
  const indices = decodeLZW(bytes, file.readUInt8(data), width * height);
  const lines = (packed & 0x40) === 0 ? undefined : interlaced(height);
  const rgb = Uint8Array.from(under.rgb);
  for (let i = 0; i < width * height; i++) {
    const index = indices[i] ?? 0;
    const line = Math.floor(i / width);
    const y = top + (lines?.[line] ?? line);
    if (index !== transparent)
      rgb.set(table.subarray(3 * index, 3 * index + 3), 3 * (y * under.columns + left + (i % width)));
  }
  return { canvas: { ...under, rgb }, end };
}

/** The line of the picture that each line of the data is. Appendix E */
const interlaced = (height: number): readonly number[] =>
  (
    [
      [0, 8],
      [4, 8],
      [2, 4],
      [1, 2],
    ] as const
  ).flatMap(([from, step]) =>
    Array.from({ length: Math.max(0, Math.ceil((height - from) / step)) }, (_, i) => from + i * step),
  );

function subBlocks(file: Buffer, from: number): { readonly bytes: Buffer; readonly end: number } {
  const pieces: Buffer[] = [];
  let at = from;
  for (let length = file.readUInt8(at); length > 0; length = file.readUInt8(at)) {
    pieces.push(file.subarray(at + 1, at + 1 + length));
    at += 1 + length;
  }
  return { bytes: Buffer.concat(pieces), end: at + 1 };
}

function decodeLZW(bytes: Buffer, minimumBits: number, count: number): Buffer {
  const clear = 1 << minimumBits;
  const output: number[] = [];
  let table: number[][] = [];
  let bits = 0;
  let previous: number[] | undefined;
  const restart = (): void => {
    table = Array.from({ length: clear + 2 }, (_, i) => (i < clear ? [i] : []));
    bits = minimumBits + 1;
    previous = undefined;
  };
  restart();
  let [held, heldBits, at] = [0, 0, 0];
  while (output.length < count) {
    while (heldBits < bits) {
      if (at >= bytes.length) throw new Error('the codes of the GIF end early');
      held |= (bytes[at++] ?? 0) << heldBits;
      heldBits += 8;
    }
    const code = held & ((1 << bits) - 1);
    held >>>= bits;
    heldBits -= bits;
    if (code === clear) {
      restart();
      continue;
    }
    if (code === clear + 1) throw new Error('the GIF has not as many pixels as it says');
    const known = table[code] ?? (previous === undefined ? undefined : [...previous, previous[0] ?? 0]);
    if (known === undefined || code > table.length) throw new Error('the GIF has a code that is none');
    if (previous !== undefined && table.length < 4096) table.push([...previous, known[0] ?? 0]);
    if (table.length === 1 << bits && bits < 12) bits += 1;
    for (const index of known) output.push(index);
    previous = known;
  }
  return Buffer.from(output);
}
