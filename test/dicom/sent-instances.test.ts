/** DICOM JSON and XML on their way in: what data set comes of them. PS3.18 §F, PS3.19 §A.1 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { DataSet } from '../../src/dicom/data-set.js';
import { encodeExplicitVRLittleEndian } from '../../src/dicom/data-set-writer.js';
import { FAILURE_REASON } from '../../src/dicom/failure-reasons.js';
import { EXPLICIT_VR_LITTLE_ENDIAN } from '../../src/dicom/transfer-syntaxes.js';
import { readWhole } from '../support/read-in-chunks.js';
import { differencesOfDataSets } from '../support/same-data-set.js';
import { jsonOf, plainDataSet, readJSON, readXML, xmlOf } from '../support/sent-instance.js';
import { anyDataSet, tellRead, writeElements, writePart10 } from '../support/write-any-data-set.js';

const EXPLICIT_LITTLE = { vr: 'explicit', byteOrder: 'little' } as const;
const cuts = fc.array(fc.nat({ max: 5_000 }), { maxLength: 6 });

/** The data set of the one instance that there is. */
function only(instances: ReturnType<typeof readJSON>): DataSet {
  const [instance, ...more] = instances;
  if (instance === undefined || more.length > 0) throw new Error('There is not one instance.');
  if (instance.failure !== undefined) throw instance.failure;
  return plainDataSet(instance.dataSet);
}

const failureOf = (instances: ReturnType<typeof readJSON>): number | undefined => instances[0]?.failure?.reason;

/** Bytes that are no characters of their set have become U+FFFD. */
const isText = (json: string): boolean => !json.includes('\ufffd');
/** XML 1.0 has no way to write most control characters. */
const isWritable = (json: string): boolean => !/\\u00[01]|\\[bf]|\ufffe|\uffff/.test(json);

describe('J-24 a data set that goes out as JSON or XML and comes in again', () => {
  const read = async (elements: Parameters<typeof writeElements>[0]): Promise<DataSet> => {
    const { header, trailer } = await readWhole(
      writePart10(EXPLICIT_VR_LITTLE_ENDIAN, writeElements(elements, EXPLICIT_LITTLE)),
    );
    return { byteOrder: 'little', elements: [...header.dataSet.elements, ...trailer.elements] };
  };

  it('is the same, however the text is cut', async () => {
    let count = 0;
    await fc.assert(
      fc.asyncProperty(anyDataSet(), cuts, async (elements, at) => {
        const dataSet = await read(elements);
        const json = jsonOf(dataSet);
        fc.pre(isText(json));
        expect(differencesOfDataSets(dataSet, only(readJSON(json, at)), {})).toEqual([]);
        fc.pre(isWritable(json));
        count += 1;
        expect(differencesOfDataSets(dataSet, only(readXML(xmlOf(json), at)), {})).toEqual([]);
      }),
      { numRuns: 1_000 },
    );
    expect(count).toBeGreaterThan(100);
  });

  it('gives bytes that the Part 10 reader reads as the same', async () => {
    await fc.assert(
      fc.asyncProperty(anyDataSet(2), async (elements) => {
        const json = jsonOf(await read(elements));
        fc.pre(isText(json));
        const sent = only(readJSON(json));
        const bytes = encodeExplicitVRLittleEndian(sent);
        const again = await readWhole(writePart10(EXPLICIT_VR_LITTLE_ENDIAN, bytes));
        expect(tellRead(again.header.dataSet).length).toBe(sent.elements.length);
        expect(differencesOfDataSets(sent, again.header.dataSet, {})).toEqual([]);
      }),
    );
  });
});

const attribute = (tag: string, content: unknown): string => JSON.stringify([{ [tag]: content }]);

describe('DICOM JSON on its way in', () => {
  const bytesOf = (json: string): string | undefined => {
    const [element] = only(readJSON(json)).elements;
    return element !== undefined && 'bytes' in element ? element.bytes.toString('latin1') : undefined;
  };

  it('J-12 J-13 J-14 J-15 takes numbers and texts for numbers', () => {
    for (const [vr, value, bytes] of [
      ['DS', 1.5, '1.5'],
      ['DS', '1.50', '1.50'],
      ['DS', 0.30000000000000004, '0.3'],
      ['DS', '0.30000000000000004', '0.30000000000000004'],
      ['DS', 0.312213599681854, '.312213599681854'],
      ['DS', 'no number', 'no number'],
      ['IS', 7, '7'],
      ['IS', '007', '007'],
      ['US', 65_535, '\xff\xff'],
      ['US', '7', '\x07\x00'],
      ['SS', -1, '\xff\xff'],
      ['UL', 4294967295, '\xff\xff\xff\xff'],
      ['SV', '-9223372036854775808', '\0\0\0\0\0\0\0\x80'],
      ['UV', '18446744073709551615', '\xff\xff\xff\xff\xff\xff\xff\xff'],
      ['FD', 'NaN', '\0\0\0\0\0\0\xf8\x7f'],
      ['FD', '-Infinity', '\0\0\0\0\0\0\xf0\xff'],
      ['FL', 'inf', '\0\0\x80\x7f'],
      ['FL', 0.1, '\xcd\xcc\xcc\x3d'],
      ['AT', '0018106a', '\x18\0\x6a\x10'],
    ] as const) {
      expect([vr, value, bytesOf(attribute('00091001', { vr, Value: [value] }))]).toEqual([vr, value, bytes]);
    }
  });

  it.each([
    ['a number that is too large', { vr: 'US', Value: [65_536] }],
    ['a negative number without sign', { vr: 'UL', Value: [-1] }],
    ['a fraction of a whole number', { vr: 'SL', Value: [1.5] }],
    ['a fraction in IS', { vr: 'IS', Value: [1.5] }],
    ['a number that FL can not hold', { vr: 'FL', Value: [1e300] }],
    ['a text for a number', { vr: 'FD', Value: ['many'] }],
    ['an empty value among numbers', { vr: 'US', Value: [1, null] }],
    ['a number for a text', { vr: 'LO', Value: [1] }],
    ['a truth', { vr: 'LO', Value: [true] }],
    ['a name for a text', { vr: 'LO', Value: [{ Alphabetic: 'A' }] }],
    ['a backslash within a value', { vr: 'LO', Value: ['a\\b'] }],
    ['two values of one text', { vr: 'LT', Value: ['a', 'b'] }],
    ['a tag that is none', { vr: 'AT', Value: ['0018'] }],
    ['an equals sign within a group', { vr: 'PN', Value: [{ Alphabetic: 'A=B' }] }],
    ['a group that names do not have', { vr: 'PN', Value: [{ Alphabetic: 'A', Cyrillic: 'B' }] }],
    ['J-26 a vr that is none', { vr: 'XX', Value: ['a'] }],
    ['J-26 no vr', { Value: ['a'] }],
    ['a vr that is no text', { vr: 7 }],
    ['an item that is no sequence', { vr: 'LO', Value: [{ '00100010': { vr: 'PN' } }] }],
    ['J-09 null for an item', { vr: 'SQ', Value: [null] }],
    ['a text for an item', { vr: 'SQ', Value: ['a'] }],
    ['values where binary belongs', { vr: 'OW', Value: [1, 2] }],
    ['binary where values belong', { vr: 'LO', InlineBinary: 'AAAA' }],
    ['binary that is no base64', { vr: 'OB', InlineBinary: 'AA*A' }],
    ['binary that is cut', { vr: 'OB', InlineBinary: 'AAAAA' }],
    ['binary padded within', { vr: 'OB', InlineBinary: 'AA==AA==' }],
    ['binary padded too much', { vr: 'OB', InlineBinary: 'A===' }],
    ['T52 binary of padding', { vr: 'OB', InlineBinary: `${'='.repeat(500_000)}A` }],
    ['T52 binary of white space', { vr: 'OB', InlineBinary: `${' \n'.repeat(250_000)}*` }],
    ['J-05 two contents', { vr: 'OB', InlineBinary: 'AAAA', BulkDataURI: 'a' }],
    ['J-18 a reference where none may be', { vr: 'PN', BulkDataURI: 'a' }],
    ['values that are no array', { vr: 'LO', Value: 'a' }],
    ['an array in an array', { vr: 'LO', Value: [['a']] }],
    ['an attribute that is no object', 'a'],
    ['an attribute that is an array', [{ vr: 'LO' }]],
  ])('refuses an instance with %s, and reads on', (_, content) => {
    const good = { '00100020': { vr: 'LO', Value: ['P'] } };
    const text = JSON.stringify([{ ...good, '00091001': content, '00200010': { vr: 'SH', Value: ['S'] } }, good]);
    const [bad, next] = readJSON(text);
    expect(bad?.failure?.reason).toBe(FAILURE_REASON.cannotUnderstand);
    expect(next?.failure).toBeUndefined();
    expect(bad?.dataSet.elements.map(({ tag }) => tag)).toEqual(expect.arrayContaining([0x00100020, 0x00200010]));
  });

  it.each([
    ['J-26 a name that is no tag', '[{"__proto__":{"vr":"LO","Value":["a"]}}]'],
    ['J-26 a constructor', '[{"constructor":{"prototype":{"vr":"LO"}}}]'],
    ['J-26 the same attribute twice', '[{"00100020":{"vr":"LO"},"00100020":{"vr":"LO"}}]'],
    ['J-26 the same attribute twice in two spellings', '[{"0020000d":{"vr":"UI"},"0020000D":{"vr":"UI"}}]'],
    ['J-26 two VRs', '[{"00100020":{"vr":"LO","vr":"SH"}}]'],
    ['two Values', '[{"00100020":{"vr":"LO","Value":["a"],"Value":["b"]}}]'],
    ['a delimiter among attributes', '[{"FFFEE00D":{"vr":"UN"}}]'],
    ['a command', '[{"00000002":{"vr":"UI"}}]'],
  ])('refuses an instance with %s', (_, text) => {
    expect(failureOf(readJSON(text))).toBe(FAILURE_REASON.cannotUnderstand);
    expect(Object.getPrototypeOf({})).toBe(Object.prototype);
  });

  it.each([
    ['no JSON', '[{'],
    ['something after it', '[] []'],
    ['no instances', '[1]'],
    ['an array of arrays', '[[]]'],
    ['a text', '"a"'],
    ['bytes that are no UTF-8', Buffer.from([0x5b, 0xff, 0x5d])],
    ['J-26 sequences without end', `[${'{"00081140":{"vr":"SQ","Value":['.repeat(10_000)}`],
  ])('gives a body up that is %s', (_, text) => {
    expect(() => readJSON(text)).toThrow(expect.objectContaining({ code: 'invalid-request' }));
  });

  it('takes one object, a byte order mark, members in any order, unknown members, an array of InlineBinary', () => {
    expect(readJSON('\ufeff{"00100020":{"Value":["P"],"vr":"LO","note":[{"x":[1]}]}}').length).toBe(1);
    const json = `{"00081140":{"Value":[{},{"00100020":{"Value":["P",null],"vr":"LO"}}],"vr":"SQ"},
      "00091001":{"InlineBinary":["AAEC"],"vr":"OB"}, "00100010":{"Value":[{}, {"Alphabetic":"A"}],"vr":"PN"}}`;
    const [sequence, binary, name] = only(readJSON(json)).elements;
    expect(sequence).toMatchObject({
      vr: 'SQ',
      items: [{ elements: [] }, { elements: [{ bytes: Buffer.from('P\\') }] }],
    });
    expect(binary).toMatchObject({ bytes: Buffer.from([0, 1, 2]) });
    expect(name).toMatchObject({ bytes: Buffer.from('\\A') });
  });

  it('says that text is Unicode when it is more than ASCII, whatever the sender says', () => {
    const charsetOf = (json: string): string | undefined => {
      const element = only(readJSON(json)).elements.find(({ tag }) => tag === 0x00080005);
      return element !== undefined && 'bytes' in element ? element.bytes.toString() : undefined;
    };
    expect(charsetOf('{"00080005":{"vr":"CS","Value":["ISO_IR 100"]},"00100020":{"vr":"LO"}}')).toBe('ISO_IR 192');
    expect(charsetOf('{"00100010":{"vr":"PN","Value":[{"Ideographic":"王"}]}}')).toBe('ISO_IR 192');
    expect(charsetOf('{"00100010":{"vr":"PN","Value":[{"Alphabetic":"A"}]}}')).toBeUndefined();
  });

  it('leaves out File Meta Information and group lengths', () => {
    const json = '{"00020010":{"vr":"UI","Value":["1.2"]},"00100000":{"vr":"UL","Value":[9]},"00100020":{"vr":"LO"}}';
    expect(only(readJSON(json)).elements.map(({ tag }) => tag)).toEqual([0x00100020]);
  });

  it.each([
    [
      'elements',
      `{${Array.from({ length: 100_001 }, (_, i) => `"${(0x00100000 + i).toString(16).padStart(8, '0')}":{"vr":"LO"}`).join()}}`,
    ],
    ['items', `{"00081140":{"vr":"SQ","Value":[${'{},'.repeat(100_000)}{}]}}`],
    ['characters', `{"00091001":{"vr":"UT","Value":["${'x'.repeat(33 * 1024 * 1024)}"]}}`],
    ['values before the vr', `{"00091001":{"Value":[${'1,'.repeat(20_000)}1],"vr":"US"}}`],
  ])('refuses an instance with too many %s', (_, text) => {
    expect(failureOf(readJSON(text))).toBe(FAILURE_REASON.outOfResources);
  });
});

const native = (content: string, attributes = 'xmlns="http://dicom.nema.org/PS3.19/models/NativeDICOM"'): string =>
  `<?xml version="1.0" encoding="UTF-8"?><NativeDicomModel ${attributes}>${content}</NativeDicomModel>`;
const one = (tag: string, vr: string, content: string, more = ''): string =>
  `<DicomAttribute tag="${tag}" vr="${vr}" ${more}>${content}</DicomAttribute>`;

describe('DICOM XML on its way in', () => {
  it('reads what other writers write: prefixes, no namespace, white space, values without or with numbers left out', () => {
    const content = `
      <d:DicomAttribute tag="00080008" vr="CS" keyword="ImageType">
        <d:Value number="1">A</d:Value> <!-- none for 2 --> <d:Value number="3"><![CDATA[B]]></d:Value>
      </d:DicomAttribute>`;
    const prefixed = `<d:NativeDicomModel xmlns:d="http://dicom.nema.org/PS3.19/models/NativeDICOM">${content}</d:NativeDicomModel>`;
    expect(only(readXML(prefixed)).elements).toMatchObject([{ tag: 0x00080008, bytes: Buffer.from('A\\\\B') }]);
    const plain = native(
      one('0020000d', 'UI', '<Value>1.2&#x2e;3</Value>') + one('00091001', 'FD', '<Value>nan</Value>'),
      '',
    );
    expect(only(readXML(plain)).elements).toMatchObject([{ tag: 0x00091001 }, { bytes: Buffer.from('1.2.3') }]);
  });

  it('X-02 puts private attributes in the block of their creator, sent or not', () => {
    const text = native(
      one('00090001', 'LO', '<Value>a</Value>', 'privateCreator="SECOND"') +
        one('00090010', 'LO', '<Value>FIRST</Value>') +
        one('00090011', 'LO', '<Value>SECOND</Value>') +
        one('00090001', 'LO', '<Value>b</Value>', 'privateCreator="FIRST"') +
        one('00090001', 'LO', '<Value>c</Value>', 'privateCreator="THIRD"') +
        one('00091205', 'LO', '<Value>d</Value>'),
    );
    const told = only(readXML(text)).elements.map((each) => [each.tag, 'bytes' in each ? each.bytes.toString() : '']);
    expect(told).toEqual([
      [0x00090010, 'FIRST'],
      [0x00090011, 'SECOND'],
      [0x00090013, 'THIRD'],
      [0x00091001, 'b'],
      [0x00091101, 'a'],
      [0x00091205, 'd'],
      [0x00091301, 'c'],
    ]);
  });

  it.each([
    ['a tag that is none', one('0010', 'LO', '')],
    ['a vr that is none', one('00100020', 'XX', '')],
    ['the same attribute twice', one('00100020', 'LO', '') + one('00100020', 'LO', '')],
    ['two private attributes of one creator and tag', one('00090001', 'LO', '', 'privateCreator="A"').repeat(2)],
    ['a creator of what is not private', one('00100020', 'LO', '', 'privateCreator="A"')],
    ['values out of order', one('00100020', 'LO', '<Value number="2">a</Value><Value number="1">b</Value>')],
    ['a number that is none', one('00100020', 'LO', '<Value number="x">a</Value>')],
    ['contents of two kinds', one('00091001', 'OB', '<InlineBinary>AAAA</InlineBinary><BulkData uri="a"/>')],
    ['two InlineBinary', one('00091001', 'OB', '<InlineBinary>AAAA</InlineBinary><InlineBinary>AAAA</InlineBinary>')],
    ['items of no sequence', one('00100020', 'LO', '<Item number="1"/>')],
    ['items out of order', one('00081140', 'SQ', '<Item number="2"/>')],
    ['a reference to nothing', one('00091001', 'OB', '<BulkData/>')],
    ['text among attributes', 'text'],
    ['text in an attribute', one('00100020', 'LO', 'text')],
    ['an element in a value', one('00100020', 'LO', '<Value><Value/></Value>')],
    ['an element of another model', one('00100020', 'LO', '<Value xmlns="urn:x">a</Value>')],
    [
      'a component twice',
      one(
        '00100010',
        'PN',
        `<PersonName><Alphabetic>${'<GivenName>A</GivenName>'.repeat(2)}</Alphabetic></PersonName>`,
      ),
    ],
  ])('refuses an instance with %s', (_, content) => {
    expect(failureOf(readXML(native(content)))).toBe(FAILURE_REASON.cannotUnderstand);
  });

  it('refuses to be told of a billion empty values by one number', () => {
    const text = native(one('00100020', 'LO', '<Value number="999999999">a</Value>'));
    expect(failureOf(readXML(text))).toBe(FAILURE_REASON.outOfResources);
  });

  it.each([
    [
      'a DTD',
      `<!DOCTYPE NativeDicomModel [<!ENTITY a "b">]>${native('')}`.replace(
        '<?xml version="1.0" encoding="UTF-8"?>',
        '',
      ),
    ],
    ['an external DTD', '<!DOCTYPE NativeDicomModel SYSTEM "http://127.0.0.1/x.dtd"><NativeDicomModel/>'],
    ['an entity that is none of XML', native(one('00100020', 'LO', '<Value>&a;</Value>'))],
    ['an entity by an inherited name', native(one('00100020', 'LO', '<Value>&constructor;</Value>'))],
    ['a character that XML does not have', native(one('00100020', 'LO', '<Value>&#0;</Value>'))],
    ['a control character', native(one('00100020', 'LO', '<Value>\u0001</Value>'))],
    ['an element that is not closed', native('<DicomAttribute>')],
    ['an attribute twice', native('<DicomAttribute tag="a" tag="b"/>')],
    ['a prefix of nothing', native('<x:DicomAttribute/>')],
    ['no document', ''],
    ['two documents', '<NativeDicomModel/><NativeDicomModel/>'],
    ['a DTD that does not end', `<!DOCTYPE x [${'<!ENTITY a "b">'.repeat(1_000)}`],
    ['references without end', native(one('00104000', 'LT', `<Value>${'&#65;'.repeat(500_001)}</Value>`))],
    ['another model', '<html/>'],
    ['another encoding', '<?xml version="1.0" encoding="UTF-16"?><NativeDicomModel/>'],
    ['another version', '<?xml version="1.1"?><NativeDicomModel/>'],
    ['bytes that are no UTF-8', Buffer.concat([Buffer.from('<NativeDicomModel>'), Buffer.from([0xff])])],
    [
      'a thousand attributes',
      native(`<DicomAttribute ${Array.from({ length: 1_000 }, (_, i) => `a${i}=""`).join(' ')}/>`),
    ],
    ['elements without end', native('<DicomAttribute tag="00081140" vr="SQ"><Item number="1">'.repeat(10_000))],
  ])('X-03 gives a document up with %s', (_, text) => {
    expect(() => readXML(text)).toThrow(expect.objectContaining({ code: 'invalid-request' }));
    expect(() => readXML(text, [7, 20, 33, 60])).toThrow(expect.objectContaining({ code: 'invalid-request' }));
  });

  it('X-03 does not wait for the end of what may be before a root', () => {
    const text = `<!--${' '.repeat(20_000)}--><NativeDicomModel/>`;
    expect(() => readXML(text, [10_000])).toThrow(expect.objectContaining({ code: 'invalid-request' }));
  });
});
