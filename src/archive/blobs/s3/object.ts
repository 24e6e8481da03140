/** An object that is open for reading. To open one costs nothing: that it is not there is found at the first read. */
import type { OpenBlob } from '../blob-store.js';
import type { S3Bucket } from './bucket.js';
import { ReadAheadWindow } from './read-ahead.js';
import { S3Run } from './run.js';

export class S3Object implements OpenBlob {
  readonly #bucket: S3Bucket;
  readonly #key: string;
  readonly #window = new ReadAheadWindow();
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
    const reading = this.#read(target, offset, runEnd ?? this.#window.endFor(offset, target.length));
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

  /** The run that is at hand gives what it has; what it has not comes from a new one. */
  async #read(target: Buffer, offset: number, end: number): Promise<number> {
    const run = this.#run?.goesOnWith(offset) === true ? this.#run : this.#begin(offset, target.length, end);
    const got = await run.fill(target, offset);
    if (got === target.length || !run.hasMoreAfter) return got;
    const rest = target.subarray(got);
    return got + (await this.#begin(offset + got, rest.length, end).fill(rest, offset + got));
  }

  #begin(offset: number, lengthBytes: number, end: number): S3Run {
    this.#run?.close();
    const range = { key: this.#key, start: offset, end: Math.max(end, offset + lengthBytes) };
    this.#run = new S3Run(this.#bucket, range);
    return this.#run;
  }
}
