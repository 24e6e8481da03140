/** Values as they leave: in little endian, whatever byte order they are stored in. PS3.18 §8.7.3.3 */
import { StreamedSwap } from '../../dicom/swap-bytes.js';

/** The bytes of values that are swapped in units of so many bytes; of 1 byte when they are little endian already. */
export async function* inLittleEndian(pieces: AsyncIterable<Buffer>, unitBytes: number): AsyncGenerator<Buffer> {
  if (unitBytes === 1) {
    yield* pieces;
    return;
  }
  const swap = new StreamedSwap(unitBytes);
  for await (const piece of pieces) yield swap.write(piece);
  yield swap.end();
}
