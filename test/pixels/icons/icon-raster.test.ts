/** RT-06: an icon for what is no image, and for what must not be shown. */
import { describe, expect, it } from 'vitest';
import { iconRaster, MOST_ICON_SIDE } from '../../../src/pixels/icons/icon-raster.js';
import { ICON_SHAPES, type IconKind } from '../../../src/pixels/icons/icon-shapes.js';

const KINDS = Object.keys(ICON_SHAPES).filter((kind): kind is IconKind => kind in ICON_SHAPES);
const GROUND = 0x1b;

const draw = async (kind: IconKind, rows: number, columns: number): Promise<readonly number[]> => [
  ...(await iconRaster(kind, { rows, columns })).bytes,
];

describe('iconRaster', () => {
  it.each(KINDS)('draws lines of grey on a dark ground: %s', async (kind) => {
    const raster = await iconRaster(kind, { rows: 96, columns: 96 });
    expect({ ...raster, bytes: raster.bytes.length }).toEqual({
      rows: 96,
      columns: 96,
      samplesPerPixel: 1,
      bytes: 9_216,
    });
    const drawn = raster.bytes.filter((grey) => grey > 0xb0).length;
    expect(drawn).toBeGreaterThan(800);
    expect(drawn).toBeLessThan(5_000);
    const edge = [...raster.bytes.subarray(0, 96), ...raster.bytes.subarray(-96)];
    expect(new Set(edge)).toEqual(new Set([GROUND]));
  });

  it('draws each in another way, and the same each time', async () => {
    const all = await Promise.all(KINDS.map(async (kind) => (await draw(kind, 48, 48)).join()));
    expect(new Set(all).size).toBe(KINDS.length);
    expect(await Promise.all(KINDS.map(async (kind) => (await draw(kind, 48, 48)).join()))).toEqual(all);
  });

  it('stands in the middle, as high and wide as fits', async () => {
    const wide = await draw('other', 48, 200);
    const square = await draw('other', 48, 48);
    for (let row = 0; row < 48; row += 1) {
      expect(wide.slice(row * 200 + 76, row * 200 + 124)).toEqual(square.slice(row * 48, (row + 1) * 48));
      expect(new Set(wide.slice(row * 200, row * 200 + 70))).toEqual(new Set([GROUND]));
    }
  });

  it.each([
    [1, 1],
    [1, 300],
    [MOST_ICON_SIDE, 2],
  ])('has any size: %i by %i', async (rows, columns) => {
    expect((await draw('report', rows, columns)).length).toBe(rows * columns);
  });

  it.each([0, -1, 1.5, MOST_ICON_SIDE + 1, Number.NaN])('refuses a side of %s', async (side) => {
    await expect(iconRaster('report', { rows: 10, columns: side })).rejects.toThrow(RangeError);
    await expect(iconRaster('report', { rows: side, columns: 10 })).rejects.toThrow(RangeError);
  });

  it('needs no font: no shape is text', () => {
    for (const shape of Object.values(ICON_SHAPES)) expect(shape).not.toMatch(/<text|<image|href|url\(/);
  });
});
