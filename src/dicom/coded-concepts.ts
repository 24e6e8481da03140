/** Coded entries: what a code stands for, in words, and the code itself. PS3.3 §8 */
import { TAG } from './attributes.js';
import { readLine } from './bounded-values.js';
import { type CharacterSet, DEFAULT_CHARACTER_SET } from './character-sets.js';
import { type DataSet, findElement, isSequence, type Tag } from './data-set.js';

/** One entry; what is not there is ''. */
export interface CodedConcept {
  /** Short, long or URN. */
  readonly value: string;
  /** The Coding Scheme Designator: `DCM`, `SCT`, `UCUM`. */
  readonly scheme: string;
  readonly meaning: string;
}

/** Find the items of a sequence; none when it is absent or no sequence. */
export function findItems(dataSet: DataSet, tag: Tag): readonly DataSet[] {
  const element = findElement(dataSet, tag);
  return element !== undefined && isSequence(element) ? element.items : [];
}

/** Read the first entry of a code sequence; undefined when there is none, or nothing is in it. */
export function readConcept(dataSet: DataSet, tag: Tag, characterSet: CharacterSet): CodedConcept | undefined {
  const [item] = findItems(dataSet, tag);
  if (item === undefined) return undefined;
  const value =
    readLine(item, TAG.CodeValue, characterSet) ??
    readLine(item, TAG.LongCodeValue, characterSet) ??
    readLine(item, TAG.URNCodeValue, DEFAULT_CHARACTER_SET) ??
    '';
  const scheme = readLine(item, TAG.CodingSchemeDesignator, characterSet) ?? '';
  const meaning = readLine(item, TAG.CodeMeaning, characterSet) ?? '';
  return value === '' && meaning === '' ? undefined : { value, scheme, meaning };
}
