import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isUID } from '../../src/dicom/uids.js';
import { phantomPatient, uidOf } from '../../src/phantom/patient.js';

const seeds = fc.nat(1_000_000);

describe('phantomPatient', () => {
  it('gives the same patient for the same seed', () => {
    const make = () => phantomPatient(12, { positive: true, site: 'Northern' });
    expect(make()).toEqual(make());
    expect(make().pseudonym).toBe('Covid1012');
  });

  it('makes people that could be', () => {
    fc.assert(
      fc.property(seeds, fc.boolean(), (seed, isPositive) => {
        const patient = phantomPatient(seed, { positive: isPositive, site: 'Northern' });
        expect(patient.ageYears).toBeGreaterThanOrEqual(18);
        expect(patient.ageYears).toBeLessThan(100);
        expect(patient.radiographDate).toMatch(/^202[01]\d{4}$/);
        expect(patient.ctDate >= patient.radiographDate).toBe(true);
        expect(patient.ctDate).toMatch(/^202[01]\d{4}$/);
        expect(patient.ctTime).toMatch(/^[012]\d[0-5]\d[0-5]\d$/);
        expect(patient.opacities.length > 0).toBe(isPositive);
        for (const size of patient.stretch) expect(Math.abs(size - 1)).toBeLessThan(0.3);
      }),
      { numRuns: 100 },
    );
  });

  it('puts most opacities into the back and the lower half of the lungs', () => {
    const opacities = Array.from({ length: 40 }, (_, seed) =>
      phantomPatient(seed, { positive: true, site: 'A' }),
    ).flatMap((patient) => patient.opacities);
    const share = (isSo: (centre: readonly [number, number, number]) => boolean): number =>
      opacities.filter(({ centre }) => isSo(centre)).length / opacities.length;
    expect(share(([, y]) => y > 10)).toBeGreaterThan(0.6);
    expect(share(([, , z]) => z < -25)).toBeGreaterThan(0.55);
    expect(share(([x]) => x < 0)).toBeCloseTo(0.5, 1);
  });

  it.each([-1, 0.5, Number.NaN, 2 ** 60])('refuses the seed %d', (seed) => {
    expect(() => phantomPatient(seed, { positive: true, site: 'Northern' })).toThrow(RangeError);
  });
});

describe('uidOf', () => {
  it('gives UIDs derived from UUIDs, one for each patient and name', () => {
    const uids = new Set<string>();
    fc.assert(
      fc.property(fc.uniqueArray(seeds, { minLength: 20, maxLength: 20 }), (several) => {
        for (const seed of several) {
          const patient = phantomPatient(seed, { positive: false, site: 'Northern' });
          const made = [uidOf(patient, 'a'), uidOf(patient, 'b'), uidOf({ ...patient, site: 'Southern' }, 'a')];
          for (const uid of made) expect(isUID(uid)).toBe(true);
          for (const uid of made) expect(uid).toMatch(/^2\.25\.[1-9]\d{30,38}$/);
          expect(new Set(made).size).toBe(3);
          for (const uid of made) uids.add(`${seed} ${uid}`);
        }
      }),
      { numRuns: 5 },
    );
    const alone = [...uids].map((each) => each.split(' ')[1]);
    expect(new Set(alone).size).toBe(uids.size);
  });
});
