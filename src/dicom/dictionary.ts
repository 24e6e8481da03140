/**
 * The data dictionary, PS3.6: what VR an attribute has when the file does not say, and the keyword people call it by.
 * Private attributes are not in it.
 */
import type { Tag } from './data-set.js';
import { DICTIONARY_TABLE } from './dictionary.data.js';
import { isPrivateCreator, isPrivateTag } from './private-blocks.js';
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
  // A multiplicity may be several words: `1-n or 1`.
  const [, tag = '', vr = '', vm = '', keyword = ''] = /^(\S+) (\S+) (\S+(?: or \S+)*)(?: (\S+))?$/.exec(line) ?? [];
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

/** Find what PS3.6 says of the attribute; repeating groups (50xx, 60xx) are known in every group that is not private. */
export function findDictionaryEntry(tag: Tag): DictionaryEntry | undefined {
  if (isPrivateTag(tag)) return undefined;
  return byTag.get(tag) ?? repeating.find(({ mask, pattern }) => (tag & mask) >>> 0 === pattern)?.entry;
}

/**
 * Attributes that PS3.6 prints as "US or SS": values of pixels, and what tables map them from. The dictionary calls them
 * US; they are SS where Pixel Representation is 1.
 */
const US_OR_SS_TAGS: ReadonlySet<Tag> = new Set<Tag>([
  ...[0x00189810, 0x00221452, 0x00280071, 0x00280104, 0x00280105, 0x00280106, 0x00280107, 0x00280108, 0x00280109],
  ...[0x00280110, 0x00280111, 0x00280120, 0x00280121, 0x00281100, 0x00281101, 0x00281102, 0x00281103, 0x00281111],
  ...[0x00281112, 0x00281113, 0x00283002, 0x00409211, 0x00409216, 0x00603004, 0x00603006],
]);

/** Whether the numbers of an attribute have a sign when the pixels have one: "US or SS" in PS3.6. PS3.5 §A.1 */
export const isSignedAsPixels = (tag: Tag): boolean => US_OR_SS_TAGS.has(tag);

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
  return isPrivateCreator(tag) ? 'LO' : 'UN';
}
