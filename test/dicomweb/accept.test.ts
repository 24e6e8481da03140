import { describe, expect, it } from 'vitest';
import { describeOffered, negotiate, type Representation } from '../../src/dicomweb/accept.js';

const EXPLICIT = '1.2.840.10008.1.2.1';
const IMPLICIT = '1.2.840.10008.1.2';
const BIG_ENDIAN = '1.2.840.10008.1.2.2';
const BASELINE = '1.2.840.10008.1.2.4.50';
const JLS = '1.2.840.10008.1.2.4.80';
const NEAR_LOSSLESS = '1.2.840.10008.1.2.4.81';
const J2K = '1.2.840.10008.1.2.4.90';
const HTJ2K = '1.2.840.10008.1.2.4.201';
const MP4 = '1.2.840.10008.1.2.4.102';

const multi = (mediaType: string, transferSyntaxUID?: string): Representation => ({
  mediaType,
  multipart: true,
  transferSyntaxUID,
});
const single = (mediaType: string, transferSyntaxUID?: string): Representation => ({
  mediaType,
  multipart: false,
  transferSyntaxUID,
});
const stored = (representation: Representation): Representation => ({ ...representation, stored: true });

const METADATA = [single('application/dicom+json'), multi('application/dicom+xml')];
const STUDY = [multi('application/dicom', EXPLICIT), stored(multi('application/dicom'))];
const RENDERED = [single('image/jpeg'), single('image/png'), single('image/gif')];

const instance = (storedSyntax: string): readonly Representation[] => [
  multi('application/dicom', EXPLICIT),
  stored(multi('application/dicom', storedSyntax)),
  single('application/dicom', EXPLICIT),
  stored(single('application/dicom', storedSyntax)),
];

/** What one frame can be given as: decoded, as stored under its own type, and as stored under no type. */
const frame = (mediaType: string, storedSyntax: string): readonly Representation[] => [
  multi('application/octet-stream', EXPLICIT),
  stored(multi(mediaType, storedSyntax)),
  stored(multi('application/octet-stream', storedSyntax)),
  single('application/octet-stream', EXPLICIT),
  stored(single(mediaType, storedSyntax)),
  stored(single('application/octet-stream', storedSyntax)),
];

/** The chosen representation in short: form, media type, transfer syntax. */
function chosen(acceptHeader: string | undefined, offered: readonly Representation[], ...acceptParameters: string[]) {
  const choice = negotiate({ acceptHeader, acceptParameters }, offered);
  if (choice === undefined) return undefined;
  const form = choice.multipart ? 'multi' : 'single';
  return [form, choice.mediaType, choice.transferSyntaxUID ?? (choice.stored ? 'as stored' : '')].join(' ').trim();
}

const JSON_CHOSEN = 'single application/dicom+json';
const XML_CHOSEN = 'multi application/dicom+xml';
const invalidRequest = expect.objectContaining({ name: 'ArchiveError', code: 'invalid-request' });

describe('negotiate', () => {
  describe('without transfer syntaxes', () => {
    it.each([
      ['AMB-01, B32 a missing header', undefined, JSON_CHOSEN],
      ['an empty header', '', JSON_CHOSEN],
      ['a blank header', '  ', JSON_CHOSEN],
      ['MT-02 anything', '*/*', JSON_CHOSEN],
      ['a lone star', '*', JSON_CHOSEN],
      [
        'MT-03 the higher weight',
        'application/dicom+json;q=0.5, multipart/related;type="application/dicom+xml"',
        XML_CHOSEN,
      ],
      [
        'MT-03 the higher weight, swapped',
        'application/dicom+json, multipart/related;type="application/dicom+xml";q=0.5',
        JSON_CHOSEN,
      ],
      ['MT-03 the weight of the narrowest range', '*/*;q=0.9, application/dicom+json;q=0.1', XML_CHOSEN],
      ['MT-04 an excluded type', 'application/dicom+json;q=0, */*', XML_CHOSEN],
      ['MT-04 an excluded family', 'application/*;q=0, */*', XML_CHOSEN],
      ['B32 everything excluded', '*/*;q=0', undefined],
      ['B32 the only fitting type excluded', 'application/dicom+json;q=0', undefined],
      ['MT-04 zero with decimals', 'application/dicom+json;q=0.000, */*', XML_CHOSEN],
      ['MT-05 a family', 'application/*', JSON_CHOSEN],
      ['any multipart', 'multipart/*', XML_CHOSEN],
      ['any multipart/related', 'multipart/related', XML_CHOSEN],
      ['a family within multipart', 'multipart/related; type="application/*"', XML_CHOSEN],
      ['anything within multipart', 'multipart/related; type="*/*"', XML_CHOSEN],
      ['MT-06, B31 what is not offered', 'text/csv', undefined],
      ['MT-06 another multipart', 'multipart/mixed; type="application/dicom+xml"', undefined],
      ['MT-06 the right type in the wrong form', 'application/dicom+xml', undefined],
      ['MT-06 the right type in the wrong form', 'multipart/related; type="application/dicom+json"', undefined],
      ['MT-08 a garbled entry', 'foo, application/dicom+json', JSON_CHOSEN],
      ['MT-08 an unknown entry', 'application/x-foo, application/dicom+json', JSON_CHOSEN],
      ['MT-08 an unknown parameter', 'application/dicom+json;level=1', JSON_CHOSEN],
      ['MT-08 a garbled weight', 'application/dicom+json;q=high', JSON_CHOSEN],
      ['MT-08 an empty weight', 'application/dicom+json;q=', JSON_CHOSEN],
      ['MT-08 a weight above one', 'application/dicom+json;q=9', JSON_CHOSEN],
      ['MT-08 nothing but a garbled entry', 'foo', undefined],
      ['MT-09, AMB-03 DICOM with rendered types', 'application/dicom+json, text/html', JSON_CHOSEN],
      ['MT-15 capitals', 'Application/DICOM+JSON', JSON_CHOSEN],
      ['MT-15 capitals', 'Multipart/Related; Type="Application/DICOM+XML"', XML_CHOSEN],
      ['MT-16 an unquoted type', 'multipart/related; type=application/dicom+xml', XML_CHOSEN],
      ['MT-30 plain JSON', 'application/json', JSON_CHOSEN],
      ['MT-30 the header of axios', 'application/json, text/plain, */*', JSON_CHOSEN],
      [
        'MT-31 two headers combined',
        'application/dicom+json, multipart/related; type=application/octet-stream',
        JSON_CHOSEN,
      ],
      [
        'MT-31 two headers combined',
        'application/dicom+json, multipart/related; type=application/octet-stream; transfer-syntax=*',
        JSON_CHOSEN,
      ],
      ['a browser', 'text/html,application/xhtml+xml,application/xml;q=0.9,image/webp,*/*;q=0.8', JSON_CHOSEN],
      ['the header of old Java', 'text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2', JSON_CHOSEN],
    ])('gives metadata for %s: %s', (_case, header, expected) => {
      expect(chosen(header, METADATA)).toBe(expected);
    });

    it.each([
      ['MT-05 image/*', 'image/*', 'single image/jpeg'],
      ['a browser image', 'image/avif,image/webp,image/apng,image/*,*/*;q=0.8', 'single image/jpeg'],
      ['the header of dicomweb-client', 'image/jpeg, image/png', 'single image/jpeg'],
      ['the order of the client', 'image/png, image/jpeg', 'single image/png'],
      ['a named type before a range of the same weight', '*/*, image/gif', 'single image/gif'],
      [
        'MT-24 a transfer syntax, which rendered types have not',
        `image/jpeg;transfer-syntax=${BASELINE}`,
        'single image/jpeg',
      ],
      ['MT-09 DICOM with rendered types', 'application/dicom+json, image/png', 'single image/png'],
      ['RR-13 an image in parts', 'multipart/related; type="image/jpeg"', undefined],
    ])('gives a rendered image for %s: %s', (_case, header, expected) => {
      expect(chosen(header, RENDERED)).toBe(expected);
    });
  });

  describe('with transfer syntaxes', () => {
    const dicom = 'multipart/related; type="application/dicom"';
    const octets = 'multipart/related; type="application/octet-stream"';

    it.each([
      ['MT-18, RI-04 no transfer syntax', dicom, J2K, `multi application/dicom ${EXPLICIT}`],
      ['MT-02 anything', '*/*', J2K, `multi application/dicom ${EXPLICIT}`],
      ['MT-17 any transfer syntax', `${dicom}; transfer-syntax=*`, J2K, `multi application/dicom ${J2K}`],
      ['MT-16 any transfer syntax, quoted', `${dicom}; transfer-syntax="*"`, J2K, `multi application/dicom ${J2K}`],
      ['any type in any transfer syntax', '*/*; transfer-syntax=*', J2K, `multi application/dicom ${J2K}`],
      ['the stored transfer syntax by name', `${dicom}; transfer-syntax=${J2K}`, J2K, `multi application/dicom ${J2K}`],
      [
        'Explicit VR Little Endian by name',
        `${dicom}; transfer-syntax=${EXPLICIT}`,
        J2K,
        `multi application/dicom ${EXPLICIT}`,
      ],
      ['MT-21 one that is not offered', `${dicom}; transfer-syntax=${HTJ2K}`, J2K, undefined],
      ['MT-20 Implicit VR Little Endian', `${dicom}; transfer-syntax=${IMPLICIT}`, IMPLICIT, undefined],
      ['MT-20 Explicit VR Big Endian', `${dicom}; transfer-syntax=${BIG_ENDIAN}`, BIG_ENDIAN, undefined],
      [
        'MT-20 any, stored in Implicit VR',
        `${dicom}; transfer-syntax=*`,
        IMPLICIT,
        `multi application/dicom ${EXPLICIT}`,
      ],
      [
        'MT-20 any, stored in Big Endian',
        `${dicom}; transfer-syntax=*`,
        BIG_ENDIAN,
        `multi application/dicom ${EXPLICIT}`,
      ],
      [
        'MT-23 the first of two transfer syntaxes',
        `${dicom}; transfer-syntax=${EXPLICIT}; transfer-syntax=*`,
        J2K,
        `multi application/dicom ${EXPLICIT}`,
      ],
      [
        'MT-23 the second as fallback',
        `${dicom}; transfer-syntax=${HTJ2K}; transfer-syntax=*`,
        J2K,
        `multi application/dicom ${J2K}`,
      ],
      [
        'MT-22 the alternative that is offered',
        `${dicom};transfer-syntax=${BASELINE}, ${dicom};transfer-syntax=${EXPLICIT};q=0.5`,
        EXPLICIT,
        `multi application/dicom ${EXPLICIT}`,
      ],
      [
        'MT-22 the alternative of higher weight',
        `${dicom};transfer-syntax=*;q=0.5, ${dicom};transfer-syntax=${EXPLICIT}`,
        J2K,
        `multi application/dicom ${EXPLICIT}`,
      ],
      ['RI-03 a single part', 'application/dicom', J2K, `single application/dicom ${EXPLICIT}`],
      ['RI-03 a single part as stored', 'application/dicom; transfer-syntax=*', J2K, `single application/dicom ${J2K}`],
      [
        'MT-04 exclusion of a type in all its transfer syntaxes',
        `${dicom};q=0, */*`,
        J2K,
        `single application/dicom ${EXPLICIT}`,
      ],
    ])('gives an instance for %s', (_case, header, storedSyntax, expected) => {
      expect(chosen(header, instance(storedSyntax))).toBe(expected);
    });

    it('RI-03 gives a study in parts only', () => {
      expect(chosen('application/dicom', STUDY)).toBeUndefined();
      expect(chosen(dicom, STUDY)).toBe(`multi application/dicom ${EXPLICIT}`);
    });

    it('gives a study of several transfer syntaxes as stored only to who takes any', () => {
      expect(chosen(`${dicom}; transfer-syntax=*`, STUDY)).toBe('multi application/dicom as stored');
      expect(chosen(`${dicom}; transfer-syntax=${J2K}`, STUDY)).toBeUndefined();
    });

    it('MT-19 gives what can not be decoded as stored, though no transfer syntax was named', () => {
      const video = { ...stored(multi('application/dicom', MP4)), lossyOnly: true };
      expect(chosen(dicom, [video])).toBe(`multi application/dicom ${MP4}`);
      expect(chosen(dicom, [stored(multi('application/dicom', MP4))])).toBeUndefined();
      expect(chosen(dicom, [video, multi('application/dicom', EXPLICIT)])).toBe(`multi application/dicom ${EXPLICIT}`);
      expect(chosen(`${dicom}; transfer-syntax=${EXPLICIT}`, [video])).toBeUndefined();
    });

    it.each([
      ['RF-03 octets', octets, `multi application/octet-stream ${EXPLICIT}`],
      ['MT-02 anything', '*/*', `multi application/octet-stream ${EXPLICIT}`],
      [
        'RF-07, AMB-05 octets in any transfer syntax',
        `${octets}; transfer-syntax=*`,
        `multi application/octet-stream ${JLS}`,
      ],
      [
        'MT-05 any image in any transfer syntax',
        'multipart/related; type="image/*"; transfer-syntax=*',
        `multi image/jls ${JLS}`,
      ],
      ['MT-05 any image', 'multipart/related; type="image/*"', `multi image/jls ${JLS}`],
      ['MT-25, MT-26, AMB-06 a compressed type', 'multipart/related; type="image/jls"', `multi image/jls ${JLS}`],
      ['MT-27 an alias', 'multipart/related; type="image/x-jls"', `multi image/jls ${JLS}`],
      [
        'MT-21 another syntax of the same type',
        `multipart/related; type="image/jls"; transfer-syntax=${NEAR_LOSSLESS}`,
        undefined,
      ],
      ['RF-04, AMB-04 one single part', 'application/octet-stream', `single application/octet-stream ${EXPLICIT}`],
      [
        'one single part as stored',
        'application/octet-stream; transfer-syntax=*',
        `single application/octet-stream ${JLS}`,
      ],
      ['one single compressed part', 'image/jls', `single image/jls ${JLS}`],
      ['RT-07 a type of another resource', 'multipart/related; type="application/pdf"', undefined],
    ])('gives a frame for %s', (_case, header, expected) => {
      expect(chosen(header, frame('image/jls', JLS))).toBe(expected);
    });

    it.each([
      ['image/x-jls', 'image/jls', JLS],
      ['image/x-dicom-rle', 'image/dicom-rle', '1.2.840.10008.1.2.5'],
      ['image/jhc', 'image/jphc', HTJ2K],
      ['image/dicom+jpeg', 'image/jpeg', BASELINE],
      ['image/dicom+jp2', 'image/jp2', J2K],
      ['image/j2c', 'image/jp2', J2K],
      ['video/mpeg2', 'video/mpeg', '1.2.840.10008.1.2.4.100'],
      ['video/h265', 'video/H265', '1.2.840.10008.1.2.4.107'],
      ['IMAGE/X-JLS', 'image/jls', JLS],
    ])('MT-27, AMB-26, AMB-28 knows %s as %s', (alias, standardName, uid) => {
      const header = `multipart/related; type="${alias}"; transfer-syntax=${uid}`;
      expect(chosen(header, frame(standardName, uid))).toBe(`multi ${standardName} ${uid}`);
    });

    it('MT-26 prefers the stored syntax of a compressed type to a transcoded one', () => {
      const offered = [multi('image/jls', JLS), stored(multi('image/jls', NEAR_LOSSLESS))];
      expect(chosen('multipart/related; type="image/jls"', offered)).toBe(`multi image/jls ${NEAR_LOSSLESS}`);
    });
  });

  describe('with the accept query parameter', () => {
    it('MT-10 is tried before the header', () => {
      expect(chosen('*/*', RENDERED, 'image/png')).toBe('single image/png');
      expect(chosen(undefined, RENDERED, 'image/png')).toBe('single image/png');
    });

    it('MT-10 may be given as a list or several times', () => {
      expect(chosen('*/*', RENDERED, 'image/webp,image/gif')).toBe('single image/gif');
      expect(chosen('*/*', RENDERED, 'image/webp', 'image/gif')).toBe('single image/gif');
    });

    it('leaves the choice to the header when it names nothing offered', () => {
      expect(chosen('image/png', RENDERED, 'text/csv')).toBe('single image/png');
      expect(chosen('image/png', RENDERED, 'nonsense')).toBe('single image/png');
    });

    it.each(['image/*', '*/*', '*', 'multipart/related; type="image/*"', 'image/png, image/*'])(
      'MT-11 refuses the wildcard in %s',
      (value) => {
        expect(() => chosen('*/*', RENDERED, value)).toThrow(invalidRequest);
      },
    );

    it('MT-11 takes any transfer syntax for no wildcard', () => {
      const value = 'multipart/related;type="application/dicom";transfer-syntax=*';
      expect(chosen('*/*', instance(J2K), value)).toBe(`multi application/dicom ${J2K}`);
    });

    it('MT-12 gives nothing that the header does not accept', () => {
      expect(chosen('application/dicom+json', RENDERED, 'image/png')).toBeUndefined();
      expect(chosen('image/jpeg', RENDERED, 'image/png')).toBeUndefined();
      expect(chosen('image/png;q=0, */*', RENDERED, 'image/png')).toBeUndefined();
      expect(chosen('image/jpeg, image/png;q=0.1', RENDERED, 'image/png')).toBe('single image/png');
    });

    it.each([
      ['application/dicom,image/jpeg'],
      ['application/dicom+json,text/html'],
      ['multipart/related; type="application/dicom", image/png'],
      ['application/dicom', 'image/jpeg'],
    ])('MT-13 refuses DICOM together with rendered types: %s %s', (...values) => {
      expect(() => chosen('*/*', RENDERED, ...values)).toThrow(invalidRequest);
    });

    it('MT-13 takes an image in parts for Bulkdata', () => {
      const values = ['multipart/related; type="image/jls", multipart/related; type="application/octet-stream"'];
      expect(chosen('*/*', frame('image/jls', JLS), ...values)).toBe(`multi image/jls ${JLS}`);
    });

    it('MT-14 takes a multipart type', () => {
      expect(chosen('*/*', METADATA, 'multipart/related;type="application/dicom+xml"')).toBe(XML_CHOSEN);
    });
  });

  describe('with what clients have been seen to send', () => {
    const octetsOrJPEG = [
      `multipart/related; type="image/jpeg"; transfer-syntax=${BASELINE}`,
      `multipart/related; type="application/octet-stream"; transfer-syntax=${EXPLICIT}`,
    ].join(', ');
    const pdf = [single('application/octet-stream'), multi('application/octet-stream'), multi('application/pdf')];

    it.each([
      ['dicomweb-client search and metadata', 'application/dicom+json', METADATA, JSON_CHOSEN],
      [
        'dicomweb-client retrieveInstance',
        'multipart/related; type="application/dicom"',
        instance(J2K),
        `multi application/dicom ${EXPLICIT}`,
      ],
      [
        'dicomweb-client retrieveInstanceFrames',
        'multipart/related; type="application/octet-stream"',
        frame('image/jls', JLS),
        `multi application/octet-stream ${EXPLICIT}`,
      ],
      [
        'dicomweb-client JPEG or octets, stored as JPEG',
        octetsOrJPEG,
        frame('image/jpeg', BASELINE),
        `multi image/jpeg ${BASELINE}`,
      ],
      [
        'dicomweb-client JPEG or octets, stored as JPEG-LS',
        octetsOrJPEG,
        frame('image/jls', JLS),
        `multi application/octet-stream ${EXPLICIT}`,
      ],
      [
        'dicomweb-client JPEG-LS',
        `multipart/related; type="image/jls"; transfer-syntax=${JLS}`,
        frame('image/jls', JLS),
        `multi image/jls ${JLS}`,
      ],
      [
        'dicomweb-client any image',
        'multipart/related; type="image/*"; transfer-syntax=*',
        frame('image/jpeg', BASELINE),
        `multi image/jpeg ${BASELINE}`,
      ],
      ['dicomweb-client retrieveInstanceRendered', undefined, RENDERED, 'single image/jpeg'],
      [
        'dicomweb-client bulk data',
        'multipart/related; type="application/octet-stream"',
        pdf,
        'multi application/octet-stream',
      ],
      [
        'dicomweb-client PDF',
        'multipart/related; type="application/pdf", multipart/related; type="application/octet-stream"',
        pdf,
        'multi application/pdf',
      ],
      ['dicomweb-client single part', undefined, pdf, 'single application/octet-stream'],
      [
        'OHIF frames',
        'multipart/related; type="application/octet-stream"; transfer-syntax="*"',
        frame('image/jp2', J2K),
        `multi application/octet-stream ${J2K}`,
      ],
      [
        'OHIF frames, unquoted',
        'multipart/related; type=application/octet-stream; transfer-syntax=*',
        frame('image/jp2', J2K),
        `multi application/octet-stream ${J2K}`,
      ],
      [
        'OHIF requestTransferSyntaxUID',
        `multipart/related; type="image/jls"; transfer-syntax="${JLS}"; transfer-syntax="*"`,
        frame('image/jls', NEAR_LOSSLESS),
        `multi image/jls ${NEAR_LOSSLESS}`,
      ],
      [
        'OHIF requestTransferSyntaxUID 51',
        'multipart/related; type="image/dicom+jpeg"; transfer-syntax="1.2.840.10008.1.2.4.51"; transfer-syntax="*"',
        frame('image/jpeg', '1.2.840.10008.1.2.4.51'),
        'multi image/jpeg 1.2.840.10008.1.2.4.51',
      ],
      ['OHIF thumbnail', 'image/jpeg', RENDERED, 'single image/jpeg'],
      [
        'dicom-microscopy-viewer',
        `multipart/related; type="image/jpeg; transfer-syntax=${BASELINE}"`,
        frame('image/jpeg', BASELINE),
        `multi image/jpeg ${BASELINE}`,
      ],
      ['dcm4chee #2779', 'multipart/*', instance(J2K), `multi application/dicom ${EXPLICIT}`],
      ['curl', '*/*', instance(J2K), `multi application/dicom ${EXPLICIT}`],
    ])('serves %s', (_client, header, offered, expected) => {
      expect(chosen(header, offered)).toBe(expected);
    });
  });

  it('B32 refuses a header or parameters longer than 16 KiB', () => {
    expect(() => chosen('a'.repeat(16 * 1024 + 1), METADATA)).toThrow(invalidRequest);
    expect(() => chosen('*/*', METADATA, ...Array.from({ length: 17 }, () => 'a'.repeat(1024)))).toThrow(
      invalidRequest,
    );
  });

  it('gives nothing when nothing is offered', () => {
    expect(chosen('*/*', [])).toBeUndefined();
  });

  it.each([
    'multipart/related;type="application/dicom";transfer-syntax=*;',
    'a/b;q=0.5,',
    '*/*,',
    ';transfer-syntax=1',
    'q=0.',
  ])('T57 decides on 16 KiB of %s in less than 5 ms', (unit) => {
    const acceptHeader = `*/*;${unit.repeat(16 * 1024).slice(0, 16 * 1024 - 4)}`;
    const times = Array.from({ length: 5 }, () => {
      const start = performance.now();
      try {
        negotiate({ acceptHeader, acceptParameters: [] }, [...frame('image/jls', JLS), ...instance(J2K)]);
      } catch {
        // Too many entries are refused; here only the time to do so counts.
      }
      return performance.now() - start;
    });
    expect(Math.min(...times)).toBeLessThan(5);
  });
});

describe('describeOffered', () => {
  it('MT-07, B31 names each media type as a client would ask for it', () => {
    expect(describeOffered(METADATA)).toEqual([
      'application/dicom+json',
      'multipart/related; type="application/dicom+xml"',
    ]);
  });

  it('MT-20 names transfer syntaxes, those never returned and repetitions left out', () => {
    expect(describeOffered([...STUDY, ...STUDY, multi('application/dicom', IMPLICIT)])).toEqual([
      `multipart/related; type="application/dicom"; transfer-syntax=${EXPLICIT}`,
      'multipart/related; type="application/dicom"; transfer-syntax=*',
    ]);
  });

  it('names nothing that negotiate would not give', () => {
    for (const header of describeOffered(frame('image/jls', JLS))) {
      expect(chosen(header, frame('image/jls', JLS))).toBeDefined();
    }
  });
});
