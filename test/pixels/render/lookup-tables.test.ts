import { describe, expect, it } from 'vitest';
import { TAG } from '../../../src/dicom/attributes.js';
import { dataSet, dataSetOfKeywords, element } from '../../../src/dicom/build-data-set.js';
import type { DataSet } from '../../../src/dicom/data-set.js';
import { InvalidInstance } from '../../../src/dicom/failure-reasons.js';
import { lookUp, readLookupTable } from '../../../src/pixels/render/lookup-table.js';
import { drawn, greyImage, table, words } from '../../support/native-frame.js';

const found = (item: DataSet | undefined, maySign: boolean, ...values: readonly number[]): readonly number[] => {
  if (item === undefined) throw new Error('There is no item.');
  const array = Float64Array.from(values);
  lookUp(array, readLookupTable(item, maySign));
  return [...array];
};

describe('readLookupTable', () => {
  it('maps values below and above to the first and the last entry', () => {
    expect(found(table(10, 16, [5, 6, 7])[0], false, -1, 10, 11.4, 11.5, 12, 99)).toEqual([5, 5, 6, 7, 7, 7]);
  });

  it('reads a first value as negative where it may be', () => {
    expect(found(table(-2, 16, [1, 2, 3])[0], true, -2, -1, 0)).toEqual([1, 2, 3]);
    expect(readLookupTable(table(-2, 16, [1, 2, 3])[0] ?? dataSet([]), false).first).toBe(65534);
  });

  it('reads 0 entries as 65,536', () => {
    const entries = Array.from({ length: 65536 }, (_, i) => 65535 - i);
    expect(found(table(0, 16, entries)[0], false, 0, 1, 65535)).toEqual([65535, 65534, 0]);
  });

  it('reads entries of 8 bits in words and in bytes', () => {
    const packed = dataSetOfKeywords({ LUTDescriptor: [3, 0, 8], LUTData: Buffer.from([1, 2, 3, 0]) });
    expect(found(packed, false, 0, 1, 2, 3)).toEqual([1, 2, 3, 3]);
    expect(found(table(0, 8, [1, 2, 3])[0], false, 0, 1, 2)).toEqual([1, 2, 3]);
  });

  it('reads the words of a big endian data set', () => {
    const little = table(1, 16, [0x1234])[0];
    const elements = little?.elements.map((each) =>
      each.vr === 'SQ' ? each : { ...each, bytes: Buffer.from(each.bytes).swap16() },
    );
    expect(found({ elements: elements ?? [], byteOrder: 'big' }, false, 1)).toEqual([0x1234]);
  });

  it('goes on with the last entry where data is missing', () => {
    expect(found(table(0, 16, [4, 9], 1000)[0], false, 1, 2, 999)).toEqual([9, 9, 9]);
  });

  it.each([
    ['12 bits', 12, [0, 4095], 4095],
    ['bits that are none', 0, [0, 1023], 1023],
    ['bits that are too many', 99, [0, 1023], 1023],
    ['less bits than its entries have', 8, [0, 1023], 1023],
    ['nothing but 0', 7, [0], 1],
  ])('takes a table of %s', (_what, bits, entries, most) => {
    expect(readLookupTable(table(0, bits, entries)[0] ?? dataSet([]), false).most).toBe(most);
  });

  it.each([
    ['no descriptor', dataSetOfKeywords({ LUTData: Buffer.alloc(4) })],
    ['half a descriptor', dataSetOfKeywords({ LUTDescriptor: [1, 2], LUTData: Buffer.alloc(4) })],
    ['no data', dataSetOfKeywords({ LUTDescriptor: [1, 2, 16] })],
    ['empty data', dataSetOfKeywords({ LUTDescriptor: [1, 2, 16], LUTData: Buffer.alloc(0) })],
  ])('refuses a table with %s', (_what, item) => {
    expect(() => readLookupTable(item, false)).toThrow(InvalidInstance);
  });
});

describe('RR-05 the tables of an image', () => {
  const window = { center: 128, width: 256, function: 'linear' } as const;

  it('draws a Modality LUT Sequence before the window', () => {
    const image = greyImage({ ModalityLUTSequence: table(0, 8, [0, 255, 51, 102]), RescaleSlope: '9' });
    expect(drawn(image, words(0, 1, 2, 3), { window })).toEqual([0, 255, 51, 102]);
  });

  it('draws a VOI LUT Sequence after the rescaling', () => {
    const image = greyImage({ RescaleIntercept: '-10', VOILUTSequence: table(-10, 10, [0, 1023, 341, 682]) });
    expect(drawn(image, words(0, 1, 2, 3))).toEqual([0, 255, 85, 170]);
  });

  it('reads the first value of a VOI LUT as unsigned where no value is negative', () => {
    const image = greyImage({ VOILUTSequence: table(65534, 8, [0, 255]) });
    expect(drawn(image, words(0, 65533, 65534, 65535))).toEqual([0, 0, 0, 255]);
  });

  it('draws the first window before a VOI LUT, and passes over one that is none', () => {
    const voi = { VOILUTSequence: table(0, 8, [255, 0]) };
    const windowed = greyImage({ ...voi, WindowCenter: ['1', '9'], WindowWidth: ['2', '9'] });
    expect(drawn(windowed, words(0, 1, 2, 3))).toEqual([0, 255, 255, 255]);
    const none = greyImage({ ...voi, WindowCenter: '1', WindowWidth: '0' });
    expect(drawn(none, words(0, 1, 2, 3))).toEqual([255, 0, 0, 0]);
  });

  it('passes over a VOI LUT that is none, but not over a Modality LUT', () => {
    const none = [dataSetOfKeywords({ LUTDescriptor: [1, 2, 16] })];
    expect(drawn(greyImage({ VOILUTSequence: none }), words(0, 10, 5, 10))).toEqual([0, 255, 128, 255]);
    expect(() => drawn(greyImage({ ModalityLUTSequence: none }), words(0, 10, 5, 10))).toThrow(InvalidInstance);
  });

  it('spreads VOI values over a Presentation LUT', () => {
    const image = greyImage({ PresentationLUTSequence: table(0, 8, [10, 20, 30]) });
    expect(drawn(image, words(0, 127, 128, 255), { window })).toEqual([10, 20, 20, 30]);
  });

  it('has no table where the sequence is empty', () => {
    const image = dataSet([...greyImage().elements, element(TAG.VOILUTSequence, [] as readonly DataSet[])]);
    expect(drawn(image, words(0, 10, 5, 10))).toEqual([0, 255, 128, 255]);
  });
});
