/** How attributes are named by people and programs: by keyword or tag, and within sequences by a path of them. PS3.18 §8.3.1 */
import { type Tag, tagText } from './data-set.js';
import { findTagOfKeyword, implicitVR } from './dictionary.js';

/**
 * Read a path such as `00400275.RequestedProcedureID` as tags, outermost first; undefined when that is no known attribute, or
 * one is within another that is no sequence.
 */
export function parseAttributePath(text: string): readonly Tag[] | undefined {
  const path = text.split('.').map(parseTag);
  if (!path.slice(0, -1).every((tag) => tag !== undefined && implicitVR(tag) === 'SQ')) return undefined;
  return path.every((tag) => tag !== undefined) ? path : undefined;
}

const parseTag = (text: string): Tag | undefined =>
  /^[\dA-Fa-f]{8}$/.test(text) ? Number.parseInt(text, 16) : findTagOfKeyword(text);

/** The block of a private attribute, or the one that a Private Creator reserves: 10H to FFH. PS3.5 §7.8.1 */
export interface PrivateBlock {
  readonly group: number;
  readonly block: number;
}

/** Find the block that a private attribute is in; undefined for one that is not private, or in no block. */
export function privateBlockOf(tag: Tag): PrivateBlock | undefined {
  const [group, block] = [tag >>> 16, (tag >>> 8) & 0xff];
  return group % 2 === 1 && block >= 0x10 ? { group, block } : undefined;
}

/** Find the block that a Private Creator reserves; undefined for any other attribute. */
export function reservedBlockOf(tag: Tag): PrivateBlock | undefined {
  const [group, element] = [tag >>> 16, tag & 0xffff];
  return group % 2 === 1 && element >= 0x10 && element <= 0xff ? { group, block: element } : undefined;
}

/** The Private Creator of a block. */
export const privateCreatorTag = ({ group, block }: PrivateBlock): Tag => ((group << 16) | block) >>> 0;

/** A private attribute in that block: each data set may have it in another. */
export const inBlock = (tag: Tag, block: number): Tag => ((tag & 0xffff00ff) | (block << 8)) >>> 0;

/** A private attribute whatever its block: `0023xx02`. */
export const blocklessText = (tag: Tag): string => `${tagText(tag).slice(0, 4)}xx${tagText(tag).slice(6)}`;

/** Read what `blocklessText` wrote, in the first block there is. */
export const parseBlockless = (text: string): Tag => Number.parseInt(text.replace('xx', '10'), 16);
