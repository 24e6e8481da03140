import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseQuery } from '../../src/dicomweb/query-parameters.js';
import { ArchiveError } from '../../src/errors.js';
import { bestTimeMs } from '../support/best-time.js';

const pairs = (query: string) => parseQuery(query).map(({ name, value }) => [name, value]);

/** Queries of what means something in them, and of anything at all. */
const anyQuery = fc.oneof(
  fc
    .array(
      fc.constantFrom('a', '=', '&', '%', '%41', '%00', '%C3', '%A9', '[', ']', '+', '.', ',', '%2C', '?', '#', '"'),
      { maxLength: 400 },
    )
    .map((all) => all.join('')),
  fc.string({ unit: 'binary-ascii', maxLength: 400 }),
  fc.string({ unit: 'binary', maxLength: 400 }),
  fc.string({ unit: 'grapheme', maxLength: 400 }).map(encodeURIComponent),
);

describe('parseQuery', () => {
  it('gives names and values in the order sent', () => {
    expect(parseQuery('PatientID=A&limit=10&PatientName')).toEqual([
      { name: 'PatientID', value: 'A', hasValue: true },
      { name: 'limit', value: '10', hasValue: true },
      { name: 'PatientName', value: '', hasValue: false },
    ]);
  });

  it('QP-11 gives none for an empty query', () => {
    expect(parseQuery('')).toEqual([]);
  });

  it('passes over empty parameters', () => {
    expect(pairs('&a=1&&b=2&')).toEqual([
      ['a', '1'],
      ['b', '2'],
    ]);
  });

  it('QP-10 tells a name without a value from one with an empty value', () => {
    expect(parseQuery('includefield&PatientSex=')).toEqual([
      { name: 'includefield', value: '', hasValue: false },
      { name: 'PatientSex', value: '', hasValue: true },
    ]);
  });

  it('QP-06 keeps percent-encoded delimiters as data', () => {
    expect(pairs('PatientName=A%26B&StudyDescription=a%2Cb%3Dc%23%5B%5D')).toEqual([
      ['PatientName', 'A&B'],
      ['StudyDescription', 'a,b=c#[]'],
    ]);
  });

  it('QP-06 parts a parameter at its first = only, before decoding', () => {
    expect(pairs('PatientName=a=b=c&x%3Dy=1')).toEqual([
      ['PatientName', 'a=b=c'],
      ['x=y', '1'],
    ]);
  });

  it('QP-07 decodes UTF-8', () => {
    expect(pairs('PatientName=%E7%8E%8B*&x=%f0%9f%98%80')).toEqual([
      ['PatientName', '王*'],
      ['x', '😀'],
    ]);
  });

  it('QP-08 MT-14 leaves + a plus, encoded or not', () => {
    expect(pairs('PatientID=A+B&PatientName=A%2BB&accept=application/dicom+json')).toEqual([
      ['PatientID', 'A+B'],
      ['PatientName', 'A+B'],
      ['accept', 'application/dicom+json'],
    ]);
  });

  it('QP-09 B26 takes brackets for characters of the name', () => {
    expect(pairs('PatientID[x]=1&a[]=2&__proto__[z]=3&constructor=4')).toEqual([
      ['PatientID[x]', '1'],
      ['a[]', '2'],
      ['__proto__[z]', '3'],
      ['constructor', '4'],
    ]);
  });

  it('QP-12 keeps what is repeated', () => {
    expect(pairs('a=1&a=2')).toEqual([
      ['a', '1'],
      ['a', '2'],
    ]);
  });

  it('decodes once', () => {
    expect(pairs('a=%2525&b=%252C')).toEqual([
      ['a', '%25'],
      ['b', '%2C'],
    ]);
  });

  it.each([
    ['%', 'a lone percent sign'],
    ['a=%4', 'half an escape'],
    ['a=%GG', 'an escape that is not hexadecimal'],
    ['a=%C3', 'half a character'],
    ['a=%FF', 'a byte that is never UTF-8'],
    ['a=%E9', 'a letter in Latin-1'],
    ['a=%C0%AF', 'an overlong form'],
    ['a=%ED%A0%80', 'a surrogate'],
    ['a=%F4%90%80%80', 'a code point beyond the last'],
    ['%C3%=1', 'a bad escape in a name'],
  ])('B28 refuses %s: %s', (query) => {
    expect(() => parseQuery(query)).toThrow(ArchiveError);
    expect(() => parseQuery(query)).toThrow('percent-encoded UTF-8');
  });

  it.each(['StudyInstanceUID=1.2%00', 'a%00b=1', '%00'])('QP-13 refuses the NUL in %s', (query) => {
    expect(() => parseQuery(query)).toThrow('NUL');
  });

  it.each(['PatientName=王', 'PatientName=\u00e7\u008e\u008b', 'a=b c', 'a=\n', 'a=\0'])(
    'QP-07 refuses %j, which can not stand in a URI',
    (query) => {
      expect(() => parseQuery(query)).toThrow('percent-encoding');
    },
  );

  it.each(['=1', 'a=1&=2', '='])('refuses %s, a value without a name', (query) => {
    expect(() => parseQuery(query)).toThrow('no name');
  });

  it('takes 1,000 parameters and no more', () => {
    expect(parseQuery(Array(1_000).fill('a=1').join('&'))).toHaveLength(1_000);
    expect(() => parseQuery(Array(1_001).fill('a=1').join('&'))).toThrow('1000 parameters');
    expect(() => parseQuery('&'.repeat(100_000))).toThrow('1000 parameters');
  });

  it('gives back what encodeURIComponent encoded', () => {
    const text = fc.string({ unit: 'grapheme', maxLength: 20 }).map((one) => one.replaceAll('\0', 'x'));
    const parameter = fc.tuple(
      text.filter((name) => name !== ''),
      text,
    );
    fc.assert(
      fc.property(fc.array(parameter, { maxLength: 20 }), (parameters) => {
        const query = parameters.map((pair) => pair.map(encodeURIComponent).join('=')).join('&');
        expect(pairs(query)).toEqual(parameters);
      }),
      { numRuns: 300 },
    );
  });

  it('parses any text or refuses it as an invalid request', () => {
    fc.assert(
      fc.property(anyQuery, (query) => {
        try {
          for (const { name, value } of parseQuery(query)) {
            expect(name).not.toBe('');
            expect(name + value).not.toContain('\0');
          }
        } catch (error) {
          expect(error).toMatchObject({ name: 'ArchiveError', code: 'invalid-request' });
        }
      }),
      { numRuns: 2_000 },
    );
  });

  it.each([
    ['parameters', 'a=%41&'.repeat(999)],
    ['escapes', `a=${'%41'.repeat(5_400)}`],
    ['separators', `a=${'='.repeat(16 * 1024)}`],
    ['plain text', `a=${'b'.repeat(16 * 1024)}`],
  ])('takes less than 5 ms for 16 KiB of %s', (_, query) => {
    expect(bestTimeMs(() => parseQuery(query))).toBeLessThan(5);
  });
});
