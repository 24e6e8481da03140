/**
 * Writes the values of one attribute, as JSON or XML tells them, into its value field: little endian, text in UTF-8. What
 * the VR has no way to hold is refused; what it holds unlawfully, such as a Decimal String with a comma, is kept as it is.
 * PS3.5 §6.2, PS3.18 §F.2.3
 */
import type { SentValue } from './attribute-sink.js';
import { BinaryValues } from './binary-values.js';
import { decimalString } from './build-data-set.js';
import { INLINE_BINARY_VRS, isExactDecimal } from './dicom-json-values.js';
import { cannotUnderstand } from './failure-reasons.js';
import { joinPersonName } from './person-names.js';
import { isTextVR } from './values.js';
import { SINGLE_TEXT_VRS, type VR } from './vr.js';

export interface ValueWriter {
  /** @throws InvalidInstance C000H when the VR can not have the value */
  add(value: SentValue): void;
  /** The value field, not padded. */
  finish(): Buffer;
}

/** A writer for an attribute of that VR. @throws InvalidInstance C000H when the VR has no values: SQ has items, OB has binary */
export function valueWriter(vr: VR): ValueWriter {
  if (isTextVR(vr)) return new TextValues(vr);
  if (vr === 'SQ' || INLINE_BINARY_VRS.has(vr)) throw cannotUnderstand(`An attribute of VR ${vr} has values.`);
  return new BinaryValues(vr);
}

const DECIMAL_STRING_CHARACTERS = 16;
/** Text is encoded when there is so much of it, in characters. */
const ENCODED_AT_ONCE = 64 * 1024;

class TextValues implements ValueWriter {
  readonly #vr: VR;
  #count = 0;
  #text = '';
  readonly #encoded: Buffer[] = [];

  constructor(vr: VR) {
    this.#vr = vr;
  }

  add(value: SentValue): void {
    if (this.#count > 0 && SINGLE_TEXT_VRS.has(this.#vr))
      throw cannotUnderstand(`An attribute of VR ${this.#vr} has several values.`);
    const text = textOf(value, this.#vr);
    if (text.includes('\\') && !SINGLE_TEXT_VRS.has(this.#vr)) {
      throw cannotUnderstand('A value holds a backslash, which in its VR stands between values.');
    }
    this.#text += this.#count === 0 ? text : `\\${text}`;
    this.#count += 1;
    if (this.#text.length >= ENCODED_AT_ONCE) this.#encode();
  }

  finish(): Buffer {
    this.#encode();
    return Buffer.concat(this.#encoded);
  }

  #encode(): void {
    this.#encoded.push(Buffer.from(this.#text));
    this.#text = '';
  }
}

function textOf(value: SentValue, vr: VR): string {
  if (value === null) return '';
  if (typeof value === 'string') return vr === 'DS' ? decimalText(value) : value;
  if ('literal' in value) return numberText(value.literal, vr);
  if (vr !== 'PN') throw cannotUnderstand('A value is a person name, though its vr is not PN.');
  if (value.alphabetic.includes('=') || value.ideographic.includes('=')) {
    throw cannotUnderstand('A component group of a person name holds an equals sign.');
  }
  return joinPersonName(value);
}

/** What is longer than a Decimal String may be is kept, unless it can be written shorter without saying anything else. */
function decimalText(text: string): string {
  if (text.length <= DECIMAL_STRING_CHARACTERS || !isExactDecimal(text)) return text;
  const number = Number(text);
  const spellings = [text.replace(/^([+-]?)0+\./, '$1.'), decimalString(number)];
  return spellings.find((each) => each.length <= DECIMAL_STRING_CHARACTERS && Number(each) === number) ?? text;
}

/** A number with more digits than a double tells exactly is rounded to what a Decimal String can hold. */
function numberText(literal: string, vr: VR): string {
  const number = Number(literal);
  if (vr === 'IS' && Number.isSafeInteger(number)) return String(number);
  if (vr !== 'DS' || !Number.isFinite(number))
    throw cannotUnderstand(`A value is a number that VR ${vr} does not have.`);
  const isRounded = literal.length > DECIMAL_STRING_CHARACTERS && !isExactDecimal(literal);
  return isRounded ? decimalString(number) : decimalText(literal);
}
