import dicomParser from 'dicom-parser';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  dataSet,
  dataSetOfKeywords,
  decimalString,
  element,
  padded,
  writeTag,
} from '../../src/dicom/build-data-set.js';
import { findBytes, isSequence } from '../../src/dicom/data-set.js';
import { encodePart10 } from '../../src/dicom/data-set-writer.js';
import { VALUE_REPRESENTATIONS, type VR } from '../../src/dicom/vr.js';
import { dcmjs } from '../support/dcmjs.js';

const CT_IMAGE_STORAGE = '1.2.840.10008.5.1.4.1.1.2';
const UIDS = { SOPClassUID: CT_IMAGE_STORAGE, SOPInstanceUID: '2.25.7' };

function bytesOf(...[tag, value, vr]: Parameters<typeof element>): Buffer {
  const made = element(tag, value, vr);
  if (isSequence(made)) throw new Error('The element is a sequence.');
  return made.bytes;
}

describe('element', () => {
  it('takes the VR from the dictionary', () => {
    expect(element(0x00100010, 'A^B').vr).toBe('PN');
    expect(element(0x00280010, 4).vr).toBe('US');
    expect(element(0x00081140, []).vr).toBe('SQ');
    expect(element(0x00091001, Buffer.alloc(2)).vr).toBe('UN');
    expect(element(0x00090010, 'CREATOR').vr).toBe('LO');
  });

  it('takes the VR that it is given instead', () => {
    expect(element(0x00280120, -2000, 'SS')).toMatchObject({ vr: 'SS', bytes: Buffer.from('30f8', 'hex') });
  });

  it('is empty without a value', () => {
    expect(bytesOf(0x00100030)).toHaveLength(0);
    expect(element(0x00081140)).toMatchObject({ vr: 'SQ', items: [] });
  });

  it.each([
    [0x00080018, '1.2.3', '1.2.3\0'],
    [0x00100020, 'abc', 'abc '],
    [0x00080008, ['ORIGINAL', 'PRIMARY', 'X'], 'ORIGINAL\\PRIMARY\\X'],
    [0x00200013, 7, '7 '],
    [0x00280030, [0.5, 0.25], '0.5\\0.25'],
    [0x00100010, 'Müller', 'Müller '],
  ] as const)('writes %s %o as text', (tag, value, text) => {
    expect(bytesOf(tag, value).toString('utf8')).toBe(text);
  });

  it('writes every number of every binary VR little endian', () => {
    const view = (bytes: Buffer): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    const cases: readonly [VR, fc.Arbitrary<number>, number, (bytes: DataView, at: number) => number][] = [
      ['US', fc.integer({ min: 0, max: 0xffff }), 2, (bytes, at) => bytes.getUint16(at, true)],
      ['OW', fc.integer({ min: 0, max: 0xffff }), 2, (bytes, at) => bytes.getUint16(at, true)],
      ['SS', fc.integer({ min: -0x8000, max: 0x7fff }), 2, (bytes, at) => bytes.getInt16(at, true)],
      ['UL', fc.integer({ min: 0, max: 0xffffffff }), 4, (bytes, at) => bytes.getUint32(at, true)],
      ['OL', fc.integer({ min: 0, max: 0xffffffff }), 4, (bytes, at) => bytes.getUint32(at, true)],
      ['SL', fc.integer(), 4, (bytes, at) => bytes.getInt32(at, true)],
      ['FL', fc.float(), 4, (bytes, at) => bytes.getFloat32(at, true)],
      ['OF', fc.float(), 4, (bytes, at) => bytes.getFloat32(at, true)],
      ['FD', fc.double(), 8, (bytes, at) => bytes.getFloat64(at, true)],
      ['OD', fc.double(), 8, (bytes, at) => bytes.getFloat64(at, true)],
      ['SV', fc.maxSafeInteger(), 8, (bytes, at) => Number(bytes.getBigInt64(at, true))],
      ['UV', fc.maxSafeNat(), 8, (bytes, at) => Number(bytes.getBigUint64(at, true))],
      ['OV', fc.maxSafeNat(), 8, (bytes, at) => Number(bytes.getBigUint64(at, true))],
    ];
    for (const [vr, number, size, read] of cases) {
      fc.assert(
        fc.property(fc.array(number, { maxLength: 5 }), (numbers) => {
          const bytes = bytesOf(0x00091001, numbers, vr);
          expect(numbers.map((_, index) => read(view(bytes), index * size))).toEqual(numbers);
          expect(bytes).toHaveLength(numbers.length * size);
        }),
        { numRuns: 50 },
      );
    }
  });

  it('writes 64-bit values beyond the safe integers', () => {
    expect(bytesOf(0x00091001, 2n ** 64n - 1n, 'UV').toString('hex')).toBe('ff'.repeat(8));
    expect(bytesOf(0x00091001, -(2n ** 63n), 'SV').toString('hex')).toBe('0000000000000080');
  });

  it('writes a tag as group and element', () => {
    expect(bytesOf(0x00280009, 0x7fe00010).toString('hex')).toBe('e07f1000');
    expect(bytesOf(0x00280009, [0xffffffff, 0]).toString('hex')).toBe('ffffffff00000000');
  });

  it('makes every value field even', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...VALUE_REPRESENTATIONS.filter((vr) => vr !== 'SQ')),
        fc.uint8Array({ maxLength: 9 }),
        (vr, bytes) => {
          const made = bytesOf(0x00091001, Buffer.from(bytes), vr);
          expect(made.length % 2).toBe(0);
          expect(made.subarray(0, bytes.length)).toEqual(Buffer.from(bytes));
        },
      ),
    );
  });

  it.each([
    ['text for a number', 0x00280010, '4'],
    ['items for text', 0x00100010, [dataSet([])]],
    ['text for items', 0x00081140, 'x'],
    ['bytes for items', 0x00081140, Buffer.alloc(4)],
    ['a fraction for a whole number', 0x00280010, 1.5],
    ['NaN for a whole number', 0x00280010, Number.NaN],
  ] as const)('refuses %s', (_name, tag, value) => {
    expect(() => element(tag, value)).toThrow(TypeError);
  });

  it.each([
    ['a number too large', 0x00280010, 0x10000],
    ['a negative number', 0x00280010, -1],
    ['a tag too large', 0x00280009, 0x1_0000_0000],
    ['a negative tag', 0x00280009, -1],
    ['infinity as text', 0x00200013, Number.POSITIVE_INFINITY],
    ['NaN as a Decimal String', 0x00280030, Number.NaN],
  ] as const)('finds %s out of range', (_name, tag, value) => {
    expect(() => element(tag, value)).toThrow(RangeError);
  });
});

describe('dataSet', () => {
  it('puts elements in order, whatever order they came in', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.integer({ min: 0x00090000, max: 0xfff0ffff }), { maxLength: 20 }), (tags) => {
        const made = dataSet(tags.map((tag) => element(tag, Buffer.alloc(0), 'UN')));
        expect(made.elements.map(({ tag }) => tag)).toEqual(tags.toSorted((a, b) => a - b));
        expect(made.byteOrder).toBe('little');
      }),
    );
  });

  it('refuses a tag that comes twice', () => {
    const twice = [element(0x00100020, 'a'), element(0x00080005, ''), element(0x00100020, 'b')];
    expect(() => dataSet(twice)).toThrow(/00100020/);
  });
});

describe('dataSetOfKeywords', () => {
  it('leaves out what is undefined and keeps what is empty', () => {
    const made = dataSetOfKeywords({ PatientID: undefined, PatientName: [], Rows: 3 });
    expect(made.elements.map(({ tag }) => tag)).toEqual([0x00100010, 0x00280010]);
  });

  it('refuses a keyword that is not in the dictionary', () => {
    expect(() => dataSetOfKeywords({ PatientNmae: 'x' })).toThrow(/PatientNmae/);
    expect(() => dataSetOfKeywords({ PatientNmae: undefined })).toThrow(RangeError);
  });

  it('makes what two other readers read alike', () => {
    const file = encodePart10(
      dataSetOfKeywords({
        ...UIDS,
        SpecificCharacterSet: 'ISO_IR 192',
        PatientName: 'Żółć^Ænea',
        ImagePositionPatient: [-1.5, 2, 3.25],
        Rows: 512,
        FrameIncrementPointer: 0x00181063,
        ReferencedStudySequence: [
          dataSetOfKeywords({ ReferencedSOPInstanceUID: '1.2.3' }),
          dataSetOfKeywords({ ReferencedSOPInstanceUID: '1.2.4' }),
        ],
      }),
    );
    const parsed = dicomParser.parseDicom(file);
    expect(parsed.uint16('x00280010')).toBe(512);
    expect(parsed.floatString('x00200032', 0)).toBe(-1.5);
    expect(parsed.attributeTag('x00280009')).toBe('x00181063');
    const items = parsed.elements['x00081110']?.items?.map((item) => item.dataSet?.string('x00081155'));
    expect(items).toEqual(['1.2.3', '1.2.4']);
    const { dict } = dcmjs.data.DicomMessage.readFile(new Uint8Array(file).buffer);
    expect(dcmjs.data.DicomMetaDictionary.naturalizeDataset(dict)).toMatchObject({
      Rows: 512,
      ImagePositionPatient: [-1.5, 2, 3.25],
      SOPInstanceUID: '2.25.7',
    });
    expect(dict['00100010']?.Value).toMatchObject([{ Alphabetic: 'Żółć^Ænea' }]);
  });
});

describe('decimalString', () => {
  it('keeps within 16 characters and as near as these allow', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
        const text = decimalString(value);
        expect(text.length).toBeLessThanOrEqual(16);
        expect(text).toMatch(/^-?\d+(?:\.\d+)?(?:e[+-]\d+)?$/);
        expect(Math.abs(Number(text) - value)).toBeLessThanOrEqual(Math.abs(value) * 1e-8);
      }),
      { numRuns: 1000 },
    );
  });

  it.each([
    [0.1 + 0.2, '0.3'],
    [-1 / 3, '-0.3333333333333'],
    [1e21, '1e+21'],
    [-0, '0'],
    [12345678901234567000, '1.2345678901e+19'],
    [-0.000001234567890123, '-1.2345678901e-6'],
    [Number.MAX_VALUE, '1.79769313e+308'],
    [100000000000000000, '1e+17'],
  ])('writes %d', (value, text) => {
    expect(decimalString(value)).toBe(text);
  });
});

describe('padded and writeTag', () => {
  it('leaves an even value as it is', () => {
    const even = Buffer.from('ab');
    expect(padded(even, 'LO')).toBe(even);
  });

  it('writes a tag where it is told to', () => {
    const bytes = Buffer.alloc(6, 0xaa);
    writeTag(bytes, 0xfffee000, 2);
    expect(bytes.toString('hex')).toBe('aaaafeff00e0');
  });

  it('is found again by its tag', () => {
    expect(findBytes(dataSetOfKeywords(UIDS), 0x00080018)?.toString('latin1')).toBe('2.25.7');
  });
});
