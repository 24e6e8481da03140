import { beforeAll, describe, expect, it } from 'vitest';
import { phantomPatient } from '../../src/phantom/patient.js';
import { RADIOGRAPH_SIZE, RADIOGRAPH_SPACING, radiograph } from '../../src/phantom/radiograph.js';
import { type ReadImage, readImage } from './pixels-of.js';

const negative = phantomPatient(5, { positive: false, site: 'Northern' });
const positive = phantomPatient(5, { positive: true, site: 'Northern' });

/** Row of the topmost pixel: millimetres of the reference adult above the carina. */
const TOP_Z = 168;

describe('radiograph', () => {
  let file: Buffer;
  let clear: ReadImage;
  let hazy: ReadImage;

  beforeAll(() => {
    file = radiograph(negative);
    clear = readImage(file);
    hazy = readImage(radiograph(positive));
  }, 60_000);

  /** Mean stored value about a place of the reference adult. */
  const meanAt = ({ stored }: ReadImage, x: number, z: number, reach = 12): number => {
    const [sx, , sz] = negative.stretch;
    const column = Math.round((x * sx) / RADIOGRAPH_SPACING + (RADIOGRAPH_SIZE - 1) / 2);
    const row = Math.round(((TOP_Z - z) * sz) / RADIOGRAPH_SPACING);
    let sum = 0;
    for (let j = row - reach; j <= row + reach; j += 1) {
      for (let i = column - reach; i <= column + reach; i += 1) sum += stored[j * RADIOGRAPH_SIZE + i] ?? Number.NaN;
    }
    return sum / (2 * reach + 1) ** 2;
  };

  it('shows the lungs darker than mediastinum, heart and liver', () => {
    const lungs = Math.max(meanAt(clear, -85, 0), meanAt(clear, 90, 10), meanAt(clear, -80, -60));
    const dense = Math.min(meanAt(clear, 0, -20), meanAt(clear, 45, -80), meanAt(clear, -70, -170));
    expect(dense - lungs).toBeGreaterThan(800);
  });

  it("shows the heart on the patient's left, which is the right of the image", () => {
    expect(meanAt(clear, 55, -85)).toBeGreaterThan(meanAt(clear, -62, -85) + 400);
  });

  it('shows air beside the neck black', () => {
    expect(meanAt(clear, 170, 155)).toBeLessThan(100);
  });

  it('keeps to 12 bits and uses most of them', () => {
    const sorted = Int16Array.from(clear.stored).sort();
    expect(sorted[0]).toBeGreaterThanOrEqual(0);
    expect(sorted.at(-1)).toBeLessThanOrEqual(4095);
    expect(sorted[Math.floor(sorted.length * 0.98)]).toBeGreaterThan(3000);
  });

  it('is smooth: neighbours differ little more than the grain of the detector', () => {
    const { stored } = clear;
    const steps = stored.map((value, index) => Math.abs(value - (stored[index + 1] ?? value))).sort();
    expect(steps[Math.floor(steps.length * 0.9)]).toBeLessThan(120);
  });

  it('is hazier where opacities are', () => {
    const brighter = hazy.stored.reduce((sum, value, index) => sum + value - (clear.stored[index] ?? value), 0);
    expect(brighter / hazy.stored.length).toBeGreaterThan(3);
  });

  it('gives the same bytes again', () => {
    expect(radiograph(phantomPatient(5, { positive: false, site: 'Northern' })).equals(file)).toBe(true);
  });
});
