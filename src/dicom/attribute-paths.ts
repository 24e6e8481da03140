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

/** A private attribute whatever its block: `0023xx02`. */
export const blocklessText = (tag: Tag): string => `${tagText(tag).slice(0, 4)}xx${tagText(tag).slice(6)}`;

/** Read what `blocklessText` wrote, in the first block there is. */
export const parseBlockless = (text: string): Tag => Number.parseInt(text.replace('xx', '10'), 16);
