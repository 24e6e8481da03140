import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { matchesFuzzyName, parseFuzzyName } from '../../src/dicom/matching-fuzzy-names.js';
import { matchesPersonName, parsePersonName } from '../../src/dicom/matching-names.js';
import { ArchiveError } from '../../src/errors.js';

const finds = (key: string, name: string): boolean => matchesFuzzyName(parseFuzzyName(key), name);
const YAMADA = 'Yamada^Tarou=山田^太郎=やまだ^たろう';

describe('matchesFuzzyName', () => {
  it.each([
    ['smith', 'SMITH^ANNA'],
    ['anna', 'SMITH^ANNA'],
    ['anna smith', 'SMITH^ANNA'],
    ['Smith, Anna', 'SMITH^ANNA'],
    ['ANNA^SMITH', 'Smith^Anna'],
    ['smi an', 'SMITH^ANNA'],
    ['a', 'SMITH^ANNA'],
    ['josé muller', 'MÜLLER^JOSE'],
    ['müller', 'Muller^Ännchen'],
    ['taylor', 'JONES-TAYLOR^BEATRICE'],
    ['jones-taylor', 'TAYLOR^JONES'],
    ['van', 'VAN DER BERG^JAN'],
    ['berg jan', 'VAN DER BERG^JAN'],
    ['john', 'SMITH, JOHN'],
    ['dr', 'SMITH^ANNA^^DR'],
    ['*mit*', 'SMITH^ANNA'],
    ['*DOE^J*', 'DOE^JANE'],
    ['s?ith', 'SMITH^ANNA'],
    ['sm*h', 'SMITH^ANNA'],
    ["o'br", "O'BRIEN^SEAN"],
  ])('QD-09 MA-02 finds by %s the name %s', (key, name) => {
    expect(finds(key, name)).toBe(true);
  });

  it.each([
    ['mith', 'SMITH^ANNA'],
    ['smith bob', 'SMITH^ANNA'],
    ['smithe', 'SMITH^ANNA'],
    ['brien', "O'BRIEN^SEAN"],
    ['?mithx', 'SMITH^ANNA'],
    ['smith', ''],
    ['s_ith', 'SMITH^ANNA'],
    ['s%', 'SMITH^ANNA'],
  ])('QD-09 does not find by %s the name %s', (key, name) => {
    expect(finds(key, name)).toBe(false);
  });

  it.each(['太郎', '山', 'たろう やまだ', 'tarou yam'])(
    'QD-09 tries the words of %s on each component group',
    (key) => {
      expect(finds(key, YAMADA)).toBe(true);
    },
  );

  it('QD-09 wants all words in one component group, and those of a group that is named there', () => {
    expect(finds('yamada 太郎', YAMADA)).toBe(false);
    expect(finds('yamada=太郎', YAMADA)).toBe(true);
    expect(finds('=太郎', YAMADA)).toBe(true);
    expect(finds('太郎=', YAMADA)).toBe(false);
    expect(finds('==たろう', YAMADA)).toBe(true);
  });

  it('refuses more than ten words', () => {
    expect(() => parseFuzzyName('a b c d e f g h i j k')).toThrow(ArchiveError);
    expect(parseFuzzyName('a b c d e f g h i j').alphabetic).toHaveLength(10);
  });

  const word = fc.stringMatching(/^[a-zé']{1,6}$/);
  const words = fc.array(word, { minLength: 1, maxLength: 4 });

  it('QD-09 finds a name by beginnings of its words in any order', () => {
    const cut = words.chain((all) =>
      fc.tuple(
        fc.constant(all),
        fc.shuffledSubarray(all, { minLength: 1 }),
        fc.constantFrom('^', ' ', '-'),
        fc.nat({ max: 5 }),
      ),
    );
    fc.assert(
      fc.property(cut, ([all, some, separator, shorter]) => {
        const key = some.map((one) => one.slice(0, Math.max(1, one.length - shorter))).join(' ');
        expect(finds(key, all.join(separator))).toBe(true);
      }),
    );
  });

  it('QD-09 finds all that literal matching finds by a whole name', () => {
    fc.assert(
      fc.property(words, words, (key, name) => {
        const isLiteral = matchesPersonName(parsePersonName(key.join('^')), name.join('^'));
        expect(!isLiteral || finds(key.join('^'), name.join('^'))).toBe(true);
      }),
    );
  });
});
