import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TAG } from '../../src/dicom/attributes.js';
import type { ByteOrder, DataElement, DataSet, Tag, ValueElement } from '../../src/dicom/data-set.js';
import {
  INLINE_BINARY_BYTES,
  INLINE_VALUES_BYTES,
  INSTANCE_URL_MARK,
  instanceMetadata,
} from '../../src/dicom/dicom-json.js';
import { FAILURE_REASON } from '../../src/dicom/failure-reasons.js';
import { Part10Reader } from '../../src/dicom/part10-reader.js';
import type { PixelDataElement } from '../../src/dicom/pixel-data.js';
import { VALUE_REPRESENTATIONS } from '../../src/dicom/vr.js';
import { corpusDir } from '../support/outside-files.js';

type ValueVR = ValueElement['vr'];

const value = (tag: Tag, vr: ValueVR, bytes: string | Buffer = '', valueOffset = 0): DataElement => ({
  tag,
  vr,
  bytes: typeof bytes === 'string' ? Buffer.from(bytes) : bytes,
  valueOffset,
});
const sequence = (tag: Tag, ...items: readonly (readonly DataElement[])[]): DataElement => ({
  tag,
  vr: 'SQ',
  items: items.map((elements) => dataSet(elements)),
});
const dataSet = (elements: readonly DataElement[], byteOrder: ByteOrder = 'little'): DataSet => ({
  elements,
  byteOrder,
});
const hex = (text: string) => Buffer.from(text, 'hex');

const metadataOf = (elements: readonly DataElement[], byteOrder: ByteOrder = 'little') =>
  instanceMetadata({ dataSet: dataSet(elements, byteOrder), pixelData: undefined, trailer: undefined });

const PRIVATE = 0x00091001;

/** The text of the one attribute that a data set of that value has. */
function attributeText(vr: ValueVR, bytes: string | Buffer, byteOrder: ByteOrder = 'little'): string {
  const { json } = metadataOf([value(PRIVATE, vr, bytes)], byteOrder);
  return json.slice('{"00091001":'.length, -1);
}

const valuesText = (vr: ValueVR, bytes: string | Buffer, byteOrder: ByteOrder = 'little') =>
  attributeText(vr, bytes, byteOrder).slice(`{"vr":"${vr}","Value":`.length, -1);

const withoutMark = (json: string) => json.replaceAll(INSTANCE_URL_MARK, 'https://archive.example/instance');

describe('instanceMetadata', () => {
  it('RM-01 writes one object, empty for an empty data set', () => {
    expect(metadataOf([])).toEqual({ json: '{}', bulkdata: [] });
  });

  it('J-03 J-04 names attributes in upper-case hex and in ascending order of the text', () => {
    const { json } = metadataOf([
      value(0x00080060, 'CS', 'DX'),
      sequence(0x00081140, [value(0x0008103e, 'LO', 'a'), value(TAG.PresentationLUTShape, 'CS', 'INVERSE ')]),
      value(TAG.PresentationLUTShape, 'CS', 'IDENTITY'),
    ]);
    expect(json).toBe(
      '{"00080060":{"vr":"CS","Value":["DX"]},' +
        '"00081140":{"vr":"SQ","Value":[{"0008103E":{"vr":"LO","Value":["a"]},"20500020":{"vr":"CS","Value":["INVERSE"]}}]},' +
        '"20500020":{"vr":"CS","Value":["IDENTITY"]}}',
    );
  });

  it.each(VALUE_REPRESENTATIONS.filter((vr): vr is ValueVR => vr !== 'SQ'))(
    'J-06 J-07 writes an empty %s with its vr and nothing else',
    (vr) => {
      expect(attributeText(vr, '')).toBe(`{"vr":"${vr}"}`);
    },
  );

  it.each<ValueVR>(['LO', 'PN', 'DS', 'UI', 'LT'])('J-07 takes a %s of padding only for empty', (vr) => {
    expect(attributeText(vr, '  ')).toBe(`{"vr":"${vr}"}`);
  });

  it('J-08 writes null for an empty value among several', () => {
    expect(valuesText('CS', 'ORIGINAL\\\\AXIAL ')).toBe('["ORIGINAL",null,"AXIAL"]');
    expect(valuesText('DS', '1\\\\2')).toBe('[1,null,2]');
    expect(valuesText('PN', 'A\\ \\==')).toBe('[{"Alphabetic":"A"},null,null]');
  });

  it('J-09 writes an empty sequence without Value, and keeps empty items', () => {
    const item = [value(0x00080060, 'CS', 'CT')];
    expect(metadataOf([sequence(0x00081140)]).json).toBe('{"00081140":{"vr":"SQ"}}');
    expect(metadataOf([sequence(0x00081140, item, [], item)]).json).toBe(
      '{"00081140":{"vr":"SQ","Value":[{"00080060":{"vr":"CS","Value":["CT"]}},{},{"00080060":{"vr":"CS","Value":["CT"]}}]}}',
    );
  });

  it('J-10 writes the component groups of a name that are not empty, with their ^', () => {
    expect(valuesText('PN', 'A^B=王^小東=')).toBe(`[{"Alphabetic":"A^B","Ideographic":"王^小東"}]`);
    expect(valuesText('PN', '=王 =わん')).toBe(`[{"Ideographic":"王","Phonetic":"わん"}]`);
    expect(attributeText('PN', '==')).toBe('{"vr":"PN"}');
  });

  it('J-11 writes AT as eight upper-case hexadecimal digits, in either byte order', () => {
    expect(valuesText('AT', hex('18006310feffdde0'))).toBe('["00181063","FFFEE0DD"]');
    expect(valuesText('AT', hex('00181063fffee0dd'), 'big')).toBe('["00181063","FFFEE0DD"]');
  });

  it.each([
    ['1.50', '1.5'],
    ['007', '7'],
    [' -3 ', '-3'],
    ['+5', '5'],
    ['.5', '0.5'],
    ['1.', '1'],
    ['-0', '-0'],
    ['1e5', '100000'],
    ['1E+30', '1e+30'],
    ['123456789012345', '123456789012345'],
    ['0.000123456789012345', '0.000123456789012345'],
    ['1.23456789012345e-300', '1.23456789012345e-300'],
    ['0e999', '0'],
    ['1.2345678901234567', '"1.2345678901234567"'],
    ['1234567890123456', '"1234567890123456"'],
    ['1e999', '"1e999"'],
    ['1e-400', '"1e-400"'],
    ['NaN', '"NaN"'],
    ['1,5', '"1,5"'],
    ['0x10', '"0x10"'],
    ['1 2', '"1 2"'],
  ])('J-12 writes the decimal %j as %s', (text, json) => {
    expect(valuesText('DS', text)).toBe(`[${json}]`);
    expect(valuesText('IS', text)).toBe(`[${json}]`);
  });

  it('J-13 writes SV and UV as numbers up to 2^53, beyond it as text', () => {
    const bytes = Buffer.alloc(32);
    bytes.writeBigInt64LE(-5n, 0);
    bytes.writeBigInt64LE(9007199254740991n, 8);
    bytes.writeBigInt64LE(9007199254740993n, 16);
    bytes.writeBigInt64LE(-(2n ** 63n), 24);
    expect(valuesText('SV', bytes)).toBe('[-5,9007199254740991,"9007199254740993","-9223372036854775808"]');
    expect(valuesText('UV', bytes)).toContain('"18446744073709551611"');
    expect(valuesText('UV', hex('0000000000000007'), 'big')).toBe('[7]');
    expect(valuesText('SV', hex('ffffffffffffffff'), 'big')).toBe('[-1]');
  });

  it('J-14 writes US SS UL SL FL FD as numbers, in either byte order', () => {
    expect(valuesText('US', hex('0100ffff'))).toBe('[1,65535]');
    expect(valuesText('SS', hex('ffff0001'), 'big')).toBe('[-1,1]');
    expect(valuesText('UL', hex('ffffffff'))).toBe('[4294967295]');
    expect(valuesText('SL', hex('fffffffe'), 'big')).toBe('[-2]');
    expect(valuesText('FL', hex('3f800000'), 'big')).toBe('[1]');
    expect(valuesText('FD', hex('9a9999999999b93f'))).toBe('[0.1]');
  });

  it('J-14 writes the shortest decimal that gives the same single', () => {
    const singles = Float32Array.of(0.1, 16777216, 1 / 3, 3.4028234663852886e38, -0, 123456.79, 5e-10);
    expect(valuesText('FL', Buffer.from(singles.buffer))).toBe(
      '[0.1,16777216,0.33333334,3.4028235e+38,-0,123456.79,5e-10]',
    );
  });

  it('J-14 gives every single back as it was', () => {
    fc.assert(
      fc.property(fc.float({ noNaN: true, noDefaultInfinity: true }), (single) => {
        const bytes = Buffer.alloc(4);
        bytes.writeFloatLE(single);
        const [back] = JSON.parse(valuesText('FL', bytes));
        expect(Math.fround(back)).toBe(single);
      }),
      { numRuns: 2000 },
    );
  });

  it('J-15 writes what is not finite as text', () => {
    const doubles = Float64Array.of(Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY);
    expect(valuesText('FD', Buffer.from(doubles.buffer))).toBe('["NaN","Infinity","-Infinity"]');
    expect(valuesText('FL', Buffer.from(Float32Array.from(doubles).buffer))).toBe('["NaN","Infinity","-Infinity"]');
  });

  it.each<ValueVR>(['OB', 'OD', 'OF', 'OL', 'OV', 'OW', 'UN'])('J-16 writes %s as one base64 text', (vr) => {
    expect(attributeText(vr, hex('cf4c7d73cbfb0102'))).toBe(`{"vr":"${vr}","InlineBinary":"z0x9c8v7AQI="}`);
  });

  it.each<[ValueVR, string]>([
    ['OW', '020104030605080709'],
    ['OL', '040302010807060509'],
    ['OF', '040302010807060509'],
    ['OD', '080706050403020109'],
    ['OV', '080706050403020109'],
    ['OB', '010203040506070809'],
    ['UN', '010203040506070809'],
  ])('J-17 turns %s of a big endian data set into little endian', (vr, little) => {
    const bytes = hex('010203040506070809');
    const { InlineBinary } = JSON.parse(attributeText(vr, bytes, 'big'));
    expect(Buffer.from(InlineBinary, 'base64').toString('hex')).toBe(little);
    expect(bytes.toString('hex')).toBe('010203040506070809');
  });

  it('J-19 takes off padding, NUL included', () => {
    expect(valuesText('CS', 'CT ')).toBe('["CT"]');
    expect(valuesText('UI', '1.2.3\0')).toBe('["1.2.3"]');
    expect(valuesText('LO', 'a\0')).toBe('["a"]');
  });

  it('J-20 writes private attributes beside their creators', () => {
    const { json } = metadataOf([
      value(0x00090010, 'LO', 'ACME 1.1'),
      value(0x00090011, 'LO', 'OTHER'),
      value(0x00091001, 'DS', '1.5'),
      value(0x00091101, 'UN', hex('0102')),
    ]);
    expect(JSON.parse(json)).toEqual({
      '00090010': { vr: 'LO', Value: ['ACME 1.1'] },
      '00090011': { vr: 'LO', Value: ['OTHER'] },
      '00091001': { vr: 'DS', Value: [1.5] },
      '00091101': { vr: 'UN', InlineBinary: 'AQI=' },
    });
  });

  it('J-21 writes one entry for each value between backslashes, but one for LT ST UT UR', () => {
    for (const vr of ['AE', 'CS', 'LO', 'SH', 'UC', 'UI'] as const) {
      expect(JSON.parse(valuesText(vr, 'A\\B'))).toEqual(['A', 'B']);
    }
    for (const vr of ['LT', 'ST', 'UT', 'UR'] as const) expect(JSON.parse(valuesText(vr, 'A\\B'))).toEqual(['A\\B']);
  });

  it('J-22 writes dates and times as they are', () => {
    expect(valuesText('DA', '20200131\\2020.01.31')).toBe('["20200131","2020.01.31"]');
    expect(valuesText('TM', '101500.120 ')).toBe('["101500.120"]');
    expect(valuesText('DT', '20200131101500+0100 ')).toBe('["20200131101500+0100"]');
  });

  it('J-23 leaves UN what was stored as UN, though the dictionary knows better', () => {
    expect(metadataOf([value(TAG.PatientID, 'UN', 'A1')]).json).toBe('{"00100020":{"vr":"UN","InlineBinary":"QTE="}}');
  });

  it('ignores bytes that are too few for one more value', () => {
    expect(valuesText('US', hex('010002'))).toBe('[1]');
    expect(attributeText('US', hex('01'))).toBe('{"vr":"US"}');
    expect(valuesText('AT', hex('180063101800'))).toBe('["00181063"]');
  });

  it('escapes what JSON must have escaped', () => {
    const text = '"\\u0022 \u0001\u001f\u2028</script> \t\r\n\u007f\u{1f9b7}';
    expect(JSON.parse(valuesText('UT', text))).toEqual([text]);
    expect(valuesText('UT', text)).not.toContain(INSTANCE_URL_MARK);
  });
});

describe('instanceMetadata, character sets', () => {
  const name = (text: string, encoding: BufferEncoding) => value(TAG.PatientName, 'PN', Buffer.from(text, encoding));

  it('CS-06 writes Unicode and says so, where the data set names a character set', () => {
    const { json } = metadataOf([value(TAG.SpecificCharacterSet, 'CS', 'ISO_IR 100'), name('Jérôme', 'latin1')]);
    expect(json).toBe(
      '{"00080005":{"vr":"CS","Value":["ISO_IR 192"]},"00100010":{"vr":"PN","Value":[{"Alphabetic":"Jérôme"}]}}',
    );
  });

  it('CS-06 adds none where there was none, and replaces an empty one', () => {
    expect(metadataOf([name('Doe', 'latin1')]).json).not.toContain('00080005');
    expect(metadataOf([value(TAG.SpecificCharacterSet, 'CS')]).json).toContain('ISO_IR 192');
  });

  it('CS-06 reads an item in its own character set, or in that around it', () => {
    const cyrillic = Buffer.from([0xbb]);
    const { json } = metadataOf([
      value(TAG.SpecificCharacterSet, 'CS', 'ISO_IR 144'),
      sequence(
        0x00081140,
        [value(0x0008103e, 'LO', cyrillic)],
        [value(TAG.SpecificCharacterSet, 'CS', 'ISO_IR 126'), value(0x0008103e, 'LO', Buffer.from([0xc4]))],
        [sequence(0x00081199, [value(0x0008103e, 'LO', cyrillic)])],
      ),
    ]);
    const items = JSON.parse(json)['00081140'].Value;
    expect(items[0]['0008103E'].Value).toEqual(['Л']);
    expect(items[1]).toEqual({
      '00080005': { vr: 'CS', Value: ['ISO_IR 192'] },
      '0008103E': { vr: 'LO', Value: ['Δ'] },
    });
    expect(items[2]['00081199'].Value[0]['0008103E'].Value).toEqual(['Л']);
  });

  it('CS-08 parts values at the byte 5C in ISO_IR 13', () => {
    const { json } = metadataOf([
      value(TAG.SpecificCharacterSet, 'CS', 'ISO_IR 13'),
      value(0x0008103e, 'LO', hex('d45ccf')),
    ]);
    expect(JSON.parse(json)['0008103E'].Value).toEqual(['ﾔ', 'ﾏ']);
  });
});

describe('instanceMetadata, bulkdata', () => {
  const native: PixelDataElement = { tag: TAG.PixelData, vr: 'OW', valueOffset: 1000, lengthBytes: 512 };
  const withPixelData = (pixelData: PixelDataElement, byteOrder: ByteOrder = 'little') =>
    instanceMetadata({
      dataSet: dataSet([value(0x00080060, 'CS', 'CT')], byteOrder),
      pixelData,
      trailer: dataSet([value(TAG.DataSetTrailingPadding, 'OB', hex('0000'))], byteOrder),
    });

  it('RM-02 RM-06 writes Pixel Data between what stands before and after it', () => {
    expect(withPixelData(native).json).toBe(
      '{"00080060":{"vr":"CS","Value":["CT"]},' +
        `"7FE00010":{"vr":"OW","BulkDataURI":"\u0001/bulkdata/7FE00010"},` +
        '"FFFCFFFC":{"vr":"OB","InlineBinary":"AAA="}}',
    );
  });

  it('RM-06 lists native Pixel Data, but not fragments', () => {
    expect(withPixelData(native, 'big').bulkdata).toEqual([
      { path: '7FE00010', vr: 'OW', valueOffset: 1000, lengthBytes: 512, byteOrder: 'big' },
    ]);
    const encapsulated = withPixelData({ ...native, vr: 'OB', lengthBytes: undefined });
    expect(encapsulated.bulkdata).toEqual([]);
    expect(encapsulated.json).toContain('{"vr":"OB","BulkDataURI":"\u0001/bulkdata/7FE00010"}');
  });

  it('J-07 writes empty Pixel Data as empty', () => {
    const { json, bulkdata } = withPixelData({ ...native, lengthBytes: 0 });
    expect(json).toContain('"7FE00010":{"vr":"OW"}');
    expect(bulkdata).toEqual([]);
  });

  it.each<ValueVR>(['OB', 'OD', 'OF', 'OL', 'OV', 'OW', 'UN'])('J-18 refers to %s beyond 1,024 bytes', (vr) => {
    expect(attributeText(vr, Buffer.alloc(INLINE_BINARY_BYTES))).toContain('InlineBinary');
    const { json, bulkdata } = metadataOf([value(PRIVATE, vr, Buffer.alloc(1026), 300)]);
    expect(json).toBe(`{"00091001":{"vr":"${vr}","BulkDataURI":"\u0001/bulkdata/00091001"}}`);
    expect(bulkdata).toEqual([{ path: '00091001', vr, valueOffset: 300, lengthBytes: 1026, byteOrder: 'little' }]);
  });

  it.each<ValueVR>(['DS', 'FD', 'FL', 'IS', 'LT', 'SL', 'SS', 'ST', 'SV', 'UC', 'UL', 'US', 'UT', 'UV'])(
    'J-18 refers to %s beyond 64 KiB',
    (vr) => {
      expect(attributeText(vr, Buffer.alloc(INLINE_VALUES_BYTES, '1'))).toContain('"Value"');
      expect(attributeText(vr, Buffer.alloc(INLINE_VALUES_BYTES + 2, '1'))).toBe(
        `{"vr":"${vr}","BulkDataURI":"\u0001/bulkdata/00091001"}`,
      );
    },
  );

  it.each<ValueVR>(['AE', 'AS', 'AT', 'CS', 'DA', 'DT', 'LO', 'PN', 'SH', 'TM', 'UI', 'UR'])(
    'RM-05 never refers to %s',
    (vr) => {
      expect(attributeText(vr, Buffer.alloc(INLINE_VALUES_BYTES + 4, '1'))).toContain('"Value"');
    },
  );

  it('keeps long text that is not Unicode, for apart from the metadata nobody could read it', () => {
    const latin = Buffer.alloc(INLINE_VALUES_BYTES + 2, 0xe9);
    const jsonIn = (set: string, bytes: Buffer): string =>
      metadataOf([value(0x00080005, 'CS', set), value(PRIVATE, 'UT', bytes)]).json;
    expect(jsonIn('ISO_IR 100', latin)).toContain(`"Value":["${'é'.repeat(INLINE_VALUES_BYTES + 2)}"]`);
    expect(jsonIn('ISO_IR 192', Buffer.from('é'.repeat(INLINE_VALUES_BYTES)))).toContain('BulkDataURI');
    expect(jsonIn('ISO_IR 100', Buffer.alloc(INLINE_VALUES_BYTES + 2, 'e'))).toContain('BulkDataURI');
    expect(jsonIn('ISO_IR 100', Buffer.alloc(5 * 1024 * 1024, 0xe9))).toContain('BulkDataURI');
  });

  it('names a value in an item by its path', () => {
    const { json, bulkdata } = metadataOf([
      sequence(0x00081140, [], [sequence(0x00081199, [value(TAG.EncapsulatedDocument, 'OB', Buffer.alloc(2000), 77)])]),
    ]);
    expect(bulkdata).toMatchObject([{ path: '00081140/1/00081199/0/00420011', valueOffset: 77, lengthBytes: 2000 }]);
    expect(json).toContain('"\u0001/bulkdata/00081140/1/00081199/0/00420011"');
  });

  it('refuses text beyond all reason rather than fill the memory', () => {
    const flood = value(PRIVATE, 'LO', Buffer.alloc(2 ** 22 + 2, '\\'));
    expect(() => metadataOf([flood])).toThrow(expect.objectContaining({ reason: FAILURE_REASON.outOfResources }));
    const controls = Buffer.alloc(2 ** 22, 1);
    const many = Array.from({ length: 8 }, (_, index) => value(PRIVATE + index, 'LO', controls));
    expect(() => metadataOf(many)).toThrow('too large');
  });
});

/** Data sets of any VR with any bytes, ascending, a few levels deep. */
const elementsOf = (depth: number): fc.Arbitrary<DataElement[]> => {
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 40 }),
    fc.string().map((text) => Buffer.from(text)),
  );
  const values = fc.record({
    tag: fc.integer({ min: 0x00080006, max: 0xfffcfffc }),
    vr: fc.constantFrom(...VALUE_REPRESENTATIONS.filter((vr): vr is ValueVR => vr !== 'SQ')),
    bytes: bytes.map((each) => Buffer.from(each)),
    valueOffset: fc.constant(0),
  });
  const sequences = fc.record({
    tag: fc.integer({ min: 0x00080006, max: 0xfffcfffc }),
    vr: fc.constant('SQ' as const),
    items:
      depth === 0
        ? fc.constant([])
        : fc.array(
            elementsOf(depth - 1).map((elements) => dataSet(elements)),
            { maxLength: 3 },
          ),
  });
  return fc
    .uniqueArray(fc.oneof({ weight: 4, arbitrary: values }, sequences), { selector: ({ tag }) => tag, maxLength: 8 })
    .map((elements) => elements.toSorted((a, b) => a.tag - b.tag));
};

/** What is wrong with an object of the DICOM JSON Model, key by key. */
function faultsOf(object: Readonly<Record<string, Readonly<Record<string, unknown>>>>): string[] {
  return Object.entries(object).flatMap(([name, attribute]) => {
    const faults: string[] = [];
    if (!/^[0-9A-F]{8}$/.test(name)) faults.push(`name ${name}`);
    const { vr, Value: values, ...rest } = attribute;
    if (typeof vr !== 'string') faults.push(`${name} has no vr`);
    if (Object.keys(rest).some((key) => key !== 'InlineBinary' && key !== 'BulkDataURI'))
      faults.push(`${name} has more`);
    if (Object.keys(attribute).length > 2) faults.push(`${name} has more than one content`);
    if (values === undefined) return faults;
    if (!Array.isArray(values) || values.length === 0) return [...faults, `${name} has an empty Value`];
    return vr === 'SQ' ? [...faults, ...values.flatMap(faultsOf)] : faults;
  });
}

/** Whether the attribute names at each level of the text ascend. */
function isAscending(json: string): boolean {
  const last: string[] = [];
  for (const [token, text = '', colon] of json.matchAll(/[{}]|"((?:[^"\\]|\\.)*)"(:?)/g)) {
    if (token === '{') last.push('');
    else if (token === '}') last.pop();
    else if (colon === ':' && /^[0-9A-F]{8}$/.test(text)) {
      if (text <= (last.at(-1) ?? '')) return false;
      last[last.length - 1] = text;
    }
  }
  return true;
}

describe('instanceMetadata, of anything', () => {
  it('J-04 is needed, for an object keyed by tags loses their order', () => {
    expect(isAscending(JSON.stringify({ '00080005': {}, '20500020': {} }))).toBe(false);
    expect(isAscending('{"00080005":{"vr":"SQ","Value":[{"20500020":{}},{"00080005":{}}]},"20500020":{}}')).toBe(true);
  });

  it('J-04 J-05 J-06 J-25 always parses, ascends, and has no other key than those of the model', () => {
    fc.assert(
      fc.property(elementsOf(2), fc.constantFrom<ByteOrder>('little', 'big'), (elements, byteOrder) => {
        const { json } = metadataOf(elements, byteOrder);
        const parsed = JSON.parse(json);
        expect(Object.keys(parsed).toSorted()).toEqual(
          elements.map(({ tag }) => tag.toString(16).toUpperCase().padStart(8, '0')),
        );
        expect(faultsOf(parsed)).toEqual([]);
        expect(isAscending(json)).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  it('J-24 gives every text back as it was', () => {
    const texts = fc.array(
      fc.string({ unit: 'binary' }).map((text) => Buffer.from(`${text}.`).toString()),
      {
        minLength: 1,
        maxLength: 4,
      },
    );
    fc.assert(
      fc.property(texts, (values) => {
        const joined = values.join('|');
        const { json } = metadataOf([
          value(TAG.SpecificCharacterSet, 'CS', 'ISO_IR 192'),
          value(PRIVATE, 'UT', joined),
        ]);
        expect(JSON.parse(json)['00091001'].Value).toEqual([joined]);
      }),
      { numRuns: 1000 },
    );
  });
});

describe.runIf(corpusDir !== undefined)('real files', () => {
  async function read(path: string) {
    const reader = new Part10Reader({ openPixelData: () => ({ item() {}, bytes() {}, end() {} }) });
    await reader.write(readFileSync(path));
    await reader.end();
    return reader;
  }

  it('RM-02 J-04 J-05 writes every attribute of each file that can be read', async () => {
    const folder = corpusDir ?? '';
    const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.dcm'));
    const problems: string[] = [];
    let written = 0;
    for (const file of files) {
      const reader = await read(join(folder, file)).catch(() => undefined);
      if (reader?.header === undefined) continue;
      const { dataSet: header, pixelData } = reader.header;
      const { json, bulkdata } = instanceMetadata({ dataSet: header, pixelData, trailer: reader.trailer });
      const parsed = JSON.parse(withoutMark(json));
      const count = header.elements.length + (pixelData ? 1 : 0) + (reader.trailer?.elements.length ?? 0);
      if (Object.keys(parsed).length !== count) problems.push(`${file}: attributes`);
      if (!isAscending(json)) problems.push(`${file}: order`);
      problems.push(...faultsOf(parsed).map((fault) => `${file}: ${fault}`));
      if (json.split('BulkDataURI').length - 1 < bulkdata.length) problems.push(`${file}: bulkdata`);
      written += 1;
    }
    expect(problems).toEqual([]);
    expect(written).toBeGreaterThan(files.length / 2);
  }, 60_000);
});
