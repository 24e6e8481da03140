import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalPseudonym, findSplitPolicy, splitBucket, splitOf } from '../../src/archive/split.js';

/** Letters that change their length or their shape when the case changes, and every kind of space. */
const pseudonym = fc.oneof(
  fc.string({ maxLength: 40 }),
  fc.string({ unit: 'grapheme', maxLength: 20 }),
  fc.string({
    unit: fc.constantFrom('a', 'Z', 'ß', 'ı', 'ﬁ', 'é', 'ŉ', '9', '-', '_', ' ', '\t', '\u00a0'),
    maxLength: 20,
  }),
);
const spaces = fc.string({ unit: fc.constantFrom(' ', '\t', '\n', '\r', '\u00a0'), maxLength: 4 });

describe('splitBucket', () => {
  it.each([
    ['Covid1', 48],
    ['covid1 ', 48],
    ['Covid2', 74],
    ['Covid6', 36],
    ['Covid0000', 25],
    ['Covid123', 6],
    ['COVID-00042', 1],
    ['NCCID-RA2-000001', 89],
  ])('puts %j into bucket %i', (patientID, bucket) => {
    expect(splitBucket(patientID)).toBe(bucket);
  });

  it('is a whole number from 0 to 99', () => {
    fc.assert(
      fc.property(pseudonym, (patientID) => {
        const bucket = splitBucket(patientID);
        expect(Number.isInteger(bucket) && bucket >= 0 && bucket < 100).toBe(true);
      }),
    );
  });

  it('depends on the canonical form alone', () => {
    fc.assert(
      fc.property(spaces, pseudonym, spaces, (before, patientID, after) => {
        const bucket = splitBucket(patientID);
        expect(splitBucket(`${before}${patientID}${after}`)).toBe(bucket);
        expect(splitBucket(canonicalPseudonym(patientID))).toBe(bucket);
        expect(splitBucket(patientID.toUpperCase())).toBe(bucket);
      }),
    );
  });

  it('uses all buckets about equally', () => {
    const counts = new Array<number>(100).fill(0);
    for (let n = 0; n < 20_000; n++) counts[splitBucket(`Covid${n}`)] = (counts[splitBucket(`Covid${n}`)] ?? 0) + 1;
    expect(Math.min(...counts)).toBeGreaterThan(120);
    expect(Math.max(...counts)).toBeLessThan(290);
  });
});

describe('canonicalPseudonym', () => {
  it('drops the spaces around, not those within, and raises the case', () => {
    expect(canonicalPseudonym(' covid 1a ')).toBe('COVID 1A');
  });

  it('gives the same text when it is applied again', () => {
    fc.assert(
      fc.property(pseudonym, (patientID) => {
        const once = canonicalPseudonym(patientID);
        expect(canonicalPseudonym(once)).toBe(once);
      }),
    );
  });
});

describe('splitOf', () => {
  it.each([
    ['Covid1', 0, 'validation'],
    ['Covid1', 100, 'training'],
    ['Covid1', 50, 'training'],
    ['Covid14', 50, 'validation'],
    ['Covid20', 50, 'training'],
    ['Covid149', 50, 'validation'],
    ['Covid1', 48, 'validation'],
    ['Covid1', 49, 'training'],
  ] as const)('puts %s at %i per cent into %s', (patientID, percentage, split) => {
    expect(splitOf(patientID, percentage)).toBe(split);
  });

  it('follows a site that is all to one side, whatever the pseudonym', () => {
    fc.assert(
      fc.property(pseudonym, fc.constantFrom('training' as const, 'validation' as const), (patientID, policy) => {
        expect(splitOf(patientID, policy)).toBe(policy);
      }),
    );
  });

  it('never takes a patient out of training when the percentage grows', () => {
    fc.assert(
      fc.property(pseudonym, fc.integer({ min: 0, max: 99 }), (patientID, percentage) => {
        if (splitOf(patientID, percentage) === 'training') expect(splitOf(patientID, percentage + 1)).toBe('training');
        expect(splitOf(patientID, 0)).toBe('validation');
        expect(splitOf(patientID, 100)).toBe('training');
      }),
    );
  });
});

describe('findSplitPolicy', () => {
  it.each([
    ['training', 'training'],
    ['validation', 'validation'],
    ['0', 0],
    ['50', 50],
    ['100', 100],
  ] as const)('reads %j', (text, policy) => {
    expect(findSplitPolicy(text)).toBe(policy);
  });

  it.each(['', ' 50', '101', '999', '1000', '-1', '5.5', '5e1', '0x10', 'Training', 'both', '٥'])(
    'finds none in %j',
    (text) => {
      expect(findSplitPolicy(text)).toBeUndefined();
    },
  );

  it('reads back every policy as it is written', () => {
    for (let percentage = 0; percentage <= 100; percentage++) {
      expect(findSplitPolicy(String(percentage))).toBe(percentage);
    }
  });
});
