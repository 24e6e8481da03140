import { describe, expect, it } from 'vitest';
import {
  applyRange,
  applyWindow,
  expectWindow,
  type Window,
  type WindowFunction,
} from '../../../src/pixels/render/window.js';
import { drawn, greyImage, words } from '../../support/native-frame.js';

const shares = (window: Window, ...values: readonly number[]): readonly number[] => {
  const array = Float64Array.from(values);
  applyWindow(array, window);
  return [...array];
};

const window = (center: number, width: number, shape: WindowFunction): Window => ({ center, width, function: shape });

describe('RR-06 applyWindow', () => {
  it('is linear from C - 0.5 - (W - 1) / 2 to C - 0.5 + (W - 1) / 2', () => {
    const values = shares(window(40, 400, 'linear'), -160, -159, 40, 239, 239.001, 240);
    expect(values[0]).toBe(0);
    expect(values[1]).toBeCloseTo(1 / 399, 12);
    expect(values[2]).toBeCloseTo(0.5 + 0.5 / 399, 12);
    expect(values[3]).toBeCloseTo(1, 12);
    expect(values.slice(4)).toEqual([1, 1]);
  });

  it('is exactly linear from C - W / 2 to C + W / 2', () => {
    expect(shares(window(40, 400, 'linear-exact'), -160, -60, 40, 140, 240)).toEqual([0, 0.25, 0.5, 0.75, 1]);
  });

  it('is a sigmoid of e to the -2 and 2 at the edges', () => {
    const [low, middle, high] = shares(window(40, 400, 'sigmoid'), -160, 40, 240);
    expect(low).toBeCloseTo(0.11920292202211755, 12);
    expect(middle).toBe(0.5);
    expect(high).toBeCloseTo(0.8807970779778823, 12);
  });

  it('is a threshold when linear and of width 1', () => {
    expect(shares(window(2.5, 1, 'linear'), 1, 2, 2.0001, 3)).toEqual([0, 0, 1, 1]);
  });

  it('survives what no window has', () => {
    for (const shape of ['linear', 'linear-exact', 'sigmoid'] as const) {
      for (const width of [1e308, Number.MIN_VALUE]) {
        for (const share of shares(window(-1e308, width, shape), -1e308, 0, 1e308)) {
          expect(Number.isNaN(share) || (share >= 0 && share <= 1)).toBe(true);
        }
      }
    }
  });
});

describe('RR-06 expectWindow', () => {
  it.each([[window(40, 1, 'linear')], [window(40, 0.1, 'linear-exact')], [window(-1e6, 0.1, 'sigmoid')]])(
    'takes %j',
    (lawful) => {
      expect(() => expectWindow(lawful)).not.toThrow();
    },
  );

  it.each([
    [window(40, 0.999, 'linear')],
    [window(40, 0, 'linear-exact')],
    [window(40, -1, 'sigmoid')],
    [window(Number.NaN, 400, 'linear')],
    [window(40, Number.NaN, 'sigmoid')],
    [window(40, Number.POSITIVE_INFINITY, 'linear')],
  ])('refuses %j', (unlawful) => {
    expect(() => expectWindow(unlawful)).toThrow(expect.objectContaining({ code: 'invalid-request' }));
  });
});

describe('applyRange', () => {
  it('cuts off what is beyond, and makes one value black', () => {
    const values = Float64Array.from([-5, 0, 5, 10, 15, Number.NaN]);
    applyRange(values, 0, 10);
    expect([...values]).toEqual([0, 0, 0.5, 1, 1, 0]);
    applyRange(values, 1, 1);
    expect([...values]).toEqual([0, 0, 0, 0, 0, 0]);
  });
});

describe('RR-06 the window of a request', () => {
  const image = greyImage({ RescaleIntercept: '-1024', WindowCenter: '0', WindowWidth: '10' });
  const edges = words(1024 - 160, 1024 + 40, 1024 + 239, 1024 + 240);

  it.each([
    ['linear', [0, 128, 255, 255]],
    ['linear-exact', [0, 128, 254, 255]],
    ['sigmoid', [30, 128, 224, 225]],
  ] as const)('is drawn %s, in place of that of the image', (shape, levels) => {
    expect(drawn(image, edges, { window: window(40, 400, shape) })).toEqual(levels);
  });
});
