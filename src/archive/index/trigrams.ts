/**
 * Which three characters in a row a text must hold for a match: what an index of trigrams is asked, so that a part of a value
 * is found without a look at every value. It rules out; the match itself decides.
 */

import { TAG } from '../../dicom/attributes.js';
import type { Tag } from '../../dicom/data-set.js';
import type { Match } from '../../dicom/matching.js';
import { type FuzzyWords, WORD_SEPARATORS } from '../../dicom/matching-fuzzy-names.js';
import { isBeginning, type TextMatch, type WildcardToken } from '../../dicom/matching-text.js';

/** The attributes whose values the index of trigrams holds, of the study alone. */
const INDEXED: ReadonlySet<Tag> = new Set<Tag>([
  TAG.PatientID,
  TAG.AccessionNumber,
  TAG.StudyDescription,
  TAG.PatientName,
]);
const LENGTH = 3;
/** In the index whatever parts the words of a name stands as this, and it stands before the first. */
const WORD_START = '^';

/** The trigrams that a value must have to match; none when nothing can be ruled out, or an index by values serves as well. */
export function trigramsOf(tag: Tag, match: Match): readonly string[] {
  return INDEXED.has(tag) ? [...new Set(trigramsOfMatch(match))] : [];
}

function trigramsOfMatch(match: Match): readonly string[] {
  switch (match.kind) {
    case 'wildcard':
      return patternRuns(match).flatMap(spread);
    case 'person-name':
      return [match.alphabetic, match.ideographic, match.phonetic]
        .flatMap((group) => (group?.kind === 'wildcard' ? patternRuns(group) : []))
        .flatMap((run) => spread(asWords(run)));
    case 'fuzzy-name':
      return [match.alphabetic, match.ideographic, match.phonetic].flatMap(trigramsOfWords);
    default:
      return [];
  }
}

/** The characters between wildcards; none of a pattern that is a beginning alone. */
function patternRuns({ tokens }: TextMatch & { kind: 'wildcard' }): readonly string[] {
  return isBeginning(tokens) ? [] : runsIn(tokens);
}

const runsIn = (tokens: readonly WildcardToken[]): readonly string[] =>
  tokens.flatMap((token) => (typeof token === 'object' ? [token.literal] : []));

const trigramsOfWords = (words: FuzzyWords): readonly string[] =>
  words.flatMap((word) => {
    const [first, ...rest] = runsIn(word);
    const isAtStart = typeof word[0] === 'object';
    return [...(first === undefined ? [] : [isAtStart ? WORD_START + first : first]), ...rest].flatMap(spread);
  });

const asWords = (run: string): string =>
  WORD_SEPARATORS.reduce((text, separator) => text.replaceAll(separator, WORD_START), run);

/** As few trigrams as hold every character of a run. */
function spread(run: string): readonly string[] {
  const characters = [...run];
  const last = characters.length - LENGTH;
  const starts = Array.from({ length: Math.ceil((last + 1) / LENGTH) }, (_, i) => i * LENGTH);
  return last < 0 ? [] : [...starts, last].map((at) => characters.slice(at, at + LENGTH).join(''));
}
