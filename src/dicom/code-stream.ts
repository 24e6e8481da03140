/** What a compressed frame says of itself in its first bytes: its transfer syntax and its pixels. Nothing is decoded. */
import type { CodeStreamDescription } from './code-stream-description.js';
import { cannotUnderstand } from './failure-reasons.js';
import { describeJPEG } from './jpeg-header.js';
import { describeJPEG2000 } from './jpeg2000-header.js';

/** So many first bytes of a frame hold all that is read here, with room for a colour profile. */
export const CODE_STREAM_START_BYTES = 1024 * 1024;

/** Rows and Columns are US. */
const LARGEST_SIZE = 0xffff;
const MOST_BITS = 16;

const DESCRIBERS: ReadonlyMap<string, (start: Buffer) => CodeStreamDescription> = new Map<
  string,
  (start: Buffer) => CodeStreamDescription
>([
  ['image/jpeg', describeJPEG],
  ['image/jls', describeJPEG],
  ['image/jp2', (start) => describeJPEG2000(start)],
  ['image/jpx', (start) => describeJPEG2000(start, true)],
  ['image/jphc', (start) => describeJPEG2000(start)],
]);

/**
 * Describe a frame of that media type by its first bytes; undefined when frames of that type do not say so themselves.
 * @throws InvalidInstance C000H when the bytes are none of the type
 */
export function describeCodeStream(mediaType: string, start: Buffer): CodeStreamDescription | undefined {
  const describe = DESCRIBERS.get(mediaType);
  if (describe === undefined) return undefined;
  try {
    return expectLawful(describe(start));
  } catch (error) {
    if (error instanceof RangeError) throw cannotUnderstand('A compressed frame ends within its header.');
    throw error;
  }
}

function expectLawful(frame: CodeStreamDescription): CodeStreamDescription {
  const isSize = (size: number): boolean => size >= 1 && size <= LARGEST_SIZE;
  const isLawful =
    isSize(frame.rows) && isSize(frame.columns) && frame.bitsStored >= 1 && frame.bitsStored <= MOST_BITS;
  if (!isLawful || ![1, 3].includes(frame.samplesPerPixel)) {
    throw cannotUnderstand('A compressed frame has a size or a depth that no image of DICOM has.');
  }
  return frame;
}
