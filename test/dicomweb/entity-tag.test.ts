import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  boundaryOf,
  entityTag,
  isNamedIn,
  isNamedStronglyIn,
  isRangeOf,
  RepresentationDigest,
} from '../../src/dicomweb/entity-tag.js';

const digestOf = (...properties: readonly (string | number | undefined)[]): string =>
  new RepresentationDigest().add(...properties).end();
const tag = entityTag(digestOf('x'));

describe('RepresentationDigest', () => {
  it('HT-01 is the same for the same, and another for anything else', () => {
    const property = fc.oneof(fc.string(), fc.integer(), fc.constant(undefined));
    fc.assert(
      fc.property(fc.array(property), fc.array(property), (one, other) => {
        const isSame = JSON.stringify(one) === JSON.stringify(other);
        expect(digestOf(...one) === digestOf(...other)).toBe(isSame);
      }),
    );
  });

  it('HT-01 tells apart what is added together and one after the other', () => {
    const together = digestOf('a', 'b');
    const after = new RepresentationDigest().add('a').add('b').end();
    expect(together).not.toBe(after);
  });
});

describe('boundaryOf', () => {
  it('MP-04 is lawful, and nothing of the entity tag', () => {
    const boundary = boundaryOf(digestOf('x'));
    expect(boundary).toMatch(/^[0-9a-f]{32}$/);
    expect(entityTag(digestOf('x'))).not.toContain(boundary);
  });
});

describe('isNamedIn', () => {
  it.each([tag, `W/${tag}`, '*', ' * ', `"a", ${tag}`, `${tag},"b"`, `"a,b" ,W/"c", ${tag}`])(
    'HT-02 finds %s',
    (header) => {
      expect(isNamedIn(header, tag)).toBe(true);
    },
  );

  it.each([
    undefined,
    '',
    '"',
    '"other"',
    tag.slice(1, -1),
    tag.slice(0, -1),
    `'${tag.slice(1, -1)}'`,
    '**',
    `"${tag}`,
  ])('HT-02 does not find %s', (header) => {
    expect(isNamedIn(header, tag)).toBe(false);
  });

  it('takes a header of 100 KiB in no time', () => {
    const begun = performance.now();
    for (const piece of ['"', 'W/"', '"",', 'W/', ' ', '*']) isNamedIn(piece.repeat(100_000 / piece.length), tag);
    expect(performance.now() - begun).toBeLessThan(500);
  });
});

describe('isNamedStronglyIn', () => {
  it.each([tag, '*', `"a", ${tag}`, `W/"b",${tag}`])('finds %s', (header) => {
    expect(isNamedStronglyIn(header, tag)).toBe(true);
  });

  it.each(['', '"other"', `W/${tag}`, tag.slice(1, -1)])('does not find %s', (header) => {
    expect(isNamedStronglyIn(header, tag)).toBe(false);
  });
});

describe('isRangeOf', () => {
  it.each([undefined, tag, ` ${tag} `])('HT-06 lets %s have its range', (header) => {
    expect(isRangeOf(header, tag)).toBe(true);
  });

  it.each(['"other"', `W/${tag}`, 'Sat, 01 Jan 2000 00:00:00 GMT', '', '*', `${tag}, "b"`])(
    'HT-06 gives %s the whole',
    (header) => {
      expect(isRangeOf(header, tag)).toBe(false);
    },
  );
});
