/** Keys for person names: folded, by component group. PS3.4 §C.2.2.2.1, §C.2.2.2.8 */
import { isUniversal, matchesText, parseText, type TextMatch } from './matching-text.js';
import { foldPersonName, splitPersonName } from './person-names.js';

/** `any`: the key named no component group, and `alphabetic` is tried on all three. Groups that are undefined match all. */
export interface PersonNameMatch {
  readonly kind: 'person-name';
  readonly groups: 'any' | 'each';
  readonly alphabetic?: TextMatch;
  readonly ideographic?: TextMatch;
  readonly phonetic?: TextMatch;
}

type Group = 'alphabetic' | 'ideographic' | 'phonetic';

/** The form in which each component group of a name is searched; '' for a group that is not there. */
export function personNameKeys(value: string): Readonly<Record<Group, string>> {
  const { alphabetic, ideographic, phonetic } = splitPersonName(value);
  return {
    alphabetic: foldPersonName(alphabetic),
    ideographic: foldPersonName(ideographic),
    phonetic: foldPersonName(phonetic),
  };
}

/** Read the key for a name. Without `=` it is tried on every group, for its writer need not know how a name is kept. */
export function parsePersonName(key: string): PersonNameMatch {
  if (!key.includes('=')) return { kind: 'person-name', groups: 'any', alphabetic: parseText(key, foldPersonName) };
  const { alphabetic, ideographic, phonetic } = splitPersonName(key);
  return {
    kind: 'person-name',
    groups: 'each',
    ...group('alphabetic', alphabetic),
    ...group('ideographic', ideographic),
    ...group('phonetic', phonetic),
  };
}

const group = (name: Group, key: string): Partial<Record<Group, TextMatch>> =>
  isUniversal(key.trim()) ? {} : { [name]: parseText(key, foldPersonName) };

/** Whether a name, as it stands in an instance, matches. */
export function matchesPersonName(match: PersonNameMatch, value: string): boolean {
  const keys = personNameKeys(value);
  const matches = (text: TextMatch | undefined, key: string): boolean =>
    text === undefined || (key !== '' && matchesText(text, key));
  if (match.groups === 'any') return Object.values(keys).some((key) => key !== '' && matches(match.alphabetic, key));
  return (
    matches(match.alphabetic, keys.alphabetic) &&
    matches(match.ideographic, keys.ideographic) &&
    matches(match.phonetic, keys.phonetic)
  );
}
