/** Values of the DICOM JSON Model as JSON text, one text a value, and the base64 of what has no values. PS3.18 §F.2 */
import type { CharacterSet } from './character-sets.js';
import { type ByteOrder, tagText } from './data-set.js';
import { splitPersonName } from './person-names.js';
import { binaryNumbers, everyValue, isDecimal, isTextVR, textValues } from './values.js';
import { BINARY_VALUE_BYTES, type VR } from './vr.js';

/** VRs written as one `InlineBinary`, never as a list of values. PS3.18 §F.2.7 */
export const INLINE_BINARY_VRS: ReadonlySet<VR> = new Set<VR>(['OB', 'OD', 'OF', 'OL', 'OV', 'OW', 'UN']);

/** A decimal of that many significant digits or fewer comes back from a double as it was. */
const EXACT_DIGITS = 15;

/** Most numbers there are: they have no more digits than that, and are told at once. */
const SHORT_DECIMAL = /^[+-]?\d{1,9}(?:\.\d{1,6})?$/;

/** Below it doubles have fewer digits than that. */
const SMALLEST_NORMAL = 2.2250738585072014e-308;

/**
 * Write each value of a value field as JSON text, `null` for an empty one among several; none when the field is empty.
 * Where its length is no multiple of the VR's size, the whole values are written and the rest is ignored.
 */
export function valueTexts(bytes: Buffer, vr: VR, byteOrder: ByteOrder, characterSet: CharacterSet): readonly string[] {
  if (isTextVR(vr)) return textValueTexts(bytes, vr, characterSet);
  const isBigEndian = byteOrder === 'big';
  switch (vr) {
    case 'FL':
      return binaryNumbers(bytes, vr, isBigEndian).map(float32Text);
    case 'AT':
      return pairs(binaryNumbers(bytes, 'US', isBigEndian)).map(([group, element]) =>
        JSON.stringify(tagText(group * 0x10000 + element)),
      );
    case 'SV':
      return everyValue(bytes, 8, (at) =>
        bigIntText(isBigEndian ? bytes.readBigInt64BE(at) : bytes.readBigInt64LE(at)),
      );
    case 'UV':
      return everyValue(bytes, 8, (at) =>
        bigIntText(isBigEndian ? bytes.readBigUInt64BE(at) : bytes.readBigUInt64LE(at)),
      );
    default:
      return binaryNumbers(bytes, vr, isBigEndian).map(numberText);
  }
}

/** Encode a value field as base64 of its little endian form; bytes too few for one more value stay as they are. */
export function inlineBinary(bytes: Buffer, vr: VR, byteOrder: ByteOrder): string {
  const valueBytes = BINARY_VALUE_BYTES.get(vr) ?? 1;
  if (byteOrder === 'little' || valueBytes === 1) return bytes.toString('base64');
  const swapped = Buffer.from(bytes);
  const whole = swapped.subarray(0, swapped.length - (swapped.length % valueBytes));
  if (valueBytes === 2) whole.swap16();
  else if (valueBytes === 4) whole.swap32();
  else whole.swap64();
  return swapped.toString('base64');
}

/** A single name without any component group is no value, as a single empty text is none. */
function textValueTexts(bytes: Buffer, vr: VR, characterSet: CharacterSet): readonly string[] {
  const texts = textValues(bytes, vr, characterSet).map(textWriter(vr));
  return texts.length === 1 && texts[0] === 'null' ? [] : texts;
}

function textWriter(vr: VR): (text: string) => string {
  if (vr === 'PN') return personNameText;
  if (vr === 'DS' || vr === 'IS') return decimalText;
  return stringText;
}

const stringText = (text: string): string => (text === '' ? 'null' : JSON.stringify(text));

function personNameText(value: string): string {
  const { alphabetic, ideographic, phonetic } = splitPersonName(value);
  const groups: string[] = [];
  if (alphabetic !== '') groups.push(`"Alphabetic":${JSON.stringify(alphabetic)}`);
  if (ideographic !== '') groups.push(`"Ideographic":${JSON.stringify(ideographic)}`);
  if (phonetic !== '') groups.push(`"Phonetic":${JSON.stringify(phonetic)}`);
  return groups.length === 0 ? 'null' : `{${groups.join()}}`;
}

/** A number where it says exactly what the text says, else the text. PS3.18 §F.2.3 leaves the choice */
const decimalText = (text: string): string => (isExactDecimal(text) ? numberText(Number(text)) : stringText(text));

/** Whether a text is a decimal number that comes back from a double as it was, but for zeros at its ends. */
export function isExactDecimal(text: string): boolean {
  if (SHORT_DECIMAL.test(text)) return true;
  if (!isDecimal(text)) return false;
  const digits = text
    .replace(/[eE].*$/, '')
    .replace(/[^\d]/g, '')
    .replace(/^0+/, '');
  if (digits.length > EXACT_DIGITS) return false;
  const magnitude = Math.abs(Number(text));
  return digits === '' || (magnitude >= SMALLEST_NORMAL && Number.isFinite(magnitude));
}

/** JSON has no word for what is not finite, and `null` would make it an empty value: so a string. */
function numberText(value: number): string {
  if (!Number.isFinite(value)) return `"${value}"`;
  return Object.is(value, -0) ? '-0' : String(value);
}

/** The shortest decimal that gives the same single: 0.1, not 0.10000000149011612. Nine digits always do. */
function float32Text(value: number): string {
  if (Number.isSafeInteger(value) || !Number.isFinite(value)) return numberText(value);
  for (let digits = 6; digits < 9; digits++) {
    const shorter = Number(value.toPrecision(digits));
    if (Math.fround(shorter) === value) return String(shorter);
  }
  return String(Number(value.toPrecision(9)));
}

const bigIntText = (value: bigint): string => (Number.isSafeInteger(Number(value)) ? String(value) : `"${value}"`);

function pairs(numbers: readonly number[]): readonly (readonly [number, number])[] {
  const found: (readonly [number, number])[] = [];
  for (let at = 0; at + 1 < numbers.length; at += 2) found.push([numbers[at] ?? 0, numbers[at + 1] ?? 0]);
  return found;
}
