import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { trigramsOf } from '../../../src/archive/index/trigrams.js';
import { TAG } from '../../../src/dicom/attributes.js';
import { LITERAL, matches, parseMatch } from '../../../src/dicom/matching.js';
import { personNameKeys } from '../../../src/dicom/matching-names.js';

const of = (tag: number, vr: 'LO' | 'PN', key: string, fuzzy = false) =>
  trigramsOf(tag, parseMatch(vr, key, { ...LITERAL, fuzzy }));

describe('trigramsOf', () => {
  it.each([
    ['*chest*', ['che', 'est']],
    ['*abcd', ['abc', 'bcd']],
    ['*ab*', []],
    ['chest*', []],
    ['chest', []],
    ['che*est?x', ['che', 'est']],
    ['*', []],
    ['', []],
    ['*"a\\*', ['"a\\']],
    ['*山田太*', ['山田太']],
    ['*𝒳𝒳𝒳𝒳*', ['𝒳𝒳𝒳']],
  ])('MA-22 knows what %s must hold', (key, trigrams) => {
    expect(of(TAG.StudyDescription, 'LO', key)).toEqual(trigrams);
  });

  it.each([
    ['*DOE^J*', false, ['doe', 'e^j']],
    ['*van der*', false, ['van', '^de', 'der']],
    ['smith*', false, []],
    ['smith anna', true, ['^sm', 'ith', '^an', 'nna']],
    ['sm', true, ['^sm']],
    ['s', true, []],
    ['*mit', true, ['mit']],
    ['=山田', true, ['^山田']],
  ] as const)('MA-22 knows what the name %s must hold (fuzzy: %s)', (key, fuzzy, trigrams) => {
    expect(of(TAG.PatientName, 'PN', key, fuzzy)).toEqual(trigrams);
  });

  it('asks nothing of what the index does not hold', () => {
    expect(of(TAG.StudyID, 'LO', '*chest*')).toEqual([]);
    expect(of(TAG.ReferringPhysicianName, 'PN', '*smith*')).toEqual([]);
  });

  /** What the index makes of a study with that value. */
  function textOf(vr: 'LO' | 'PN', value: string): string {
    if (vr === 'LO') return value.trim();
    return Object.values(personNameKeys(value))
      .map((key) => `^${key.replace(/[ ,-]/g, '^')}`)
      .join('\n');
  }

  const piece = fc.constantFrom('a', 'B', 'é', '^', ' ', '-', ',', '=', '山', '𝒳', '"', '%', '*', '?', 'smith');
  const text = fc.array(piece, { maxLength: 10 }).map((pieces) => pieces.join(''));
  const part = fc
    .tuple(text, fc.nat({ max: 8 }), fc.nat({ max: 8 }))
    .map(([whole, from, length]) => [whole, `*${whole.slice(from, from + length)}*`] as const);

  it.each(['LO', 'PN'] as const)('MA-22 rules out nothing that matches: VR %s', (vr) => {
    const tag = vr === 'PN' ? TAG.PatientName : TAG.PatientID;
    fc.assert(
      fc.property(fc.oneof(part, fc.tuple(text, text)), fc.boolean(), ([value, key], fuzzy) => {
        const match = parseMatch(vr, key, { ...LITERAL, fuzzy });
        fc.pre(matches(match, vr, [value]));
        const held = textOf(vr, value);
        expect(trigramsOf(tag, match).filter((trigram) => !held.includes(trigram))).toEqual([]);
      }),
      { numRuns: 2_000 },
    );
  });
});
