import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { readGIF } from '../../conformance/pictures/gif.js';
import { readJPEG } from '../../conformance/pictures/jpeg.js';
import { distance, likeness, type Picture, pictureOf, resized } from '../../conformance/pictures/picture.js';
import { readPNG } from '../../conformance/pictures/png.js';

const SIZES = [
  [1, 1],
  [7, 5],
  [33, 17],
  [64, 48],
] as const;
/** Colours that change slowly, so that JPEG keeps them. */
const drawn = (columns: number, rows: number): Picture =>
  pictureOf(columns, rows, (x, y) => [(3 * x) & 255, (4 * y) & 255, (2 * x + y) & 255]);
const encoder = ({ columns, rows, rgb }: Picture) => sharp(rgb, { raw: { width: columns, height: rows, channels: 3 } });

describe.each(SIZES)('a picture of %i by %i', (columns, rows) => {
  const picture = drawn(columns, rows);

  it.each([
    ['colours', {}],
    ['every filter', { adaptiveFiltering: true }],
    ['interlaced lines', { progressive: true }],
    ['a palette', { palette: true, colours: 256, dither: 0 }],
  ] as const)('is read from PNG of %s', async (_what, options) => {
    const png = readPNG(await encoder(picture).png(options).toBuffer());
    expect([png.columns, png.rows]).toEqual([columns, rows]);
    expect(distance(png, picture).most).toBeLessThanOrEqual('palette' in options ? 16 : 0);
  });

  it('is read from grey PNG of 8 and of 16 bits', async () => {
    const grey = pictureOf(columns, rows, (x, y) => (x * 5 + y * 3) & 255);
    for (const space of ['b-w', 'grey16'] as const) {
      const png = readPNG(await encoder(grey).toColourspace(space).png().toBuffer());
      expect(distance(png, grey).most).toBeLessThanOrEqual(1);
    }
  });

  it('is read from GIF as sharp reads it', async () => {
    const file = await encoder(picture).gif({ dither: 0 }).toBuffer();
    const { data } = await sharp(file).removeAlpha().raw().toBuffer({ resolveWithObject: true });
    const gif = readGIF(file);
    expect([gif.columns, gif.rows, gif.pictures.length]).toEqual([columns, rows, 1]);
    expect(distance(gif, { columns, rows, rgb: data }).most).toBe(0);
  });

  it.each(['4:4:4', '4:2:0'] as const)('is read from JPEG %s as sharp reads it', async (chromaSubsampling) => {
    const file = await encoder(picture).jpeg({ quality: 95, chromaSubsampling }).toBuffer();
    const data = await sharp(file).raw().toBuffer();
    const jpeg = readJPEG(file);
    expect(jpeg).toMatchObject({ columns, rows, process: 0, bits: 8, components: 3 });
    // sharp smooths the chroma that it takes from fewer samples.
    expect(distance(jpeg.decode(), { columns, rows, rgb: data }).mean).toBeLessThan(
      chromaSubsampling === '4:4:4' ? 1 : 6,
    );
  });
});

it('an animated GIF has all its pictures', async () => {
  const pages = [0, 90, 180].map((level) => pictureOf(8, 6, (x) => (level + x) & 255));
  const raw = { width: 8, height: 18, channels: 3, pageHeight: 6 } as const;
  const rgb = Buffer.concat(pages.map((page) => page.rgb));
  const gif = readGIF(await sharp(rgb, { raw }).gif({ dither: 0 }).toBuffer());
  expect(gif.pictures.length).toBe(3);
  gif.pictures.forEach((page, i) => {
    expect(distance(page, pages[i] as Picture).most).toBeLessThan(4);
  });
});

it('JPEG that is not baseline is told and not decoded', async () => {
  const jpeg = readJPEG(await encoder(drawn(16, 16)).jpeg({ progressive: true }).toBuffer());
  expect(jpeg.process).toBe(2);
  expect(() => jpeg.decode()).toThrow('process 2');
});

it('colour profiles are seen', async () => {
  const whole = encoder(drawn(16, 16)).withIccProfile('srgb');
  expect(readJPEG(await whole.clone().jpeg().toBuffer()).applications).toContain('APP2 ICC_PROFILE');
  expect(readPNG(await whole.clone().png().toBuffer()).chunks).toContain('iCCP');
});

describe('a broken picture is refused', () => {
  it.each([
    ['PNG', readPNG, (one: Picture) => encoder(one).png().toBuffer()],
    ['GIF', readGIF, (one: Picture) => encoder(one).gif().toBuffer()],
    ['JPEG', (file: Buffer) => readJPEG(file).decode(), (one: Picture) => encoder(one).jpeg().toBuffer()],
  ] as const)('%s that ends early', async (_name, read, write) => {
    const file = await write(drawn(33, 17));
    for (const length of [0, 10, file.length >> 1, file.length - 20]) {
      expect(() => read(file.subarray(0, length)), String(length)).toThrow();
    }
  });

  it('PNG with a byte that is another', async () => {
    const file = await encoder(drawn(33, 17)).png().toBuffer();
    file[60] = (file[60] ?? 0) ^ 1;
    expect(() => readPNG(file)).toThrow('CRC');
  });
});

it('likeness is of what is shown, at any size and brightness', () => {
  const one = drawn(64, 48);
  expect(likeness(one, resized(one, 20, 15))).toBeGreaterThan(0.95);
  expect(
    likeness(
      one,
      pictureOf(64, 48, () => 128),
    ),
  ).toBe(0);
  expect(
    likeness(
      one,
      pictureOf(64, 48, (x, y) => 255 - ((5 * x + 3 * y) & 255)),
    ),
  ).toBeLessThan(0.5);
});
