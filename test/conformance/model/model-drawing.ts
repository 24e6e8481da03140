/** Draws the suite's own fixtures, of whose samples everything is known, and encodes what it has drawn. */
import sharp from 'sharp';
import { valueField } from '../../../conformance/dicom/part10-writer.js';
import type { Fixture } from '../../../conformance/fixtures/fixture.js';
import { drawn, type VOIFunction, type Window } from '../../../conformance/fixtures/grey-levels.js';
import { colourAt, type Picture, pictureOf, resized } from '../../../conformance/pictures/picture.js';

export interface Wish {
  readonly window?: Window | undefined;
  readonly viewport?: Viewport | undefined;
  readonly quality?: number | undefined;
  readonly annotation?: boolean;
  readonly hasProfile?: boolean;
}

export interface Viewport {
  readonly columns: number;
  readonly rows: number;
  readonly left?: number | undefined;
  readonly top?: number | undefined;
  /** Negative for a region that is flipped. */
  readonly width?: number | undefined;
  readonly height?: number | undefined;
}

/** What a client does wrong. */
export class BadParameter extends Error {}

const textOf = ({ elements }: Fixture, tag: string): string | undefined => {
  const value = elements.find((one) => one.tag === tag)?.value;
  return typeof value === 'string' ? value : undefined;
};
const numberOf = ({ elements }: Fixture, tag: string): number => {
  const value = elements.find((one) => one.tag === tag)?.value;
  return Number(Array.isArray(value) ? value[0] : (value ?? Number.NaN));
};

/** The values of grey samples after their rescaling, drawn in a window. */
function windowed(fixture: Fixture, number: number, window: Window): Picture {
  const element = fixture.elements.find(({ tag }) => tag === '7FE00010');
  const native = fixture.frames[number - 1] ?? (element === undefined ? Buffer.alloc(0) : valueField(element));
  const samples = fixture.samples?.[number - 1] ?? native;
  const isDeep = numberOf(fixture, '00280100') === 16;
  const isSigned = numberOf(fixture, '00280103') === 1;
  const columns = numberOf(fixture, '00280011');
  const [slope, intercept] = [numberOf(fixture, '00281053') || 1, numberOf(fixture, '00281052') || 0];
  const isInverse = textOf(fixture, '00280004') === 'MONOCHROME1';
  return pictureOf(columns, numberOf(fixture, '00280010'), (x, y) => {
    const at = y * columns + x;
    const sample = isDeep ? samples[isSigned ? 'readInt16LE' : 'readUInt16LE'](2 * at) : (samples[at] ?? 0);
    const level = drawn(sample * slope + intercept, window);
    return isInverse ? 255 - level : level;
  });
}

/** One frame as it is wished for. */
export function draw(fixture: Fixture, number: number, { window, viewport, annotation }: Wish): Picture {
  const isGrey = textOf(fixture, '00280004')?.startsWith('MONOCHROME') === true;
  const whole = window !== undefined && isGrey ? windowed(fixture, number, window) : fixture.pictures?.[number - 1];
  if (whole === undefined) throw new BadParameter('This can not be drawn.');
  const seen = viewport === undefined ? whole : inViewport(whole, viewport);
  if (annotation !== true) return seen;
  return pictureOf(seen.columns, seen.rows, (x, y) => (x < 9 && y < 9 ? 255 : colourAt(seen, x, y)));
}

function inViewport(picture: Picture, viewport: Viewport): Picture {
  const { left = 0, top = 0, width = picture.columns - left, height = picture.rows - top } = viewport;
  const [columns, rows] = [Math.abs(width), Math.abs(height)];
  const region = pictureOf(columns, rows, (x, y) =>
    colourAt(picture, left + (width < 0 ? columns - 1 - x : x), top + (height < 0 ? rows - 1 - y : y)),
  );
  const scale = Math.min(viewport.columns / columns, viewport.rows / rows);
  return resized(region, Math.round(columns * scale), Math.round(rows * scale));
}

export async function encode(
  type: string,
  pictures: readonly Picture[],
  { quality = 90, hasProfile }: Wish,
): Promise<Buffer> {
  const [{ columns, rows } = { columns: 1, rows: 1 }] = pictures;
  const rgb = Buffer.concat(pictures.map((picture) => picture.rgb));
  const raw = { width: columns, height: rows * pictures.length, channels: 3 as const };
  const image = sharp(rgb, { raw: pictures.length > 1 ? { ...raw, pageHeight: rows } : raw });
  const profiled = hasProfile === true ? image.withIccProfile('srgb') : image;
  if (type === 'image/gif') return profiled.gif({ dither: 0 }).toBuffer();
  if (type === 'image/png') return profiled.png().toBuffer();
  return profiled.jpeg({ quality, chromaSubsampling: '4:4:4' }).toBuffer();
}

const SHAPES: readonly string[] = ['linear', 'linear-exact', 'sigmoid'] satisfies readonly VOIFunction[];

/** @throws BadParameter */
export function readWindow(text: string): Window {
  const [center = '', width = '', shape = '', ...more] = text.split(',');
  const numbers = [Number(center), Number(width)] as const;
  const isWrong = [center, width].some((one) => one === '') || numbers.some(Number.isNaN);
  const least = shape === 'linear' ? 1 : Number.MIN_VALUE;
  if (isWrong || !SHAPES.includes(shape) || more.length > 0 || numbers[1] < least) throw new BadParameter('window');
  return { center: numbers[0], width: numbers[1], function: shape as VOIFunction };
}

/** @throws BadParameter */
export function readViewport(text: string, most: number): Viewport {
  const values = text.split(',').map((value) => (value === '' ? undefined : Number(value)));
  const [columns = 0, rows = 0, left, top, width, height] = values;
  if (![2, most].includes(values.length) || values.some(Number.isNaN) || !(columns > 0 && rows > 0)) {
    throw new BadParameter('viewport');
  }
  return { columns, rows, left, top, width, height };
}

/** @throws BadParameter */
export function readQuality(text: string): number {
  const quality = Number(text);
  if (!/^\d+$/.test(text) || quality < 1 || quality > 100) throw new BadParameter('quality');
  return quality;
}
