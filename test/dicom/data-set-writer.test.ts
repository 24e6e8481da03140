import dicomParser from 'dicom-parser';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dataSet, dataSetOfKeywords, element, padded } from '../../src/dicom/build-data-set.js';
import { type DataSet, isSequence, type ValueElement } from '../../src/dicom/data-set.js';
import {
  encodeElementHeader,
  encodeExplicitVRLittleEndian,
  encodeFileMeta,
  encodePart10,
  IMPLEMENTATION_CLASS_UID,
  IMPLEMENTATION_VERSION_NAME,
} from '../../src/dicom/data-set-writer.js';
import { InvalidInstance } from '../../src/dicom/failure-reasons.js';
import { EXPLICIT_VR_LITTLE_ENDIAN, findTransferSyntax } from '../../src/dicom/transfer-syntaxes.js';
import { isUID } from '../../src/dicom/uids.js';
import { BINARY_VALUE_BYTES } from '../../src/dicom/vr.js';
import { readWhole } from '../support/read-in-chunks.js';
import {
  type AnyElement,
  anyDataSet,
  tellRead,
  writeElements,
  writeItem,
  writePart10,
} from '../support/write-any-data-set.js';

const CT_IMAGE_STORAGE = '1.2.840.10008.5.1.4.1.1.2';
const META = { sopClassUID: CT_IMAGE_STORAGE, sopInstanceUID: '1.2.3', transferSyntaxUID: EXPLICIT_VR_LITTLE_ENDIAN };

/** Read a data set through the front door, as if it had come in a file. */
async function readDataSet(bytes: Buffer): Promise<DataSet> {
  return (await readWhole(Buffer.concat([encodeFileMeta(META), bytes]))).header.dataSet;
}

async function sent(elements: readonly AnyElement[], transferSyntaxUID: string): Promise<DataSet> {
  const syntax = findTransferSyntax(transferSyntaxUID);
  if (syntax === undefined) throw new Error('There is no such transfer syntax.');
  return (await readWhole(writePart10(syntax.uid, writeElements(elements, syntax)))).header.dataSet;
}

/** The same in little endian: every value turned round, number by number, and padded. */
function turned({ elements, byteOrder }: DataSet): DataSet {
  const turn = ({ bytes, ...rest }: ValueElement): ValueElement => {
    const size = byteOrder === 'little' ? 1 : (BINARY_VALUE_BYTES.get(rest.vr) ?? 1);
    const whole = bytes.length - (bytes.length % size);
    const values = Array.from({ length: whole / size }, (_, index) => [
      ...bytes.subarray(index * size, (index + 1) * size),
    ]);
    const reversed = Buffer.from([...values.flatMap((value) => value.reverse()), ...bytes.subarray(whole)]);
    return { ...rest, bytes: padded(reversed, rest.vr) };
  };
  return {
    byteOrder: 'little',
    elements: elements.map((each) => (isSequence(each) ? { ...each, items: each.items.map(turned) } : turn(each))),
  };
}

describe('encodeExplicitVRLittleEndian', () => {
  it('gives Pixel Data of an icon back in fragments when it came so, and with its length when it is native', async () => {
    const fragments = Buffer.concat([writeItem(Buffer.alloc(0)), writeItem(Buffer.from('jpeg'))]);
    const cut = Buffer.concat([fragments, Buffer.from([0xfe, 0xff])]);
    for (const [value, lengthBytes] of [
      [fragments, 0xffff_ffff],
      [cut, cut.length],
    ] as const) {
      const icon = dataSet([element(0x00280010, 1), element(0x7fe00010, value, 'OB')]);
      const bytes = encodeExplicitVRLittleEndian(dataSet([element(0x00880200, [icon])]));
      expect(bytes.readUInt32LE(bytes.indexOf(value) - 4)).toBe(lengthBytes);
      expect(tellRead(await readDataSet(bytes))).toEqual(tellRead(dataSet([element(0x00880200, [icon])])));
    }
  });

  it.each(['1.2.840.10008.1.2', '1.2.840.10008.1.2.1', '1.2.840.10008.1.2.2'])(
    'gives back what came in %s',
    async (uid) => {
      await fc.assert(
        fc.asyncProperty(anyDataSet(), async (elements) => {
          const came = await sent(elements, uid);
          const bytes = encodeExplicitVRLittleEndian(came);
          expect(tellRead(await readDataSet(bytes))).toEqual(tellRead(turned(came)));
        }),
        { numRuns: 300 },
      );
    },
  );

  it('leaves the bytes of what it was given as they were', () => {
    const bytes = Buffer.from('0102', 'hex');
    const big: DataSet = { byteOrder: 'big', elements: [{ tag: 0x00280010, vr: 'US', bytes, valueOffset: 0 }] };
    expect(encodeExplicitVRLittleEndian(big).toString('hex')).toBe('280010005553020002' + '01');
    expect(bytes.toString('hex')).toBe('0102');
  });

  it('swaps whole values only', () => {
    const bytes = Buffer.from('010203', 'hex');
    const big: DataSet = { byteOrder: 'big', elements: [{ tag: 0x00280010, vr: 'US', bytes, valueOffset: 0 }] };
    expect(encodeExplicitVRLittleEndian(big).subarray(8).toString('hex')).toBe('02010300');
  });

  it('leaves group lengths out', () => {
    const made = dataSet([element(0x00080000, 4), element(0x00100000, 4), element(0x00100020, 'ab')]);
    expect(encodeExplicitVRLittleEndian(made).toString('latin1')).toBe('\x10\x00\x20\x00LO\x02\x00ab');
  });

  it('gives sequences and items defined lengths', () => {
    const made = dataSetOfKeywords({ ReferencedStudySequence: [dataSetOfKeywords({ PatientID: 'ab' }), dataSet([])] });
    expect(encodeExplicitVRLittleEndian(made).toString('hex')).toBe(
      [
        '08001011',
        '5351',
        '0000',
        '1a000000',
        'feff00e0',
        '0a000000',
        '100020004c4f02006162',
        'feff00e0',
        '00000000',
      ].join(''),
    );
  });

  it('writes a value too long for its VR as UN', () => {
    const longest = element(0x00200032, '1'.repeat(0xfffe));
    const tooLong = element(0x00200032, '1'.repeat(0x10000));
    expect(encodeExplicitVRLittleEndian(dataSet([longest])).toString('latin1', 4, 6)).toBe('DS');
    const bytes = encodeExplicitVRLittleEndian(dataSet([tooLong]));
    expect(bytes.subarray(0, 12).toString('hex')).toBe('20003200554e000000000100');
    expect(bytes).toHaveLength(12 + 0x10000);
  });

  it('pads what came odd', () => {
    const odd = (vr: 'UI' | 'LO' | 'OB'): DataSet => ({
      byteOrder: 'little',
      elements: [{ tag: 0x00091001, vr, bytes: Buffer.from('1'), valueOffset: 0 }],
    });
    expect(encodeExplicitVRLittleEndian(odd('UI')).at(-1)).toBe(0);
    expect(encodeExplicitVRLittleEndian(odd('OB')).at(-1)).toBe(0);
    expect(encodeExplicitVRLittleEndian(odd('LO')).at(-1)).toBe(0x20);
  });

  it('writes nothing of an empty data set', () => {
    expect(encodeExplicitVRLittleEndian(dataSet([]))).toHaveLength(0);
  });
});

describe('encodeFileMeta', () => {
  it('is read by another reader, with a true group length', () => {
    const file = Buffer.concat([
      encodeFileMeta(META),
      encodeExplicitVRLittleEndian(dataSetOfKeywords({ PatientID: 'x' })),
    ]);
    const parsed = dicomParser.parseDicom(file);
    expect(parsed.uint32('x00020000')).toBe(encodeFileMeta(META).length - 128 - 4 - 12);
    expect(parsed.string('x00020002')).toBe(CT_IMAGE_STORAGE);
    expect(parsed.string('x00020003')).toBe('1.2.3');
    expect(parsed.string('x00020010')).toBe(EXPLICIT_VR_LITTLE_ENDIAN);
    expect(parsed.string('x00020012')).toBe(IMPLEMENTATION_CLASS_UID);
    expect(parsed.string('x00020013')).toBe(IMPLEMENTATION_VERSION_NAME);
    expect(parsed.string('x00100020')).toBe('x');
  });

  it('names this product lawfully', () => {
    expect(isUID(IMPLEMENTATION_CLASS_UID)).toBe(true);
    expect(IMPLEMENTATION_VERSION_NAME.length).toBeLessThanOrEqual(16);
    expect(BigInt(IMPLEMENTATION_CLASS_UID.slice('2.25.'.length))).toBeLessThan(2n ** 128n);
  });
});

describe('encodePart10', () => {
  it('gives pixels back as they were', async () => {
    const pixels = Buffer.from(Array.from({ length: 32 }, (_, index) => index));
    const made = dataSet([
      ...dataSetOfKeywords({ SOPClassUID: CT_IMAGE_STORAGE, SOPInstanceUID: '1.2.3', Rows: 4, Columns: 4 }).elements,
      element(0x7fe00010, pixels, 'OW'),
    ]);
    const read = await readWhole(encodePart10(made));
    expect(read.pixels).toEqual(pixels);
    expect(read.header.dataSet.elements.map(({ tag }) => tag)).toEqual([
      0x00080016, 0x00080018, 0x00280010, 0x00280011,
    ]);
    expect(read.header.transferSyntax.uid).toBe(EXPLICIT_VR_LITTLE_ENDIAN);
  });

  it.each([{ SOPClassUID: '1.2' }, { SOPInstanceUID: '1.2' }, { SOPClassUID: [], SOPInstanceUID: '1.2' }])(
    'refuses %o, which does not say what it is',
    (attributes) => {
      expect(() => encodePart10(dataSetOfKeywords(attributes))).toThrow(InvalidInstance);
    },
  );
});

describe('encodeElementHeader', () => {
  it.each([
    [0x7fe00010, 'OW', 258, 'e07f10004f57000002010000'],
    [0x7fe00010, 'OB', undefined, 'e07f10004f420000ffffffff'],
    [0x00280010, 'US', 2, '2800100055530200'],
  ] as const)('writes %d %s of %s bytes', (tag, vr, length, hex) => {
    expect(encodeElementHeader(tag, vr, length).toString('hex')).toBe(hex);
  });

  it('refuses a length that the VR can not tell', () => {
    expect(() => encodeElementHeader(0x00280010, 'US', undefined)).toThrow(RangeError);
    expect(() => encodeElementHeader(0x00280010, 'US', 0x10000)).toThrow(RangeError);
    expect(() => encodeElementHeader(0x7fe00010, 'OW', 2 ** 32)).toThrow(RangeError);
  });
});
