import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TAG } from '../../src/dicom/attributes.js';
import { characterSetOf, DEFAULT_CHARACTER_SET } from '../../src/dicom/character-sets.js';
import type { DataSet } from '../../src/dicom/data-set.js';
import { Part10Reader } from '../../src/dicom/part10-reader.js';
import { readCharacterSet, readString } from '../../src/dicom/values.js';
import type { VR } from '../../src/dicom/vr.js';
import { corpusDir } from '../support/outside-files.js';

const decode = (terms: string, hex: string, vr: VR = 'PN') =>
  characterSetOf(terms.split('\\')).decode(Buffer.from(hex, 'hex'), vr);
const split = (terms: string, hex: string, vr: VR = 'PN') =>
  characterSetOf(terms.split('\\')).split(Buffer.from(hex, 'hex'), vr);

/** Terms, value field, text: made with the codecs of Python and checked with pydicom. */
const SINGLE_BYTE: readonly (readonly [number, string, string])[] = [
  [100, '4275635e4ae972f46d65', 'Buc^Jérôme'],
  [100, 'c46e6561735e52fc6469676572', 'Äneas^Rüdiger'],
  [101, '44766ff8e16b5eae6f666965', 'Dvořák^Žofie'],
  [109, 'd575bf657070695ea1616c', 'Ġużeppi^Ħal'],
  [110, '42ba727a69f1b95e4ae06e6973', 'Bērziņš^Jānis'],
  [144, 'bbeedae1d5dcd1e3e0d3', 'Люксембург'],
  [127, 'e2c8c7e6ea5ee4e6d2c7d1', 'قباني^لنزار'],
  [126, 'c4e9efedf5f3e9eff2', 'Διονυσιος'],
  [138, 'f9f8e5ef5ee3e1e5f8e4', 'שרון^דבורה'],
  [148, 'c7617675fe6ff06c755edd72656d', 'Çavuşoğlu^İrem'],
  [166, 'cac1aad2c25ee3a8b4d5', 'สมชาย^ใจดี'],
  [203, 'bc757672655ea6e1726b61a4', 'Œuvre^Šárka€'],
];

/** What ends their escape sequences, after ESC and a hyphen. PS3.3 Table C.12-3 */
const FINAL_BYTES: Readonly<Record<number, string>> = {
  100: 'A',
  101: 'B',
  109: 'C',
  110: 'D',
  144: 'L',
  127: 'G',
  126: 'F',
  138: 'H',
  148: 'M',
  166: 'T',
  203: 'b',
};

const YAMADA =
  '59616d6164615e5461726f753d1b24423b3345441b28425e1b244242404f3a1b28423d1b24422464245e24401b28425e1b2442243f246d24261b2842';
const YAMADA_HALF_WIDTH =
  'd4cfc0de5ec0dbb33d1b24423b3345441b284a5e1b244242404f3a1b284a3d1b24422464245e24401b284a5e1b2442243f246d24261b284a';
const HONG = '486f6e675e47696c646f6e673d1b242943fbf35e1b242943d1ced4d73d1b242943c8ab5e1b242943b1e6b5bf';

describe('characterSetOf', () => {
  it.each(SINGLE_BYTE)('CS-06 decodes ISO_IR %i', (number, hex, text) => {
    expect(decode(`ISO_IR ${number}`, hex)).toBe(text);
    expect(characterSetOf([`ISO_IR ${number}`]).name).toBe(`ISO_IR ${number}`);
  });

  it.each(SINGLE_BYTE)(
    'CS-06 decodes ISO 2022 IR %i as the first term, and by its escape sequence',
    (number, hex, text) => {
      expect(decode(`ISO 2022 IR ${number}\\ISO 2022 IR 87`, hex)).toBe(text);
      const sequence = `\x1b-${FINAL_BYTES[number]}`;
      const escaped = Buffer.from(hex, 'hex')
        .toString('latin1')
        .replace(/^|(?<=\^)/g, sequence);
      expect(decode(`\\ISO 2022 IR ${number}`, Buffer.from(escaped, 'latin1').toString('hex'))).toBe(text);
    },
  );

  it.each([
    ['\\ISO 2022 IR 87', YAMADA, 'Yamada^Tarou=山田^太郎=やまだ^たろう'],
    ['ISO 2022 IR 6\\ISO 2022 IR 87', YAMADA, 'Yamada^Tarou=山田^太郎=やまだ^たろう'],
    ['ISO 2022 IR 13\\ISO 2022 IR 87', YAMADA_HALF_WIDTH, 'ﾔﾏﾀﾞ^ﾀﾛｳ=山田^太郎=やまだ^たろう'],
    ['ISO_IR 13', 'd4cfc0de5ec0dbb3', 'ﾔﾏﾀﾞ^ﾀﾛｳ'],
    ['\\ISO 2022 IR 149', HONG, 'Hong^Gildong=洪^吉洞=홍^길동'],
    ['\\ISO 2022 IR 159', '1b2428443021307e1b2842', '丂侄'],
    ['ISO_IR 192', '57616e675e5869616f446f6e673de78e8b5ee5b08fe69db13d', 'Wang^XiaoDong=王^小東='],
    ['GB18030', '57616e675e5869616f446f6e673dcdf55ed0a1b6ab95328236', 'Wang^XiaoDong=王^小东𠀀'],
    ['GBK', '57616e675e5869616f446f6e673dcdf55ed0a1b6ab', 'Wang^XiaoDong=王^小东'],
    ['\\ISO 2022 IR 58', '5a68616e675e5869616f446f6e673d1b242941d5c55e1b242941d0a1b6ab3d', 'Zhang^XiaoDong=张^小东='],
  ])('CS-06 decodes a name in %s', (terms, hex, text) => {
    expect(decode(terms, hex)).toBe(text);
  });

  it('CS-06 decodes lines that each escape to Chinese anew', () => {
    const hex = '312e1b242941b5dad2bbd0d0cec4d7d6a1a30d0a322e1b242941b5dab6fed0d0cec4d7d6a1a30d0a332e';
    expect(decode('\\ISO 2022 IR 58', hex, 'LT')).toBe('1.第一行文字。\r\n2.第二行文字。\r\n3.');
  });

  it('decodes the last characters of each two-byte set, so none is shifted', () => {
    expect(decode('\\ISO 2022 IR 87', '1b24427426')).toBe('熙');
    expect(decode('\\ISO 2022 IR 159', '1b2428446d63')).toBe('龥');
    expect(decode('\\ISO 2022 IR 149', '1b242943fdfe')).toBe('詰');
    expect(decode('\\ISO 2022 IR 58', '1b242941f7fe')).toBe('齄');
  });

  it('gives JIS X 0208 its own characters where Windows has others', () => {
    expect(decode('\\ISO 2022 IR 87', '1b244221412142215d21712172224c2140')).toBe('〜‖−¢£¬＼');
  });

  it.each([
    ['ISO-IR 100', 'ISO_IR 100'],
    ['ISO IR 100', 'ISO_IR 100'],
    ['iso_ir 100', 'ISO_IR 100'],
    [' ISO_IR100 ', 'ISO_IR 100'],
    ['ISO 2022 IR 100', 'ISO_IR 100'],
    ['ISO 2022-IR 100', 'ISO_IR 100'],
    ['ISO_2022_IR_100', 'ISO_IR 100'],
    ['ISO8859-1', 'ISO_IR 100'],
    ['UTF-8', 'ISO_IR 192'],
    ['ISO 2022 IR 192', 'ISO_IR 192'],
    ['gb 18030', 'GB18030'],
    ['ISO 2022 IR 6', 'ISO_IR 6'],
    ['', 'ISO_IR 6'],
    ['ISO_IR 999', 'ISO_IR 6'],
    ['__proto__', 'ISO_IR 6'],
    ['ISO 2022 IR 149', 'ISO 2022 IR 149'],
    ['\\ISO_IR 87', 'ISO 2022 IR 6\\ISO 2022 IR 87'],
  ])('takes %j for %s', (terms, name) => {
    expect(characterSetOf(terms.split('\\')).name).toBe(name);
  });

  it('takes no terms for the default repertoire', () => {
    expect(characterSetOf([])).toBe(DEFAULT_CHARACTER_SET);
  });

  it('lets a set without code extensions stand alone, wherever it stands beside an empty term', () => {
    expect(characterSetOf(['ISO_IR 192', 'ISO 2022 IR 87']).name).toBe('ISO_IR 192');
    expect(characterSetOf(['', 'GB18030']).name).toBe('GB18030');
    expect(characterSetOf(['ISO_IR 100', 'ISO_IR 192']).name).toBe('ISO_IR 100');
  });

  it('reads what the default repertoire has no place for as UTF-8 if valid, else as ISO 8859-1', () => {
    expect(decode('ISO_IR 999', '4ac3a9')).toBe('Jé');
    expect(decode('', '4ae9')).toBe('Jé');
    expect(decode('\\ISO 2022 IR 87', 'e95e1b24423b331b2842')).toBe('é^山');
    expect(decode('\\ISO 2022 IR 87', 'c3a95e1b24423b331b2842')).toBe('é^山');
  });

  it('reads the right half by the only term that has one, when the escape sequence was forgotten', () => {
    expect(decode('\\ISO 2022 IR 149', 'b1e8c8f1c1df')).toBe('김희중');
    expect(decode('ISO 2022 IR 149', 'b1e8c8f1c1df')).toBe('김희중');
  });

  it('honours escape sequences of sets that were not declared', () => {
    expect(decode('ISO_IR 100', 'e95e1b24423b331b2842')).toBe('é^山');
    expect(decode('', '1b2d46c4')).toBe('Δ');
  });
});

describe('decode', () => {
  it('falls back to the first term at CR, LF, FF and TAB, and in names at ^ and =', () => {
    const greekThen = (delimiter: string) => `1b2d46c4${delimiter}c4`;
    for (const control of ['0d', '0a', '0c', '09']) {
      const text = String.fromCharCode(Number.parseInt(control, 16));
      expect(decode('ISO 2022 IR 100\\ISO 2022 IR 126', greekThen(control), 'LT')).toBe(`Δ${text}Ä`);
    }
    expect(decode('ISO 2022 IR 100\\ISO 2022 IR 126', greekThen('5e'))).toBe('Δ^Ä');
    expect(decode('ISO 2022 IR 100\\ISO 2022 IR 126', greekThen('3d'))).toBe('Δ=Ä');
    expect(decode('ISO 2022 IR 100\\ISO 2022 IR 126', greekThen('5c'))).toBe('Δ\\Ä');
  });

  it('takes ^ and = for letters outside names, and the backslash for one in a text of one value', () => {
    expect(decode('ISO 2022 IR 100\\ISO 2022 IR 126', '1b2d46c45ec43dc4', 'LO')).toBe('Δ^Δ=Δ');
    expect(decode('ISO 2022 IR 100\\ISO 2022 IR 126', '1b2d46c45cc4', 'UT')).toBe('Δ\\Δ');
  });

  it('takes delimiters inside two-byte characters for parts of them', () => {
    expect(decode('\\ISO 2022 IR 87', '1b24423a5c3b5e303d1b2842')).toBe('載枝綾');
    expect(decode('GB18030', '815c815e')).toBe('乗乛');
  });

  it('takes a delimiter that no second byte follows for one, though nobody went back to ASCII', () => {
    expect(decode('\\ISO 2022 IR 87', '1b24423b3345445e1b244242404f3a')).toBe('山田^太郎');
  });

  it('shows the yen sign and the overline of ISO-IR 14 where no value ends', () => {
    expect(decode('ISO_IR 13', '5c7e', 'LT')).toBe('¥‾');
  });

  it.each([
    ['an overlong slash', 'ISO_IR 192', 'c0af41', '\ufffd\ufffdA'],
    ['a lone surrogate', 'ISO_IR 192', 'eda08041', '\ufffd\ufffd\ufffdA'],
    ['a truncated sequence', 'ISO_IR 192', 'e78e', '\ufffd'],
    ['an overlong slash without character set', '', 'c0af', 'À¯'],
    ['half a Chinese character', 'GB18030', '8120', '\ufffd '],
    ['a code point beyond Unicode', 'GB18030', 'e4359e3541', '\ufffdA'],
    ['half a kanji', '\\ISO 2022 IR 87', '1b24423b1b284241', '\ufffdA'],
    ['a kanji cell without a kanji', '\\ISO 2022 IR 87', '1b244274271b284241', '\ufffdA'],
    ['half a hangul', '\\ISO 2022 IR 149', '1b242943b141', '\ufffdA'],
    ['an escape sequence nobody knows', '\\ISO 2022 IR 87', '1b255a41', '\ufffd%ZA'],
    ['an escape sequence cut short', '\\ISO 2022 IR 87', '411b24', 'A\ufffd$'],
    ['a NUL in an escape sequence', '\\ISO 2022 IR 87', '1b00284241', '\ufffd\0(BA'],
    ['a byte that Greek leaves open', 'ISO_IR 126', 'ff', '\ufffd'],
    ['a byte that katakana leaves open', 'ISO_IR 13', 'e0', '\ufffd'],
  ])('replaces %s and goes on', (_, terms, hex, text) => {
    expect(decode(terms, hex, 'LO')).toBe(text);
  });

  it('keeps an escape sequence that is never closed to its value', () => {
    expect(split('\\ISO 2022 IR 149', '1b242943b1e85c41', 'LO')).toEqual(['김', 'A']);
  });

  it('reads VRs outside the Specific Character Set in the default repertoire', () => {
    expect(decode('ISO_IR 13', '5c7e', 'CS')).toBe('\\~');
    expect(decode('ISO_IR 144', 'bb', 'CS')).toBe('»');
  });

  it('gives well-formed text for any bytes in any set', () => {
    const terms = [
      '',
      'ISO_IR 999',
      'ISO_IR 13',
      'ISO_IR 192',
      'GB18030',
      'GBK',
      '\\ISO 2022 IR 87',
      '\\ISO 2022 IR 58',
    ];
    const lively = fc.array(fc.constantFrom(0x1b, 0x24, 0x28, 0x29, 0x42, 0x44, 0x5c, 0x5e, 0x81, 0xe4, 0x35, 0xb0), {
      maxLength: 40,
    });
    const bytes = fc.oneof(lively, fc.array(fc.integer({ min: 0, max: 255 }), { maxLength: 40 }));
    const vrs = fc.constantFrom<VR>('PN', 'LO', 'LT', 'CS');
    fc.assert(
      fc.property(fc.constantFrom(...terms), bytes, vrs, (term, field, vr) => {
        const characterSet = characterSetOf(term.split('\\'));
        const text = characterSet.decode(Buffer.from(field), vr);
        expect(Buffer.from(text).toString()).toBe(text);
        expect(text.length).toBeLessThanOrEqual(field.length);
        expect(characterSet.split(Buffer.from(field), vr).join('\\')).toBe(text);
      }),
      { numRuns: 3000 },
    );
  });

  it('gives ASCII back as it is in every set but those with ISO-IR 14', () => {
    const terms = fc.constantFrom('', 'ISO_IR 100', 'ISO_IR 192', 'GB18030', '\\ISO 2022 IR 87', '\\ISO 2022 IR 149');
    const ascii = fc.string({ unit: fc.integer({ min: 0x20, max: 0x7e }).map((code) => String.fromCharCode(code)) });
    fc.assert(
      fc.property(terms, ascii, (term, text) => {
        expect(decode(term, Buffer.from(text).toString('hex'))).toBe(text);
      }),
    );
  });

  it('takes time in proportion to hostile bytes', () => {
    const units: readonly (readonly [string, string])[] = [
      ['\\ISO 2022 IR 149', '1b242943b0a15e'],
      ['ISO 2022 IR 13\\ISO 2022 IR 87', 'c05e'],
      ['', '1be9'],
      ['\\ISO 2022 IR 87', '1b2442246441'],
    ];
    for (const [terms, unit] of units) {
      const hex = unit.repeat(2 ** 20 / (unit.length / 2));
      const start = performance.now();
      decode(terms, hex);
      expect(performance.now() - start).toBeLessThan(1500);
    }
  });
});

describe('split', () => {
  it('CS-08 parts at the byte 5C, whatever glyph it shows', () => {
    expect(split('ISO_IR 13', 'd45ccf', 'LO')).toEqual(['ﾔ', 'ﾏ']);
    expect(split('ISO 2022 IR 13\\ISO 2022 IR 87', '1b24423b331b284a5cd4', 'PN')).toEqual(['山', 'ﾔ']);
  });

  it('CS-08 does not part inside a two-byte character', () => {
    expect(split('GB18030', '815c5c41', 'LO')).toEqual(['乗', 'A']);
    expect(split('GBK', '815c5c41', 'LO')).toEqual(['乗', 'A']);
    expect(split('\\ISO 2022 IR 87', '1b24423a5c1b28425c41', 'LO')).toEqual(['載', 'A']);
    expect(split('\\ISO 2022 IR 149', '1b242943b1e85c1b242943c8f1', 'LO')).toEqual(['김', '희']);
  });

  it.each<VR>(['LT', 'ST', 'UT', 'UR'])('J-21 leaves %s whole', (vr) => {
    expect(split('', '415c42', vr)).toEqual(['A\\B']);
  });

  it.each<VR>(['AE', 'CS', 'LO', 'PN', 'SH', 'UC', 'UI'])('J-21 parts %s', (vr) => {
    expect(split('', '415c5c42', vr)).toEqual(['A', '', 'B']);
  });
});

describe.runIf(corpusDir !== undefined)('real files', () => {
  const NAMES: Readonly<Record<string, string>> = {
    'pydicom__chrArab.dcm': 'قباني^لنزار',
    'pydicom__chrFren.dcm': 'Buc^Jérôme',
    'pydicom__chrFrenMulti.dcm': 'Buc^Jérôme',
    'pydicom__chrGerm.dcm': 'Äneas^Rüdiger',
    'pydicom__chrGreek.dcm': 'Διονυσιος',
    'pydicom__chrH31.dcm': 'Yamada^Tarou=山田^太郎=やまだ^たろう',
    'pydicom__chrH32.dcm': 'ﾔﾏﾀﾞ^ﾀﾛｳ=山田^太郎=やまだ^たろう',
    'pydicom__chrHbrw.dcm': 'שרון^דבורה',
    'pydicom__chrI2.dcm': 'Hong^Gildong=洪^吉洞=홍^길동',
    'pydicom__chrJapMulti.dcm': 'やまだ^たろう',
    'pydicom__chrJapMultiExplicitIR6.dcm': 'やまだ^たろう',
    'pydicom__chrKoreanMulti.dcm': '김희중',
    'pydicom__chrRuss.dcm': 'Люкceмбypг',
    'pydicom__chrX1.dcm': 'Wang^XiaoDong=王^小東=',
    'pydicom__chrX2.dcm': 'Wang^XiaoDong=王^小东=',
  };

  async function readDataSet(path: string): Promise<DataSet> {
    const reader = new Part10Reader({ openPixelData: () => ({ item() {}, bytes() {}, end() {} }) });
    await reader.write(readFileSync(path));
    await reader.end();
    if (reader.header === undefined) throw new Error('The file has no header.');
    return reader.header.dataSet;
  }

  it('CS-06 reads the Patient Name of each', async () => {
    const folder = join(corpusDir ?? '', 'charset');
    const names: Record<string, string | undefined> = {};
    for (const file of readdirSync(folder)) {
      const dataSet = await readDataSet(join(folder, file));
      const name = readString(dataSet, TAG.PatientName, readCharacterSet(dataSet));
      if (name !== undefined) names[file] = name;
    }
    expect(names).toMatchObject(NAMES);
  });
});
