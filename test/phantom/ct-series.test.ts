import { beforeAll, describe, expect, it } from 'vitest';
import { ctSeries } from '../../src/phantom/ct-series.js';
import { phantomPatient } from '../../src/phantom/patient.js';
import { hounsfieldAt, type ReadImage, readImage } from './pixels-of.js';

const positive = phantomPatient(3, { positive: true, site: 'Northern' });
const negative = phantomPatient(3, { positive: false, site: 'Northern' });

/** A place of the reference adult in this patient's own millimetres. */
const inPatient = (x: number, y: number, z: number): readonly [number, number, number] => [
  x * negative.stretch[0],
  y * negative.stretch[1],
  z * negative.stretch[2],
];

describe('ctSeries', () => {
  let clear: ReadImage[] = [];
  let hazy: ReadImage[] = [];

  beforeAll(() => {
    clear = [...ctSeries(negative)].map(readImage);
    hazy = [...ctSeries(positive)].map(readImage);
  }, 60_000);

  it.each([
    ['air in front of the chest', inPatient(0, -160, -40), -1010, -990],
    ['the windpipe', inPatient(1, 10, 60), -1000, -960],
    ['the right lung', inPatient(-75, -30, -30), -940, -700],
    ['the left lung', inPatient(85, -20, -10), -940, -700],
    ['the heart', inPatient(40, -28, -84), 25, 65],
    ['the descending aorta', inPatient(25 + negative.habitus.spineBend, 33, -60), 20, 65],
    ['the liver', inPatient(-70, -10, -165), 40, 80],
    ['a vertebral body', inPatient(negative.habitus.spineBend, 50, -42), 120, 420],
  ])('gives %s its Hounsfield units', (_name, place, low, high) => {
    const mean = hounsfieldAt(clear, place);
    expect(mean).toBeGreaterThan(low);
    expect(mean).toBeLessThan(high);
  });

  it('has cortical bone somewhere in each slice', () => {
    for (const { stored } of clear) expect(Math.max(...stored) - 1024).toBeGreaterThan(300);
  });

  it('makes 64 slices of 256 by 256 that follow one another at an even distance from the head down', () => {
    expect(clear.map(({ rows, columns }) => [rows, columns])).toEqual(Array(64).fill([256, 256]));
    const places = clear.map(({ position }) => position[2] ?? Number.NaN);
    const spacing = Number(clear[0]?.text('x00180088'));
    places.slice(1).forEach((place, index) => {
      expect((places[index] ?? Number.NaN) - place).toBeCloseTo(spacing, 3);
    });
    expect(clear.map((slice) => slice.text('x00200013'))).toEqual(clear.map((_, index) => String(index + 1)));
  });

  it('centres the field on the patient', () => {
    for (const { position, spacing, columns } of clear) {
      expect((position[0] ?? 0) + ((spacing[0] ?? 0) * (columns - 1)) / 2).toBeCloseTo(0, 2);
    }
  });

  it('makes the lung denser at every opacity of the ground truth and nowhere else', () => {
    expect(positive.opacities.length).toBeGreaterThan(5);
    for (const { centre } of positive.opacities) {
      const added = hounsfieldAt(hazy, centre, 2) - hounsfieldAt(clear, centre, 2);
      expect(added).toBeGreaterThan(60);
    }
    const apart = hazy.reduce((sum, { stored }, slice) => {
      const other = clear[slice]?.stored ?? stored;
      return sum + stored.filter((value, index) => Math.abs(value - (other[index] ?? 0)) > 1).length;
    }, 0);
    const [x = 1, y = 1] = clear[0]?.spacing ?? [];
    const voxel = x * y * Number(clear[0]?.text('x00180088'));
    const boxes = positive.opacities.reduce((sum, { radii: [a, b, c] }) => sum + 8 * a * b * c * 1.6 ** 3, 0);
    expect(apart * voxel).toBeLessThan(boxes);
  });

  it('puts opacities into both lungs', () => {
    expect(new Set(positive.opacities.map(({ centre }) => Math.sign(centre[0]))).size).toBe(2);
    expect(negative.opacities).toEqual([]);
  });

  it('gives the same bytes again, and other bytes for another patient', () => {
    const [first, again] = [
      { slices: 3, size: 64 },
      { slices: 3, size: 64 },
    ].map((options) => Buffer.concat([...ctSeries(positive, options)]));
    const other = Buffer.concat([
      ...ctSeries(phantomPatient(4, { positive: true, site: 'Northern' }), { slices: 3, size: 64 }),
    ]);
    expect(first?.equals(again ?? Buffer.alloc(0))).toBe(true);
    expect(first?.equals(other)).toBe(false);
  });

  it('never uses a SOP Instance UID for two different images', () => {
    const files = [
      ...ctSeries(positive, { slices: 2, size: 32 }),
      ...ctSeries(positive, { slices: 2, size: 48 }),
      ...ctSeries(negative, { slices: 2, size: 32 }),
    ];
    expect(new Set(files.map((file) => readImage(file).text('x00080018'))).size).toBe(files.length);
  });

  it.each([{ slices: 0 }, { slices: 1.5 }, { slices: 5000 }, { size: 0 }, { size: 4096 }])(
    'refuses a series of %o',
    (options) => {
      expect(() => [...ctSeries(positive, options)]).toThrow(RangeError);
    },
  );
});
