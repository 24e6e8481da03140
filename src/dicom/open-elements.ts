/** What the parser of a data set has opened and not yet closed. */
import type { DataElement, DataSet, Tag } from './data-set.js';
import type { Encoding } from './part10-element-head.js';
import type { DataSetKind } from './part10-element-rules.js';

/** Where something ends whose elements or items are still to come. */
export interface Extent {
  readonly encoding: Encoding;
  /** Offset of its end; undefined when a delimitation item ends it, or the stream. */
  readonly endOffset: number | undefined;
  /** Nothing in it may reach beyond this offset: its own end, or that of whatever holds it. */
  readonly boundOffset: number;
}

export interface OpenDataSet extends Extent {
  readonly kind: DataSetKind;
  readonly elements: DataElement[];
  lastTag: Tag;
}

export interface OpenSequence extends Extent {
  readonly kind: 'sequence';
  readonly items: DataSet[];
}

/** Pixel Data of an item, such as an icon, in fragments: lawful where the image itself is compressed. PS3.5 §A.4 */
export interface OpenFragments extends Extent {
  readonly kind: 'fragments';
  readonly vr: 'OB' | 'OW';
  readonly valueOffset: number;
  /** Whole items, their heads included. */
  readonly items: Buffer[];
}

export type Open = OpenDataSet | OpenSequence | OpenFragments;
