/**
 * The attributes that curators have added, as a search names them: those of the standard as any other, private ones by the
 * block that the search gives their Private Creator: `00230010=AcmeCompany&00231002=x`. PS3.18 §8.3.4.1, §8.3.4.3
 */
import type { ValueField } from '../archive/index/find-query.js';
import type { QueryAttribute } from '../archive/query-attributes/query-attribute.js';
import { blocklessText, parseAttributePath } from '../dicom/attribute-paths.js';
import type { Tag } from '../dicom/data-set.js';
import {
  FIRST_BLOCK,
  inBlock,
  type PrivateBlock,
  privateBlockOf,
  privateCreatorTag,
  reservedBlockOf,
} from '../dicom/private-blocks.js';
import type { QueryLevel } from '../dicom/queryable-attributes.js';
import type { QueryParameter } from './query-parameters.js';

/** An added attribute that is answered. */
export interface AddedField extends ValueField {
  readonly attribute: QueryAttribute;
  /** The tag that it is answered under: that of the outermost sequence, or in the block that the search named. */
  readonly tag: Tag;
  /** Of a private attribute: what reserves its block. */
  readonly creator: { readonly tag: Tag; readonly name: string } | undefined;
}

export class AddedAttributes {
  readonly #attributes: readonly QueryAttribute[];
  /** Private Creators that the search names, by the tag that reserves their block. */
  readonly #creators: ReadonlyMap<Tag, string>;
  /** What reserves blocks that have been asked for something in. */
  readonly #used = new Set<Tag>();

  constructor(attributes: readonly QueryAttribute[], parameters: readonly QueryParameter[]) {
    this.#attributes = attributes;
    this.#creators = new Map(attributes.length === 0 ? [] : parameters.flatMap(creatorIn));
  }

  /** Find the attribute that a path names at one of these levels. */
  find(path: readonly Tag[], levels: readonly QueryLevel[]): QueryAttribute | undefined {
    if (this.#attributes.length === 0) return undefined;
    const [tag = 0] = path;
    const block = path.length === 1 ? privateBlockOf(tag) : undefined;
    const creator = block === undefined ? undefined : this.#creators.get(privateCreatorTag(block));
    const found = levels
      .map((level) => this.#attributes.find((one) => one.level === level && isNamed(one, path, creator)))
      .find((one) => one !== undefined);
    if (found !== undefined && block !== undefined) this.#used.add(privateCreatorTag(block));
    return found;
  }

  /** Whether a parameter only says who the creator of other private attributes is. */
  isCreator(path: readonly Tag[]): boolean {
    const [tag = 0, ...inner] = path;
    return inner.length === 0 && this.#used.has(tag);
  }

  /** An attribute as a field, under the tag that `path` begins with: a private one in the block that it was asked for in. */
  field(attribute: QueryAttribute, path: readonly Tag[]): AddedField {
    const { id, level, creator } = attribute;
    const [tag = 0] = path;
    const block = privateBlockOf(tag);
    return {
      attributeID: id,
      level,
      attribute,
      tag,
      creator:
        creator === undefined || block === undefined ? undefined : { tag: privateCreatorTag(block), name: creator },
    };
  }

  /** Every attribute of these levels, each private one in a block of its creator's. */
  all(levels: readonly QueryLevel[]): readonly AddedField[] {
    const blocks = new Map<string, PrivateBlock>();
    const taken = new Map(this.#creators);
    const blockOf = (group: number, creator: string): PrivateBlock => {
      const key = `${group}/${creator}`;
      const named = [...taken].find(([tag, name]) => tag >>> 16 === group && name === creator)?.[0];
      const known = blocks.get(key) ?? (named === undefined ? undefined : reservedBlockOf(named));
      if (known !== undefined) return known;
      let block = FIRST_BLOCK;
      while (taken.has(privateCreatorTag({ group, block }))) block += 1;
      taken.set(privateCreatorTag({ group, block }), creator);
      blocks.set(key, { group, block });
      return { group, block };
    };
    return this.#attributes
      .filter(({ level }) => levels.includes(level))
      .map((attribute) => {
        const [tag = 0, ...inner] = attribute.path;
        if (attribute.creator === undefined) return this.field(attribute, [tag, ...inner]);
        return this.field(attribute, [inBlock(tag, blockOf(tag >>> 16, attribute.creator).block)]);
      });
  }
}

function creatorIn({ name, value }: QueryParameter): readonly (readonly [Tag, string])[] {
  const [tag = 0, ...inner] = parseAttributePath(name) ?? [];
  return inner.length === 0 && reservedBlockOf(tag) !== undefined ? [[tag, value.trim()]] : [];
}

function isNamed(attribute: QueryAttribute, path: readonly Tag[], creator: string | undefined): boolean {
  if (attribute.creator !== creator) return false;
  const [own = 0, asked = 0] = [attribute.path[0], path[0]];
  if (creator !== undefined) return path.length === 1 && blocklessText(own) === blocklessText(asked);
  return attribute.path.length === path.length && attribute.path.every((tag, i) => tag === path[i]);
}
