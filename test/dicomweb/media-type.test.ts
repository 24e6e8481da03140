import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type MediaType, parameterOf, parseMediaType, parseMediaTypes } from '../../src/dicomweb/media-type.js';
import { bestTimeMs } from '../support/best-time.js';

function plain(mediaType: MediaType | undefined) {
  return mediaType && { essence: mediaType.essence, parameters: Object.fromEntries(mediaType.parameters) };
}

const parse = (text: string) => plain(parseMediaType(text));

describe('parseMediaType', () => {
  it('reads a type without parameters', () => {
    expect(parse('application/dicom+json')).toEqual({ essence: 'application/dicom+json', parameters: {} });
  });

  it('MT-15 takes type, subtype and parameter names in any case and leaves values as they are', () => {
    expect(parse('Multipart/Related; Type="Application/DICOM"; BOUNDARY=AbC')).toEqual({
      essence: 'multipart/related',
      parameters: { type: ['Application/DICOM'], boundary: ['AbC'] },
    });
  });

  it.each([
    'multipart/related; type="application/dicom"; transfer-syntax="*"',
    'multipart/related; type=application/dicom; transfer-syntax=*',
    'multipart/related; type=application/dicom; transfer-syntax="*"',
    'multipart/related; transfer-syntax=*; type="application/dicom"',
    'multipart/related;type="application/dicom";transfer-syntax=*',
    '  multipart/related ;\ttype = "application/dicom" ; transfer-syntax = * ;',
    'multipart/related; type="application\\/dicom"; transfer-syntax="\\*"',
  ])('MT-16, SW-04 reads quoted, unquoted and spaced parameters alike: %s', (text) => {
    expect(parse(text)).toEqual({
      essence: 'multipart/related',
      parameters: { type: ['application/dicom'], 'transfer-syntax': ['*'] },
    });
  });

  it('MT-23 keeps all values of a parameter in the order sent', () => {
    const sent = 'multipart/related; transfer-syntax="1.2.840.10008.1.2.4.80"; type="image/jls"; transfer-syntax="*"';
    expect(parse(sent)?.parameters['transfer-syntax']).toEqual(['1.2.840.10008.1.2.4.80', '*']);
  });

  it('takes parameters that a viewer quoted together with the type for parameters of the whole', () => {
    expect(parse('multipart/related; type="image/jpeg; transfer-syntax=1.2.840.10008.1.2.4.50"; q=0.5')).toEqual({
      essence: 'multipart/related',
      parameters: { type: ['image/jpeg'], 'transfer-syntax': ['1.2.840.10008.1.2.4.50'], q: ['0.5'] },
    });
  });

  it('takes separators within quotes for data', () => {
    expect(parse('a/b; x="1;2,3=4\\"5\\\\"')?.parameters).toEqual({ x: ['1;2,3=4"5\\'] });
  });

  it('takes a comma in an unquoted boundary for data, as it is a lawful character there', () => {
    expect(parse('multipart/related; boundary=a,b')?.parameters).toEqual({ boundary: ['a,b'] });
  });

  it('passes over empty parameters and names without a value', () => {
    expect(parse('a/b;;level; =;x=')?.parameters).toEqual({ '': [''], x: [''] });
  });

  it('keeps names like __proto__ as mere names', () => {
    expect(parseMediaType('a/b; __proto__=x; constructor=y')?.parameters.get('__proto__')).toEqual(['x']);
  });

  it.each([
    '',
    ' ',
    'dicom',
    '/',
    'a/',
    '/b',
    'a/b/c',
    'a b/c',
    'a/b c',
    '"a/b"',
    'a/b; x="1',
    'a/b; x="1"2',
    'a/b; x="1"2"',
    'a/b; x=1"',
    'a/b; x="1\\"',
    'a/b; "x',
    'ä/b',
  ])('finds no media type in %j', (text) => {
    expect(parseMediaType(text)).toBeUndefined();
  });

  it('B32 refuses a text longer than 16 KiB', () => {
    expect(parseMediaType(`a/b;x=${'y'.repeat(16 * 1024 - 6)}`)).toBeDefined();
    expect(() => parseMediaType(`a/b;x=${'y'.repeat(16 * 1024 - 5)}`)).toThrow(
      expect.objectContaining({ code: 'invalid-request' }),
    );
  });

  it('reads back every value that is written as a quoted string', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 200, unit: 'binary-ascii' }), (value) => {
        const quoted = value.replace(/["\\]/g, '\\$&');
        expect(parseMediaType(`a/b; before=1; x="${quoted}"; after=2`)?.parameters.get('x')).toEqual([value]);
      }),
      { numRuns: 500 },
    );
  });
});

describe('parseMediaTypes', () => {
  it('gives the entries in the order sent, empty ones left out', () => {
    const essences = parseMediaTypes(' a/b ,, c/d;x="1,2" , e/f,').map((mediaType) => mediaType.essence);
    expect(essences).toEqual(['a/b', 'c/d', 'e/f']);
  });

  it('MT-08 leaves out what is no media type', () => {
    const essences = parseMediaTypes('foo, a/b, c/"d", e/f').map((mediaType) => mediaType.essence);
    expect(essences).toEqual(['a/b', 'e/f']);
  });

  it('reads a lone star as any type', () => {
    expect(parseMediaTypes('text/html, *; q=.2').map(plain)).toEqual([
      { essence: 'text/html', parameters: {} },
      { essence: '*/*', parameters: { q: ['.2'] } },
    ]);
  });

  it('loses no more than the rest after an opening quote that is never closed', () => {
    expect(parseMediaTypes('a/b, c/d;x="1, e/f').map((mediaType) => mediaType.essence)).toEqual(['a/b']);
  });

  it('refuses more than 128 entries', () => {
    expect(parseMediaTypes('a/b,'.repeat(128))).toHaveLength(128);
    expect(() => parseMediaTypes('a/b,'.repeat(129))).toThrow(expect.objectContaining({ code: 'invalid-request' }));
  });

  it('throws nothing but ArchiveError and never more entries than commas allow, whatever is sent', () => {
    const unit = fc.constantFrom(',', ';', '"', '\\', '=', '/', '*', 'a', ' ', 'type', 'q', '\u0000', 'é');
    fc.assert(
      fc.property(fc.string({ unit, maxLength: 100 }), (text) => {
        expect(parseMediaTypes(text).length).toBeLessThanOrEqual(text.split(',').length);
      }),
      { numRuns: 1000 },
    );
  });

  it.each([
    'a/b,',
    ',',
    ';',
    'a/b;',
    '"',
    '\\"',
    'a="',
    ' ',
    'a/b;x="y";',
    'a/b;type="x;',
    '"\\',
    '=',
    '*,',
    'a/b;q=0',
  ])('T57 reads 16 KiB of %j in less than 5 ms', (unit) => {
    const tail = unit.repeat(16 * 1024).slice(0, 16 * 1024 - 4);
    const timeMs = bestTimeMs(() => {
      try {
        parseMediaTypes(`a/b;${tail}`);
      } catch {
        // Too many entries are refused; here only the time to do so counts.
      }
    });
    expect(timeMs).toBeLessThan(5);
  });
});

describe('parameterOf', () => {
  it('gives the first value', () => {
    const [mediaType] = parseMediaTypes('a/b; x=1; x=2');
    expect(mediaType && parameterOf(mediaType, 'x')).toBe('1');
    expect(mediaType && parameterOf(mediaType, 'y')).toBeUndefined();
  });
});
