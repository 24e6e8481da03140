/**
 * A run of bytes of an object, read in order from one streamed answer. Where that breaks off it is taken up again at the
 * byte where it broke; so it is when nobody has read on for a while, for a connection on which nothing moves is given up.
 */
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { GetObjectCommand } from '@aws-sdk/client-s3';
import { ArchiveError } from '../../../errors.js';
import type { S3Bucket } from './bucket.js';
import type { ObjectAnswer } from './direct-requests.js';
import { asArchiveError, isBeyondEnd, isNoSuchKey, isPassing } from './errors.js';
import { Patience } from './patience.js';
import { MAX_GAP_BYTES } from './read-ahead.js';

const NOTHING: Buffer = Buffer.alloc(0);

export interface RunRange {
  /** The key in the bucket. */
  readonly key: string;
  readonly start: number;
  /** Exclusive; infinite for all that the object has. */
  readonly end: number;
}

export class S3Run {
  readonly #bucket: S3Bucket;
  readonly #range: RunRange;
  /** Where the next of what was asked for will begin. */
  #nextAt: number;
  /** How far what was asked for has been given. */
  #at: number;
  /** Where the object ends, once that is known. */
  #objectEnd = Number.POSITIVE_INFINITY;
  #body: Readable | undefined;
  #chunks: AsyncIterator<unknown> | undefined;
  /** What has come and was not yet asked for. */
  #rest: Buffer = NOTHING;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(bucket: S3Bucket, range: RunRange) {
    this.#bucket = bucket;
    this.#range = range;
    this.#nextAt = range.start;
    this.#at = range.start;
  }

  /** Whether `offset` is where this run goes on, or a little further. */
  goesOnWith(offset: number): boolean {
    return offset >= this.#nextAt && offset <= this.#nextAt + MAX_GAP_BYTES && offset < this.#range.end;
  }

  /** Whether the object has bytes beyond this run, as far as is known. */
  get hasMoreAfter(): boolean {
    return this.#range.end < this.#objectEnd;
  }

  /**
   * Fill `target` with the bytes from `offset` on, where this run goes on; how many there were: fewer only where the object
   * or the run ends. What lies between is passed over.
   */
  fill(target: Buffer, offset: number): Promise<number> {
    const gap = Buffer.allocUnsafe(offset - this.#nextAt);
    this.#nextAt = offset + target.length;
    const filling = this.#turn.then(async () => {
      // What was asked for before has failed half way: these would be other bytes.
      if (this.#at !== offset - gap.length && !this.#isAtEnd) throw asArchiveError(brokenOff());
      await this.#fill(gap);
      return this.#fill(target);
    });
    this.#turn = filling.catch(() => undefined);
    return filling;
  }

  /** Give the rest up, when what was asked for has been given. Never rejects. */
  async close(): Promise<void> {
    await this.#turn;
    this.#drop();
  }

  get #isAtEnd(): boolean {
    return this.#at >= Math.min(this.#range.end, this.#objectEnd);
  }

  async #fill(target: Buffer): Promise<number> {
    const patience = new Patience();
    let got = 0;
    while (got < target.length && !this.#isAtEnd) {
      try {
        const chunk = await this.#nextChunk();
        const copied = chunk.copy(target, got);
        this.#rest = chunk.subarray(copied);
        this.#at += copied;
        got += copied;
        patience.renew();
      } catch (error) {
        this.#drop();
        await this.#waitAfter(error, patience);
      }
    }
    if (this.#isAtEnd) await this.#finish();
    return got;
  }

  async #waitAfter(error: unknown, patience: Patience): Promise<void> {
    if (isNoSuchKey(error)) {
      const cause = new Error('NoSuchKey');
      throw new ArchiveError('corrupt', 'The archive has lost the file of this instance.', { cause });
    }
    const pauseMs = isPassing(error) ? patience.pauseMs() : undefined;
    if (pauseMs === undefined) throw asArchiveError(error);
    await sleep(pauseMs);
  }

  async #nextChunk(): Promise<Buffer> {
    if (this.#rest.length > 0) return this.#rest;
    if (this.#chunks === undefined && !(await this.#openBody())) return NOTHING;
    const next = await this.#chunks?.next();
    if (next?.done === false && Buffer.isBuffer(next.value)) return next.value;
    throw brokenOff();
  }

  /** Whether there are bytes at all where this run goes on. */
  async #openBody(): Promise<boolean> {
    try {
      const { body, contentRange, lengthBytes } = await this.#ask();
      this.#body = body;
      // It may fail while nobody waits for it, who then finds it failed.
      body.on('error', () => undefined);
      this.#objectEnd = contentRange === undefined && this.#at === 0 ? lengthBytes : endOf(contentRange, this.#at);
      this.#chunks = body[Symbol.asyncIterator]();
      return true;
    } catch (error) {
      if (!isBeyondEnd(error)) throw error;
      this.#objectEnd = this.#at;
      return false;
    }
  }

  async #ask(): Promise<ObjectAnswer> {
    const { directReading, reading, name } = this.#bucket;
    const { key, end } = this.#range;
    const range = `bytes=${this.#at}-${Number.isFinite(end) ? end - 1 : ''}`;
    const answer = await directReading.get(key, range);
    if (answer !== undefined) return answer;
    const command = new GetObjectCommand({ Bucket: name, Key: key, Range: range });
    const { Body, ContentRange, ContentLength = 0 } = await reading.send(command);
    if (!(Body instanceof Readable)) throw new Error('An object is not read as a stream.');
    return { body: Body, contentRange: ContentRange, lengthBytes: ContentLength };
  }

  /** Take the end of the answer, after which the connection is free for others. */
  async #finish(): Promise<void> {
    await this.#chunks?.next().catch(() => undefined);
    this.#drop();
  }

  #drop(): void {
    this.#body?.destroy();
    this.#body = undefined;
    this.#chunks = undefined;
    this.#rest = NOTHING;
  }
}

const brokenOff = (): Error =>
  Object.assign(new Error('The answer ended before its bytes.'), { code: 'ERR_STREAM_PREMATURE_CLOSE' });

/** Where the object ends, of `bytes START-LAST/SIZE`. */
function endOf(contentRange: string | undefined, start: number): number {
  const [, from, sizeBytes] = /^bytes (\d+)-\d+\/(\d+)$/.exec(contentRange ?? '') ?? [];
  if (Number(from) === start) return Number(sizeBytes);
  throw new ArchiveError('unavailable', 'The object store does not give the range of bytes that it is asked for.');
}
