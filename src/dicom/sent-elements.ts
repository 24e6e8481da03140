/** Collects the elements of one data set, private ones by block or by creator, and puts them in order. PS3.5 §7.1, §7.8.1 */
import { TAG } from './attributes.js';
import type { Tag } from './data-set.js';
import { cannotUnderstand } from './failure-reasons.js';
import {
  FIRST_BLOCK,
  inBlock,
  isPrivateCreator,
  LAST_BLOCK,
  type PrivateBlock,
  PrivateBlocks,
  privateBlockOf,
  privateCreatorTag,
  reservedBlockOf,
} from './private-blocks.js';
import { isSentSequence, type SentDataSet, type SentElement } from './sent-data-set.js';

interface OfCreator {
  readonly creator: string;
  readonly element: SentElement;
}

/** Whatever a data set was stored in, JSON and XML are Unicode. */
const UNICODE: SentElement = {
  tag: TAG.SpecificCharacterSet,
  vr: 'CS',
  bytes: Buffer.from('ISO_IR 192', 'latin1'),
  valueOffset: 0,
};

export class SentElements {
  readonly #elements = new Map<Tag, SentElement>();
  readonly #ofCreators: OfCreator[] = [];

  /** @throws InvalidInstance C000H when the tag has come before */
  add(element: SentElement): void {
    if (this.#elements.has(element.tag)) throw cannotUnderstand('A data set has the same attribute twice.');
    this.#elements.set(element.tag, element.tag === TAG.SpecificCharacterSet ? UNICODE : element);
  }

  /** Add a private element whose block is that of its creator, wherever that is or will be. */
  addOf(creator: string, element: SentElement): void {
    this.#ofCreators.push({ creator, element });
  }

  /** Say that the text is Unicode, as it has to be said where it is more than ASCII. */
  markUnicode(): void {
    this.#elements.set(UNICODE.tag, UNICODE);
  }

  /** @throws InvalidInstance C000H when private attributes of one creator repeat a tag, or a group has no block left */
  finish(): SentDataSet {
    if (this.#ofCreators.length > 0) this.#placeInBlocks();
    return { elements: [...this.#elements.values()].sort((a, b) => a.tag - b.tag) };
  }

  #placeInBlocks(): void {
    const blocks = new PrivateBlocks();
    const used = new Set<Tag>();
    for (const element of [...this.#elements.values()].sort((a, b) => a.tag - b.tag)) {
      const block = reservedBlockOf(element.tag) ?? privateBlockOf(element.tag);
      if (block === undefined) continue;
      used.add(privateCreatorTag(block));
      if (isPrivateCreator(element.tag)) blocks.claim(element.tag, creatorOf(element));
    }
    for (const { creator, element } of this.#ofCreators) {
      const block = blocks.blockOf(element.tag, creator) ?? this.#reserve(element.tag, creator, blocks, used);
      this.add({ ...element, tag: inBlock(element.tag, block.block) });
    }
  }

  /** Reserve a block for a creator whose Private Creator element was not sent. */
  #reserve(tag: Tag, creator: string, blocks: PrivateBlocks, used: Set<Tag>): PrivateBlock {
    const group = tag >>> 16;
    for (let number = FIRST_BLOCK; number <= LAST_BLOCK; number += 1) {
      const block = { group, block: number };
      const creatorTag = privateCreatorTag(block);
      if (used.has(creatorTag)) continue;
      used.add(creatorTag);
      this.add({ tag: creatorTag, vr: 'LO', bytes: Buffer.from(creator), valueOffset: 0 });
      blocks.claim(creatorTag, creator);
      return block;
    }
    throw cannotUnderstand('A group of private attributes has no block left.');
  }
}

function creatorOf(element: SentElement): string {
  if (isSentSequence(element) || !('bytes' in element)) return '';
  return element.bytes.toString().trim();
}
