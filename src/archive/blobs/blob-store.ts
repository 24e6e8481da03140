/**
 * Where the bytes of instances are kept. A blob is written once, under a key that holds its content's hash, and never
 * changed. Nothing of a staged blob is visible before it is published; when `publish` resolves it is on disk for good. In
 * between, and after a crash or a failure then, less than all of it may be seen under its key.
 */

export interface StagedBlob {
  /** Append bytes; resolves when more may come. The buffer may be kept: it must not be changed any more. */
  write(chunk: Buffer): Promise<void>;
  /**
   * Make the bytes durable under `key`. When the key is taken by the very same bytes that is as good.
   * @param sha256 of the bytes in hexadecimal digits, where the writer knows it: a store across a network may have it checked
   * @throws ArchiveError `storage-full` or `unavailable` when the store does not take them
   */
  publish(key: string, sha256?: string): Promise<void>;
  /** Give the bytes up. Harmless after `publish`, and when called twice; never rejects, whatever the disk does. */
  discard(): Promise<void>;
}

export interface OpenBlob {
  /**
   * Fill `target` with the bytes from `offset` on; how many there were: fewer only where the blob ends.
   * @param runEnd where the run of bytes ends that is being read in order, exclusive; a store across a network fetches all
   * of it at once. Without it, only what `target` takes is read.
   * @throws ArchiveError `corrupt` when there is no such blob
   */
  readInto(target: Buffer, offset: number, runEnd?: number): Promise<number>;
  close(): Promise<void>;
}

export interface StoredBlob {
  readonly key: string;
  readonly sizeBytes: number;
}

export interface BlobStore {
  /** Whether what is read comes across a network. */
  readonly isRemote: boolean;
  /** How many blobs it pays to begin to read before the one at hand is read: across a network, several. */
  readonly filesAhead: number;
  stage(): Promise<StagedBlob>;
  /**
   * Open a blob that whoever asks knows of from the index.
   * @throws ArchiveError `corrupt` when there is no such blob: here, or at the first read where to ask would cost a round trip
   */
  open(key: string): Promise<OpenBlob>;
  /** Bytes of the blob; undefined when there is none. */
  sizeOf(key: string): Promise<number | undefined>;
  /** The sizes of many blobs, in the order of the keys; cheapest when blobs of one folder come together. */
  sizesOf(keys: readonly string[]): Promise<readonly (number | undefined)[]>;
  /** When the last byte of the blob was written; undefined when there is none. */
  writtenAt(key: string): Promise<Date | undefined>;
  /** Write a small text under a key, durably and whole; what other text stood there is replaced. */
  writeText(key: string, text: string): Promise<void>;
  /** Every published blob below `prefix`, in no order, but that all of one folder come one after the other. */
  list(prefix: string): AsyncIterable<StoredBlob>;
  remove(key: string): Promise<void>;
  /** Remove what writers that died left behind, when it is older than an hour. Returns how many. */
  sweepStaged(now: Date): Promise<number>;
  /** Let go of what the store holds open; nothing can be asked of it any more. */
  close(): Promise<void>;
}
