/**
 * What the readers of the DICOM JSON Model and of the Native DICOM Model tell of the instances in a text, and what is made
 * of it: data sets, or the same in the other model. PS3.18 §F, PS3.19 §A.1
 */
import type { Tag } from './data-set.js';
import type { FailureReason } from './failure-reasons.js';
import type { PersonName } from './person-names.js';
import type { VR } from './vr.js';

/** A number as it was written, where the model tells numbers from texts. */
export interface WrittenNumber {
  readonly literal: string;
}

/** One value of an attribute; null for an empty one among several. */
export type SentValue = string | WrittenNumber | PersonName | null;

export interface SentAttribute {
  readonly tag: Tag;
  readonly vr: VR;
  /** Whose private attribute it is: the element number then leaves out the block, gggg00ee. PS3.19 Table A.1.5-2 */
  readonly privateCreator?: string | undefined;
}

/** Takes instances piece by piece, in the order of the text. */
export interface AttributeSink {
  openInstance(): void;
  closeInstance(): void;
  openAttribute(attribute: SentAttribute): void;
  closeAttribute(): void;
  value(value: SentValue): void;
  /** All of the value field in base64. */
  inlineBinary(base64: string): void;
  bulkdata(uri: string): void;
  openItem(): void;
  closeItem(): void;
  /**
   * The instance is not what its model allows. What else is told of it is told nevertheless, but for the part that is wrong.
   * No error is made of it here: there may be as many faults as a text has characters.
   */
  refuse(reason: FailureReason, explanation: string): void;
}
