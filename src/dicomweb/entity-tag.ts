/**
 * Strong validators: what stays the same names the bytes, so the bytes need not be read to tell that a client has them. A
 * tag is a digest and tells nothing of what went into it. RFC 9110 §8.8.3, §13.1
 */
import { createHash } from 'node:crypto';

/** Raised when the same stored files come to be answered with other bytes: no client may then join old and new. */
const EDITION = 1;
const ENTITY_TAG = /(?:W\/)?"[^"]*"/g;

/** What makes a representation the one it is: contents by their SHA-256, the form they are given in, URLs in the answer. */
export type Identity = readonly (string | number | undefined)[];

/** 256 bits in hexadecimal that stand for this identity, and no other. */
export const identityDigest = (identity: Identity): string =>
  createHash('sha256')
    .update(JSON.stringify([EDITION, ...identity]))
    .digest('hex');

/** Give the entity tag of a representation, quotes included. */
export const entityTag = (identity: Identity): string => `"${identityDigest(identity).slice(0, 32)}"`;

/** Whether If-None-Match names this representation, so that 304 is the answer. Compared weakly. RFC 9110 §13.1.2 */
export function isNamedIn(header: string | undefined, tag: string): boolean {
  if (header === undefined) return false;
  if (header.trim() === '*') return true;
  return [...header.matchAll(ENTITY_TAG)].some(([one]) => one.replace('W/', '') === tag);
}

/** Whether a range may be cut from this representation: If-Range is missing or its very tag. RFC 9110 §13.1.5 */
export const isRangeOf = (header: string | undefined, tag: string): boolean =>
  header === undefined || header.trim() === tag;
