/**
 * Specific Character Set (0008,0005): from the defined terms to text. PS3.3 §C.12.1.1.2, PS3.5 §6.1
 *
 * No term and no byte makes this fail, for an instance is worth more than a letter of its text: a misspelt term is
 * understood where it can be, an unknown one stands for the default repertoire, and a malformed sequence is U+FFFD.
 */
import { createISO2022Decoder, type Decoder } from './iso-2022.js';
import { CHARACTER_SET_VRS, SINGLE_TEXT_VRS, type VR } from './vr.js';

export interface CharacterSet {
  /** The defined terms as the standard spells them, joined by a backslash; `ISO_IR 6` when none is known. */
  readonly name: string;
  /** Decode a value field; VRs outside the Specific Character Set are read in the default repertoire. Nothing is trimmed. */
  decode(bytes: Buffer, vr: VR): string;
  /** Decode a value field and part it at its backslashes (0x5C, never inside a character). Nothing is trimmed. PS3.5 §6.4 */
  split(bytes: Buffer, vr: VR): readonly string[];
}

/** GBK is the part of GB18030 with up to two bytes. A BOM is text like any other: nothing is dropped. */
const gb18030 = new TextDecoder('gb18030', { ignoreBOM: true });

/** Sets that neither take code extensions nor stand beside another one. PS3.3 Table C.12-5 */
const STAND_ALONE: ReadonlyMap<string, Decoder> = new Map<string, Decoder>([
  ['ISO_IR 192', (bytes) => bytes.toString('utf8')],
  ['GB18030', (bytes) => gb18030.decode(bytes)],
  ['GBK', (bytes) => gb18030.decode(bytes)],
]);

/** ISO-IR numbers of the sets with code extensions. PS3.3 Tables C.12-2 to C.12-4 */
const REGISTRATIONS: ReadonlySet<number> = new Set([
  6, 13, 58, 87, 100, 101, 109, 110, 126, 127, 138, 144, 148, 149, 159, 166, 203,
]);

/** The defined terms that are known, without code extensions. PS3.3 §C.12.1.1.2 */
export const DEFINED_TERMS: readonly string[] = [
  ...[...REGISTRATIONS].map((number) => `ISO_IR ${number}`),
  ...STAND_ALONE.keys(),
];

/** Sets that have no term without code extensions. PS3.3 Table C.12-4 */
const ONLY_WITH_EXTENSIONS: ReadonlySet<string> = new Set(['ISO_IR 58', 'ISO_IR 87', 'ISO_IR 149', 'ISO_IR 159']);

/** What writers put for a defined term, with everything but letters and digits taken out. */
const MISSPELLINGS: ReadonlyMap<string, string> = new Map([
  ['UTF8', 'ISO_IR 192'],
  ['ISO88591', 'ISO_IR 100'],
  ['LATIN1', 'ISO_IR 100'],
  ['GB2312', 'ISO_IR 58'],
  ['ASCII', 'ISO_IR 6'],
]);

const decodeDefaultRepertoire = createISO2022Decoder([]);

/** What is assumed without Specific Character Set: ISO-IR 6, and for the unlawful rest UTF-8 if valid, else ISO 8859-1. */
export const DEFAULT_CHARACTER_SET: CharacterSet = createCharacterSet('ISO_IR 6', decodeDefaultRepertoire);

/** Find the character set that the values of Specific Character Set name; an empty one is the default repertoire. */
export function characterSetOf(terms: readonly string[]): CharacterSet {
  const known = terms.map(definedTerm);
  const standAlone = known[0] === 'ISO_IR 6' ? known.find((term) => STAND_ALONE.has(term)) : known[0];
  const decoder = standAlone === undefined ? undefined : STAND_ALONE.get(standAlone);
  if (standAlone !== undefined && decoder !== undefined) return createCharacterSet(standAlone, decoder);

  const registered = known.filter((term) => !STAND_ALONE.has(term));
  if (registered.every((term) => term === 'ISO_IR 6')) return DEFAULT_CHARACTER_SET;
  return createCharacterSet(nameOf(registered), createISO2022Decoder(registered.map(registrationOf)));
}

function createCharacterSet(name: string, decoder: Decoder): CharacterSet {
  const decode = (bytes: Buffer, vr: VR): string =>
    CHARACTER_SET_VRS.has(vr) ? decoder(bytes, vr) : decodeDefaultRepertoire(bytes, vr);
  const split = (bytes: Buffer, vr: VR): readonly string[] =>
    SINGLE_TEXT_VRS.has(vr) ? [decode(bytes, vr)] : decode(bytes, vr).split('\\');
  return { name, decode, split };
}

/** The term as the standard spells it without code extensions; `ISO_IR 6` for what is empty or unknown. */
function definedTerm(term: string): string {
  const bare = term.toUpperCase().replace(/[^A-Z0-9]/g, '');
  if (bare === 'GB18030' || bare === 'GBK') return bare;
  const number = Number(/^ISO(?:2022)?IR(\d{1,3})$/.exec(bare)?.[1]);
  if (number === 192 || REGISTRATIONS.has(number)) return `ISO_IR ${number}`;
  return MISSPELLINGS.get(bare) ?? 'ISO_IR 6';
}

const registrationOf = (term: string): number => Number(term.slice('ISO_IR '.length));

function nameOf(terms: readonly string[]): string {
  const isExtended = terms.length > 1 || terms.some((term) => ONLY_WITH_EXTENSIONS.has(term));
  return terms.map((term) => (isExtended ? term.replace('ISO_IR', 'ISO 2022 IR') : term)).join('\\');
}
