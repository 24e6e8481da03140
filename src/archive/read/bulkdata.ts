/** A value that metadata refers to: checked, in little endian, whole or a run of its bytes. PS3.18 §10.4.1.1.5 */
import { inLittleEndian } from './little-endian.js';
import type { StoredBulkdata } from './stored-bulkdata.js';
import type { StoredFile } from './stored-file.js';

/**
 * The bytes from `first` to `last`, both included. The value is read and checked as a whole whatever part is wanted.
 * @throws ArchiveError `corrupt`
 */
export async function* readBulkdata(
  file: StoredFile,
  value: StoredBulkdata,
  { first, last }: { readonly first: number; readonly last: number },
): AsyncGenerator<Buffer> {
  let at = 0;
  for await (const piece of inLittleEndian(file.checkedBytes(value), value.swapUnitBytes)) {
    const from = Math.max(first - at, 0);
    const to = Math.min(last + 1 - at, piece.length);
    if (from < to) yield piece.subarray(from, to);
    at += piece.length;
  }
}
