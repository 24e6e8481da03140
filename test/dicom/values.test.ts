import { describe, expect, it } from 'vitest';
import { TAG } from '../../src/dicom/attributes.js';
import { characterSetOf } from '../../src/dicom/character-sets.js';
import type { ByteOrder, DataElement, DataSet, Tag, ValueElement } from '../../src/dicom/data-set.js';
import {
  readCharacterSet,
  readFirst,
  readNumber,
  readNumbers,
  readString,
  readStrings,
} from '../../src/dicom/values.js';
import type { VR } from '../../src/dicom/vr.js';
import { bestTimeMs } from '../support/best-time.js';

const value = (tag: Tag, vr: ValueElement['vr'], bytes: string | Buffer): DataElement => ({
  tag,
  vr,
  bytes: typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes,
  valueOffset: 0,
});
const dataSet = (elements: readonly DataElement[], byteOrder: ByteOrder = 'little'): DataSet => ({
  elements,
  byteOrder,
});

const hex = (text: string) => Buffer.from(text, 'hex');
const PRIVATE = 0x00091001;

describe('readNumbers', () => {
  const numbers = (vr: ValueElement['vr'], bytes: string | Buffer, byteOrder: ByteOrder = 'little') =>
    readNumbers(dataSet([value(PRIVATE, vr, bytes)], byteOrder), PRIVATE);

  it.each<[ValueElement['vr'], string, string, number[]]>([
    ['US', '0100ffff', '0001ffff', [1, 65535]],
    ['SS', '0100ffff', '0001ffff', [1, -1]],
    ['UL', '01000000ffffffff', '00000001ffffffff', [1, 4294967295]],
    ['SL', '01000000ffffffff', '00000001ffffffff', [1, -1]],
    ['FL', '0000803f000000c0', '3f800000c0000000', [1, -2]],
    ['FD', '000000000000f03f', '3ff0000000000000', [1]],
  ])('reads %s in either byte order', (vr, little, big, expected) => {
    expect(numbers(vr, hex(little))).toEqual(expected);
    expect(numbers(vr, hex(big), 'big')).toEqual(expected);
  });

  it('ignores bytes that are too few for one more value', () => {
    expect(numbers('US', hex('0100ff'))).toEqual([1]);
    expect(numbers('FD', hex('00'))).toEqual([]);
  });

  it('reads decimals with padding, signs, exponents and points at either end', () => {
    expect(numbers('DS', ' 1.50\\+2e1\\-.5\\3. \\1E-2 ')).toEqual([1.5, 20, -0.5, 3, 0.01]);
    expect(numbers('IS', '007\\-3 ')).toEqual([7, -3]);
  });

  it('leaves out a text that is no finite number', () => {
    expect(numbers('DS', '1\\NaN\\Infinity\\1e999\\0x10\\1,5\\\\1 2\\2')).toEqual([1, 2]);
  });

  it('reads an attribute stored as UN by its dictionary VR, always in little endian', () => {
    expect(readNumbers(dataSet([value(TAG.Rows, 'UN', hex('0002'))], 'big'), TAG.Rows)).toEqual([512]);
  });

  it('finds none in text, in bytes, in a sequence or where nothing is', () => {
    expect(numbers('LO', '12')).toEqual([]);
    expect(numbers('OW', hex('0100'))).toEqual([]);
    expect(readNumbers(dataSet([{ tag: PRIVATE, vr: 'SQ', items: [] }]), PRIVATE)).toEqual([]);
    expect(readNumbers(dataSet([]), PRIVATE)).toEqual([]);
  });

  it('takes time in proportion to a hostile decimal', () => {
    const start = performance.now();
    expect(numbers('DS', `${'1'.repeat(2 ** 16 - 1)}x`)).toEqual([]);
    expect(performance.now() - start).toBeLessThan(100);
  });

  it('refuses a value field that would make too long a list', () => {
    expect(() => numbers('US', Buffer.alloc(2 ** 22 + 2))).toThrow('more than 4194304 bytes');
    expect(() => numbers('DS', '1\\'.repeat(2 ** 15 + 1))).toThrow('more than 65536 bytes');
  });
});

describe('readFirst', () => {
  it('gives the first numbers, and no more than there are', () => {
    expect(readFirst(dataSet([value(PRIVATE, 'IS', '1\\x\\2\\3')]), PRIVATE, 2)).toEqual([1, 2]);
    expect(readFirst(dataSet([value(PRIVATE, 'US', hex('00010002'))], 'big'), PRIVATE, 1)).toEqual([1]);
    expect(readFirst(dataSet([value(PRIVATE, 'US', hex('0100'))]), PRIVATE, 2)).toEqual([1]);
    expect(readFirst(dataSet([]), PRIVATE, 2)).toEqual([]);
  });

  it('gives no part of a number', () => {
    const decimals = readFirst(dataSet([value(PRIVATE, 'DS', '1.25\\'.repeat(2_000))]), PRIVATE, 10_000);
    expect(new Set(decimals)).toEqual(new Set([1.25]));
  });
});

describe('what reads one value of four megabytes', () => {
  it.each<[ValueElement['vr'], Buffer, (set: DataSet) => unknown, unknown]>([
    ['DS', Buffer.from('1\\'.repeat(2 ** 21)), (set) => readNumber(set, PRIVATE), 1],
    ['US', Buffer.alloc(2 ** 22), (set) => readNumber(set, PRIVATE), 0],
    ['LO', Buffer.from('a\\'.repeat(2 ** 21)), (set) => readString(set, PRIVATE), 'a'],
    ['CS', Buffer.from('\\'.repeat(2 ** 22)), (set) => readString(set, PRIVATE), undefined],
    ['UI', Buffer.from('1\\'.repeat(2 ** 21)), (set) => readStrings(set, PRIVATE).slice(0, 2), ['1', '1']],
  ])('looks at the start of %s', (vr, bytes, read, expected) => {
    const set = dataSet([value(PRIVATE, vr, bytes)]);
    expect(read(set)).toEqual(expected);
    expect(bestTimeMs(() => read(set))).toBeLessThan(20);
  });
});

describe('readNumber', () => {
  it('gives the first number that is one', () => {
    expect(readNumber(dataSet([value(PRIVATE, 'DS', 'x\\2\\3')]), PRIVATE)).toBe(2);
    expect(readNumber(dataSet([]), PRIVATE)).toBeUndefined();
  });
});

describe('readStrings', () => {
  const strings = (vr: ValueElement['vr'], bytes: string) => readStrings(dataSet([value(PRIVATE, vr, bytes)]), PRIVATE);

  it.each<VR>(['AE', 'CS', 'DS', 'IS', 'LO', 'SH'])('J-19 trims spaces on both sides of %s', (vr) => {
    if (vr !== 'SQ') expect(strings(vr, ' 1 \\ 2 ')).toEqual(['1', '2']);
  });

  it.each<VR>(['PN', 'UC', 'DA', 'TM', 'DT', 'UI'])('J-19 trims only the end of %s', (vr) => {
    if (vr !== 'SQ') expect(strings(vr, ' 1 \\2\0')).toEqual([' 1', '2']);
  });

  it.each<VR>(['LT', 'ST', 'UT', 'UR'])('J-21 gives %s as one value, leading spaces kept', (vr) => {
    if (vr !== 'SQ') expect(strings(vr, ' a\\b  ')).toEqual([' a\\b']);
  });

  it('keeps empty values among several, and has none when all is padding', () => {
    expect(strings('CS', 'ORIGINAL\\\\AXIAL')).toEqual(['ORIGINAL', '', 'AXIAL']);
    expect(strings('LO', '')).toEqual([]);
    expect(strings('LO', '   ')).toEqual([]);
    expect(strings('UI', '\0')).toEqual([]);
  });

  it('decodes by the character set given', () => {
    const greek = dataSet([value(TAG.PatientID, 'LO', hex('c420'))]);
    expect(readStrings(greek, TAG.PatientID, characterSetOf(['ISO_IR 126']))).toEqual(['Δ']);
  });

  it('reads an attribute stored as UN by its dictionary VR', () => {
    expect(readStrings(dataSet([value(TAG.PatientID, 'UN', 'A ')]), TAG.PatientID)).toEqual(['A']);
  });

  it('finds none in numbers, in a sequence or where nothing is', () => {
    expect(strings('US', 'AB')).toEqual([]);
    expect(readStrings(dataSet([{ tag: PRIVATE, vr: 'SQ', items: [] }]), PRIVATE)).toEqual([]);
    expect(readStrings(dataSet([]), PRIVATE)).toEqual([]);
  });

  it('refuses a value field that would make too long a list', () => {
    expect(() => strings('LO', '\\'.repeat(2 ** 22 + 2))).toThrow('more than 4194304 bytes');
  });
});

describe('readString', () => {
  it('gives the first text that is not empty', () => {
    expect(readString(dataSet([value(PRIVATE, 'LO', '\\ \\B')]), PRIVATE)).toBe('B');
    expect(readString(dataSet([value(PRIVATE, 'LO', '\\ ')]), PRIVATE)).toBeUndefined();
  });
});

describe('readCharacterSet', () => {
  const outer = characterSetOf(['ISO_IR 144']);

  it("takes the data set's own", () => {
    const own = dataSet([value(TAG.SpecificCharacterSet, 'CS', '\\ISO 2022 IR 87')]);
    expect(readCharacterSet(own, outer).name).toBe('ISO 2022 IR 6\\ISO 2022 IR 87');
  });

  it('inherits without one, but not when it is there and empty', () => {
    expect(readCharacterSet(dataSet([]), outer)).toBe(outer);
    expect(readCharacterSet(dataSet([])).name).toBe('ISO_IR 6');
    expect(readCharacterSet(dataSet([value(TAG.SpecificCharacterSet, 'CS', '')]), outer).name).toBe('ISO_IR 6');
  });

  it('refuses a flood of terms', () => {
    const flood = dataSet([value(TAG.SpecificCharacterSet, 'CS', 'ISO 2022 IR 100\\'.repeat(3000))]);
    expect(() => readCharacterSet(flood)).toThrow('far too many');
  });
});
