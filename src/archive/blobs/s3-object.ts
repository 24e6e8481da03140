/** An object that is open for reading. To open one costs nothing: that it is not there is found at the first read. */
import type { OpenBlob } from './blob-store.js';
import type { S3Bucket } from './s3-bucket.js';
import { S3Run } from './s3-run.js';

export class S3Object implements OpenBlob {
  readonly #bucket: S3Bucket;
  readonly #key: string;
  readonly #reads = new Set<Promise<number>>();
  /** What is being read in order. */
  #run: S3Run | undefined;
  #closed: Promise<void> | undefined;

  /** @param key in the bucket */
  constructor(bucket: S3Bucket, key: string) {
    this.#bucket = bucket;
    this.#key = key;
  }

  async readInto(target: Buffer, offset: number, runEnd?: number): Promise<number> {
    if (this.#closed !== undefined) throw new Error('The blob is closed.');
    if (target.length === 0) return 0;
    const reading = runEnd === undefined ? this.#readOnly(target, offset) : this.#readOn(target, offset, runEnd);
    this.#reads.add(reading);
    try {
      return await reading;
    } finally {
      this.#reads.delete(reading);
    }
  }

  /** Waits for what is being read, and gives up what would come after it. */
  close(): Promise<void> {
    this.#closed ??= Promise.allSettled(this.#reads).then(() => this.#run?.close());
    return this.#closed;
  }

  async #readOnly(target: Buffer, offset: number): Promise<number> {
    const run = new S3Run(this.#bucket, { key: this.#key, start: offset, end: offset + target.length });
    try {
      return await run.fill(target);
    } finally {
      await run.close();
    }
  }

  #readOn(target: Buffer, offset: number, runEnd: number): Promise<number> {
    if (this.#run?.goesOnWith(offset, target.length) !== true) {
      this.#run?.close();
      const end = Math.max(runEnd, offset + target.length);
      this.#run = new S3Run(this.#bucket, { key: this.#key, start: offset, end });
    }
    return this.#run.fill(target);
  }
}
