/** Private attributes, the blocks that they stand in, and who has reserved which within one data set. PS3.5 §7.8.1 */
import type { Tag } from './data-set.js';

/** The block of a private attribute, or the one that a Private Creator reserves: 10H to FFH. */
export interface PrivateBlock {
  readonly group: number;
  readonly block: number;
}

export const FIRST_BLOCK = 0x10;
export const LAST_BLOCK = 0xff;

/** Whether the group is odd. */
export const isPrivateTag = (tag: Tag): boolean => (tag >>> 16) % 2 === 1;

/** Whether it is (gggg,0010-00FF) of an odd group: the element that reserves the block of that number. */
export const isPrivateCreator = (tag: Tag): boolean => reservedBlockOf(tag) !== undefined;

/** Find the block that a private attribute is in; undefined for one that is not private, or in no block. */
export function privateBlockOf(tag: Tag): PrivateBlock | undefined {
  const [group, block] = [tag >>> 16, (tag >>> 8) & 0xff];
  return isPrivateTag(tag) && block >= FIRST_BLOCK ? { group, block } : undefined;
}

/** Find the block that a Private Creator reserves; undefined for any other attribute. */
export function reservedBlockOf(tag: Tag): PrivateBlock | undefined {
  const [group, block] = [tag >>> 16, tag & 0xffff];
  return isPrivateTag(tag) && block >= FIRST_BLOCK && block <= LAST_BLOCK ? { group, block } : undefined;
}

/** The Private Creator of a block. */
export const privateCreatorTag = ({ group, block }: PrivateBlock): Tag => ((group << 16) | block) >>> 0;

/** A private attribute in that block: each data set may have it in another. */
export const inBlock = (tag: Tag, block: number): Tag => ((tag & 0xffff00ff) | (block << 8)) >>> 0;

export class PrivateBlocks {
  /** By the tag of the Private Creator. */
  readonly #creators = new Map<Tag, string>();
  readonly #blocks = new Map<string, PrivateBlock>();

  /** Note a Private Creator element. A creator that has several blocks of a group is known by its first one. */
  claim(creatorTag: Tag, creator: string): void {
    const block = reservedBlockOf(creatorTag);
    const name = nameOf(creatorTag, creator);
    if (block === undefined || creator === '' || this.#blocks.has(name)) return;
    this.#blocks.set(name, block);
    this.#creators.set(creatorTag, creator);
  }

  /** Who has reserved the block of a private attribute; undefined when nobody has, or only as his second one. */
  creatorOf(tag: Tag): string | undefined {
    const block = privateBlockOf(tag);
    return block && this.#creators.get(privateCreatorTag(block));
  }

  /** The block that a creator has reserved in the group of `tag`. */
  blockOf(tag: Tag, creator: string): PrivateBlock | undefined {
    return this.#blocks.get(nameOf(tag, creator));
  }
}

const nameOf = (tag: Tag, creator: string): string => `${tag >>> 16}/${creator}`;
