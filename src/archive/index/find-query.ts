/** A search as the index takes it: what must match, and which page of it is wanted. */
import type { Tag } from '../../dicom/data-set.js';
import type { Match } from '../../dicom/matching.js';
import type { RangeMatch } from '../../dicom/matching-ranges.js';
import type { QueryLevel } from '../../dicom/queryable-attributes.js';

export interface AttributeMatch {
  readonly tag: Tag;
  readonly match: Match;
  /** Of a name that may match by any component group: the part of the search that this is. */
  readonly part?: NamePart;
}

/** What matches by the alphabetic group, or what does so by another group and not by that one. */
export type NamePart = 'alphabetic' | 'only-other';

/** A day and a time of it, each as the index keeps them; a time without a day means nothing here. */
export interface DateTimeBound {
  readonly date: string;
  readonly time: string | undefined;
}

/** A date and a time attribute searched as one instant. PS3.18 §8.3.4.1.1 */
export interface DateTimeMatch {
  readonly dateTag: Tag;
  readonly timeTag: Tag;
  readonly from: DateTimeBound | undefined;
  readonly to: DateTimeBound | undefined;
}

/**
 * A date and a time attribute compared in UTC. Entities have their own offset from UTC, or none and then are taken to be in
 * UTC themselves. PS3.18 §8.3.4.1.1
 */
export interface ZonedMatch {
  readonly dateTag: Tag;
  readonly timeTag: Tag;
  /** Days of entities with a date and no time, which stays where it is; undefined when a time is asked for. */
  readonly dates: RangeMatch | undefined;
  /** Ends as YYYYMMDDHHMMSS.FFFFFF. */
  readonly instants: RangeMatch | undefined;
  /** Times of day, of which one must hold. */
  readonly times: readonly RangeMatch[] | undefined;
}

export interface ValueKey {
  readonly attributeID: number;
  readonly match: Exclude<Match, { readonly kind: 'universal' }>;
}

/** Keys on attributes that curators have added: one, or several of one sequence, which must hold within one item. */
export interface ValueGroup {
  readonly level: QueryLevel;
  readonly isInSequence: boolean;
  readonly keys: readonly ValueKey[];
}

/** An added attribute that is to be answered. */
export interface ValueField {
  readonly attributeID: number;
  readonly level: QueryLevel;
}

export interface FindQuery {
  /** What is answered. */
  readonly level: QueryLevel;
  readonly studyInstanceUID?: string;
  readonly seriesInstanceUID?: string;
  /** Each on an attribute of the level or of one above it; all must hold. */
  readonly matches: readonly AttributeMatch[];
  readonly dateTimes: readonly DateTimeMatch[];
  readonly zoned: readonly ZonedMatch[];
  /** Keys of one sequence: all must hold within one item. */
  readonly sequences: readonly { readonly tag: Tag; readonly keys: readonly AttributeMatch[] }[];
  readonly values: readonly ValueGroup[];
  readonly fields: readonly ValueField[];
  readonly limit: number;
  readonly offset: number;
}
