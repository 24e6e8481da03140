/** A data set as metadata tells it: some of its values are still to come, in parts that are sent after it. PS3.18 §10.5.1.4 */
import type { Tag, ValueElement } from './data-set.js';
import type { InvalidInstance } from './failure-reasons.js';

/** A value that is sent apart, under a URI that is nothing but a name for it. */
export interface BulkdataReference {
  readonly tag: Tag;
  readonly vr: ValueElement['vr'];
  readonly uri: string;
}

export interface SentSequence {
  readonly tag: Tag;
  readonly vr: 'SQ';
  readonly items: readonly SentDataSet[];
}

export type SentElement = ValueElement | SentSequence | BulkdataReference;

export interface SentDataSet {
  /** Ascending by tag, each tag once. */
  readonly elements: readonly SentElement[];
}

export interface SentInstance {
  readonly dataSet: SentDataSet;
  /** What is wrong with it; the data set is then what could be understood nevertheless. */
  readonly failure: InvalidInstance | undefined;
}

export const isReference = (element: SentElement): element is BulkdataReference => 'uri' in element;
export const isSentSequence = (element: SentElement): element is SentSequence => 'items' in element;
