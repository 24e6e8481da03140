/** The letters that text in pictures is written with: a small font of our own, as servers have none. */
import { GLYPH_TABLE } from './glyphs.data.js';

export const GLYPH_COLUMNS = 5;
export const GLYPH_ROWS = 7;

/** A box, for what there is no letter for. */
const UNKNOWN: readonly number[] = [0x1f, 0x11, 0x11, 0x11, 0x11, 0x11, 0x1f];
const SPACE: readonly number[] = [];
/** Latin letters that are no other letter with a mark. */
const SPELLED: Readonly<Record<string, string>> = {
  ß: 'ss',
  ẞ: 'SS',
  æ: 'ae',
  Æ: 'AE',
  œ: 'oe',
  Œ: 'OE',
  ø: 'o',
  Ø: 'O',
  ł: 'l',
  Ł: 'L',
  đ: 'd',
  Đ: 'D',
  ð: 'd',
  þ: 'th',
  ı: 'i',
  '–': '-',
  '—': '-',
  '‘': "'",
  '’': "'",
  '“': '"',
  '”': '"',
};

const glyphs = new Map<string, readonly number[]>(
  GLYPH_TABLE.trim()
    .split('\n')
    .map((line) => [line.slice(0, 1), [...Buffer.from(line.slice(2), 'hex')]]),
);

/** The rows of each letter of a text, from the top; the leftmost pixel is 10H. Marks on letters are left out. */
export function glyphsOf(text: string): readonly (readonly number[])[] {
  return [...spelled(text)].map((letter) => (/\s/.test(letter) ? SPACE : (glyphs.get(letter) ?? UNKNOWN)));
}

function spelled(text: string): string {
  const known = [...text].map((letter) => SPELLED[letter] ?? (glyphs.has(letter) ? letter : letter.normalize('NFKD')));
  return known.join('').replace(/\p{Mark}|\p{Control}/gu, '');
}
