import { describe, expect, it } from 'vitest';
import { isText, isUTF8Acceptable } from '../../src/dicomweb/charset.js';

const asked = (
  header: string | undefined,
  ofParameters: readonly string[] = [],
  ofMediaTypes: readonly string[] = [],
) => isUTF8Acceptable({ header, ofParameters, ofMediaTypes });

describe('isUTF8Acceptable', () => {
  it.each([
    [undefined],
    [''],
    ['utf-8'],
    ['UTF-8'],
    ['utf8'],
    ['*'],
    ['iso-8859-1, *;q=0.1'],
    ['iso-8859-1;q=1, utf-8;q=0.1'],
    ['"ISO_IR 192"'],
    ['utf-8, *;q=0'],
  ])('CS-01 CS-03 CS-07 takes Accept-Charset %s', (header) => {
    expect(asked(header)).toBe(true);
  });

  it.each([
    ['iso-8859-5'],
    ['iso-8859-1, us-ascii'],
    ['utf-8;q=0'],
    ['utf-8;q=0.000, *'],
    ['*;q=0'],
    ['klingon'],
    ['utf-16'],
  ])('CS-03 CS-05 does not take Accept-Charset %s', (header) => {
    expect(asked(header)).toBe(false);
  });

  it.each([['utf-8'], ['UTF-8'], ['"ISO_IR 192"'], ['ISO_IR 192'], ['klingon,utf-8']])(
    'CS-04 CS-07 asks the query before the header: %s',
    (parameter) => {
      expect(asked('iso-8859-5', [parameter])).toBe(true);
    },
  );

  it('CS-04 asks a media type before the header', () => {
    expect(asked('iso-8859-5', [], ['utf-8'])).toBe(true);
  });

  it('CS-02 CS-04 ignores what it does not know in query and media types', () => {
    expect(asked(undefined, ['klingon'], ['klingon'])).toBe(true);
    expect(asked('iso-8859-5', ['klingon'], ['klingon'])).toBe(false);
  });
});

describe('isText', () => {
  it.each([
    'application/dicom+json',
    'application/dicom+xml',
    'application/json',
    'text/csv',
    'application/vnd.sun.wadl+xml',
  ])('is %s', (mediaType) => {
    expect(isText(mediaType)).toBe(true);
  });

  it.each(['application/dicom', 'application/octet-stream', 'image/jpeg', 'application/json-seq'])(
    'is not %s',
    (mediaType) => {
      expect(isText(mediaType)).toBe(false);
    },
  );
});
