/** A blob store that does what another does, but for the faults that a test puts in. */
import type { BlobStore } from '../../src/archive/blobs/blob-store.js';

export const withFaults = (blobs: BlobStore, faults: Partial<BlobStore>): BlobStore => ({
  isRemote: blobs.isRemote,
  filesAhead: blobs.filesAhead,
  stage: () => blobs.stage(),
  open: (key) => blobs.open(key),
  sizeOf: (key) => blobs.sizeOf(key),
  sizesOf: (keys) => blobs.sizesOf(keys),
  writtenAt: (key) => blobs.writtenAt(key),
  writeText: (key, text) => blobs.writeText(key, text),
  list: (prefix) => blobs.list(prefix),
  remove: (key) => blobs.remove(key),
  sweepStaged: (now) => blobs.sweepStaged(now),
  close: () => blobs.close(),
  ...faults,
});
