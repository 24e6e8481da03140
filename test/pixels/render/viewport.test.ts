import { describe, expect, it } from 'vitest';
import { placeViewport, type Viewport } from '../../../src/pixels/render/viewport.js';

const image = { rows: 384, columns: 512 };
const sizeOf = (viewport: Viewport, of = image): readonly [number, number] => {
  const { width, height } = placeViewport(of, viewport);
  return [width, height];
};

describe('RR-07 placeViewport', () => {
  it.each([
    ['smaller', { width: 100, height: 100 }, [100, 75]],
    ['wider', { width: 2000, height: 100 }, [133, 100]],
    ['larger', { width: 1024, height: 1024 }, [1024, 768]],
    ['a single pixel', { width: 1, height: 1 }, [1, 1]],
    ['of the upper left quarter', { width: 512, height: 512, regionWidth: 256, regionHeight: 192 }, [512, 384]],
    ['of a column', { width: 100, height: 100, x: 500, regionWidth: 1, regionHeight: 384 }, [1, 100]],
  ] as const)('keeps the shape of the image in one that is %s', (_what, viewport, size) => {
    expect(sizeOf(viewport)).toEqual(size);
  });

  it('takes what is left of the image when no size is said', () => {
    expect(placeViewport(image, { width: 10, height: 10, x: 500, y: 380 })).toMatchObject({
      ...{ left: 500, top: 380, columns: 12, rows: 4, isMirroredAcross: false, isMirroredDown: false },
    });
  });

  it('mirrors for negative sizes', () => {
    expect(placeViewport(image, { width: 10, height: 10, regionWidth: -512, regionHeight: -384 })).toMatchObject({
      ...{ left: 0, top: 0, columns: 512, rows: 384, isMirroredAcross: true, isMirroredDown: true },
    });
  });

  it('takes whole pixels, and cuts off what is not of the image', () => {
    expect(
      placeViewport(image, { width: 10, height: 10, x: 1.5, y: 0.2, regionWidth: 2, regionHeight: 9999 }),
    ).toMatchObject({
      ...{ left: 1, top: 0, columns: 3, rows: 384 },
    });
  });

  it('stretches pixels that are not square', () => {
    expect(sizeOf({ width: 100, height: 1000 }, { ...image, pixelAspect: 2 } as typeof image)).toEqual([100, 150]);
    expect(sizeOf({ width: 1000, height: 100 }, { ...image, pixelAspect: 0.5 } as typeof image)).toEqual([267, 100]);
  });

  it.each([
    [{ width: 0, height: 10 }],
    [{ width: 10, height: -1 }],
    [{ width: 1.5, height: 10 }],
    [{ width: Number.NaN, height: 10 }],
    [{ width: 16384, height: 1 }],
    [{ width: 16383, height: 16383 }],
    [{ width: 10, height: 10, x: -1 }],
    [{ width: 10, height: 10, x: 512 }],
    [{ width: 10, height: 10, y: 1e9 }],
    [{ width: 10, height: 10, regionWidth: 0 }],
    [{ width: 10, height: 10, regionHeight: Number.NaN }],
  ])('refuses %j', (viewport) => {
    expect(() => placeViewport(image, viewport)).toThrow(expect.objectContaining({ code: 'invalid-request' }));
  });
});
