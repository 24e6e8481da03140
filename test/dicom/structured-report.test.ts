/** RR-02 URI-09: what is read of a structured report. PS3.3 §C.17, §C.18 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MOST_NUMBERS, MOST_TEXT_BYTES } from '../../src/dicom/bounded-values.js';
import { dataSet, dataSetOfKeywords, element } from '../../src/dicom/build-data-set.js';
import { DEFAULT_CHARACTER_SET } from '../../src/dicom/character-sets.js';
import { type ContentItem, contentItems, type OmittedItems } from '../../src/dicom/content-items.js';
import type { ContentValue } from '../../src/dicom/content-values.js';
import type { DataSet } from '../../src/dicom/data-set.js';
import { readStructuredReport } from '../../src/dicom/structured-report.js';
import type { VR } from '../../src/dicom/vr.js';
import { type Attributes, code, item, report } from '../support/reports.js';

const itemsOf = (root: DataSet): readonly (ContentItem | OmittedItems)[] => [
  ...contentItems(root, DEFAULT_CHARACTER_SET),
];

/** The value of the only item below the root. */
function onlyValue(valueType: string, attributes: Attributes, nameless = false): ContentValue | undefined {
  const only = nameless
    ? dataSetOfKeywords({ RelationshipType: 'CONTAINS', ...attributes })
    : item(valueType, 'Name', attributes);
  const [, found] = readStructuredReport(report('Root', [only])).items();
  return found?.position === undefined ? undefined : found.value;
}

const few = (...numbers: readonly number[]) => ({ numbers, isCut: false });
const CT = '1.2.840.10008.5.1.4.1.1.2';
const reference = (attributes: Attributes = {}): readonly DataSet[] => [
  dataSetOfKeywords({ ReferencedSOPClassUID: CT, ReferencedSOPInstanceUID: '1.2.9', ...attributes }),
];
const wholeInstance = {
  sopClassUID: CT,
  sopInstanceUID: '1.2.9',
  frameNumbers: few(),
  segmentNumbers: few(),
  waveformChannels: few(),
  presentation: undefined,
};

describe('readContentValue', () => {
  it.each<[string, Attributes, Omit<Exclude<ContentValue, { type: 'OTHER' }>, 'type'>]>([
    ['CONTAINER', { ContinuityOfContent: 'CONTINUOUS' }, { isContinuous: true }],
    ['TEXT', { TextValue: 'Zürich\r\n\\ two ' }, { text: { text: 'Zürich\r\n\\ two', isCut: false } }],
    [
      'CODE',
      { ConceptCodeSequence: code('Lung', 'T-28000', 'SRT') },
      { code: { value: 'T-28000', scheme: 'SRT', meaning: 'Lung' } },
    ],
    [
      'NUM',
      {
        MeasuredValueSequence: [
          dataSetOfKeywords({ NumericValue: '1.50', MeasurementUnitsCodeSequence: code('centimeter', 'cm', 'UCUM') }),
        ],
      },
      { number: '1.50', unit: { value: 'cm', scheme: 'UCUM', meaning: 'centimeter' }, qualifier: undefined },
    ],
    [
      'NUM',
      { NumericValueQualifierCodeSequence: code('Not a number', '114000', 'DCM') },
      { number: undefined, unit: undefined, qualifier: { value: '114000', scheme: 'DCM', meaning: 'Not a number' } },
    ],
    [
      'PNAME',
      { PersonName: 'Byron^Ada=歌=か' },
      { name: { alphabetic: 'Byron^Ada', ideographic: '歌', phonetic: 'か' } },
    ],
    ['DATE', { Date: '20200401' }, { text: '20200401' }],
    ['TIME', { Time: '114243.27' }, { text: '114243.27' }],
    ['DATETIME', { DateTime: '20200401114243' }, { text: '20200401114243' }],
    ['UIDREF', { UID: '1.2.3' }, { text: '1.2.3' }],
    ['COMPOSITE', { ReferencedSOPSequence: reference() }, { instance: wholeInstance }],
    [
      'IMAGE',
      {
        ReferencedSOPSequence: reference({
          ReferencedFrameNumber: ['2', '7'],
          ReferencedSegmentNumber: [3],
          ReferencedSOPSequence: [dataSetOfKeywords({ ReferencedSOPClassUID: '1.5', ReferencedSOPInstanceUID: '1.6' })],
        }),
      },
      {
        instance: {
          ...wholeInstance,
          frameNumbers: few(2, 7),
          segmentNumbers: few(3),
          presentation: { sopClassUID: '1.5', sopInstanceUID: '1.6' },
        },
      },
    ],
    [
      'WAVEFORM',
      { ReferencedSOPSequence: reference({ ReferencedWaveformChannels: [1, 2] }) },
      { instance: { ...wholeInstance, waveformChannels: few(1, 2) } },
    ],
    [
      'SCOORD',
      { GraphicType: 'POLYLINE', GraphicData: [1, 2.5, 3, 4] },
      { graphicType: 'POLYLINE', coordinates: few(1, 2.5, 3, 4), frameOfReferenceUID: undefined },
    ],
    [
      'SCOORD3D',
      { GraphicType: 'POINT', GraphicData: [1, 2, 3], ReferencedFrameOfReferenceUID: '1.7' },
      { graphicType: 'POINT', coordinates: few(1, 2, 3), frameOfReferenceUID: '1.7' },
    ],
    [
      'TCOORD',
      {
        TemporalRangeType: 'MULTIPOINT',
        ReferencedSamplePositions: [5, 6],
        ReferencedTimeOffsets: ['0.5', '1'],
        ReferencedDateTime: ['20200401', '20200402'],
      },
      {
        rangeType: 'MULTIPOINT',
        samplePositions: few(5, 6),
        timeOffsets: few(0.5, 1),
        dateTimes: ['20200401', '20200402'],
      },
    ],
  ])('reads %s', (type, attributes, expected) => {
    expect(onlyValue(type, attributes)).toEqual({ type, ...expected });
  });

  it('reads a by-reference item, and says so of what has another or no value type', () => {
    expect(onlyValue('', { ReferencedContentItemIdentifier: [1, 3, 2] }, true)).toEqual({
      type: 'BY-REFERENCE',
      position: '1.3.2',
    });
    expect(onlyValue('TABLE', {})).toEqual({ type: 'OTHER', valueType: 'TABLE' });
    expect(onlyValue('', {}, true)).toEqual({ type: 'OTHER', valueType: undefined });
  });

  it.each(['CONTAINER', 'TEXT', 'CODE', 'NUM', 'PNAME', 'DATE', 'IMAGE', 'WAVEFORM', 'SCOORD', 'TCOORD', 'UIDREF'])(
    'takes a %s without a value',
    (type) => {
      expect(onlyValue(type, {})?.type).toBe(type);
    },
  );

  it('reads nothing where a value is of a VR that can not hold it', () => {
    const tags = [0x0040a160, 0x0040a123, 0x0040a168, 0x0040a300, 0x00081199, 0x00700022, 0x0040a043, 0x0040a730];
    const everything = (vr: 'SQ' | 'OB' | 'FD' | 'UN') =>
      tags.map((tag) => (vr === 'SQ' ? element(tag, [dataSet([])], vr) : element(tag, Buffer.alloc(16, 0x41), vr)));
    for (const vr of ['SQ', 'OB', 'FD', 'UN'] as const) {
      for (const type of ['TEXT', 'PNAME', 'CODE', 'NUM', 'IMAGE', 'SCOORD', 'CONTAINER']) {
        const odd = dataSet([element(0x0040a040, type, 'CS'), ...everything(vr)]);
        expect(itemsOf(odd)[0]).toMatchObject({ position: '1', value: { type } });
      }
    }
  });

  it('keeps the start of what is too long', () => {
    const text = onlyValue('TEXT', { TextValue: 'é'.repeat(MOST_TEXT_BYTES) });
    expect(text?.type === 'TEXT' && [text.text?.isCut, text.text?.text.length]).toEqual([true, MOST_TEXT_BYTES / 2]);
    const region = onlyValue('SCOORD', { GraphicData: Buffer.alloc(8 * MOST_NUMBERS) });
    expect(region?.type === 'SCOORD' && [region.coordinates.isCut, region.coordinates.numbers.length]).toEqual([
      true,
      MOST_NUMBERS,
    ]);
    const offsets = onlyValue('TCOORD', { ReferencedTimeOffsets: Buffer.from('1\\'.repeat(50_000)) });
    expect(offsets?.type === 'TCOORD' && [offsets.timeOffsets.isCut, offsets.timeOffsets.numbers.length]).toEqual([
      true,
      MOST_NUMBERS,
    ]);
  });
});

describe('contentItems', () => {
  const tree = report('Root', [
    item('CONTAINER', 'A', {}, [item('TEXT', 'A1'), item('TEXT', 'A2', {}, [item('CODE', 'A21')])]),
    dataSetOfKeywords({ RelationshipType: 'INFERRED FROM', ReferencedContentItemIdentifier: [1, 1, 2, 1] }),
    item('TEXT', 'B'),
  ]);

  it('gives every item before those below it, with its place', () => {
    expect(
      itemsOf(tree).map(
        (found) => found.position !== undefined && [found.position, found.level, found.concept?.meaning],
      ),
    ).toEqual([
      ['1', 0, 'Root'],
      ['1.1', 1, 'A'],
      ['1.1.1', 2, 'A1'],
      ['1.1.2', 2, 'A2'],
      ['1.1.2.1', 3, 'A21'],
      // A by-reference item bears the name of what it refers to.
      ['1.2', 1, 'A21'],
      ['1.3', 1, 'B'],
    ]);
  });

  it('follows no reference: not to an item above, to itself or to nothing', () => {
    const to = (...position: number[]) =>
      dataSetOfKeywords({ RelationshipType: 'HAS PROPERTIES', ReferencedContentItemIdentifier: position });
    const cyclic = report('Root', [item('TEXT', 'A', {}, [to(1), to(1, 1), to(1, 1, 3), to(9, 9), to(0), to(1, 0)])]);
    expect(itemsOf(cyclic).map((found) => found.position !== undefined && found.concept?.meaning)).toEqual([
      ...['Root', 'A', 'Root', 'A', undefined, undefined, undefined, undefined],
    ]);
  });

  it('stops at a thousand levels without a word too many', () => {
    let deep = item('TEXT', 'bottom');
    for (let level = 0; level < 1_000; level += 1) deep = item('CONTAINER', `${level}`, {}, [deep]);
    const found = itemsOf(report('Root', [deep, item('TEXT', 'after')]));
    expect(found.length).toBe(65 + 1 + 1);
    expect(found.filter(({ position }) => position === undefined)).toEqual([
      { position: undefined, level: 65, reason: 'too deep' },
    ]);
    expect(found.at(-1)).toMatchObject({ position: '1.2', level: 1 });
  });

  it('stops where there are too many', () => {
    const many = report(
      'Root',
      Array.from({ length: 50_010 }, () => item('TEXT', 'x')),
    );
    const found = itemsOf(many);
    expect(found.length).toBe(50_001);
    expect(found.at(-1)).toEqual({ position: undefined, level: 1, reason: 'too many' });
  });

  it('reads an item in its own character set, and those below it', () => {
    const inner = item(
      'TEXT',
      'x',
      { SpecificCharacterSet: 'ISO_IR 100', TextValue: Buffer.from('Z\xfcrich ', 'latin1') },
      [item('TEXT', 'y', { TextValue: Buffer.from('Gen\xe8ve', 'latin1') })],
    );
    const texts = itemsOf(report('Root', [inner])).map(
      (found) => found.position !== undefined && found.value.type === 'TEXT' && found.value.text?.text,
    );
    expect(texts).toEqual([false, 'Zürich', 'Genève']);
  });

  it('takes any tree of any bytes', () => {
    const anyTag = fc.constantFrom(0x0040a040, 0x0040a010, 0x0040a160, 0x0040a123, 0x00700022, 0x0040db73, 0x0040a138);
    const anyVR = fc.constantFrom<VR[]>('CS', 'UT', 'PN', 'FL', 'UL', 'DS', 'UN', 'OB');
    const leaf = fc.uniqueArray(fc.tuple(anyTag, anyVR, fc.uint8Array({ maxLength: 40 })), {
      selector: ([tag]) => tag,
    });
    const tree: fc.Memo<DataSet> = fc.memo((depth) =>
      fc
        .record({
          own: leaf,
          children: depth <= 1 ? fc.constant([]) : fc.array(tree(depth - 1), { maxLength: 3 }),
          isRegion: fc.boolean(),
        })
        .map(({ own, children, isRegion }) =>
          dataSet([
            ...own
              .filter(([tag]) => !isRegion || tag !== 0x0040a040)
              .map(([tag, vr, bytes]) => element(tag, Buffer.from(bytes), vr)),
            ...(isRegion ? [element(0x0040a040, 'SCOORD', 'CS')] : []),
            element(0x0040a730, children, 'SQ'),
          ]),
        ),
    );
    fc.assert(
      fc.property(tree(4), (root) => {
        const found = itemsOf(root);
        expect(new Set(found.map(({ position }) => position)).size).toBe(found.length);
      }),
    );
  });
});

describe('readStructuredReport', () => {
  it('reads the header', () => {
    const read = readStructuredReport(
      report(
        'Chest report',
        [
          item('CODE', 'Language', {
            RelationshipType: 'HAS CONCEPT MOD',
            ConceptNameCodeSequence: code('Language of Content Item and Descendants', '121049', 'DCM'),
            ConceptCodeSequence: code('German', 'de-CH', 'RFC5646'),
          }),
        ],
        {
          PatientName: 'PSEUDO^NYM',
          PatientID: 'P1',
          CompletionFlag: 'COMPLETE',
          VerificationFlag: 'VERIFIED',
          PreliminaryFlag: 'FINAL',
          VerifyingObserverSequence: [
            dataSetOfKeywords({
              VerifyingObserverName: 'Byron^Ada',
              VerifyingOrganization: 'Lab',
              VerificationDateTime: '20200401',
            }),
          ],
          AuthorObserverSequence: [dataSetOfKeywords({ PersonName: 'Author^An' })],
          ReferencedRequestSequence: [dataSetOfKeywords({ AccessionNumber: 'A1', RequestedProcedureID: 'R1' })],
        },
      ),
    );
    expect(read).toMatchObject({
      sopClass: 'Comprehensive SR',
      title: { meaning: 'Chest report' },
      language: 'de-CH',
      patientName: { alphabetic: 'PSEUDO^NYM' },
      completionFlag: 'COMPLETE',
      verificationFlag: 'VERIFIED',
      preliminaryFlag: 'FINAL',
      verifyingObservers: [{ name: { alphabetic: 'Byron^Ada' }, organization: 'Lab', dateTime: '20200401' }],
      authors: [{ name: { alphabetic: 'Author^An' } }],
      requests: [{ accessionNumber: 'A1', requestedProcedureID: 'R1', requestedProcedure: undefined }],
    });
  });

  it.each(['" onclick="x', '<script>', 'x', 'a very long language that is none'])(
    'takes no language from %j',
    (value) => {
      const language = item('CODE', '', {
        ConceptNameCodeSequence: code('Language', '121049', 'DCM'),
        ConceptCodeSequence: code('?', value, 'RFC5646'),
      });
      expect(readStructuredReport(report('x', [language])).language).toBeUndefined();
    },
  );

  it('reads where the instances are, of both kinds of evidence', () => {
    const evidence = (study: string, instance: string) => [
      dataSetOfKeywords({
        StudyInstanceUID: study,
        ReferencedSeriesSequence: [
          dataSetOfKeywords({
            SeriesInstanceUID: `${study}.1`,
            ReferencedSOPSequence: [
              dataSetOfKeywords({ ReferencedSOPClassUID: CT, ReferencedSOPInstanceUID: instance }),
              dataSetOfKeywords({ ReferencedSOPClassUID: CT }),
            ],
          }),
        ],
      }),
    ];
    const read = readStructuredReport(
      report('x', [], {
        CurrentRequestedProcedureEvidenceSequence: evidence('1.1', '1.1.1.1'),
        PertinentOtherEvidenceSequence: evidence('1.2', '1.2.1.1'),
        PredecessorDocumentsSequence: evidence('1.3', '1.3.1.1'),
      }),
    );
    expect([...read.evidence()]).toEqual([
      { sopClassUID: CT, sopInstanceUID: '1.1.1.1', studyInstanceUID: '1.1', seriesInstanceUID: '1.1.1' },
      { sopClassUID: CT, sopInstanceUID: '1.2.1.1', studyInstanceUID: '1.2', seriesInstanceUID: '1.2.1' },
    ]);
    expect(read.predecessorCount).toBe(2);
  });

  it('reads what has nothing in it', () => {
    const read = readStructuredReport(dataSet([]));
    expect([...read.items()].length).toBe(1);
    expect([...read.evidence()]).toEqual([]);
  });
});
