/** Bytes in slices that are quickly worked on, with room for other requests between them. */
import { setImmediate } from 'node:timers/promises';

/** Parsing so much takes a few milliseconds, whatever is in it. */
const SLICE_BYTES = 16 * 1024;

/** The same bytes, in order. Pieces that are smaller come as they are; there is a pause after so many bytes of them. */
export async function* unhurriedSlices(pieces: AsyncIterable<Buffer> | Iterable<Buffer>): AsyncGenerator<Buffer> {
  let bytes = 0;
  for await (const piece of pieces) {
    for (let at = 0; at < piece.length; at += SLICE_BYTES) {
      const slice = piece.subarray(at, at + SLICE_BYTES);
      bytes += slice.length;
      yield slice;
      if (bytes < SLICE_BYTES) continue;
      bytes = 0;
      await setImmediate();
    }
  }
}
