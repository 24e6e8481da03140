import { describe, expect, it } from 'vitest';
import { DataSetParser } from '../../src/dicom/data-set-parser.js';
import { FAILURE_REASON, InvalidInstance } from '../../src/dicom/failure-reasons.js';
import { ArrivingBytes } from '../../src/dicom/part10-bytes.js';
import { PART10_LIMITS, type Part10Limits, Part10Tally } from '../../src/dicom/part10-limits.js';
import {
  type AnyEncoding,
  tellRead,
  writeHead,
  writeItem,
  writeMark,
  writeSequence,
  writeValue,
} from '../support/write-any-data-set.js';

const EXPLICIT: AnyEncoding = { vr: 'explicit', byteOrder: 'little' };
const IMPLICIT: AnyEncoding = { vr: 'implicit', byteOrder: 'little' };
const BIG: AnyEncoding = { vr: 'explicit', byteOrder: 'big' };
const { cannotUnderstand, outOfResources } = FAILURE_REASON;
const UNDEFINED_LENGTH = 0xffff_ffff;
const ITEM_END = writeMark(0xfffee00d);
const SEQUENCE_END = writeMark(0xfffee0dd);

const parse = (content: Buffer, encoding = EXPLICIT, over: Partial<Part10Limits> = {}) => {
  const bytes = new ArrivingBytes();
  const limits = { ...PART10_LIMITS, ...over };
  const tally = new Part10Tally(limits);
  const parser = new DataSetParser({
    bytes,
    encoding,
    tally,
    kind: 'data set',
    name: 'the data set',
    mostBytes: limits.headerBytes,
  });
  bytes.write(content);
  const stands = parser.advance();
  if (!stands) parser.end();
  return { dataSet: parser.dataSet, stands, offset: bytes.offset };
};

const tell = (content: Buffer, encoding?: AnyEncoding) => tellRead(parse(content, encoding).dataSet);

/** The Failure Reason that a data set is refused with. */
const reasonOf = (content: Buffer, encoding?: AnyEncoding, limits?: Partial<Part10Limits>): number | undefined => {
  try {
    parse(content, encoding, limits);
    return undefined;
  } catch (error) {
    if (error instanceof InvalidInstance) return error.reason;
    throw error;
  }
};

const uid = writeValue(0x00081155, 'UI', '1.2.3\0');
const patientID = writeValue(0x00100020, 'LO', 'Covid1');

describe('DataSetParser: elements', () => {
  it('reads short and long heads in Explicit VR', () => {
    const content = Buffer.concat([
      patientID,
      writeValue(0x00101002, 'UT', 'text'),
      writeValue(0x00280010, 'US', '\x02\0'),
    ]);
    expect(tell(content)).toEqual([
      ['00100020', 'LO', Buffer.from('Covid1').toString('hex')],
      ['00101002', 'UT', Buffer.from('text').toString('hex')],
      ['00280010', 'US', '0200'],
    ]);
  });

  it('knows in Implicit VR what the dictionary knows, and calls the rest UN, private creators LO', () => {
    const content = Buffer.concat([
      writeValue(0x00090010, '', 'ACME', IMPLICIT),
      writeValue(0x00091001, '', 'x', IMPLICIT),
      writeValue(0x00100010, '', 'A^B', IMPLICIT),
    ]);
    expect(tell(content, IMPLICIT).map(([tag, vr]) => `${tag} ${vr}`)).toEqual([
      '00090010 LO',
      '00091001 UN',
      '00100010 PN',
    ]);
  });

  const pixelRepresentation = (value: number, encoding = IMPLICIT) =>
    writeValue(0x00280103, 'US', Buffer.from([value, 0]), encoding);
  const smallest = writeValue(0x00280106, '', Buffer.from([0xff, 0xff]), IMPLICIT);
  const lutDescriptor = writeValue(0x00283002, '', Buffer.from([0, 1, 0, 0xf0, 16, 0]), IMPLICIT);
  const lut = writeSequence(0x00283010, writeItem(lutDescriptor), { encoding: IMPLICIT });

  it.each([
    ['SS where pixels are signed', [pixelRepresentation(1), smallest], 'SS'],
    ['US where they are not', [pixelRepresentation(0), smallest], 'US'],
    ['US where nothing says how they are', [smallest], 'US'],
    ['SS in a sequence of a data set whose pixels are signed', [pixelRepresentation(1), lut], 'SS'],
    [
      'by the pixels of the item itself, such as an icon',
      [
        pixelRepresentation(1),
        writeSequence(0x00880200, writeItem(Buffer.concat([pixelRepresentation(0), smallest])), { encoding: IMPLICIT }),
      ],
      'US',
    ],
  ])('reads in Implicit VR what is "US or SS" as %s', (_, content, vr) => {
    const { dataSet } = parse(Buffer.concat(content), IMPLICIT);
    const last = dataSet.elements.at(-1);
    const inner = last !== undefined && 'items' in last ? last.items[0]?.elements.at(-1) : last;
    expect(inner?.vr).toBe(vr);
  });

  it('knows what was sent as UN by the dictionary, but for sequences, and leaves what is private or unknown', () => {
    const content = Buffer.concat([
      writeValue(0x00081140, 'UN', writeItem(uid)),
      writeValue(0x00090010, 'UN', 'ACME'),
      writeValue(0x00091001, 'UN', 'x'),
      writeValue(0x00100010, 'UN', 'A^B'),
      writeValue(0x00280103, 'US', Buffer.from([1, 0])),
      writeValue(0x00280106, 'UN', Buffer.from([0xff, 0xff])),
    ]);
    const vrs = tell(content).map(([tag, vr]) => `${tag} ${vr}`);
    expect(vrs).toEqual(['00081140 UN', '00090010 LO', '00091001 UN', '00100010 PN', '00280103 US', '00280106 SS']);
  });

  it('leaves UN as it is in a big-endian data set, for its bytes are little endian', () => {
    const { dataSet } = parse(writeValue(0x00201206, 'UN', Buffer.from([1, 0]), BIG), BIG);
    expect(dataSet.elements[0]?.vr).toBe('UN');
  });

  it('leaves in Explicit VR what the file says, whatever its pixels are', () => {
    const content = [pixelRepresentation(1, EXPLICIT), writeValue(0x00280106, 'US', Buffer.from([0xff, 0xff]))];
    expect(parse(Buffer.concat(content)).dataSet.elements.at(-1)?.vr).toBe('US');
  });

  it('reads big-endian tags and lengths, and leaves values as they are', () => {
    const { dataSet } = parse(writeValue(0x00280010, 'US', Buffer.from([2, 1]), BIG), BIG);
    expect(tellRead(dataSet)).toEqual([['00280010', 'US', '0201']]);
    expect(dataSet.byteOrder).toBe('big');
  });

  it('says where values stand', () => {
    const { dataSet } = parse(
      Buffer.concat([patientID, writeValue(0x00104000, 'LT', 'x'), writeValue(0x00400555, 'UN', 'y')]),
    );
    const offsets = dataSet.elements.map((element) => ('valueOffset' in element ? element.valueOffset : undefined));
    expect(offsets).toEqual([8, 22, 35]);
  });

  it('tolerates odd lengths and reserved bytes that are set', () => {
    const reserved = writeValue(0x00400555, 'OB', 'ab');
    reserved.writeUInt16LE(0xdead, 6);
    expect(tell(Buffer.concat([writeValue(0x00081030, 'LO', 'abc'), reserved]))).toHaveLength(2);
  });

  it('ignores group lengths, however wrong', () => {
    const content = Buffer.concat([writeValue(0x00080000, 'UL', '\xff\xff\xff\xff'), patientID]);
    expect(tell(content).map(([tag]) => tag)).toEqual(['00100020']);
  });

  it('stands before Pixel Data', () => {
    const content = Buffer.concat([patientID, writeValue(0x7fe00010, 'OW', '1234')]);
    expect(parse(content)).toMatchObject({ stands: true, offset: patientID.length });
  });

  it.each([
    ['a tag twice', Buffer.concat([patientID, patientID])],
    ['falling tags', Buffer.concat([patientID, uid])],
    ['a tag twice in an item', writeSequence(0x00081140, writeItem(Buffer.concat([uid, uid])))],
    ['a command group', writeValue(0x00000002, 'UI', '1.2')],
    ['a File Meta group', writeValue(0x00020010, 'UI', '1.2')],
    ['a File Meta group in an item', writeSequence(0x00081140, writeItem(writeValue(0x00020010, 'UI', '1.2')))],
    ['a VR that is none', writeValue(0x00081030, 'ZZ', 'ab')],
    ['a VR of NULLs', writeValue(0x00081030, '\0\0', 'ab')],
    ['Rows as UL', writeValue(0x00280010, 'UL', '\x01\0\0\0')],
    ['Rows as a sequence', writeSequence(0x00280010, writeItem(uid))],
    ['a text of undefined length', Buffer.concat([writeHead(0x0040a160, 'UT', UNDEFINED_LENGTH), Buffer.from('abcd')])],
    [
      'a top-level OB of undefined length',
      Buffer.concat([writeHead(0x00420011, 'OB', UNDEFINED_LENGTH), SEQUENCE_END]),
    ],
    ['an end in a tag', patientID.subarray(0, 3)],
    ['an end in a head', patientID.subarray(0, 7)],
    ['an end in a value', patientID.subarray(0, -1)],
    ['a length of 4 GiB', Buffer.concat([writeHead(0x00400555, 'OB', 0xffff_fffe), Buffer.alloc(4)])],
  ])('refuses %s', (_name, content) => {
    expect(reasonOf(content)).toBe(cannotUnderstand);
  });

  it('refuses Explicit VR where Implicit VR was promised, however long the file', () => {
    const content = Buffer.concat([writeValue(0x00080016, 'UI', '1.2.840.10008.5.1.4.1.1.2\0'), Buffer.alloc(8 << 20)]);
    expect(reasonOf(content, IMPLICIT)).toBe(cannotUnderstand);
  });
});

describe('DataSetParser: sequences', () => {
  const told = [['00081140', 'SQ', [[['00081155', 'UI', '312e322e3300']], []]]];

  it.each([true, false])('reads items when lengths are defined: %s', (hasDefinedLength) => {
    const items = Buffer.concat([writeItem(uid, hasDefinedLength), writeItem(Buffer.alloc(0), hasDefinedLength)]);
    expect(tell(writeSequence(0x00081140, items, { hasDefinedLength }))).toEqual(told);
  });

  it('reads defined lengths in undefined ones and the reverse', () => {
    const inner = writeSequence(0x00081140, writeItem(uid, false), { hasDefinedLength: true });
    const outer = writeSequence(0x00081115, writeItem(inner, true), { hasDefinedLength: false });
    expect(tell(Buffer.concat([outer, patientID]))).toHaveLength(2);
  });

  it('reads UN of undefined length as a sequence in Implicit VR Little Endian, in any encoding', () => {
    const items = writeItem(writeValue(0x00081155, '', '1.2.3\0', IMPLICIT), false);
    for (const encoding of [EXPLICIT, BIG]) {
      const un = writeSequence(0x00091001, items, {
        vr: 'UN',
        hasDefinedLength: false,
        encoding,
        itemByteOrder: 'little',
      });
      const { dataSet } = parse(Buffer.concat([un, writeValue(0x00100020, 'LO', '', encoding)]), encoding);
      expect(tellRead(dataSet)[0]).toEqual(['00091001', 'SQ', [[['00081155', 'UI', '312e322e3300']]]]);
      const [sequence] = dataSet.elements;
      expect(sequence && 'items' in sequence && sequence.items[0]?.byteOrder).toBe('little');
    }
  });

  it('leaves UN of defined length alone', () => {
    const un = writeSequence(0x00091001, writeItem(uid), { vr: 'UN' });
    expect(tell(un)).toEqual([['00091001', 'UN', writeItem(uid).toString('hex')]]);
  });

  it('reads Pixel Data of an icon as an ordinary element, native or in fragments', () => {
    const fragments = Buffer.concat([writeItem(Buffer.alloc(0)), writeItem(Buffer.from('jpeg'))]);
    const native = writeSequence(0x00880200, writeItem(writeValue(0x7fe00010, 'OW', 'abcd')));
    const encapsulated = writeSequence(
      0x00880200,
      writeItem(writeSequence(0x7fe00010, fragments, { vr: 'OB', hasDefinedLength: false })),
    );
    expect(tell(native)).toEqual([['00880200', 'SQ', [[['7FE00010', 'OW', '61626364']]]]]);
    expect(tell(encapsulated)).toEqual([['00880200', 'SQ', [[['7FE00010', 'OB', fragments.toString('hex')]]]]]);
  });

  it.each([
    ['an item delimiter at the top level', ITEM_END],
    ['a sequence delimiter at the top level', SEQUENCE_END],
    ['an item at the top level', writeItem(uid)],
    [
      'a sequence delimiter in an item',
      writeSequence(0x00081140, Buffer.concat([writeMark(0xfffee000, UNDEFINED_LENGTH), SEQUENCE_END])),
    ],
    ['an item delimiter in an item of defined length', writeSequence(0x00081140, writeItem(ITEM_END))],
    ['a sequence delimiter in a sequence of defined length', writeSequence(0x00081140, SEQUENCE_END)],
    [
      'a delimiter with a length',
      Buffer.concat([writeHead(0x00081140, 'SQ', UNDEFINED_LENGTH), writeMark(0xfffee0dd, 2), Buffer.alloc(2)]),
    ],
    ['an item longer than its sequence', writeSequence(0x00081140, Buffer.concat([writeMark(0xfffee000, 5000), uid]))],
    ['a sequence shorter than its items', Buffer.concat([writeHead(0x00081140, 'SQ', 10), writeItem(uid)])],
    ['an element longer than its item', writeSequence(0x00081140, writeItem(writeHead(0x00081155, 'UI', 100)))],
    ['a sequence of something else than items', writeSequence(0x00081140, uid)],
    ['a sequence that is never closed', Buffer.concat([writeHead(0x00081140, 'SQ', UNDEFINED_LENGTH), writeItem(uid)])],
    [
      'an item that is never closed',
      Buffer.concat([writeHead(0x00081140, 'SQ', UNDEFINED_LENGTH), writeMark(0xfffee000, UNDEFINED_LENGTH), uid]),
    ],
    [
      'a fragment of undefined length in an icon',
      writeSequence(
        0x00880200,
        writeItem(
          Buffer.concat([writeHead(0x7fe00010, 'OB', UNDEFINED_LENGTH), writeMark(0xfffee000, UNDEFINED_LENGTH)]),
        ),
      ),
    ],
  ])('refuses %s', (_name, content) => {
    expect(reasonOf(content)).toBe(cannotUnderstand);
  });
});

describe('DataSetParser: limits', () => {
  const nested = (depth: number, hasDefinedLength: boolean): Buffer => {
    let content = uid;
    for (let level = 0; level < depth; level += 1) {
      content = writeSequence(0x00081140, writeItem(content, hasDefinedLength), { hasDefinedLength });
    }
    return content;
  };

  it.each([true, false])('nests to the limit and no deeper, when lengths are defined: %s', (hasDefinedLength) => {
    expect(reasonOf(nested(PART10_LIMITS.depth, hasDefinedLength))).toBeUndefined();
    expect(reasonOf(nested(PART10_LIMITS.depth + 1, hasDefinedLength))).toBe(cannotUnderstand);
  });

  it('counts elements at every level', () => {
    const content = writeSequence(0x00081140, Buffer.concat([writeItem(uid), writeItem(uid)]));
    expect(reasonOf(content, EXPLICIT, { elements: 3 })).toBeUndefined();
    expect(reasonOf(content, EXPLICIT, { elements: 2 })).toBe(outOfResources);
  });

  it('counts items', () => {
    const content = writeSequence(0x00081140, Buffer.concat([writeItem(uid), writeItem(uid)]));
    expect(reasonOf(content, EXPLICIT, { items: 2 })).toBeUndefined();
    expect(reasonOf(content, EXPLICIT, { items: 1 })).toBe(outOfResources);
  });

  it('measures values and the whole by the bytes that are there', () => {
    const value = writeValue(0x00400555, 'OB', Buffer.alloc(1000));
    expect(reasonOf(value, EXPLICIT, { valueBytes: 1000, headerBytes: 1012 })).toBeUndefined();
    expect(reasonOf(value, EXPLICIT, { valueBytes: 999 })).toBe(outOfResources);
    expect(reasonOf(value, EXPLICIT, { headerBytes: 1011 })).toBe(outOfResources);
    const lying = Buffer.concat([writeHead(0x00400555, 'OB', 0x8000_0000), Buffer.alloc(999)]);
    expect(reasonOf(lying, EXPLICIT, { valueBytes: 999 })).toBe(cannotUnderstand);
  });
});
