import fc from 'fast-check';
import { expect, it } from 'vitest';
import { withoutTrailing } from '../../src/dicom/trailing.js';

it('takes every one of the characters at the end, and no other', () => {
  fc.assert(
    fc.property(fc.string(), fc.nat(5), (text, count) => {
      const expected = text.replace(/=+$/, '');
      expect(withoutTrailing(text + '='.repeat(count), '=')).toBe(expected);
    }),
  );
});

it('T52 takes a moment for a million of them that are not at the end', () => {
  const startedAt = performance.now();
  expect(withoutTrailing(`${'='.repeat(1_000_000)}A`, '=')).toHaveLength(1_000_001);
  expect(performance.now() - startedAt).toBeLessThan(1_000);
});
