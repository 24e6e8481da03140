/** Which Data Elements a data set may hold, as far as the structure of a file goes. PS3.5 §7.1, PS3.10 §7.1 */
import { PIXEL_DATA_TAGS, TAG } from './attributes.js';
import type { Tag } from './data-set.js';
import { cannotUnderstand } from './failure-reasons.js';
import type { ElementHead } from './part10-element-head.js';

/** The top level of the File Meta Information and of the data set proper, and the items within either. */
export type DataSetKind = 'file meta' | 'data set' | 'item';

const COMMAND_GROUP = 0x0000;
const FILE_META_GROUP = 0x0002;
const DELIMITER_GROUP = 0xfffe;

/** Attributes that say how to read the pixels: with another VR their values would be misread. PS3.3 §C.7.6.3 */
const UNSIGNED_SHORT_TAGS: ReadonlySet<Tag> = new Set<Tag>([
  TAG.SamplesPerPixel,
  TAG.PlanarConfiguration,
  TAG.Rows,
  TAG.Columns,
  TAG.BitsAllocated,
  TAG.BitsStored,
  TAG.HighBit,
  TAG.PixelRepresentation,
]);

const groupOf = (tag: Tag): number => tag >>> 16;

/** Items and delimitation items: no Data Elements, though they have tags. PS3.5 §7.5 */
export const isDelimiter = (tag: Tag): boolean => groupOf(tag) === DELIMITER_GROUP;

/** Retired, and wrong in files that were edited: nobody reads them. PS3.5 §7.2 */
export const isGroupLength = (tag: Tag): boolean => (tag & 0xffff) === 0;

/** Whether the tag ends a data set of that kind: File Meta goes as far as its group, a data set as far as Pixel Data. */
export function isBeyond(kind: DataSetKind, tag: Tag): boolean {
  if (kind === 'file meta') return groupOf(tag) !== FILE_META_GROUP;
  return kind === 'data set' && PIXEL_DATA_TAGS.has(tag);
}

/**
 * Judge an element by its head and by the tag before it in the same data set.
 * @param offset where the head begins, for the message
 * @throws InvalidInstance C000H when two readers could read the data set in two ways
 */
export function expectLawfulElement(kind: DataSetKind, lastTag: Tag, { tag, vr }: ElementHead, offset: number): void {
  const group = groupOf(tag);
  if (group === COMMAND_GROUP || (group === FILE_META_GROUP && kind !== 'file meta')) {
    throw cannotUnderstand(`The Data Element at byte ${offset} is of a group that has no place in a data set.`);
  }
  if (tag <= lastTag) {
    throw cannotUnderstand(`The Data Element at byte ${offset} repeats a tag or comes after a higher one.`);
  }
  if (vr !== 'US' && UNSIGNED_SHORT_TAGS.has(tag)) {
    throw cannotUnderstand(`The Data Element at byte ${offset} describes the pixels with another VR than US.`);
  }
}
