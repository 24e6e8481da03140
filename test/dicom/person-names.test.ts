import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { foldPersonName, splitPersonName } from '../../src/dicom/person-names.js';

describe('splitPersonName', () => {
  it('gives the three component groups without padding', () => {
    expect(splitPersonName('Yamada^Tarou=山田^太郎=やまだ^たろう ')).toEqual({
      alphabetic: 'Yamada^Tarou',
      ideographic: '山田^太郎',
      phonetic: 'やまだ^たろう',
    });
  });

  it('gives empty texts for groups that are not there', () => {
    expect(splitPersonName('DOE^JOHN')).toEqual({ alphabetic: 'DOE^JOHN', ideographic: '', phonetic: '' });
    expect(splitPersonName('=山田')).toEqual({ alphabetic: '', ideographic: '山田', phonetic: '' });
    expect(splitPersonName('')).toEqual({ alphabetic: '', ideographic: '', phonetic: '' });
  });

  it('keeps what follows a third = with the phonetic group', () => {
    expect(splitPersonName('A=B=C=D').phonetic).toBe('C=D');
  });
});

describe('foldPersonName', () => {
  it.each([
    ['SMITH^ANNA', 'smith^anna'],
    ['Müller', 'muller'],
    ['MU\u0308LLER', 'muller'],
    ['Šárka^Dvořáková', 'sarka^dvorakova'],
    ['STRAßE', 'strasse'],
    ['İrem', 'irem'],
    ['ΔΙΟΝΥΣΙΟΣ', 'διονυσιοσ'],
    ['Διονύσιος', 'διονυσιοσ'],
    ['がぎ', 'かき'],
  ])('MA-02 takes case and accents from %s', (name, key) => {
    expect(foldPersonName(name)).toBe(key);
  });

  it.each([
    ['DOE^J^^^', 'doe^j'],
    ['DOE^J^ ^', 'doe^j'],
    ['  DOE   VAN ^ J ', 'doe van^j'],
    ['山田\u3000太郎', '山田 太郎'],
    ['^J', '^j'],
    ['^^^', ''],
    ['', ''],
  ])('MA-18 ignores padding and empty components at the end of %j', (name, key) => {
    expect(foldPersonName(name)).toBe(key);
  });

  it('leaves wildcards alone, and folds a prefix to a prefix', () => {
    expect(foldPersonName('Mü*^?')).toBe('mu*^?');
    expect(foldPersonName('ΔΙΟΝΥΣΙΟΣ').startsWith(foldPersonName('ΔΙΟΝΥΣ'))).toBe(true);
  });

  it('MA-02 keeps a Hangul syllable one character, however it was written', () => {
    expect(foldPersonName('김^희중')).toBe('김^희중');
    expect(foldPersonName('김^희중'.normalize('NFD'))).toBe('김^희중');
  });

  it('changes nothing when done again, for any text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (name) => {
        const key = foldPersonName(name);
        expect(foldPersonName(key)).toBe(key);
      }),
      { numRuns: 1000 },
    );
  });

  it('takes time in proportion to hostile names', () => {
    const start = performance.now();
    for (const name of ['^'.repeat(2 ** 20), ' '.repeat(2 ** 20), `${'^ '.repeat(2 ** 19)}x`]) foldPersonName(name);
    expect(performance.now() - start).toBeLessThan(2000);
  });
});
