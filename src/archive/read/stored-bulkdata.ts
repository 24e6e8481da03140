/** Where the values stand that metadata leaves out, as the index keeps it beside the metadata. PS3.18 §10.4.1.1.5 */
import type { CheckedRange } from '../../dicom/frame-table.js';

export interface StoredBulkdata extends CheckedRange {
  /** The value's name under its instance: `7FE00010`, or `00081140/0/00420011` within a sequence. */
  readonly path: string;
  /** Bytes swapped as one on the way out, for values stored big endian; 1 for the others. */
  readonly swapUnitBytes: number;
  /** The media type of an encapsulated document; octets otherwise. */
  readonly mediaType?: string;
}

export const encodeBulkdata = (entries: readonly StoredBulkdata[]): string => JSON.stringify(entries);

/** Read back what `encodeBulkdata` wrote. */
export const decodeBulkdata = (text: string): readonly StoredBulkdata[] => JSON.parse(text) as StoredBulkdata[];
