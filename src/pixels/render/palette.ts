/** The colours that stored values stand for: Palette Color Lookup Tables. PS3.3 §C.7.6.3.1.5, §C.7.6.3.1.6, §C.7.9.2 */
import { TAG } from '../../dicom/attributes.js';
import { type DataSet, findBytes, type Tag } from '../../dicom/data-set.js';
import { doesNotMatch } from '../../dicom/failure-reasons.js';
import { bytesOf, entriesOf, findDescriptor, readWords, type TableDescriptor } from './lookup-table.js';
import { expandSegments } from './palette-segments.js';

export interface Palette {
  /** The stored value that the first colour stands for. */
  readonly first: number;
  /** Of the same length, one at least. */
  readonly red: Uint8Array<ArrayBuffer>;
  readonly green: Uint8Array<ArrayBuffer>;
  readonly blue: Uint8Array<ArrayBuffer>;
}

interface ChannelTags {
  readonly descriptor: Tag;
  readonly data: Tag;
  readonly segments: Tag;
}

const CHANNELS: Readonly<Record<'red' | 'green' | 'blue', ChannelTags>> = {
  red: {
    descriptor: TAG.RedPaletteColorLookupTableDescriptor,
    data: TAG.RedPaletteColorLookupTableData,
    segments: TAG.SegmentedRedPaletteColorLookupTableData,
  },
  green: {
    descriptor: TAG.GreenPaletteColorLookupTableDescriptor,
    data: TAG.GreenPaletteColorLookupTableData,
    segments: TAG.SegmentedGreenPaletteColorLookupTableData,
  },
  blue: {
    descriptor: TAG.BluePaletteColorLookupTableDescriptor,
    data: TAG.BluePaletteColorLookupTableData,
    segments: TAG.SegmentedBluePaletteColorLookupTableData,
  },
};

/** In more words there would be segments that give no entry. */
const MOST_SEGMENT_WORDS = 0x4_0000;

/** Whether a data set has a palette, whole or not. */
export const hasPalette = (dataSet: DataSet): boolean => findBytes(dataSet, CHANNELS.red.descriptor) !== undefined;

/**
 * Read the palette of a data set. Tables that are shorter than they say go on with their last colour.
 * @throws InvalidInstance A900H when a table is missing or has no entries, or its segments are none
 */
export function readPalette(dataSet: DataSet, isSigned: boolean): Palette {
  const descriptor = findDescriptor(dataSet, CHANNELS.red.descriptor, isSigned);
  if (descriptor === undefined) throw doesNotMatch('A palette has no descriptor.');
  const [red, green, blue] = [CHANNELS.red, CHANNELS.green, CHANNELS.blue].map((tags) =>
    readEntries(dataSet, tags, descriptor),
  );
  if (red === undefined || green === undefined || blue === undefined) throw doesNotMatch('A palette is not whole.');
  const shift = shiftOf([red, green, blue], descriptor);
  const length = Math.max(red.length, green.length, blue.length);
  return {
    first: descriptor.first,
    red: inBytes(red, shift, length),
    green: inBytes(green, shift, length),
    blue: inBytes(blue, shift, length),
  };
}

/** Tables of 16 bits are often filled with values of 8, and those of 8 bits with values of 16. */
function shiftOf(tables: readonly Uint16Array[], { bits }: TableDescriptor): number {
  const largest = tables.reduce((most, table) => table.reduce((a, b) => Math.max(a, b), most), 0);
  if (largest <= 0xff) return 0;
  return bits > 8 && bits < 16 && largest < 2 ** bits ? bits - 8 : 8;
}

function inBytes(entries: Uint16Array, shift: number, length: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  for (let i = 0; i < length; i += 1) bytes[i] = (entries[Math.min(i, entries.length - 1)] ?? 0) >> shift;
  return bytes;
}

function readEntries(dataSet: DataSet, tags: ChannelTags, descriptor: TableDescriptor): Uint16Array<ArrayBuffer> {
  const isWhole = findBytes(dataSet, tags.data) !== undefined;
  const entries = isWhole
    ? entriesOf(dataSet, tags.data, descriptor.count)
    : expandedEntries(readWords(dataSet, tags.segments, MOST_SEGMENT_WORDS), descriptor);
  if (entries.length === 0) throw doesNotMatch('A palette has no entries.');
  return entries;
}

/** The parts of segments have as many bits as an entry. */
const expandedEntries = (words: Uint16Array<ArrayBuffer>, { count, bits }: TableDescriptor): Uint16Array<ArrayBuffer> =>
  expandSegments(bits === 8 ? { units: bytesOf(words), unitBytes: 1 } : { units: words, unitBytes: 2 }, count);
