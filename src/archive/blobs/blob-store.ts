/**
 * Where the bytes of instances are kept. A blob is written once, under a key that holds its content's hash, and never
 * changed. Nothing of a staged blob is visible before it is published; when `publish` resolves it is on disk for good. In
 * between, and after a crash or a failure then, less than all of it may be seen under its key.
 */

export interface StagedBlob {
  /** Append bytes; resolves when more may come. The buffer must not be changed before. */
  write(chunk: Buffer): Promise<void>;
  /**
   * Make the bytes durable under `key`. When the key is taken by the very same bytes that is as good.
   * @throws ArchiveError `storage-full` or `unavailable` when the disk does not take them
   */
  publish(key: string): Promise<void>;
  /** Give the bytes up. Harmless after `publish`, and when called twice; never rejects, whatever the disk does. */
  discard(): Promise<void>;
}

export interface OpenBlob {
  /** Fill `target` with the bytes from `offset` on; how many there were: fewer only where the blob ends. */
  readInto(target: Buffer, offset: number): Promise<number>;
  close(): Promise<void>;
}

export interface StoredBlob {
  readonly key: string;
  readonly sizeBytes: number;
}

export interface BlobStore {
  stage(): Promise<StagedBlob>;
  /** @throws ArchiveError `corrupt` when there is no such blob: whoever asks knows of it from the index. */
  open(key: string): Promise<OpenBlob>;
  /** Bytes of the blob; undefined when there is none. */
  sizeOf(key: string): Promise<number | undefined>;
  /** When the last byte of the blob was written; undefined when there is none. */
  writtenAt(key: string): Promise<Date | undefined>;
  /** Write a small text under a key, durably and whole; what other text stood there is replaced. */
  writeText(key: string, text: string): Promise<void>;
  /** Every published blob below `prefix`, in no order, but that all of one folder come one after the other. */
  list(prefix: string): AsyncIterable<StoredBlob>;
  remove(key: string): Promise<void>;
  /** Remove what writers that died left behind, when it is older than an hour. Returns how many. */
  sweepStaged(now: Date): Promise<number>;
}
