/**
 * Inflates the data set of Deflated Explicit VR Little Endian while it arrives, never further than allowed: raw deflate
 * (RFC 1951), no wrapper around it, nothing after it but the one NULL that pads it to an even length. PS3.5 §A.5
 */
import { createInflateRaw, type InflateRaw } from 'node:zlib';
import { cannotUnderstand, outOfResources } from './failure-reasons.js';
import type { Part10Limits } from './part10-limits.js';

/**
 * Deflated bytes are given to zlib in blocks of this size, so that no answer depends on how they arrived. At the steepest
 * ratio there is (1032), a block inflates to 33 MiB: the first of a bomb is enough to tell.
 */
const DEFLATED_BLOCK_BYTES = 32 * 1024;
const INFLATED_CHUNK_BYTES = 64 * 1024;

export interface DataSetInflaterOptions {
  readonly limits: Part10Limits;
  /** Takes the inflated bytes in order; what it throws ends the inflation and is thrown to whoever writes. */
  readonly take: (chunk: Buffer) => void;
}

export class DataSetInflater {
  readonly #limits: Part10Limits;
  readonly #take: (chunk: Buffer) => void;
  readonly #inflate: InflateRaw = createInflateRaw({ chunkSize: INFLATED_CHUNK_BYTES });
  #block: Buffer = Buffer.allocUnsafe(DEFLATED_BLOCK_BYTES);
  #blockBytes = 0;
  #deflatedBytes = 0;
  #inflatedBytes = 0;
  #lastByte = 0;
  #hasEnded = false;
  /** Why the inflated bytes are not taken any more. The block in hand is inflated on, for a bomb is called a bomb first. */
  #refusal: unknown;
  /** Why zlib has been stopped. */
  #failure: unknown;
  /** Wakes whoever waits for zlib. */
  #wake: () => void = () => undefined;

  constructor({ limits, take }: DataSetInflaterOptions) {
    this.#limits = limits;
    this.#take = take;
    this.#inflate.on('data', (chunk: Buffer) => this.#receive(chunk));
    this.#inflate.on('error', () => this.#fail(cannotUnderstand('The deflated data set is damaged or truncated.')));
    this.#inflate.on('end', () => {
      this.#hasEnded = true;
      this.#wake();
    });
    this.#inflate.on('close', () => this.#wake());
  }

  /**
   * Inflate the next bytes; nothing of `chunk` is used after the promise, if any, has settled. One call at a time.
   * @throws InvalidInstance C000H when this is no raw deflate stream, A700H when it inflates to more than is allowed, and
   * whatever `take` throws
   */
  write(chunk: Buffer): void | Promise<void> {
    if (this.#blockBytes + chunk.length < DEFLATED_BLOCK_BYTES) this.#fill(chunk, 0);
    else return this.#writeBlocks(chunk);
  }

  /** Inflate what is left. @throws InvalidInstance as `write`, and C000H when the stream is truncated */
  async end(): Promise<void> {
    await this.#inflateBlock();
    if (!this.#hasEnded) await this.#until(() => this.#inflate.end());
    this.#expectNothingAfterEnd();
  }

  /** Free zlib. */
  destroy(): void {
    this.#inflate.destroy();
  }

  async #writeBlocks(chunk: Buffer): Promise<void> {
    for (let at = 0; at < chunk.length; ) {
      at += this.#fill(chunk, at);
      if (this.#blockBytes === DEFLATED_BLOCK_BYTES) await this.#inflateBlock();
    }
  }

  /** How many bytes of the chunk went into the block. */
  #fill(chunk: Buffer, at: number): number {
    const count = chunk.copy(this.#block, this.#blockBytes, at);
    this.#blockBytes += count;
    return count;
  }

  async #inflateBlock(): Promise<void> {
    const block = this.#block.subarray(0, this.#blockBytes);
    if (block.length === 0) return;
    this.#lastByte = block[block.length - 1] ?? 0;
    this.#deflatedBytes += block.length;
    this.#block = Buffer.allocUnsafe(DEFLATED_BLOCK_BYTES);
    this.#blockBytes = 0;
    if (!this.#hasEnded) await this.#until((done) => this.#inflate.write(block, done));
    if (this.#hasEnded) this.#expectNothingAfterEnd();
  }

  /** Wait for a step of zlib: until it is done, or has come to the end of its stream, or has failed. */
  async #until(step: (done: () => void) => void): Promise<void> {
    if (this.#failure === undefined) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
        step(resolve);
      });
    }
    const failure = this.#failure ?? this.#refusal;
    if (failure !== undefined) throw failure;
  }

  #receive(chunk: Buffer): void {
    this.#inflatedBytes += chunk.length;
    if (!this.#isWithinLimits()) {
      this.#fail(outOfResources('The deflated data set inflates to more bytes than are allowed.'));
    } else if (this.#failure === undefined && this.#refusal === undefined) {
      this.#offer(chunk);
    }
  }

  #offer(chunk: Buffer): void {
    try {
      this.#take(chunk);
    } catch (error) {
      this.#refusal = error;
    }
  }

  #fail(failure: unknown): void {
    this.#failure ??= failure;
    this.#inflate.destroy();
    this.#wake();
  }

  #isWithinLimits(): boolean {
    const { inflatedBytes, inflationRatio, freelyInflatedBytes } = this.#limits;
    const allowed = Math.max(freelyInflatedBytes, inflationRatio * this.#deflatedBytes);
    return this.#inflatedBytes <= Math.min(inflatedBytes, allowed);
  }

  #expectNothingAfterEnd(): void {
    const usedBytes = this.#inflate.bytesWritten;
    const trailingBytes = this.#deflatedBytes - usedBytes;
    const isPadding = trailingBytes === 1 && usedBytes % 2 === 1 && this.#lastByte === 0;
    if (trailingBytes > 0 && !isPadding)
      throw cannotUnderstand('There are bytes after the end of the deflated data set.');
  }
}
