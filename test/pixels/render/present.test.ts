import { Readable } from 'node:stream';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { decodeGIF } from '../../../src/pixels/gif.js';
import {
  encodeAnimation,
  encodeImage,
  finishRaster,
  type PictureMediaType,
} from '../../../src/pixels/render/present.js';
import type { Raster } from '../../../src/pixels/render/raster.js';
import { profileOf } from '../../../src/pixels/render/standard-profiles.js';
import { tiffWithProfile } from '../../../src/pixels/render/tiff.js';

const grey: Raster = {
  rows: 48,
  columns: 64,
  samplesPerPixel: 1,
  bytes: Uint8Array.from({ length: 48 * 64 }, (_, i) => (i % 64) * 2 + Math.floor(i / 64)),
};
const colour: Raster = {
  ...grey,
  samplesPerPixel: 3,
  bytes: Uint8Array.from({ length: 48 * 64 * 3 }, (_, i) => [(i / 3) % 64, i / 192, 24][i % 3] ?? 0).map(
    (level) => 60 + level * 3,
  ),
};

const pixelsOf = async (picture: Buffer, channels: 1 | 3): Promise<Uint8Array> =>
  sharp(picture, { ignoreIcc: true })
    .removeAlpha()
    .toColourspace(channels === 1 ? 'b-w' : 'srgb')
    .raw()
    .toBuffer();

const difference = (a: Uint8Array, b: Uint8Array): number => {
  expect(a).toHaveLength(b.length);
  return a.reduce((sum, level, i) => sum + Math.abs(level - (b[i] ?? 0)), 0) / a.length;
};

/** The markers of a JPEG before its scan. */
function markersOf(jpeg: Buffer): readonly number[] {
  const markers: number[] = [];
  for (let at = 2; at < jpeg.length; at += 2 + jpeg.readUInt16BE(at + 2)) {
    markers.push(jpeg.readUInt16BE(at));
    if (markers.at(-1) === 0xffda) break;
  }
  return markers;
}

describe('RR-01 encodeImage', () => {
  it.each(['image/png', 'image/gif'] as const)('gives grey %s that is exactly what was drawn', async (mediaType) => {
    const picture = await encodeImage(grey, { mediaType });
    expect(difference(await pixelsOf(picture, 1), grey.bytes)).toBe(0);
    expect(await sharp(picture).metadata()).toMatchObject({ format: mediaType.slice(6), width: 64, height: 48 });
  });

  it('gives PNG of colour that is exactly what was drawn', async () => {
    const picture = await encodeImage(colour, { mediaType: 'image/png' });
    expect(difference(await pixelsOf(picture, 3), colour.bytes)).toBe(0);
  });

  it.each([
    ['image/jpeg', 2],
    ['image/webp', 4],
    ['image/gif', 6],
  ] as const)('gives %s that differs by less than %d levels', async (mediaType, most) => {
    for (const raster of [grey, colour]) {
      const picture = await encodeImage(raster, { mediaType });
      const { format } = await sharp(picture).metadata();
      expect(`image/${format}`).toBe(mediaType);
      expect(difference(await pixelsOf(picture, raster.samplesPerPixel), raster.bytes)).toBeLessThan(most);
    }
  });

  it('writes GIF that our own reader takes, of any size', async () => {
    for (const [rows, columns] of [
      [1, 1],
      [1, 7],
      [301, 299],
    ] as const) {
      const bytes = Uint8Array.from({ length: rows * columns }, (_, i) => (i * i * 31 + (i >> 3)) & 0xff);
      const gif = await encodeImage({ rows, columns, samplesPerPixel: 1, bytes }, { mediaType: 'image/gif' });
      const pieces: Buffer[] = [];
      for await (const piece of decodeGIF(Readable.from([gif]))) pieces.push(piece);
      const red = Buffer.concat(pieces).filter((_, i) => i % 3 === 0);
      expect(Buffer.from(red).equals(bytes)).toBe(true);
    }
  });

  it('RR-03 gives baseline JPEG of 8 bits with one component for grey', async () => {
    const jpeg = await encodeImage(grey, { mediaType: 'image/jpeg' });
    const at = jpeg.indexOf(Buffer.of(0xff, 0xc0));
    expect(markersOf(jpeg)).toEqual(expect.arrayContaining([0xffc0, 0xffc4, 0xffdb]));
    expect(markersOf(jpeg).filter((marker) => marker > 0xffc0 && marker < 0xffd0 && marker !== 0xffc4)).toEqual([]);
    expect([jpeg[at + 4], jpeg[at + 9]]).toEqual([8, 1]);
    const three = await encodeImage(colour, { mediaType: 'image/jpeg' });
    expect(three[three.indexOf(Buffer.of(0xff, 0xc0)) + 9]).toBe(3);
  });

  it('RR-09 gives more bytes for more quality, where there is quality', async () => {
    const sizes = async (mediaType: PictureMediaType) => {
      const pictures = [10, 90].map((quality) => encodeImage(colour, { mediaType, quality }));
      return (await Promise.all(pictures)).map(({ length }) => length);
    };
    for (const mediaType of ['image/jpeg', 'image/webp'] as const) {
      const [low = 0, high = 0] = await sizes(mediaType);
      expect(low).toBeLessThan(high);
    }
    const [low, high] = await sizes('image/png');
    expect(low).toBe(high);
  });

  it('refuses a picture that is too large for its type', async () => {
    const wide: Raster = { rows: 1, columns: 16_384, samplesPerPixel: 1, bytes: new Uint8Array(16_384) };
    await expect(encodeImage(wide, { mediaType: 'image/webp' })).rejects.toMatchObject({ code: 'not-acceptable' });
    const wider = { ...wide, columns: 65_535, bytes: new Uint8Array(65_535) };
    await expect(encodeImage(wider, { mediaType: 'image/jpeg' })).rejects.toMatchObject({ code: 'not-acceptable' });
    expect((await encodeImage(wider, { mediaType: 'image/png' })).length).toBeGreaterThan(0);
    expect((await encodeImage(wider, { mediaType: 'image/gif' })).length).toBeGreaterThan(0);
  });
});

describe('RR-07 the viewport of a picture', () => {
  it('has the size and the part that was asked for', async () => {
    const part = { width: 16, height: 12, x: 8, y: 4, regionWidth: 16, regionHeight: 12 };
    const { rows, columns, bytes } = await finishRaster(grey, { area: part });
    expect([rows, columns]).toEqual([12, 16]);
    for (let i = 0; i < bytes.length; i += 1) {
      expect(bytes[i]).toBe(grey.bytes[(4 + Math.floor(i / 16)) * 64 + 8 + (i % 16)]);
    }
    const picture = await encodeImage(colour, { mediaType: 'image/png', area: { width: 32, height: 32 } });
    expect(await sharp(picture).metadata()).toMatchObject({ width: 32, height: 24, channels: 3 });
  });

  it('is mirrored', async () => {
    const whole = { width: 64, height: 48 };
    const across = await finishRaster(grey, { area: { ...whole, regionWidth: -64 } });
    expect([...across.bytes.subarray(0, 3)]).toEqual([126, 124, 122]);
    const down = await finishRaster(colour, { area: { ...whole, regionHeight: -48 } });
    expect([...down.bytes.subarray(0, 3)]).toEqual([...colour.bytes.subarray(47 * 64 * 3, 47 * 64 * 3 + 3)]);
  });

  it('enlarges without going beyond what there is', async () => {
    const { bytes, rows, columns } = await finishRaster(
      { rows: 1, columns: 2, samplesPerPixel: 1, bytes: Uint8Array.of(100, 200) },
      { area: { width: 20, height: 20 } },
    );
    expect([rows, columns]).toEqual([10, 20]);
    expect(
      bytes.every((level, i) => level >= 100 && level <= 200 && level >= (bytes[i - 1] ?? 0) * +(i % 20 > 0)),
    ).toBe(true);
  });
});

describe('RR-10 the text of a picture', () => {
  const black: Raster = { rows: 60, columns: 200, samplesPerPixel: 1, bytes: new Uint8Array(12_000).fill(90) };

  it('is in the upper corners, white with a black outline, and the raster as it was', async () => {
    const { bytes } = await finishRaster(black, { annotation: { patient: ['ABC'], technique: ['120 kV', 'x'] } });
    const levels = (from: number, to: number) => {
      const set = new Set<number>();
      for (let i = 0; i < bytes.length; i += 1) if (i % 200 >= from && i % 200 < to) set.add(bytes[i] ?? 0);
      return [...set].sort((a, b) => a - b);
    };
    expect(levels(0, 30)).toEqual([0, 90, 255]);
    expect(levels(60, 140)).toEqual([90]);
    expect(levels(160, 200)).toEqual([0, 90, 255]);
    expect(new Set(black.bytes)).toEqual(new Set([90]));
  });

  it('may be anything, on anything', async () => {
    const text = ['Müller^Łukasz 漢字 \u0000\n', 'x'.repeat(100_000), ''];
    const tiny: Raster = { rows: 1, columns: 1, samplesPerPixel: 3, bytes: Uint8Array.of(1, 2, 3) };
    for (const raster of [tiny, black]) {
      const annotation = { patient: text, technique: text };
      expect((await finishRaster(raster, { annotation })).bytes).toHaveLength(raster.bytes.length);
    }
  });
});

describe('RR-11 the ICC profile of a picture', () => {
  const profileIn = async (picture: Buffer): Promise<Buffer | undefined> => (await sharp(picture).metadata()).icc;
  const types = ['image/jpeg', 'image/png', 'image/webp'] as const;

  it.each(types)('is in %s when it is asked for, and only then', async (mediaType) => {
    expect(await profileIn(await encodeImage(colour, { mediaType }))).toBeUndefined();
    expect(await profileIn(await encodeImage(colour, { mediaType, iccProfile: 'no' }))).toBeUndefined();
    for (const iccProfile of ['yes', 'srgb', 'adobergb', 'rommrgb'] as const) {
      for (const raster of [grey, colour]) {
        expect(
          (await profileIn(await encodeImage(raster, { mediaType, iccProfile })))?.toString('latin1', 36, 40),
        ).toBe('acsp');
      }
    }
  });

  it('is that of the image, whose colours stay as they are', async () => {
    const iccProfile = profileOf('adobergb');
    const picture = await encodeImage({ ...colour, iccProfile }, { mediaType: 'image/png', iccProfile: 'yes' });
    expect(await profileIn(picture)).toEqual(iccProfile);
    expect(difference(await pixelsOf(picture, 3), colour.bytes)).toBe(0);
  });

  it.each(['adobergb', 'rommrgb'] as const)('is %s, in which the colours look as they did', async (name) => {
    const picture = await encodeImage(colour, { mediaType: 'image/png', iccProfile: name });
    expect(difference(await pixelsOf(picture, 3), colour.bytes)).toBeGreaterThan(3);
    const seen = await sharp(
      tiffWithProfile({ ...colour, bytes: Uint8Array.from(await pixelsOf(picture, 3)) }, profileOf(name)),
    )
      .toColourspace('srgb')
      .raw()
      .toBuffer();
    expect(difference(seen, colour.bytes)).toBeLessThan(1.5);
  });

  it('brings the colours of the image to sRGB', async () => {
    const inAdobe = await pixelsOf(await encodeImage(colour, { mediaType: 'image/png', iccProfile: 'adobergb' }), 3);
    const raster = { ...colour, bytes: Uint8Array.from(inAdobe), iccProfile: profileOf('adobergb') };
    const picture = await encodeImage(raster, { mediaType: 'image/png', iccProfile: 'srgb' });
    expect(difference(await pixelsOf(picture, 3), colour.bytes)).toBeLessThan(2);
  });

  it('is passed over when it is none', async () => {
    const iccProfile = new Uint8Array(200).fill(7);
    expect(
      (await encodeImage({ ...colour, iccProfile }, { mediaType: 'image/png', iccProfile: 'yes' })).length,
    ).toBeGreaterThan(0);
  });

  it('can not be in a GIF', async () => {
    const wanted = encodeImage(colour, { mediaType: 'image/gif', iccProfile: 'yes' });
    await expect(wanted).rejects.toMatchObject({ code: 'invalid-request' });
  });
});

describe('RR-14 encodeAnimation', () => {
  it.each([
    ['grey', grey],
    ['colour', colour],
  ])('shows images of %s one after the other', async (_what, raster) => {
    const darker = { ...raster, bytes: raster.bytes.map((level) => level >> 1) };
    const gif = await encodeAnimation([raster, darker, raster], { delayMs: 120 });
    expect(await sharp(gif, { animated: true }).metadata()).toMatchObject({
      ...{ format: 'gif', pages: 3, delay: [120, 120, 120], loop: 0, width: 64, pageHeight: 48 },
    });
    const second = await sharp(gif, { page: 1 })
      .toColourspace(raster.samplesPerPixel === 1 ? 'b-w' : 'srgb')
      .removeAlpha()
      .raw()
      .toBuffer();
    expect(difference(second, darker.bytes)).toBeLessThan(raster.samplesPerPixel === 1 ? 1e-9 : 8);
  });

  it('refuses images of several sizes', async () => {
    const small = { ...grey, rows: 24, bytes: grey.bytes.slice(0, 24 * 64) };
    await expect(encodeAnimation([grey, small], { delayMs: 100 })).rejects.toMatchObject({ code: 'invalid-request' });
  });
});
