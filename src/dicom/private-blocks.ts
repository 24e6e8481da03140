/** Which Private Creator has reserved which block of private tags, within one data set. PS3.5 §7.8.1 */
import type { Tag } from './data-set.js';

/** Whether the group is odd. */
export const isPrivateTag = (tag: Tag): boolean => (tag >>> 16) % 2 === 1;

/** Whether it is (gggg,0010-00FF) of an odd group: the element that reserves the block of that number. */
export function isPrivateCreator(tag: Tag): boolean {
  const element = tag & 0xffff;
  return isPrivateTag(tag) && element >= 0x10 && element <= 0xff;
}

export class PrivateBlocks {
  readonly #creatorOfBlock = new Map<number, string>();
  readonly #blockOfCreator = new Map<string, number>();

  /** Note a Private Creator element. A creator that has several blocks of a group is known by its first one. */
  claim(creatorTag: Tag, creator: string): void {
    const name = nameOf(creatorTag, creator);
    if (creator === '' || this.#blockOfCreator.has(name)) return;
    const block = blockOfCreatorTag(creatorTag);
    this.#blockOfCreator.set(name, block);
    this.#creatorOfBlock.set(block, creator);
  }

  /** Who has reserved the block of a private attribute; undefined when nobody has, or only as his second one. */
  creatorOf(tag: Tag): string | undefined {
    return this.#creatorOfBlock.get(tag >>> 8);
  }

  /** The block that a creator has reserved in the group of `tag`, as the upper 24 bits of its tags. */
  blockOf(tag: Tag, creator: string): number | undefined {
    return this.#blockOfCreator.get(nameOf(tag, creator));
  }
}

/** (gggg,00XX) as the upper 24 bits of (gggg,XXee). */
export const blockOfCreatorTag = (tag: Tag): number => (tag >>> 16) * 0x100 + (tag & 0xff);

const nameOf = (tag: Tag, creator: string): string => `${tag >>> 16}/${creator}`;
