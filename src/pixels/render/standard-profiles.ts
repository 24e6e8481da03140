/**
 * The colour spaces a picture can be asked for in: what is embedded to name them, and how sRGB becomes them. The profiles are
 * made from the definitions, as matrices and curves. PS3.18 §8.3.5.1.5, ICC.1:2001-04, IEC 61966-2-1, ISO 22028-2
 */

export type StandardProfile = 'srgb' | 'adobergb' | 'rommrgb';

type Triple = readonly [number, number, number];

interface ColourSpace {
  readonly description: string;
  /** XYZ of full red, green and blue, adapted to D50 as profiles are. */
  readonly primaries: readonly [Triple, Triple, Triple];
  /** From an encoded share to light, 0 … 1. */
  readonly toLight: (share: number) => number;
  readonly fromLight: (light: number) => number;
}

const D50: Triple = [0.9642, 1, 0.8249];
const ADOBE_GAMMA = 563 / 256;
const ROMM_GAMMA = 1.8;
const ROMM_TOE = 1 / 512;
const CURVE_POINTS = 1024;
const LIGHT_STEPS = 4096;

const SPACES: Readonly<Record<StandardProfile, ColourSpace>> = {
  srgb: {
    description: 'sRGB IEC61966-2.1',
    primaries: [
      [0.43607, 0.22249, 0.01392],
      [0.38515, 0.71687, 0.09708],
      [0.14307, 0.06061, 0.7141],
    ],
    toLight: (share) => (share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4),
    fromLight: (light) => (light <= 0.0031308 ? light * 12.92 : 1.055 * light ** (1 / 2.4) - 0.055),
  },
  adobergb: {
    description: 'Adobe RGB (1998) compatible',
    primaries: [
      [0.60974, 0.31111, 0.01947],
      [0.20528, 0.62567, 0.06087],
      [0.14919, 0.06322, 0.74457],
    ],
    toLight: (share) => share ** ADOBE_GAMMA,
    fromLight: (light) => light ** (1 / ADOBE_GAMMA),
  },
  rommrgb: {
    description: 'ROMM RGB',
    primaries: [
      [0.79767, 0.28804, 0],
      [0.13519, 0.71188, 0],
      [0.03134, 0.00009, 0.82491],
    ],
    toLight: (share) => (share < 16 * ROMM_TOE ? share / 16 : share ** ROMM_GAMMA),
    fromLight: (light) => (light < ROMM_TOE ? light * 16 : light ** (1 / ROMM_GAMMA)),
  },
};

/** The ICC profile of a colour space: version 2, three curves and a matrix. */
export function profileOf(name: StandardProfile): Buffer {
  const { description, primaries, toLight } = SPACES[name];
  const curve = curveTag(toLight);
  const [red, green, blue] = primaries;
  return assembled([
    ['desc', descriptionTag(description)],
    ['cprt', textTag('No copyright, use freely')],
    ['wtpt', xyzTag(D50)],
    ['rXYZ', xyzTag(red)],
    ['gXYZ', xyzTag(green)],
    ['bXYZ', xyzTag(blue)],
    ['rTRC', curve],
    ['gTRC', curve],
    ['bTRC', curve],
  ]);
}

function assembled(tags: readonly (readonly [string, Buffer])[]): Buffer {
  const table = Buffer.alloc(4 + tags.length * 12);
  table.writeUInt32BE(tags.length, 0);
  const parts: Buffer[] = [];
  const placed = new Map<Buffer, number>();
  let end = 128 + table.length;
  tags.forEach(([signature, content], index) => {
    const at = placed.get(content) ?? end;
    if (at === end) {
      parts.push(content);
      placed.set(content, at);
      end += content.length;
    }
    table.write(signature, 4 + index * 12, 'latin1');
    table.writeUInt32BE(at, 8 + index * 12);
    table.writeUInt32BE(content.length, 12 + index * 12);
  });
  const header = Buffer.alloc(128);
  header.writeUInt32BE(end, 0);
  header.writeUInt32BE(0x0210_0000, 8);
  header.write('mntrRGB XYZ ', 12, 'latin1');
  for (const [index, value] of [2026, 1, 1].entries()) header.writeUInt16BE(value, 24 + 2 * index);
  header.write('acsp', 36, 'latin1');
  writeXYZ(header, D50, 68);
  return Buffer.concat([header, table, ...parts]);
}

const writeXYZ = (bytes: Buffer, xyz: Triple, at: number): void => {
  for (const [index, value] of xyz.entries()) bytes.writeInt32BE(Math.round(value * 0x1_0000), at + 4 * index);
};

function xyzTag(xyz: Triple): Buffer {
  const tag = Buffer.alloc(20);
  tag.write('XYZ ', 'latin1');
  writeXYZ(tag, xyz, 8);
  return tag;
}

function curveTag(toLight: (share: number) => number): Buffer {
  const tag = Buffer.alloc(12 + 2 * CURVE_POINTS);
  tag.write('curv', 'latin1');
  tag.writeUInt32BE(CURVE_POINTS, 8);
  for (let i = 0; i < CURVE_POINTS; i += 1) {
    tag.writeUInt16BE(Math.round(toLight(i / (CURVE_POINTS - 1)) * 0xffff), 12 + 2 * i);
  }
  return tag;
}

const textTag = (text: string): Buffer => padded(Buffer.from(`text\0\0\0\0${text}\0`, 'latin1'));

function descriptionTag(text: string): Buffer {
  const head = Buffer.alloc(12);
  head.write('desc', 'latin1');
  head.writeUInt32BE(text.length + 1, 8);
  // No Unicode and no Macintosh name follow.
  return padded(Buffer.concat([head, Buffer.from(`${text}\0`, 'latin1'), Buffer.alloc(8 + 3 + 67)]));
}

const padded = (bytes: Buffer): Buffer => Buffer.concat([bytes, Buffer.alloc((4 - (bytes.length % 4)) % 4)]);

/** From pixels in sRGB to pixels in another space, some at a time: red, green and blue are overwritten. */
export function converterTo(name: StandardProfile): (pixels: Uint8Array) => void {
  const target = SPACES[name];
  const light = Float64Array.from({ length: 256 }, (_, level) => SPACES.srgb.toLight(level / 255));
  const level = Uint8Array.from(
    { length: LIGHT_STEPS + 1 },
    (_, step) => target.fromLight(step / LIGHT_STEPS) * 255 + 0.5,
  );
  const [ofRed, ofGreen, ofBlue] = multiplied(inverse(target.primaries), SPACES.srgb.primaries);
  const encode = (share: number): number => level[Math.round(Math.min(Math.max(share, 0), 1) * LIGHT_STEPS)] ?? 0;
  return (pixels) => {
    for (let i = 0; i + 2 < pixels.length; i += 3) {
      const red = light[pixels[i] ?? 0] ?? 0;
      const green = light[pixels[i + 1] ?? 0] ?? 0;
      const blue = light[pixels[i + 2] ?? 0] ?? 0;
      pixels[i] = encode(ofRed[0] * red + ofGreen[0] * green + ofBlue[0] * blue);
      pixels[i + 1] = encode(ofRed[1] * red + ofGreen[1] * green + ofBlue[1] * blue);
      pixels[i + 2] = encode(ofRed[2] * red + ofGreen[2] * green + ofBlue[2] * blue);
    }
  };
}

/** Written as columns: what full red, green and blue become. */
type Matrix = readonly [Triple, Triple, Triple];

/** The columns of `right`, each as `left` makes it. */
const multiplied = (left: Matrix, [a, b, c]: Matrix): Matrix => [applied(left, a), applied(left, b), applied(left, c)];

const applied = ([a, b, c]: Matrix, [x, y, z]: Triple): Triple => [
  a[0] * x + b[0] * y + c[0] * z,
  a[1] * x + b[1] * y + c[1] * z,
  a[2] * x + b[2] * y + c[2] * z,
];

const cross = ([ax, ay, az]: Triple, [bx, by, bz]: Triple): Triple => [
  ay * bz - az * by,
  az * bx - ax * bz,
  ax * by - ay * bx,
];

/** By the cross products of its columns, which are the rows of the inverse. */
function inverse([a, b, c]: Matrix): Matrix {
  const [row1, row2, row3] = [cross(b, c), cross(c, a), cross(a, b)];
  const size = a[0] * row1[0] + a[1] * row1[1] + a[2] * row1[2];
  const column = (index: 0 | 1 | 2): Triple => [row1[index] / size, row2[index] / size, row3[index] / size];
  return [column(0), column(1), column(2)];
}
