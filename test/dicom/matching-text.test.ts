import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isUniversal, matchesText, parseText } from '../../src/dicom/matching-text.js';
import { bestTimeMs } from '../support/best-time.js';

/** The same question answered cell by cell: whether the first i tokens match the first j characters. */
function matchesByTable(pattern: string, value: string): boolean {
  const characters = [...value];
  let row = characters.map(() => false);
  row.unshift(true);
  for (const token of pattern) {
    const next = [token === '*' && row[0] === true];
    characters.forEach((character, j) => {
      const one = row[j] === true && (token === '?' || token === character);
      next.push(token === '*' ? row[j + 1] === true || next[j] === true : one);
    });
    row = next;
  }
  return row.at(-1) === true;
}

const fewLetters = (letters: string) =>
  fc.array(fc.constantFrom(...letters), { maxLength: 24 }).map((all) => all.join(''));

describe('parseText', () => {
  it('keeps a key without wildcards as one value', () => {
    expect(parseText('A%_[b]')).toEqual({ kind: 'any-of', values: ['A%_[b]'] });
  });

  it('parts a pattern into what is literal and what is not, and joins stars', () => {
    expect(parseText('AB***?C*')).toEqual({
      kind: 'wildcard',
      tokens: [{ literal: 'AB' }, '*', '?', { literal: 'C' }, '*'],
    });
  });

  it('folds what is literal', () => {
    expect(parseText('Ab*C', (text) => text.toLowerCase())).toEqual({
      kind: 'wildcard',
      tokens: [{ literal: 'ab' }, '*', { literal: 'c' }],
    });
    expect(parseText('AbC', (text) => text.toLowerCase())).toEqual({ kind: 'any-of', values: ['abc'] });
  });
});

describe('isUniversal', () => {
  it.each([
    ['', true],
    ['*', true],
    ['***', true],
    ['?', false],
    ['*?', false],
    ['* *', false],
  ])('of "%s" is %s', (key, expected) => {
    expect(isUniversal(key)).toBe(expected);
  });
});

describe('matchesText', () => {
  it.each([
    ['*a*b', 'aab', true],
    ['*ab*ab', 'abxab', true],
    ['*ab*ab', 'abab', true],
    ['*ab*ab', 'ab', false],
    ['a*a', 'a', false],
    ['??*', 'a', false],
    ['?*?', 'ab', true],
    ['*', '', true],
    ['?', '', false],
  ])('MA-03 %s on "%s" is %s', (key, value, expected) => {
    expect(matchesText(parseText(key), value)).toBe(expected);
  });

  it('MA-03 takes a character beyond the basic plane as one', () => {
    expect(matchesText(parseText('𠮷?*'), '𠮷𠮟')).toBe(true);
    expect(matchesText(parseText('?'), '𠮷')).toBe(true);
    expect(matchesText(parseText('??'), '𠮷')).toBe(false);
  });

  it('MA-03 equals a matcher by dynamic programming on few letters, where chance hits', () => {
    fc.assert(
      fc.property(fewLetters('ab*?'), fewLetters('ab'), (key, value) => {
        expect(matchesText(parseText(key), value)).toBe(matchesByTable(key, value));
      }),
      { numRuns: 5_000 },
    );
  });

  it('MA-03 equals a matcher by dynamic programming on any text', () => {
    const part = fc.oneof(fc.string({ unit: 'binary', maxLength: 4 }), fc.constantFrom('*', '?', '%', '_', '\\', '𠮷'));
    fc.assert(
      fc.property(fc.array(part, { maxLength: 8 }), fc.array(fc.nat(7), { maxLength: 8 }), (parts, order) => {
        const key = parts.join('');
        const value = order.map((i) => parts[i] ?? 'x').join('');
        expect(matchesText(parseText(key), value)).toBe(matchesByTable(key, value));
      }),
      { numRuns: 2_000 },
    );
  });

  it('MA-03 finds a value by any pattern made from it', () => {
    const cut = fc.record({ text: fc.string({ unit: 'binary', maxLength: 30 }), stars: fc.array(fc.nat(30)) });
    fc.assert(
      fc.property(cut, ({ text, stars }) => {
        const value = text.replace(/[*?]/g, 'x');
        const key = [...value].map((one, i) => (stars.includes(i) ? (i % 2 === 0 ? '?' : '*') : one)).join('');
        expect(matchesText(parseText(key), value)).toBe(true);
      }),
      { numRuns: 1_000 },
    );
  });

  it('B25 takes time in proportion to pattern and value for patterns made to backtrack', () => {
    const hard = parseText(`${'*a'.repeat(500)}*b`);
    const value = 'a'.repeat(1024);
    expect(matchesText(hard, value)).toBe(false);
    expect(bestTimeMs(() => matchesText(hard, value))).toBeLessThan(20);
  });
});
