import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { answeredAttributes, searchedRequests } from '../../src/archive/index/answered-attributes.js';
import { TAG } from '../../src/dicom/attributes.js';
import { dataSet, dataSetOfKeywords, element } from '../../src/dicom/build-data-set.js';
import type { DataElement, DataSet } from '../../src/dicom/data-set.js';
import { QUERYABLE_ATTRIBUTES, type QueryLevel, REQUEST_ATTRIBUTES } from '../../src/dicom/queryable-attributes.js';
import { readCharacterSet } from '../../src/dicom/values.js';
import { VALUE_REPRESENTATIONS, type VR } from '../../src/dicom/vr.js';

const MOST_BYTES = 64 * 1024;
const LEVELS: readonly QueryLevel[] = ['study', 'series', 'instance'];

const encoded = (set: DataSet) => ({ dataSet: set, characterSet: readCharacterSet(set) });
const textOf = (set: DataSet, level: QueryLevel): string => answeredAttributes(encoded(set), level);
const answered = (set: DataSet, level: QueryLevel): unknown => JSON.parse(textOf(set, level));

const request = (step: string | Buffer, procedure: string, more: readonly DataElement[] = []): DataSet =>
  dataSet([element(TAG.ScheduledProcedureStepID, step), element(TAG.RequestedProcedureID, procedure), ...more]);
const withRequests = (requests: readonly DataSet[]): DataSet =>
  dataSet([element(TAG.RequestAttributesSequence, requests)]);

/** A value that is as much more in JSON as any can be, and one of every other kind. */
const bytes = fc.oneof(
  fc.uint8Array({ maxLength: 64 }).map((all) => Buffer.from(all)),
  fc
    .tuple(
      fc.constantFrom('\\', '"', 'a=b=c\\', '\u0001', '\u001b', '\u00ff', '1\\', 'x'),
      fc.integer({ max: 4_000, min: 0 }),
    )
    .map(([unit, length]) => Buffer.from(unit.repeat(Math.ceil(length / unit.length)), 'latin1')),
);
const vr = fc.constantFrom(...VALUE_REPRESENTATIONS);
const characterSet = fc.constantFrom('', 'ISO_IR 192', 'ISO_IR 100', '\\ISO 2022 IR 87', 'GB18030', 'nonsense');
const item = fc
  .record({ step: bytes, procedure: bytes, vr, vr2: vr, characterSet })
  .map((one) =>
    dataSet([
      element(TAG.SpecificCharacterSet, one.characterSet),
      hostileElement(TAG.ScheduledProcedureStepID, one.vr, one.step, []),
      hostileElement(TAG.RequestedProcedureID, one.vr2, one.procedure, []),
      element(0x00400007, Buffer.alloc(2_000), 'OB'),
    ]),
  );
const hostile = fc
  .record({
    characterSet,
    byteOrder: fc.constantFrom('little' as const, 'big' as const),
    values: fc.array(fc.tuple(vr, bytes), {
      minLength: QUERYABLE_ATTRIBUTES.length,
      maxLength: QUERYABLE_ATTRIBUTES.length,
    }),
    // One VR and value for every attribute is what adds up to the most.
    same: fc.option(fc.tuple(vr, bytes), { nil: undefined }),
    items: fc.array(item, { maxLength: 4 }),
    timesItems: fc.integer({ min: 1, max: 100 }),
    isRequestASequence: fc.boolean(),
  })
  .map(({ byteOrder, values, same, items, timesItems, isRequestASequence, ...rest }) => {
    const elements = new Map<number, DataElement>();
    for (const [i, { tag }] of QUERYABLE_ATTRIBUTES.entries()) {
      const [itsVR, value] = same ?? values[i] ?? ['UN', Buffer.alloc(0)];
      elements.set(tag, hostileElement(tag, itsVR, value, items));
    }
    if (isRequestASequence) {
      const all = Array.from({ length: timesItems }, () => items).flat();
      elements.set(TAG.RequestAttributesSequence, element(TAG.RequestAttributesSequence, all, 'SQ'));
    }
    elements.set(TAG.SpecificCharacterSet, element(TAG.SpecificCharacterSet, rest.characterSet));
    return { ...dataSet([...elements.values()]), byteOrder };
  });

function hostileElement(tag: number, itsVR: VR, value: Buffer, items: readonly DataSet[]): DataElement {
  return itsVR === 'SQ' ? { tag, vr: 'SQ', items } : { tag, vr: itsVR, bytes: value, valueOffset: 0 };
}

describe('answeredAttributes', () => {
  it('holds the attributes of the level as DICOM JSON, and no others', () => {
    const set = dataSetOfKeywords({
      SpecificCharacterSet: 'ISO_IR 192',
      PatientName: 'Müller^Jörg',
      PatientID: 'P1',
      PatientSex: '',
      PatientComments: 'never answered',
      SeriesNumber: '7',
      Rows: 3,
    });
    expect(answered(set, 'study')).toEqual({
      '00100010': { vr: 'PN', Value: [{ Alphabetic: 'Müller^Jörg' }] },
      '00100020': { vr: 'LO', Value: ['P1'] },
      '00100040': { vr: 'CS' },
    });
    expect(answered(set, 'series')).toEqual({ '00200011': { vr: 'IS', Value: [7] } });
    expect(answered(set, 'instance')).toEqual({ '00280010': { vr: 'US', Value: [3] } });
  });

  it('reads what is UN by the dictionary, as a search does', () => {
    const set = dataSet([
      element(TAG.PatientID, Buffer.from('P1'), 'UN'),
      element(TAG.Rows, Buffer.from([3, 0]), 'UN'),
    ]);
    expect(answered(set, 'study')).toEqual({ '00100020': { vr: 'LO', Value: ['P1'] } });
    expect(answered(set, 'instance')).toEqual({ '00280010': { vr: 'US', Value: [3] } });
    expect(answered({ ...set, byteOrder: 'big' }, 'instance')).toEqual({ '00280010': { vr: 'US', Value: [3] } });
  });

  it.each<VR>(['OB', 'OW', 'US', 'FD', 'AT', 'SQ'])('leaves out text that is stored as %s', (itsVR) => {
    const set = dataSet([hostileElement(TAG.PatientAge, itsVR, Buffer.alloc(8), [request('S', 'R')])]);
    expect(textOf(set, 'study')).toBe('{}');
  });

  it.each<VR>(['LO', 'OB', 'UL', 'SQ'])('leaves out a number that is stored as %s', (itsVR) => {
    const set = dataSet([hostileElement(TAG.Rows, itsVR, Buffer.from('1234'), [])]);
    expect(textOf(set, 'instance')).toBe('{}');
  });

  it('leaves out what is longer than any lawful value, or a flood of empty ones', () => {
    const set = dataSet([
      element(TAG.PatientID, 'x'.repeat(1_026)),
      element(TAG.StudyDescription, '\\'.repeat(1_024)),
      element(TAG.StudyID, 'x'.repeat(1_024)),
    ]);
    expect(answered(set, 'study')).toEqual({ '00200010': { vr: 'SH', Value: ['x'.repeat(1_024)] } });
  });

  it('QR-02 keeps of Request Attributes Sequence what is searched in it', () => {
    const long = element(0x00400007, Buffer.from('x'.repeat(70_000)));
    const binary = element(0x00091001, Buffer.alloc(2_000), 'OB');
    const set = withRequests([request('S1', 'R1', [long, binary]), request('S'.repeat(1_026), 'R2')]);
    expect(answered(set, 'series')).toEqual({
      '00400275': {
        vr: 'SQ',
        Value: [
          { '00400009': { vr: 'SH', Value: ['S1'] }, '00401001': { vr: 'SH', Value: ['R1'] } },
          { '00401001': { vr: 'SH', Value: ['R2'] } },
        ],
      },
    });
  });

  it('says of an empty sequence that it is there', () => {
    expect(answered(withRequests([]), 'series')).toEqual({ '00400275': { vr: 'SQ' } });
  });

  it('is bounded and whole JSON without a reference, whatever the data set holds', () => {
    fc.assert(
      fc.property(hostile, fc.constantFrom(...LEVELS), (set, level) => {
        const text = textOf(set, level);
        expect(() => JSON.parse(text)).not.toThrow();
        expect(text).not.toContain('\u0001');
        expect(text).not.toContain('BulkDataURI');
        expect(Buffer.byteLength(text)).toBeLessThanOrEqual(MOST_BYTES);
      }),
      { numRuns: 400 },
    );
  });
});

describe('searchedRequests', () => {
  const count = (set: DataSet): number => searchedRequests(encoded(set)).length;

  it('keeps 64 items', () => {
    expect(count(withRequests(Array.from({ length: 64 }, (_, i) => request(`STEP-${i}`, `REQUEST-${i}`))))).toBe(64);
    expect(count(withRequests(Array.from({ length: 60_000 }, () => request('S', 'R'))))).toBe(64);
  });

  it('keeps fewer when they are long', () => {
    const requests = Array.from({ length: 64 }, () => request('S'.repeat(1_000), 'R'.repeat(1_000)));
    expect(count(withRequests(requests))).toBe(7);
  });

  it('reads each item in its own character set', () => {
    const greek = dataSet([
      element(TAG.SpecificCharacterSet, 'ISO_IR 126'),
      element(TAG.RequestedProcedureID, Buffer.from([0xe1, 0xe2])),
    ]);
    expect(answered(withRequests([greek]), 'series')).toEqual({
      '00400275': { vr: 'SQ', Value: [{ '00401001': { vr: 'SH', Value: ['αβ'] } }] },
    });
  });

  it('leaves out values with control characters, and everything that is not searched', () => {
    const set = withRequests([request(Buffer.from('S\u0001'), 'R', [element(0x00400007, 'x')])]);
    const [first] = searchedRequests(encoded(set));
    expect(first?.item.dataSet.elements.map(({ tag }) => tag)).toEqual([TAG.RequestedProcedureID]);
    expect(REQUEST_ATTRIBUTES).toContain(TAG.RequestedProcedureID);
  });

  it('finds none where the attribute is no sequence', () => {
    expect(count(dataSet([element(TAG.RequestAttributesSequence, Buffer.alloc(8), 'OB')]))).toBe(0);
  });
});
