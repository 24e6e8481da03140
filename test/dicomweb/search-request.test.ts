import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TAG } from '../../src/dicom/attributes.js';
import { type Tag, tagText } from '../../src/dicom/data-set.js';
import { QUERYABLE_ATTRIBUTES } from '../../src/dicom/queryable-attributes.js';
import { parseQuery } from '../../src/dicomweb/query-parameters.js';
import { MAX_RESULTS } from '../../src/dicomweb/search-options.js';
import { parseSearchRequest, type SearchedResource } from '../../src/dicomweb/search-request.js';
import { ArchiveError } from '../../src/errors.js';
import { bestTimeMs } from '../support/best-time.js';

/** The six resources of PS3.18 Table 10.6.1-4. */
const RESOURCES = {
  '/studies': { level: 'study', matchedLevels: ['study'] },
  '/studies/{study}/series': { level: 'series', matchedLevels: ['series'] },
  '/studies/{study}/instances': { level: 'instance', matchedLevels: ['series', 'instance'] },
  '/series': { level: 'series', matchedLevels: ['study', 'series'] },
  '/studies/{study}/series/{series}/instances': { level: 'instance', matchedLevels: ['instance'] },
  '/instances': { level: 'instance', matchedLevels: ['study', 'series', 'instance'] },
} as const satisfies Record<string, SearchedResource>;

type Resource = keyof typeof RESOURCES;
const PATHS = Object.keys(RESOURCES) as Resource[];

const parse = (query: string, path: Resource = '/studies') => parseSearchRequest(parseQuery(query), RESOURCES[path]);

const anyOf = (tag: Tag, ...values: readonly string[]) => ({ tag, match: { kind: 'any-of', values } });
const ignoring = (names: string) => [`The following parameters are not supported and have been ignored: ${names}`];

const refused = (query: string, path?: Resource): unknown => {
  try {
    return parse(query, path);
  } catch (error) {
    return error instanceof ArchiveError ? error.code : error;
  }
};

/** A lawful value of each queryable VR. */
const SAMPLE: Readonly<Record<string, string>> = { DA: '20200101', TM: '10', UI: '1.2', IS: '7', SQ: '' };

describe('parseSearchRequest', () => {
  it.each(PATHS)('QP-11 takes no parameters at all on %s', (path) => {
    expect(parse('', path)).toEqual({
      matches: [],
      dateTimes: [],
      zoned: [],
      sequences: [],
      values: [],
      fields: [],
      ignored: [],
      mayNameAdded: false,
      returnTags: new Set(),
      limit: MAX_RESULTS,
      offset: 0,
      warnings: [],
    });
  });

  it('takes what the OHIF study list sends', () => {
    const request = parse(
      'PatientName=*DOE%5EJ*&00100020=*12*&ModalitiesInStudy=CT%2CMR&limit=101&offset=0&fuzzymatching=false' +
        '&includefield=00081030%2C00080060%2C00080090%2C00100030&StudyDate=20200101-20201231&StudyInstanceUID=1.2%5C1.3',
    );
    expect(request).toEqual({
      matches: [
        {
          tag: TAG.PatientName,
          match: {
            kind: 'person-name',
            groups: 'any',
            alphabetic: { kind: 'wildcard', tokens: ['*', { literal: 'doe^j' }, '*'] },
          },
        },
        { tag: TAG.PatientID, match: { kind: 'wildcard', tokens: ['*', { literal: '12' }, '*'] } },
        anyOf(TAG.ModalitiesInStudy, 'CT', 'MR'),
        { tag: TAG.StudyDate, match: { kind: 'between', from: '20200101', to: '20201231' } },
        anyOf(TAG.StudyInstanceUID, '1.2', '1.3'),
      ],
      dateTimes: [],
      zoned: [],
      sequences: [],
      values: [],
      fields: [],
      ignored: [],
      mayNameAdded: true,
      returnTags: new Set<Tag>([
        TAG.PatientName,
        TAG.PatientID,
        TAG.ModalitiesInStudy,
        TAG.StudyDate,
        TAG.StudyInstanceUID,
        TAG.StudyDescription,
        TAG.ReferringPhysicianName,
        TAG.PatientBirthDate,
      ]),
      limit: 101,
      offset: 0,
      warnings: [],
    });
  });
});

describe('parseSearchRequest: keys', () => {
  const attributes = QUERYABLE_ATTRIBUTES.filter(({ tag }) => tag !== TAG.TimezoneOffsetFromUTC).flatMap((attribute) =>
    PATHS.map((path) => ({ path, ...attribute })),
  );

  it.each(attributes)('QM-04 QD-18 AMB-17 $keyword ($level) on $path', ({ path, ...attribute }) => {
    const { keyword, tag, vr, level, isMatched } = attribute;
    const levels: readonly string[] = RESOURCES[path].matchedLevels;
    const isKey = isMatched && levels.includes(level);
    for (const name of [keyword, tagText(tag), tagText(tag).toLowerCase()]) {
      const { matches, warnings, returnTags } = parse(`${name}=${SAMPLE[vr] ?? 'X'}`, path);
      expect(matches.map((match) => match.tag)).toEqual(isKey ? [tag] : []);
      expect(returnTags).toEqual(new Set(isKey ? [tag] : []));
      expect(warnings).toEqual(isKey ? [] : ignoring(name));
    }
  });

  it.each([
    ['StudyDate', 'StudyTime', 'AccessionNumber', 'ModalitiesInStudy', 'ReferringPhysicianName'],
    ['PatientName', 'PatientID', 'StudyInstanceUID', 'StudyID'],
    ['StudyDescription', 'PatientSex', 'PatientBirthDate'],
  ])('QM-01 QM-05 knows the keys of studies %s …', (...keywords) => {
    expect(parse(keywords.join('&')).matches).toHaveLength(keywords.length);
  });

  it.each([
    ['Modality', 'SeriesInstanceUID', 'SeriesNumber'],
    ['PerformedProcedureStepStartDate', 'PerformedProcedureStepStartTime', 'RequestAttributesSequence'],
    ['SeriesDescription', 'BodyPartExamined', 'Manufacturer'],
  ])('QM-02 QM-05 knows the keys of series %s …', (...keywords) => {
    expect(parse(keywords.join('&'), '/series').matches).toHaveLength(keywords.length);
  });

  it('QM-03 knows the keys of instances', () => {
    expect(parse('SOPClassUID&SOPInstanceUID&InstanceNumber', '/instances').matches).toHaveLength(3);
  });

  it('QP-03 tells keywords by their case', () => {
    expect(parse('patientid=X')).toMatchObject({ matches: [], warnings: ignoring('patientid') });
    expect(parse('PatientID=X')).toMatchObject({ matches: [anyOf(TAG.PatientID, 'X')], warnings: [] });
    expect(parse('Limit=1')).toMatchObject({ limit: MAX_RESULTS, warnings: ignoring('Limit') });
  });

  it('QP-04 takes keyword and tag, in either case, for the same', () => {
    const expected = parse('StudyInstanceUID=1.2');
    expect(expected.matches).toEqual([anyOf(TAG.StudyInstanceUID, '1.2')]);
    expect(parse('0020000D=1.2')).toEqual(expected);
    expect(parse('0020000d=1.2')).toEqual(expected);
  });

  it.each(['00100', '001000200', '0010,0020', '(0010,0020)', '0x100020', '0010002G', ' PatientID'])(
    'QP-04 takes %j for no attribute',
    (name) => {
      expect(parse(`${encodeURIComponent(name)}=X`).matches).toEqual([]);
      expect(parse(`${encodeURIComponent(name)}=X`).warnings).toHaveLength(1);
    },
  );

  it.each([
    '00400275.00401001=R1',
    'RequestAttributesSequence.RequestedProcedureID=R1',
    'RequestAttributesSequence.00401001=R1',
    '00400275.RequestedProcedureID=R1',
  ])('QP-05 takes the path %s', (query) => {
    expect(parse(query, '/series')).toMatchObject({
      matches: [],
      sequences: [{ tag: TAG.RequestAttributesSequence, keys: [anyOf(TAG.RequestedProcedureID, 'R1')] }],
      returnTags: new Set([TAG.RequestAttributesSequence]),
      warnings: [],
    });
  });

  it('MA-12 keeps the keys of one sequence together', () => {
    const query = 'RequestAttributesSequence.RequestedProcedureID=R&Modality=CT&00400275.ScheduledProcedureStepID=S';
    expect(parse(query, '/series')).toMatchObject({
      matches: [anyOf(TAG.Modality, 'CT')],
      sequences: [
        {
          tag: TAG.RequestAttributesSequence,
          keys: [anyOf(TAG.RequestedProcedureID, 'R'), anyOf(TAG.ScheduledProcedureStepID, 'S')],
        },
      ],
    });
  });

  it.each([
    'RequestAttributesSequence.PatientID',
    '00400275.00400275.RequestedProcedureID',
    'RequestAttributesSequence.',
    '.RequestedProcedureID',
    'RequestedProcedureID',
    'PatientName.PatientID',
    'ReferencedSeriesSequence.SeriesInstanceUID',
    '.',
    '..',
  ])('MA-20 ignores the path %s', (name) => {
    expect(parse(`${name}=X`, '/series')).toMatchObject({ matches: [], sequences: [], warnings: ignoring(name) });
  });

  it('QM-04 ignores paths within series where series are not searched', () => {
    const name = 'RequestAttributesSequence.RequestedProcedureID';
    expect(parse(`${name}=R`)).toMatchObject({ sequences: [], warnings: ignoring(name) });
  });

  it('QP-02 refuses a text as the key of a sequence', () => {
    expect(refused('RequestAttributesSequence=X', '/series')).toBe('invalid-request');
  });

  it('MA-06 returns what is asked for with an empty value, without matching by it', () => {
    for (const query of ['PatientSex=', 'PatientSex', '00100040=']) {
      expect(parse(query)).toMatchObject({
        matches: [{ tag: TAG.PatientSex, match: { kind: 'universal' } }],
        returnTags: new Set([TAG.PatientSex]),
      });
    }
  });

  it('MA-05 B25 takes a star as universal', () => {
    expect(parse('AccessionNumber=*').matches).toEqual([{ tag: TAG.AccessionNumber, match: { kind: 'universal' } }]);
  });

  it('QP-06 QP-08 takes values as decoded', () => {
    expect(parse('PatientID=A+B&StudyDescription=a%2Cb&AccessionNumber=A%26B').matches).toEqual([
      anyOf(TAG.PatientID, 'A+B'),
      anyOf(TAG.StudyDescription, 'a,b'),
      anyOf(TAG.AccessionNumber, 'A&B'),
    ]);
  });

  it.each([
    'PatientID=A&PatientID=B',
    'PatientID=A&PatientID=A',
    'PatientID=A&00100020=B',
    '0020000d=1.2&0020000D=1.2',
    'PatientID&PatientID',
    'Modality=CT&Modality=MR',
    'PatientComments=A&PatientComments=B',
    'RequestAttributesSequence.RequestedProcedureID=A&00400275.00401001=B',
  ])('QP-12 refuses the attribute given twice in %s', (query) => {
    for (const path of PATHS) expect(refused(query, path)).toBe('invalid-request');
  });

  it.each([
    'StudyDate=2020-13-40',
    'StudyDate=2020-04-01',
    'StudyDate=99999999',
    'StudyDate=-',
    'StudyTime=25',
    'StudyInstanceUID=abc',
    'StudyInstanceUID=1.2*',
    'PatientName=%0A',
    `PatientName=${'*'.repeat(10_000)}`,
  ])('QP-02 B24 B25 refuses the value of %s', (query) => {
    expect(refused(query)).toBe('invalid-request');
  });

  it('B24 takes a range that ends before it starts', () => {
    expect(parse('StudyDate=20200402-20200401').matches).toHaveLength(1);
  });

  it.each(['SpecificCharacterSet=ISO_IR%20100', '00080005=ISO_IR%20192', 'SpecificCharacterSet'])(
    'MA-21 passes over %s',
    (query) => {
      expect(parse(query)).toEqual(parse(''));
    },
  );
});

describe('parseSearchRequest: dates and times', () => {
  it('MA-10 combines ranges of date and time into one of instants', () => {
    expect(parse('StudyDate=20200101-20200102&PatientID=A&StudyTime=2200-0600')).toMatchObject({
      matches: [anyOf(TAG.PatientID, 'A')],
      dateTimes: [
        {
          dateTag: TAG.StudyDate,
          timeTag: TAG.StudyTime,
          from: { date: '20200101', time: '220000.000000' },
          to: { date: '20200102', time: '060059.999999' },
        },
      ],
      returnTags: new Set<Tag>([TAG.StudyDate, TAG.PatientID, TAG.StudyTime]),
    });
  });

  it.each([
    ['20200101-', '10-', { date: '20200101', time: '100000.000000' }, undefined],
    ['-20200101', '-10', undefined, { date: '20200101', time: '105959.999999' }],
  ])('MA-10 combines the open ranges %s and %s', (date, time, from, to) => {
    expect(parse(`StudyTime=${time}&StudyDate=${date}`)).toMatchObject({ matches: [], dateTimes: [{ from, to }] });
  });

  it('MA-10 combines those of the procedure step', () => {
    const query = '00400244=20200101-20200102&PerformedProcedureStepStartTime=2200-0600&StudyDate=20200101-20200102';
    expect(parse(query, '/series')).toMatchObject({
      matches: [{ tag: TAG.StudyDate }],
      dateTimes: [{ dateTag: TAG.PerformedProcedureStepStartDate, timeTag: TAG.PerformedProcedureStepStartTime }],
    });
  });

  it.each([
    ['20200101', '1000-1200'],
    ['20200101-20200102', '10'],
    ['20200101', '10'],
    ['20200101-', '1000-1200'],
    ['20200101-20200102', '10-'],
    ['20200101-', '-10'],
    ['20200101-20200102', ''],
    ['', '1000-1200'],
  ])('MA-10 matches the date %s and the time %s one by one', (date, time) => {
    expect(parse(`StudyDate=${date}&StudyTime=${time}`)).toMatchObject({
      matches: [{ tag: TAG.StudyDate }, { tag: TAG.StudyTime }],
      dateTimes: [],
    });
  });

  it('MA-10 does not combine a date and a time of different things', () => {
    const query = 'StudyDate=20200101-20200102&PerformedProcedureStepStartTime=1000-1200&SeriesDate=20200101-20200102';
    expect(parse(query, '/series').dateTimes).toEqual([]);
    expect(parse(query, '/series').matches).toHaveLength(3);
  });

  it('QD-19 brings dates and times that are meant in a time zone into UTC', () => {
    expect(parse('00080201=%2B0100&StudyDate=20200101')).toMatchObject({
      matches: [],
      dateTimes: [],
      zoned: [
        {
          dateTag: TAG.StudyDate,
          timeTag: TAG.StudyTime,
          dates: { from: '20200101', to: '20200101' },
          instants: { from: '20191231230000.000000', to: '20200101225959.999999' },
          times: undefined,
        },
      ],
      returnTags: new Set<Tag>([TAG.StudyDate, TAG.TimezoneOffsetFromUTC]),
      warnings: [],
    });
    expect(parse('00080201=%2B0100&StudyTime=0030-02').zoned).toMatchObject([
      {
        dates: undefined,
        instants: undefined,
        times: [
          { from: '233000.000000', to: undefined },
          { from: undefined, to: '015959.999999' },
        ],
      },
    ]);
  });

  it('QD-19 leaves keys alone that have no time', () => {
    const { matches, zoned } = parse('00080201=%2B0100&PatientBirthDate=19600101&StudyDate=');
    expect([matches.map(({ tag }) => tag), zoned]).toEqual([[TAG.PatientBirthDate, TAG.StudyDate], []]);
  });
});

describe('parseSearchRequest: fields to return', () => {
  it.each([
    'includefield=00081030%2CPatientAge',
    'includefield=00081030,00101010',
    'includefield=StudyDescription&includefield=PatientAge',
    'includefield=StudyDescription,&includefield=,PatientAge&includefield&includefield=',
    'includefield=StudyDescription,%20PatientAge,StudyDescription',
  ])('QD-12 takes %s', (query) => {
    expect(parse(query)).toMatchObject({
      matches: [],
      returnTags: new Set([TAG.StudyDescription, TAG.PatientAge]),
      warnings: [],
    });
  });

  it.each(['includefield=all', 'includefield=all&includefield=PatientID', 'includefield=PatientID,all'])(
    'QD-13 AMB-15 takes %s as all',
    (query) => {
      expect(parse(query).returnTags).toBe('all');
    },
  );

  it('QD-12 takes the path of an attribute within a sequence for the sequence', () => {
    for (const field of ['00400275.00401001', 'RequestAttributesSequence.RequestedProcedureDescription', '00400275']) {
      const { returnTags } = parse(`includefield=${field}`, '/series');
      expect(returnTags).toEqual(new Set([TAG.RequestAttributesSequence]));
    }
  });

  it('QR-05 leaves out fields of a lower level without a word', () => {
    const query = 'includefield=Modality,Rows,StudyDescription,SeriesDescription,RequestAttributesSequence.00401001';
    expect(parse(query)).toMatchObject({ returnTags: new Set([TAG.StudyDescription]), warnings: [] });
    expect(parse(query, '/studies/{study}/series').returnTags).toEqual(
      new Set<Tag>([TAG.Modality, TAG.StudyDescription, TAG.SeriesDescription, TAG.RequestAttributesSequence]),
    );
    expect(parse(query, '/studies/{study}/series/{series}/instances').returnTags).toContain(TAG.Rows);
  });

  it.each([
    'Nonsense',
    'PatientComments',
    '00231002',
    'patientage',
    'PatientName.PatientAge',
    '',
    ',',
    'ALL',
    '__proto__',
  ])('QR-05 leaves out the field %j without a word', (field) => {
    expect(parse(`includefield=${field}`)).toMatchObject({ returnTags: new Set(), warnings: [] });
  });

  it('QD-14 knows no private attributes', () => {
    expect(parse('00230010=AcmeCompany&includefield=00231002')).toMatchObject({
      returnTags: new Set(),
      warnings: ignoring('00230010'),
    });
  });
});

describe('parseSearchRequest: page', () => {
  it.each([
    ['limit=0', 0, 0],
    ['limit=10&offset=20', 10, 20],
    ['offset=5', MAX_RESULTS, 5],
    ['limit=1000', 1_000, 0],
    ['limit=1001', MAX_RESULTS, 0],
    ['limit=1000000000', MAX_RESULTS, 0],
    [`limit=${'9'.repeat(400)}&offset=${'9'.repeat(400)}`, MAX_RESULTS, Number.MAX_SAFE_INTEGER],
    ['limit=007&offset=00', 7, 0],
  ])('QD-04 QD-05 B22 takes %s', (query, limit, offset) => {
    expect(parse(query)).toMatchObject({ limit, offset, warnings: [] });
  });

  it.each(['-1', 'abc', '1.5', '', '%2B1', '1e3', '0x10', '%201', '1,2', '٣', 'Infinity', 'null'])(
    'QP-02 B22 refuses "%s" as limit and as offset',
    (value) => {
      const encoded = value.startsWith('%') ? value : encodeURIComponent(value);
      expect(refused(`limit=${encoded}`)).toBe('invalid-request');
      expect(refused(`offset=${encoded}`)).toBe('invalid-request');
    },
  );

  it.each(['limit', 'offset', 'limit=1&limit=1', 'offset=0&offset=1', 'fuzzymatching=false&fuzzymatching=false'])(
    'B22 refuses %s',
    (query) => {
      expect(refused(query)).toBe('invalid-request');
    },
  );
});

describe('parseSearchRequest: Warnings', () => {
  it.each(['fuzzymatching', 'emptyvaluematching', 'multiplevaluematching'])('QD-09 QD-10 QD-11 %s', (name) => {
    for (const value of ['true', 'false']) expect(parse(`${name}=${value}`).warnings).toEqual([]);
    for (const value of ['maybe', 'TRUE', '1', '']) expect(refused(`${name}=${value}`)).toBe('invalid-request');
  });

  it('QD-09 QD-10 QD-11 match literally unless they are asked for', () => {
    expect(parse('AccessionNumber=%22%22').matches).toEqual([anyOf(TAG.AccessionNumber, '""')]);
    expect(parse('ModalitiesInStudy=CT%5CPT').matches).toEqual([anyOf(TAG.ModalitiesInStudy, 'CT', 'PT')]);
    expect(parse('PatientName=a&fuzzymatching=false').matches).toMatchObject([{ match: { kind: 'person-name' } }]);
  });

  it('QD-09 QD-10 QD-11 match as they are asked to', () => {
    expect(parse('AccessionNumber=%22%22&StudyDate=%22%22&emptyvaluematching=true').matches).toEqual([
      { tag: TAG.AccessionNumber, match: { kind: 'empty' } },
      { tag: TAG.StudyDate, match: { kind: 'empty' } },
    ]);
    expect(parse('ModalitiesInStudy=CT%5CPT&multiplevaluematching=true').matches).toEqual([
      {
        tag: TAG.ModalitiesInStudy,
        match: {
          kind: 'all-of',
          matches: [
            { kind: 'any-of', values: ['CT'] },
            { kind: 'any-of', values: ['PT'] },
          ],
        },
      },
    ]);
    expect(parse('PatientName=a%20b&fuzzymatching=true').matches).toMatchObject([{ match: { kind: 'fuzzy-name' } }]);
  });

  it('QD-11 AMB-14 has several values only of attributes that may have several', () => {
    expect(parse('PatientSex=F%5CM&multiplevaluematching=true').matches).toEqual([anyOf(TAG.PatientSex, 'F', 'M')]);
    expect(parse('StudyID=A%5CB&multiplevaluematching=true').matches).toEqual([anyOf(TAG.StudyID, 'A\\B')]);
  });

  it('QP-01 MA-20 AMB-18 B23 names in one Warning what it ignored, and does the rest', () => {
    const query = 'foo=bar&PatienID=1&Modality=CT&PatientID=A&PatientID[x]=2&foo=baz&fuzzymatching=true';
    expect(parse(query)).toMatchObject({
      matches: [anyOf(TAG.PatientID, 'A')],
      warnings: ignoring('foo, PatienID, Modality, PatientID[x]'),
    });
  });

  it.each(['__proto__[z]=1', 'a[b]=1', 'constructor=1', 'toString', 'hasOwnProperty=1'])(
    'QP-09 B26 ignores %s like any other name',
    (query) => {
      expect(parse(query).warnings).toEqual(ignoring(query.split('=')[0] ?? ''));
    },
  );

  it('QD-17 ignores the keys of repository queries', () => {
    expect(parse('PriorRecordKey=A&MaximumNumberOfRecords=1').warnings).toEqual(
      ignoring('PriorRecordKey, MaximumNumberOfRecords'),
    );
  });

  it('passes over the parameters of content negotiation', () => {
    expect(parse('accept=application/dicom+json&charset=utf-8&accept=x')).toEqual(parse(''));
  });

  it('names at most ten, each once and cut at 64 characters', () => {
    const names = Array.from({ length: 13 }, (_, i) => `x${i}`);
    expect(parse(names.join('&')).warnings).toEqual(ignoring(`${names.slice(0, 10).join(', ')} and 3 more`));
    expect(parse('y'.repeat(5_000)).warnings).toEqual(ignoring('y'.repeat(64)));
    expect(parse('x&x=1&x=2').warnings).toEqual(ignoring('x'));
  });

  it('names them in printable ASCII only, so that no header field can be forged', () => {
    expect(parse('a%0D%0ASet-Cookie:b=1').warnings).toEqual(ignoring('a??Set-Cookie:b'));
    expect(parse('%E7%8E%8B%22%5C,x%20y%7F=1').warnings).toEqual(ignoring('????x?y?'));
  });
});

describe('parseSearchRequest on any query', () => {
  const name = fc.oneof(
    fc.constantFrom(
      ...QUERYABLE_ATTRIBUTES.map(({ keyword }) => keyword),
      ...QUERYABLE_ATTRIBUTES.map(({ tag }) => tagText(tag)),
    ),
    fc.constantFrom('limit', 'offset', 'includefield', 'fuzzymatching', 'emptyvaluematching', '00400275.00401001'),
    fc.string({ unit: 'binary', maxLength: 80 }).map((text) => encodeURIComponent(text)),
  );
  const value = fc.oneof(
    fc.constantFrom('', '*', '1', '-1', '20200101-', '10-11', '1.2,1.3', 'all', 'true', 'false', 'A%5CB', '%C3', '%00'),
    fc.string({ unit: 'binary', maxLength: 40 }).map((text) => encodeURIComponent(text)),
    fc.array(name, { maxLength: 20 }).map((names) => names.join(',')),
  );
  const query = fc
    .array(fc.tuple(name, value), { maxLength: 12 })
    .map((parameters) => parameters.map((pair) => pair.join('=')).join('&'));

  it('reads it or refuses it as an invalid request, with Warnings fit for a header field', () => {
    let read = 0;
    fc.assert(
      fc.property(query, fc.constantFrom(...PATHS), (text, path) => {
        try {
          const request = parse(text, path);
          read += 1;
          for (const warning of request.warnings) expect(warning).toMatch(/^[ -~]{1,800}$/);
          expect(request.limit).toBeLessThanOrEqual(MAX_RESULTS);
        } catch (error) {
          expect(error).toMatchObject({ name: 'ArchiveError', code: 'invalid-request' });
        }
      }),
      { numRuns: 2_000 },
    );
    expect(read).toBeGreaterThan(100);
  });

  it.each([
    ['unknown names', Array.from({ length: 999 }, (_, i) => `unknown${i}=1`).join('&')],
    ['one long name', 'a.'.repeat(8 * 1024)],
    ['a deep path', '00400275.'.repeat(1_800)],
    ['fields', `includefield=${'00081030,'.repeat(1_800)}`],
    ['paths of fields', `includefield=${'00400275.00401001,'.repeat(900)}`],
    ['distinct fields', `includefield=${Array.from({ length: 1_800 }, (_, i) => String(10_000_000 + i)).join(',')}`],
    ['empty fields', `includefield=${','.repeat(16 * 1024)}`],
    ['UIDs', `StudyInstanceUID=${'1.2,'.repeat(4 * 1024)}1`],
    ['a full list of UIDs', `StudyInstanceUID=${Array.from({ length: 1024 }, (_, i) => `1.2.3.4.${i}`).join(',')}`],
    ['hyphens', `StudyDate=${'-'.repeat(1_000)}&StudyTime=${'1-'.repeat(500)}`],
    ['wildcards', `PatientName=${'*a?'.repeat(340)}&PatientID=${'*?'.repeat(500)}`],
    ['repeating groups', `includefield=${'60003000.60003000,'.repeat(900)}`],
  ])('takes less than 5 ms for 16 KiB of %s', (_, text) => {
    expect(bestTimeMs(() => refused(text))).toBeLessThan(15);
  });

  it('takes less than 5 ms for any query of 16 KiB', () => {
    const long = fc.array(fc.tuple(name, value), { minLength: 400, maxLength: 600 }).map((parameters) =>
      parameters
        .map((pair) => pair.join('='))
        .join('&')
        .slice(0, 16 * 1024),
    );
    fc.assert(
      fc.property(long, (text) => {
        expect(bestTimeMs(() => refused(text, '/instances'))).toBeLessThan(15);
      }),
      { numRuns: 20 },
    );
  });
});
