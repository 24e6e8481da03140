/** Person names: their component groups, and the key under which two spellings of one name are the same. PS3.5 §6.2.1 */
import { withoutTrailing } from './trailing.js';

/** The component groups of one name, without padding; a group that is not there is ''. */
export interface PersonName {
  readonly alphabetic: string;
  readonly ideographic: string;
  readonly phonetic: string;
}

/** The component groups as the DICOM JSON Model and the Native DICOM Model call them. */
export const PERSON_NAME_GROUPS: ReadonlyMap<string, keyof PersonName> = new Map<string, keyof PersonName>([
  ['Alphabetic', 'alphabetic'],
  ['Ideographic', 'ideographic'],
  ['Phonetic', 'phonetic'],
]);

/** The name of these groups; those that are not there are ''. */
export function personNameOf(groups: ReadonlyMap<keyof PersonName, string>): PersonName {
  const group = (name: keyof PersonName): string => groups.get(name) ?? '';
  return { alphabetic: group('alphabetic'), ideographic: group('ideographic'), phonetic: group('phonetic') };
}

/** Write a name as one PN value; empty groups at its end are left out. PS3.5 §6.2.1.2 */
export const joinPersonName = ({ alphabetic, ideographic, phonetic }: PersonName): string =>
  withoutTrailing([alphabetic, ideographic, phonetic].join('='), '=');

/** Part one PN value at its `=`. What follows a third `=` is unlawful, and stays with the phonetic group. */
export function splitPersonName(value: string): PersonName {
  const [alphabetic = '', ideographic = '', ...rest] = value.split('=');
  return {
    alphabetic: alphabetic.trimEnd(),
    ideographic: ideographic.trimEnd(),
    phonetic: rest.join('=').trimEnd(),
  };
}

/**
 * Fold a component group into the key under which names match: without case, accents and other combining marks, with
 * single spaces, none of them at the edge of a component, and without empty components at the end. Locale plays no part;
 * folding a key again changes nothing. What was one letter stays one: a Hangul syllable is matched by one `?`. `*` and
 * `?` pass through. PS3.4 §C.2.2.2.1
 */
export function foldPersonName(group: string): string {
  const letters = group.normalize('NFD').replace(/\p{M}/gu, '').normalize('NFC');
  const components = foldCase(letters)
    .replace(/\s+/g, ' ')
    .split('^')
    .map((component) => component.trim());
  const last = components.findLastIndex((component) => component !== '');
  return components.slice(0, last + 1).join('^');
}

/** By way of upper case, for ß is SS there, and ẞ is ß before; and Σ becomes ς at the end of a word only, where a prefix has none. */
const foldCase = (text: string): string => text.toLowerCase().toUpperCase().toLowerCase().replaceAll('ς', 'σ');
