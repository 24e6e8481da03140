/**
 * Strong validators: what stays the same names the bytes, so the bytes need not be read to tell that a client has them. A
 * tag is a digest and tells nothing of what went into it. RFC 9110 §8.8.3, §13.1
 */
import { createHash } from 'node:crypto';

/**
 * Raised when what is stored and indexed comes to be answered with other bytes: no client may then join old and new. Metadata
 * that a reindex writes anew needs no raise, for its digest tells.
 */
const EDITION = 1;
const TAG_CHARACTERS = 32;
const ENTITY_TAG = /(?:W\/)?"[^"]*"/g;

/** Digests all that makes a representation the one it is: stored contents, the form they are given in, URLs among them. */
export class RepresentationDigest {
  readonly #hash = createHash('sha256').update(`${EDITION}`);

  add(...properties: readonly (string | number | undefined)[]): this {
    this.#hash.update(JSON.stringify(properties));
    return this;
  }

  /** 256 bits in hexadecimal; nothing can be added after. */
  end(): string {
    return this.#hash.digest('hex');
  }
}

/** Give the entity tag of a representation with this digest, quotes included. */
export const entityTag = (digest: string): string => `"${digest.slice(0, TAG_CHARACTERS)}"`;

/**
 * Give 128 bits of a digest of which its entity tag tells nothing, in hexadecimal. Who sends a file can not put them into
 * it, for they are made of the digest of that file.
 */
export const boundaryOf = (digest: string): string => digest.slice(TAG_CHARACTERS);

/** Whether If-None-Match names this representation, so that 304 is the answer. Compared weakly. RFC 9110 §13.1.2 */
export const isNamedIn = (header: string | undefined, tag: string): boolean =>
  header !== undefined && (isAny(header) || tagsIn(header).some((one) => one.replace('W/', '') === tag));

/** Whether If-Match names it. Compared strongly. RFC 9110 §13.1.1 */
export const isNamedStronglyIn = (header: string, tag: string): boolean =>
  isAny(header) || tagsIn(header).includes(tag);

const isAny = (header: string): boolean => header.trim() === '*';

const tagsIn = (header: string): readonly string[] => [...header.matchAll(ENTITY_TAG)].map(([one]) => one);

/** Whether a range may be cut from this representation: If-Range is missing or its very tag. RFC 9110 §13.1.5 */
export const isRangeOf = (header: string | undefined, tag: string): boolean =>
  header === undefined || header.trim() === tag;
