import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { matchesPersonName, parsePersonName, personNameKeys } from '../../src/dicom/matching-names.js';

const finds = (key: string, name: string): boolean => matchesPersonName(parsePersonName(key), name);
const WANG = 'Wang^XiaoDong=王^小東=';
const YAMADA = 'Yamada^Tarou=山田^太郎=やまだ^たろう';

describe('personNameKeys', () => {
  it('folds each component group, and gives empty keys for those that are not there', () => {
    expect(personNameKeys('MÜLLER ^ José^^^')).toEqual({ alphabetic: 'muller^jose', ideographic: '', phonetic: '' });
    expect(personNameKeys(YAMADA)).toMatchObject({ alphabetic: 'yamada^tarou', ideographic: '山田^太郎' });
    expect(personNameKeys('')).toEqual({ alphabetic: '', ideographic: '', phonetic: '' });
  });
});

describe('matchesPersonName', () => {
  it.each([
    ['王*', WANG],
    ['wang*', WANG],
    ['山田*', YAMADA],
    ['やまだ*', YAMADA],
    ['yamada^tarou', YAMADA],
    ['山?^*', YAMADA],
  ])('MA-17 tries the key %s, which names no component group, on each of them', (key, name) => {
    expect(finds(key, name)).toBe(true);
  });

  it('MA-17 finds by a component group only what stands in that group', () => {
    expect(finds('=王*', WANG)).toBe(true);
    expect(finds('=wang*', WANG)).toBe(false);
    expect(finds('王*=', WANG)).toBe(false);
    expect(finds('==やまだ*', YAMADA)).toBe(true);
    expect(finds('==山田*', YAMADA)).toBe(false);
  });

  it('MA-17 demands each component group that the key has', () => {
    expect(finds('wang*=王*', WANG)).toBe(true);
    expect(finds('wang*=李*', WANG)).toBe(false);
    expect(finds('li*=王*', WANG)).toBe(false);
    expect(finds('wang*=王*=*', WANG)).toBe(true);
  });

  it.each([
    ['DOE^J', 'DOE^J^^^'],
    ['DOE^J^^^', 'DOE^J'],
    ['DOE^J', ' DOE ^ J '],
    ['  doe ^  j', 'DOE^J'],
    ['DOE^', 'DOE'],
    ['DOE  SMITH', 'DOE SMITH'],
    ['DOE^J', 'DOE^J=='],
  ])('MA-18 takes the key "%s" and the name "%s" for the same', (key, name) => {
    expect(finds(key, name)).toBe(true);
  });

  it('MA-18 keeps components apart, and those in the middle', () => {
    expect(finds('DOE^J', 'DOE J')).toBe(false);
    expect(finds('DOE^^J', 'DOE^J')).toBe(false);
    expect(finds('DOEJ', 'DOE J')).toBe(false);
  });

  it('finds nothing in an empty name', () => {
    expect(finds('?*', '')).toBe(false);
    expect(finds('^', '')).toBe(false);
    expect(finds('=王', '')).toBe(false);
  });

  it('MA-02 finds any name by itself in composed and decomposed form, and by any start of it', () => {
    const grapheme = fc
      .string({ unit: 'grapheme', minLength: 1, maxLength: 1 })
      .map((text) => text.normalize('NFD').replace(/[*?=^\s]/g, 'x'));
    fc.assert(
      fc.property(fc.array(grapheme, { minLength: 1, maxLength: 30 }), fc.nat(30), (graphemes, length) => {
        const name = graphemes.join('');
        fc.pre(personNameKeys(name).alphabetic !== '');
        expect(finds(name.normalize('NFD'), name)).toBe(true);
        expect(finds(name.normalize('NFC'), name)).toBe(true);
        expect(finds(`${graphemes.slice(0, length).join('')}*`, name)).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  it('MA-02 finds any European name by itself in upper and lower case', () => {
    const letters = fc.constantFrom(...'aàÁbçDðéßŁøœÑ Ž^ΑάΣςωЖёїǅﬁ');
    fc.assert(
      fc.property(fc.array(letters, { maxLength: 20 }), (all) => {
        const name = `x${all.join('')}`;
        expect(finds(name.toUpperCase(), name)).toBe(true);
        expect(finds(name.toLowerCase(), name)).toBe(true);
      }),
      { numRuns: 500 },
    );
  });
});
