import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseDurationSeconds } from '../../src/access/duration.js';

describe('parseDurationSeconds', () => {
  it.each([
    ['30s', 30],
    ['15m', 900],
    ['1h', 3_600],
    ['7d', 604_800],
  ])('reads %s', (text, seconds) => {
    expect(parseDurationSeconds(text)).toBe(seconds);
  });

  it.each(['', '1', 'h', '0s', '1.5h', '-1h', '1 h', '1H', '1w', '1h30m', '123456789s', '1e3s', '١h'])(
    'refuses %j',
    (text) => {
      expect(() => parseDurationSeconds(text)).toThrow('A length of time is');
    },
  );

  it('reads a whole number of its unit, whatever the number', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 99_999_999 }), (count) => {
        expect(parseDurationSeconds(`${count}m`)).toBe(count * 60);
      }),
    );
  });
});
