/**
 * Fuzzy matching of person names: a key is a set of words, and finds a name in one component group of which each of them
 * begins a word, in any order. So neither the order of components nor what is left out of them matters. PS3.4 §C.2.2.2.1.1
 */
import { invalidRequest } from '../errors.js';
import { type PersonNameMatch, personNameKeys } from './matching-names.js';
import { matchesPattern, parseText, type WildcardToken } from './matching-text.js';
import { foldPersonName, splitPersonName } from './person-names.js';

/** The words of a key, each as a pattern of what a name goes on with from the beginning of one of its words. */
export type FuzzyWords = readonly (readonly WildcardToken[])[];

/** `any`: the key named no component group, and `alphabetic` is tried on all three. Groups without words match all. */
export interface FuzzyNameMatch {
  readonly kind: 'fuzzy-name';
  readonly groups: PersonNameMatch['groups'];
  readonly alphabetic: FuzzyWords;
  readonly ideographic: FuzzyWords;
  readonly phonetic: FuzzyWords;
}

/** What parts the words of a name: components, names within them, double names, and the commas of those who write none of it. */
export const WORD_SEPARATORS = ['^', ' ', '-', ','] as const;

const SEPARATORS = /[\^ ,-]+/;
/** Of one key. */
export const MAX_WORDS = 10;

/** Read the key for a name as words. @throws ArchiveError `invalid-request` with more than ten words */
export function parseFuzzyName(key: string): FuzzyNameMatch {
  const { alphabetic, ideographic, phonetic } = splitPersonName(key);
  const match: FuzzyNameMatch = {
    kind: 'fuzzy-name',
    groups: key.includes('=') ? 'each' : 'any',
    alphabetic: wordsOf(alphabetic),
    ideographic: wordsOf(ideographic),
    phonetic: wordsOf(phonetic),
  };
  if (match.alphabetic.length + match.ideographic.length + match.phonetic.length > MAX_WORDS) {
    throw invalidRequest(`A name that is searched with fuzzy matching has more than ${MAX_WORDS} words.`);
  }
  return match;
}

/** A word stands for all that begin with it, and one of stars alone for nothing that could be asked for. */
function wordsOf(group: string): FuzzyWords {
  return foldPersonName(group)
    .split(SEPARATORS)
    .filter((word) => /[^*]/.test(word))
    .map((word) => {
      const match = parseText(`${word}*`);
      if (match.kind !== 'wildcard') throw new Error('What ends in a star is a pattern.');
      return match.tokens;
    });
}

/** Whether a name, as it stands in an instance, matches. */
export function matchesFuzzyName(match: FuzzyNameMatch, value: string): boolean {
  const keys = personNameKeys(value);
  if (match.groups === 'any') return Object.values(keys).some((key) => key !== '' && hasWords(key, match.alphabetic));
  const groups = ['alphabetic', 'ideographic', 'phonetic'] as const;
  return groups.every((group) => match[group].length === 0 || hasWords(keys[group], match[group]));
}

function hasWords(key: string, words: FuzzyWords): boolean {
  const starts = [0, ...[...key.matchAll(/[\^ ,-]/g)].map(({ index }) => index + 1)];
  return words.every((word) => starts.some((start) => matchesPattern(word, key.slice(start))));
}
