/** The suite's own reader and writer of Part 10, against those of the product and against themselves. */
import { describe, expect, it } from 'vitest';
import { type DataSet, dataSet, elementOf } from '../../conformance/dicom/data-set.js';
import { differences, readDataSet, readPart10 } from '../../conformance/dicom/part10-reader.js';
import { encodeDataSet, encodePart10 } from '../../conformance/dicom/part10-writer.js';
import { SYNTAX } from '../../conformance/dicom/syntaxes.js';
import { allFixtures } from '../../conformance/fixtures/all.js';
import { newRun } from '../../conformance/fixtures/fixture.js';

const META = { sopClassUID: '1.2', sopInstanceUID: '1.3', transferSyntaxUID: SYNTAX.explicitLittle };
const ELEMENTS: DataSet = [
  ...dataSet({
    PatientName: 'A^B',
    Rows: 3,
    FrameIncrementPointer: [0x00181063],
    SelectorOWValue: Buffer.from([1, 2, 3, 4]),
  }),
  ...dataSet({ ReferencedImageSequence: [dataSet({ CodeValue: 'odd' }), []], SelectorFDValue: [0.1] }),
  elementOf('00291001', 'UN', Buffer.from('abc')),
];
const NATIVE = [SYNTAX.implicitLittle, SYNTAX.explicitLittle, SYNTAX.explicitBig, SYNTAX.deflated];

describe('the reader and the writer', () => {
  it.each(NATIVE)('agree in %s', (transferSyntaxUID) => {
    const file = readPart10(encodePart10(ELEMENTS, { ...META, transferSyntaxUID }));
    expect(file.transferSyntaxUID).toBe(transferSyntaxUID);
    expect(file.elements.map(({ tag }) => tag)).toEqual(ELEMENTS.map(({ tag }) => tag).sort());
    const items = file.elements.find(({ tag }) => tag === '00081140')?.items;
    expect(items?.map((item) => item.length)).toEqual([1, 0]);
  });

  it('keep fragments apart, with the offset table before them', () => {
    const frames = [[Buffer.from('one')], [Buffer.from('tw'), Buffer.from('o')]];
    const bytes = encodeDataSet(dataSet({ PixelData: { frames, hasOffsets: true } }), SYNTAX.jpegLS);
    const [pixels] = readDataSet(bytes, SYNTAX.jpegLS);
    expect(pixels?.fragments?.map(String)).toEqual(['one\0', 'tw', 'o\0']);
  });

  const good = encodePart10(ELEMENTS, META);
  const damaged = (change: (file: Buffer) => void): Buffer => {
    const copy = Buffer.from(good);
    change(copy);
    return copy;
  };
  it.each([
    ['no prefix', damaged((file) => file.write('DICX', 128))],
    ['an end within an element', good.subarray(0, -1)],
    ['a group length that is too short', damaged((file) => file.writeUInt32LE(file.readUInt32LE(140) - 8, 140))],
    ['an unknown VR', Buffer.concat([good, Buffer.from([0x31, 0, 0, 0, 0x5a, 0x5a, 0, 0])])],
    ['an odd length', Buffer.concat([good, Buffer.from([0x31, 0, 0, 0, 0x4c, 0x4f, 1, 0, 0x20])])],
    ['elements out of order', Buffer.concat([good, Buffer.from([8, 0, 0x60, 0, 0x43, 0x53, 0, 0])])],
  ])('the reader refuses a file with %s', (_what, file) => {
    expect(() => readPart10(file)).toThrow();
  });
});

describe('differences', () => {
  const read = (elements: DataSet) =>
    readDataSet(encodeDataSet(elements, SYNTAX.explicitLittle), SYNTAX.explicitLittle);

  it('are none between equal data sets in different encodings of length and padding', () => {
    expect(differences(read(ELEMENTS), readPart10(encodePart10(ELEMENTS, META)).elements)).toEqual([]);
    expect(differences(read(dataSet({ PatientID: 'AB' })), read(dataSet({ PatientID: 'AB ' })))).toEqual([]);
  });

  it.each([
    ['a value', dataSet({ PatientID: 'A' }), dataSet({ PatientID: 'B' }), '00100020 has other bytes'],
    ['a missing element', dataSet({ PatientID: 'A' }), [], '00100020 is missing'],
    ['an added element', [], dataSet({ PatientID: 'A' }), '00100020 was added'],
    ['a VR', [elementOf('00100020', 'LO', 'A')], [elementOf('00100020', 'SH', 'A')], 'has VR SH instead of LO'],
    [
      'items',
      dataSet({ ReferencedImageSequence: [[]] }),
      dataSet({ ReferencedImageSequence: [] }),
      '0 items instead of 1',
    ],
    [
      'a value within an item',
      dataSet({ ReferencedImageSequence: [dataSet({ CodeValue: 'A' })] }),
      dataSet({ ReferencedImageSequence: [dataSet({ CodeValue: 'B' })] }),
      '00081140[1].00080100 has other bytes',
    ],
  ])('tell of %s', (_what, one, other, told) => {
    expect(differences(read(one), read(other))).toEqual([expect.stringContaining(told)]);
  });
});

describe('the fixtures', () => {
  const fixtures = allFixtures(newRun());

  it('have names and instances of their own', () => {
    expect(new Set(fixtures.map(({ name }) => name)).size).toBe(fixtures.length);
    expect(new Set(fixtures.map(({ instance }) => instance)).size).toBe(fixtures.length);
    const uids = fixtures.flatMap(({ study, series, instance }) => [study, series, instance]);
    expect(uids.filter((uid) => !/^2\.25\.[1-9]\d*(?:\.[1-9]\d*)+$/.test(uid) || uid.length > 64)).toEqual([]);
  });

  it('are files that the suite itself can read, of which one study has one patient', () => {
    const patients = new Map<string, Set<string | undefined>>();
    for (const { name, file, study } of fixtures) {
      const { elements } = readPart10(file);
      const patient = elements.find(({ tag }) => tag === '00100020')?.bytes.toString();
      expect(patient, name).toBeDefined();
      patients.set(study, (patients.get(study) ?? new Set()).add(patient));
    }
    expect([...patients.values()].filter(({ size }) => size !== 1)).toEqual([]);
  });
});
