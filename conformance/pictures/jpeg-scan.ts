/** Decodes the one scan of a baseline JPEG. ITU-T T.81 Annexes A, F */
import { type Picture, pictureOf, roomFor } from './picture.js';

export interface Component {
  readonly horizontal: number;
  readonly vertical: number;
  readonly quantization: number;
  readonly dc: number;
  readonly ac: number;
}

export interface Scan {
  readonly rows: number;
  readonly columns: number;
  readonly components: readonly Component[];
  readonly quantization: ReadonlyMap<number, readonly number[]>;
  /** By class and number: DC tables from 0, AC tables from 16. */
  readonly huffman: ReadonlyMap<number, ReadonlyMap<number, number>>;
  /** Minimum coded units between restart markers, or 0. */
  readonly restartInterval: number;
  readonly code: Buffer;
  readonly isYCbCr: boolean;
}

/** The samples of one component, whole blocks wide and high. */
interface Plane {
  readonly width: number;
  readonly samples: Uint8Array;
}

const ZIGZAG = [
  0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6, 7, 14, 21, 28,
  35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47,
  55, 62, 63,
];
/** cos((2x + 1)uπ / 16) with the weight of u, by u and x. */
const COSINES = Array.from({ length: 8 }, (_, u) =>
  Array.from({ length: 8 }, (__, x) => ((u === 0 ? Math.SQRT1_2 : 1) * Math.cos(((2 * x + 1) * u * Math.PI) / 16)) / 2),
);

/** @throws Error when the code is broken or ends early */
export function decodeScan(scan: Scan): Picture {
  const { rows, columns, restartInterval } = scan;
  // A scan of one component is not interleaved: its units are single blocks. A.2.2
  const isSingle = scan.components.length === 1;
  const components = isSingle
    ? scan.components.map((one) => ({ ...one, horizontal: 1, vertical: 1 }))
    : scan.components;
  const most = {
    horizontal: Math.max(...components.map(({ horizontal }) => horizontal)),
    vertical: Math.max(...components.map(({ vertical }) => vertical)),
  };
  roomFor(columns, rows);
  const across = Math.ceil(columns / (8 * most.horizontal));
  const down = Math.ceil(rows / (8 * most.vertical));
  const planes = components.map(({ horizontal, vertical }): Plane => {
    const width = 8 * across * horizontal;
    return { width, samples: new Uint8Array(width * 8 * down * vertical) };
  });
  const bits = new BitReader(scan.code);
  const dc = components.map(() => 0);
  for (let unit = 0; unit < across * down; unit++) {
    if (restartInterval > 0 && unit > 0 && unit % restartInterval === 0) {
      bits.restart();
      dc.fill(0);
    }
    for (const [i, component] of components.entries()) {
      const plane = planes[i] as Plane;
      for (let v = 0; v < component.vertical; v++) {
        for (let h = 0; h < component.horizontal; h++) {
          const block = readBlock(bits, scan, component, dc[i] ?? 0);
          dc[i] = block.dc;
          const x = 8 * ((unit % across) * component.horizontal + h);
          const y = 8 * (Math.floor(unit / across) * component.vertical + v);
          drawBlock(plane, x, y, block.coefficients);
        }
      }
    }
  }
  const sample = (i: number, x: number, y: number): number => {
    const [plane, component] = [planes[i] as Plane, components[i] as Component];
    const column = Math.floor((x * component.horizontal) / most.horizontal);
    return plane.samples[Math.floor((y * component.vertical) / most.vertical) * plane.width + column] ?? 0;
  };
  return pictureOf(columns, rows, (x, y) => {
    const first = sample(0, x, y);
    if (isSingle) return first;
    const [second, third] = [sample(1, x, y), sample(2, x, y)];
    return scan.isYCbCr ? rgbOf(first, second - 128, third - 128) : [first, second, third];
  });
}

const clamped = (level: number): number => Math.max(0, Math.min(255, Math.round(level)));

/** JFIF 1.02, p. 3 */
const rgbOf = (y: number, cb: number, cr: number): readonly [number, number, number] => [
  clamped(y + 1.402 * cr),
  clamped(y - 0.344136 * cb - 0.714136 * cr),
  clamped(y + 1.772 * cb),
];

function readBlock(bits: BitReader, scan: Scan, component: Component, previous: number) {
  const quantization = scan.quantization.get(component.quantization);
  const [dcTable, acTable] = [scan.huffman.get(component.dc), scan.huffman.get(component.ac)];
  if (quantization === undefined || dcTable === undefined || acTable === undefined) {
    throw new Error('the JPEG lacks a table');
  }
  const coefficients = new Float64Array(64);
  const dc = previous + bits.signed(bits.symbol(dcTable));
  coefficients[0] = dc * (quantization[0] ?? 0);
  for (let k = 1; k < 64; k++) {
    const symbol = bits.symbol(acTable);
    const size = symbol & 15;
    if (size === 0 && symbol !== 0xf0) break;
    k += symbol >> 4;
    if (size > 0) coefficients[ZIGZAG[k] ?? 0] = bits.signed(size) * (quantization[k] ?? 0);
  }
  return { dc, coefficients };
}

/** The inverse discrete cosine transform, by rows and then by columns. A.3.3 */
function drawBlock({ width, samples }: Plane, left: number, top: number, coefficients: Float64Array): void {
  const half = new Float64Array(64);
  for (let v = 0; v < 8; v++) {
    for (let x = 0; x < 8; x++) {
      let sum = 0;
      for (let u = 0; u < 8; u++) sum += (coefficients[8 * v + u] ?? 0) * (COSINES[u]?.[x] ?? 0);
      half[8 * v + x] = sum;
    }
  }
  for (let y = 0; y < 8; y++) {
    for (let x = 0; x < 8; x++) {
      let level = 128;
      for (let v = 0; v < 8; v++) level += (half[8 * v + x] ?? 0) * (COSINES[v]?.[y] ?? 0);
      samples[(top + y) * width + left + x] = clamped(level);
    }
  }
}

class BitReader {
  readonly #code: Buffer;
  #at = 0;
  #byte = 0;
  #left = 0;

  constructor(code: Buffer) {
    this.#code = code;
  }

  symbol(table: ReadonlyMap<number, number>): number {
    let code = 1;
    for (let length = 1; length <= 16; length++) {
      code = (code << 1) | this.#bit();
      const symbol = table.get(code);
      if (symbol !== undefined) return symbol;
    }
    throw new Error('the JPEG has a code that is none');
  }

  /** A number of so many bits, of which those that begin with 0 are negative. T.81 F.2.2.1 */
  signed(size: number): number {
    let value = 0;
    for (let i = 0; i < size; i++) value = (value << 1) | this.#bit();
    return size > 0 && value < 1 << (size - 1) ? value - (1 << size) + 1 : value;
  }

  /** Go on after the next restart marker. */
  restart(): void {
    this.#left = 0;
    const marker = this.#code[this.#at + 1] ?? 0;
    if (this.#code[this.#at] !== 0xff || marker < 0xd0 || marker > 0xd7) throw new Error('a restart marker is missing');
    this.#at += 2;
  }

  #bit(): number {
    if (this.#left === 0) {
      const byte = this.#code[this.#at++];
      if (byte === undefined) throw new Error('the JPEG ends early');
      if (byte === 0xff && this.#code[this.#at++] !== 0) throw new Error('the code of the JPEG ends early');
      this.#byte = byte;
      this.#left = 8;
    }
    this.#left -= 1;
    return (this.#byte >> this.#left) & 1;
  }
}
