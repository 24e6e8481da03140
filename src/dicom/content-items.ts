/**
 * The content items of a structured report in the order in which they are read: each before those below it. The tree is
 * walked, not built, so that a report of any size takes no more memory than its data set. PS3.3 §C.17.3
 */
import { TAG } from './attributes.js';
import { readLine } from './bounded-values.js';
import type { CharacterSet } from './character-sets.js';
import { type CodedConcept, findItems, readConcept } from './coded-concepts.js';
import { type ContentValue, readContentValue } from './content-values.js';
import type { DataSet } from './data-set.js';
import { readCharacterSet } from './values.js';

export interface ContentItem {
  /** Where it stands: `1` for the root, `1.2.3` for the third below the second below it. What by-reference items name. */
  readonly position: string;
  /** How many items stand above it; 0 for the root. */
  readonly level: number;
  /** To the item above it, as the file has it: `CONTAINS`, `HAS CONCEPT MOD`. */
  readonly relationship: string | undefined;
  /** What the value is the value of; for a by-reference item that of the item it names. */
  readonly concept: CodedConcept | undefined;
  readonly value: ContentValue;
  /** When it was observed, if that was at another time than the report. */
  readonly observationDateTime: string | undefined;
}

/** What a walk says where it leaves something out. */
export interface OmittedItems {
  readonly position: undefined;
  /** Of what is left out. */
  readonly level: number;
  readonly reason: 'too deep' | 'too many';
}

export interface ContentLimits {
  readonly level: number;
  readonly items: number;
}

/** Far more than any report that somebody reads. */
const CONTENT_LIMITS: ContentLimits = { level: 64, items: 50_000 };

interface OpenItem {
  readonly position: string;
  readonly children: readonly DataSet[];
  readonly characterSet: CharacterSet;
  next: number;
}

/**
 * Walk the content of a report, the root first.
 * @param characterSet of what stands around the root, which may name its own
 * @throws InvalidInstance C000H when a Specific Character Set has more than 1 KiB
 */
export function* contentItems(
  root: DataSet,
  characterSet: CharacterSet,
  limits: ContentLimits = CONTENT_LIMITS,
): Generator<ContentItem | OmittedItems> {
  const open: OpenItem[] = [{ position: '', children: [root], characterSet, next: 0 }];
  let count = 0;
  for (let above = open.at(-1); above !== undefined; above = open.at(-1)) {
    const item = above.children[above.next];
    if (item === undefined) {
      open.pop();
      continue;
    }
    above.next += 1;
    count += 1;
    const level = open.length - 1;
    if (count > limits.items) {
      yield { position: undefined, level, reason: 'too many' };
      return;
    }
    const position = above.position === '' ? `${above.next}` : `${above.position}.${above.next}`;
    const own = readCharacterSet(item, above.characterSet);
    yield readItem(item, { root, position, level, characterSet: own });
    const children = findItems(item, TAG.ContentSequence);
    if (children.length === 0) continue;
    if (level < limits.level) open.push({ position, children, characterSet: own, next: 0 });
    else yield { position: undefined, level: level + 1, reason: 'too deep' };
  }
}

interface ItemContext {
  readonly root: DataSet;
  readonly position: string;
  readonly level: number;
  readonly characterSet: CharacterSet;
}

function readItem(item: DataSet, { root, position, level, characterSet }: ItemContext): ContentItem {
  const value = readContentValue(item, characterSet);
  const named = value.type === 'BY-REFERENCE' ? findItemAt(root, value.position) : item;
  return {
    position,
    level,
    relationship: readLine(item, TAG.RelationshipType, characterSet),
    concept: named && readConcept(named, TAG.ConceptNameCodeSequence, characterSet),
    value,
    observationDateTime: readLine(item, TAG.ObservationDateTime, characterSet),
  };
}

/** The way down to one item; it does not go on from there, so that items which name each other do no harm. */
function findItemAt(root: DataSet, position: string): DataSet | undefined {
  const [first, ...steps] = position.split('.');
  if (first !== '1') return undefined;
  let found: DataSet | undefined = root;
  for (const step of steps) found = found && findItems(found, TAG.ContentSequence)[Number(step) - 1];
  return found;
}
