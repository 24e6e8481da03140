/** Look-up tables of a data set: Modality LUT, VOI LUT, Presentation LUT. PS3.3 §C.11.1.1.1, §C.11.2.1.1, §C.11.6.1.1 */
import { TAG } from '../../dicom/attributes.js';
import { type DataSet, findBytes, findElement, isSequence, type Tag } from '../../dicom/data-set.js';
import { doesNotMatch } from '../../dicom/failure-reasons.js';

export interface LookupTable {
  /** The value that the first entry stands for: all below it have that entry too. */
  readonly first: number;
  /** The largest value an entry can have: 2 to the power of the bits of an entry, less 1. */
  readonly most: number;
  /** One at least. */
  readonly entries: Uint16Array<ArrayBuffer>;
}

/** Number of entries, first value mapped, bits of an entry. */
export interface TableDescriptor {
  readonly count: number;
  readonly first: number;
  readonly bits: number;
}

const MOST_ENTRIES = 0x1_0000;

/** The items of a sequence; none when it is absent. */
export function itemsOf(dataSet: DataSet, tag: Tag): readonly DataSet[] {
  const element = findElement(dataSet, tag);
  return element !== undefined && isSequence(element) ? element.items : [];
}

/** The words of a value, in the byte order of its data set, whatever its VR is; a rest of one byte is left out. */
export function readWords(dataSet: DataSet, tag: Tag, most: number): Uint16Array<ArrayBuffer> {
  const bytes = findBytes(dataSet, tag) ?? Buffer.alloc(0);
  const words = new Uint16Array(Math.min(bytes.length >> 1, most));
  const isBig = dataSet.byteOrder === 'big';
  for (let i = 0; i < words.length; i += 1) words[i] = isBig ? bytes.readUInt16BE(i * 2) : bytes.readUInt16LE(i * 2);
  return words;
}

/** Find a descriptor of three values; `maySign` tells whether a first value with the highest bit set is negative. */
export function findDescriptor(dataSet: DataSet, tag: Tag, maySign: boolean): TableDescriptor | undefined {
  const [count, first, bits] = readWords(dataSet, tag, 3);
  if (count === undefined || first === undefined || bits === undefined) return undefined;
  return { count: count === 0 ? MOST_ENTRIES : count, first: maySign ? (first << 16) >> 16 : first, bits };
}

/** Read a table in an item of a LUT sequence, as `findLookupTable` does. @throws InvalidInstance A900H when it is none */
export function readLookupTable(item: DataSet, maySign: boolean): LookupTable {
  const table = findLookupTable(item, maySign);
  if (table === undefined) throw doesNotMatch('A look-up table has no descriptor or no entries.');
  return table;
}

/**
 * Find a table in an item of a LUT sequence; undefined without descriptor or entries. With less entries than its descriptor says,
 * the last one that is there stands for what is missing; a number of bits that they can not have is read from the entries.
 */
export function findLookupTable(item: DataSet, maySign: boolean): LookupTable | undefined {
  const descriptor = findDescriptor(item, TAG.LUTDescriptor, maySign);
  const entries = entriesOf(item, TAG.LUTData, descriptor?.count ?? 0);
  if (descriptor === undefined || entries.length === 0) return undefined;
  const { first, bits } = descriptor;
  const largest = entries.reduce((a, b) => Math.max(a, b), 1);
  const isLawful = bits >= 8 && bits <= 16 && largest < 2 ** bits;
  return { first, most: (isLawful ? 2 ** bits : 2 ** bitsFor(largest)) - 1, entries };
}

/** At most so many entries; those of 8 bits may come in a word each, or two in a word. */
export function entriesOf(dataSet: DataSet, tag: Tag, count: number): Uint16Array<ArrayBuffer> {
  const words = readWords(dataSet, tag, count);
  const isPacked = words.length < count && words.length * 2 >= count;
  return isPacked ? bytesOf(words).slice(0, count) : words;
}

/** The bytes in words, the lower one first: so 8-bit values are packed in OW. PS3.5 §8.1.2 */
export const bytesOf = (words: Uint16Array<ArrayBuffer>): Uint16Array<ArrayBuffer> =>
  new Uint16Array(new Uint8Array(words.buffer, words.byteOffset, words.byteLength));

const bitsFor = (largest: number): number => 32 - Math.clz32(largest);

/** Replace values by the entries they stand for; a value between two whole ones is rounded. */
export function lookUp(values: Float64Array, { first, entries }: LookupTable): void {
  const last = entries.length - 1;
  for (let i = 0; i < values.length; i += 1) {
    const place = Math.round((values[i] ?? 0) - first);
    // Not a number is as good as too small.
    values[i] = entries[place > 0 ? Math.min(place, last) : 0] ?? 0;
  }
}
