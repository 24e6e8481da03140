/**
 * ISO 2022 as DICOM uses it: a left half G0 (bytes 0x21 to 0x7E) and a right half G1 (0x80 and above), to which escape
 * sequences bring other sets, and which fall back to the sets of value 1 of Specific Character Set at every delimiter.
 * PS3.5 §6.1.2.5
 *
 * More is read than is lawful, where the bytes can mean nothing else: escape sequences of sets that were not declared;
 * a right half that value 1 leaves open, by the first other value that has one; and one that no value declares, as
 * UTF-8 if it is valid, else as ISO 8859-1. What has no meaning at all is U+FFFD, one for each byte or pair.
 */
import { isAscii, isUtf8 } from 'node:buffer';
import iconv from 'iconv-lite';
import { SINGLE_TEXT_VRS, type VR } from './vr.js';

/** Turns a value field of that VR into text, delimiters and all. */
export type Decoder = (bytes: Buffer, vr: VR) => string;

/** UTF-16 code units by position in the half: 128 of one byte each, or 94 rows of 94 of two bytes each. */
interface GraphicSet {
  readonly bytesPerCharacter: 1 | 2;
  readonly units: () => Uint16Array;
}

interface Halves {
  readonly left: GraphicSet;
  readonly right: GraphicSet | undefined;
}

const ESCAPE = 0x1b;
const REPLACEMENT = 0xfffd;
const SIDE = 94;

const once = <T>(make: () => T): (() => T) => {
  let made: T | undefined;
  return () => {
    made ??= make();
    return made;
  };
};

const oneByte = (text: string): GraphicSet => {
  const units = Uint16Array.from(text, (character) => character.charCodeAt(0));
  return { bytesPerCharacter: 1, units: () => units };
};

const rightOf = (encoding: string): GraphicSet =>
  oneByte(iconv.decode(Buffer.from(Array.from({ length: 128 }, (_, index) => 0x80 + index)), encoding));

/** A set of two-byte characters, made from the encoding that has it in its right half after `prefix`, once it is needed. */
const twoByte = (encoding: string, prefix: readonly number[], other: ReadonlyMap<string, string> = new Map()) => {
  const lineOf = (index: number) => [...prefix, 0xa1 + Math.floor(index / SIDE), 0xa1 + (index % SIDE), 0x0a];
  const units = once(() => {
    const lines = iconv.decode(
      Buffer.from(Array.from({ length: SIDE * SIDE }, (_, index) => lineOf(index)).flat()),
      encoding,
    );
    const unitOf = (line: string) => (line.length === 1 ? (other.get(line) ?? line).charCodeAt(0) : REPLACEMENT);
    return Uint16Array.from(lines.trimEnd().split('\n'), unitOf);
  });
  return { bytesPerCharacter: 2, units } satisfies GraphicSet;
};

const ascii = oneByte(String.fromCharCode(...Array(128).keys()));

/** JIS X 0201 Romaji, ISO-IR 14: the yen sign and the overline in place of backslash and tilde. */
const romaji = oneByte(
  String.fromCharCode(...Array(128).keys())
    .replace('\\', '\u00a5')
    .replace('~', '\u203e'),
);

/** JIS X 0201 Katakana, ISO-IR 13: 63 characters from 0xA1. */
const katakana = oneByte(
  String.fromCharCode(
    ...Array.from({ length: 128 }, (_, index) => (index > 0x20 && index < 0x60 ? 0xff40 + index : REPLACEMENT)),
  ),
);

/** The encoding follows Windows in six places where JIS X 0208 itself names another character. */
const JIS_X_0208_NAMES: ReadonlyMap<string, string> = new Map([
  ['\uff5e', '\u301c'],
  ['\u2225', '\u2016'],
  ['\uff0d', '\u2212'],
  ['\uffe0', '\u00a2'],
  ['\uffe1', '\u00a3'],
  ['\uffe2', '\u00ac'],
]);

const kanji = twoByte('euc-jp', [], JIS_X_0208_NAMES);
const supplementaryKanji = twoByte('euc-jp', [0x8f]);

const latin1 = rightOf('iso-8859-1');

/** Right halves by ISO-IR number. PS3.3 Tables C.12-2 to C.12-4 */
const RIGHT_SETS: ReadonlyMap<number, GraphicSet> = new Map<number, GraphicSet>([
  [100, latin1],
  [101, rightOf('iso-8859-2')],
  [109, rightOf('iso-8859-3')],
  [110, rightOf('iso-8859-4')],
  [144, rightOf('iso-8859-5')],
  [127, rightOf('iso-8859-6')],
  [126, rightOf('iso-8859-7')],
  [138, rightOf('iso-8859-8')],
  [148, rightOf('iso-8859-9')],
  [203, rightOf('iso-8859-15')],
  [166, rightOf('iso-8859-11')],
  [13, katakana],
  [149, twoByte('euc-kr', [])],
  [58, twoByte('gb2312', [])],
]);

/** What an escape sequence brings to which half. */
type Designation = { readonly lengthBytes: number } & ({ readonly left: GraphicSet } | { readonly right: GraphicSet });

/** The bytes of an escape sequence, ESC left out, as one number; -1 in place of a third byte that is not there. */
const sequenceKey = (first = 0, second = 0, third = -1): number => ((third + 1) << 16) | (first << 8) | second;

const designation = (sequence: string, half: { readonly left: GraphicSet } | { readonly right: GraphicSet }) =>
  [sequenceKey(...Buffer.from(sequence)), { ...half, lengthBytes: 1 + sequence.length }] as const;

const toRight = (sequence: string, registration: number) =>
  designation(sequence, { right: RIGHT_SETS.get(registration) ?? latin1 });

/** Escape sequences; `$@` and `$(B` are older forms of `$B`. PS3.3 Tables C.12-3 and C.12-4 */
const DESIGNATIONS: ReadonlyMap<number, Designation> = new Map<number, Designation>([
  designation('(B', { left: ascii }),
  designation('(J', { left: romaji }),
  designation('$B', { left: kanji }),
  designation('$@', { left: kanji }),
  designation('$(B', { left: kanji }),
  designation('$(D', { left: supplementaryKanji }),
  toRight('-A', 100),
  toRight('-B', 101),
  toRight('-C', 109),
  toRight('-D', 110),
  toRight('-L', 144),
  toRight('-G', 127),
  toRight('-F', 126),
  toRight('-H', 138),
  toRight('-M', 148),
  toRight('-b', 203),
  toRight('-T', 166),
  toRight(')I', 13),
  toRight('$)C', 149),
  toRight('$)A', 58),
]);

/**
 * Make the decoder for the ISO-IR numbers that the values of Specific Character Set name, the first one first.
 * Time is linear in the bytes, whatever they are.
 */
export function createISO2022Decoder(registrations: readonly number[]): Decoder {
  const declared = registrations.find((number) => RIGHT_SETS.has(number));
  const left = registrations[0] === 13 ? romaji : ascii;
  const right = declared === undefined ? undefined : RIGHT_SETS.get(declared);
  return (bytes, vr) => {
    const hasEscapes = bytes.includes(ESCAPE);
    if (left === ascii && !hasEscapes && isAscii(bytes)) return bytes.toString('latin1');
    if (right !== undefined) return decodeHalves(bytes, vr, { left, right });
    const isValid = isUtf8(bytes);
    if (isValid && !hasEscapes) return bytes.toString('utf8');
    return decodeHalves(bytes, vr, { left, right: isValid ? undefined : latin1 });
  };
}

/** Without a right half its bytes are UTF-8, known to be valid. */
function decodeHalves(bytes: Buffer, vr: VR, initial: Halves): string {
  const text = Buffer.allocUnsafe(bytes.length * 2);
  let length = 0;
  let { left, right } = initial;
  for (let at = 0; at < bytes.length; ) {
    const byte = bytes[at] ?? 0;
    const designated = byte === ESCAPE ? findDesignation(bytes, at + 1) : undefined;
    if (designated !== undefined) {
      if ('left' in designated) left = designated.left;
      else right = designated.right;
      at += designated.lengthBytes;
    } else if (byte >= 0x80 && right === undefined) {
      const end = endOfRightRun(bytes, at);
      length += text.write(bytes.toString('utf8', at, end), length, 'utf16le');
      at = end;
    } else if (byte !== ESCAPE && isDelimiter(bytes, at, vr, left)) {
      ({ left, right } = initial);
      length = text.writeUInt16LE(byte, length);
      at += 1;
    } else {
      const set = byte < 0x80 ? left : (right ?? left);
      const unit = byte === ESCAPE ? undefined : unitAt(bytes, at, set);
      length = text.writeUInt16LE(unit ?? REPLACEMENT, length);
      at += unit === undefined ? 1 : lengthOfCharacter(byte, set);
    }
  }
  return text.toString('utf16le', 0, length);
}

/**
 * Whether the halves fall back here: at any control character, at the backslash between values, and in person names at
 * `^` and `=`. Inside a two-byte set those are parts of characters, unless no second byte follows. PS3.5 §6.1.2.5.3
 */
function isDelimiter(bytes: Buffer, at: number, vr: VR, left: GraphicSet): boolean {
  const byte = bytes[at] ?? 0;
  if (byte < 0x20) return true;
  const isSeparator = byte === 0x5c ? !SINGLE_TEXT_VRS.has(vr) : vr === 'PN' && (byte === 0x5e || byte === 0x3d);
  return isSeparator && (left.bytesPerCharacter === 1 || !isInLeftHalf(bytes[at + 1]));
}

/** Find the code unit of the character at `at`; undefined when a two-byte one is not whole. */
function unitAt(bytes: Buffer, at: number, set: GraphicSet): number | undefined {
  const byte = bytes[at] ?? 0;
  if (set.bytesPerCharacter === 1) return set.units()[byte & 0x7f];
  if (byte === 0x20 || byte === 0x7f) return byte;
  const next = bytes[at + 1] ?? 0;
  const isPair = byte >= 0x80 ? isInRightHalf(byte) && isInRightHalf(next) : isInLeftHalf(byte) && isInLeftHalf(next);
  return isPair ? set.units()[((byte & 0x7f) - 0x21) * SIDE + (next & 0x7f) - 0x21] : undefined;
}

const lengthOfCharacter = (byte: number, set: GraphicSet): number =>
  byte === 0x20 || byte === 0x7f ? 1 : set.bytesPerCharacter;

const isInLeftHalf = (byte = 0): boolean => byte > 0x20 && byte < 0x7f;
const isInRightHalf = (byte: number): boolean => byte > 0xa0 && byte < 0xff;

/** Find what the bytes after an ESC designate. */
const findDesignation = (bytes: Buffer, at: number): Designation | undefined =>
  DESIGNATIONS.get(sequenceKey(bytes[at], bytes[at + 1])) ??
  DESIGNATIONS.get(sequenceKey(bytes[at], bytes[at + 1], bytes[at + 2]));

function endOfRightRun(bytes: Buffer, start: number): number {
  let end = start;
  while ((bytes[end] ?? 0) >= 0x80) end++;
  return end;
}
