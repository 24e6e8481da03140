/**
 * The data dictionary, PS3.6: what VR an attribute has when the file does not say, and the keyword people call it by.
 * Private attributes are not in it.
 */
import type { Tag } from './data-set.js';
import { DICTIONARY_TABLE } from './dictionary.data.js';
import { isVR, type VR } from './vr.js';

export interface DictionaryEntry {
  readonly vr: VR;
  /** Value Multiplicity as PS3.6 prints it: `1`, `1-n`, `2-2n`. */
  readonly vm: string;
  /** Empty for the few retired attributes that never had one. */
  readonly keyword: string;
}

interface RepeatingGroup {
  readonly mask: number;
  readonly pattern: number;
  readonly entry: DictionaryEntry;
}

const byTag = new Map<Tag, DictionaryEntry>();
const byKeyword = new Map<string, Tag>();
const repeating: RepeatingGroup[] = [];

for (const line of DICTIONARY_TABLE.trim().split('\n')) {
  const [tag = '', vr = '', vm = '', keyword = ''] = line.split(' ');
  if (!isVR(vr)) continue;
  const entry = { vr, vm, keyword };
  if (tag.includes('x')) {
    const mask = Number.parseInt(tag.replace(/[^x]/g, 'F').replace(/x/g, '0'), 16);
    repeating.push({ mask, pattern: Number.parseInt(tag.replace(/x/g, '0'), 16), entry });
  } else {
    byTag.set(Number.parseInt(tag, 16), entry);
    if (keyword !== '') byKeyword.set(keyword, Number.parseInt(tag, 16));
  }
}

/** Find what PS3.6 says of the attribute; repeating groups (50xx, 60xx) are known in every group. */
export function findDictionaryEntry(tag: Tag): DictionaryEntry | undefined {
  return byTag.get(tag) ?? repeating.find(({ mask, pattern }) => (tag & mask) >>> 0 === pattern)?.entry;
}

/** Find the tag that a keyword stands for; keywords are case-sensitive. */
export const findTagOfKeyword = (keyword: string): Tag | undefined => byKeyword.get(keyword);

/**
 * The VR of an attribute in Implicit VR: from the dictionary, UL for a group length, LO for a Private Creator,
 * UN for whatever else is private or unknown. PS3.5 §7.1.3, §7.8.1
 */
export function implicitVR(tag: Tag): VR {
  const element = tag & 0xffff;
  if (element === 0) return 'UL';
  const entry = findDictionaryEntry(tag);
  if (entry !== undefined) return entry.vr;
  const isPrivateCreator = (tag >>> 16) % 2 === 1 && element >= 0x10 && element <= 0xff;
  return isPrivateCreator ? 'LO' : 'UN';
}
