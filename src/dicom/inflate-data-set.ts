/**
 * Inflates the data set of Deflated Explicit VR Little Endian while it arrives, never further than allowed: raw deflate
 * (RFC 1951), no wrapper around it, nothing after it but the one NULL that pads it to an even length. PS3.5 §A.5
 *
 * One more thing may follow, for well-known writers leave it there: the trailer of gzip (RFC 1952 §2.3.1), CRC-32 and
 * length of what was inflated. It is believed only when both are true, so that nothing can be hidden in it.
 */
import { crc32, createInflateRaw, type InflateRaw } from 'node:zlib';
import { cannotUnderstand, outOfResources } from './failure-reasons.js';
import { allowedInflatedBytes, type Part10Limits } from './part10-limits.js';
import { WaitingPieces } from './waiting-pieces.js';

/**
 * Deflated bytes are given to zlib in blocks of this size, so that no answer depends on how they arrived. At the steepest
 * ratio there is (1032), a block inflates to 33 MiB: the first of a bomb is enough to tell.
 */
const DEFLATED_BLOCK_BYTES = 32 * 1024;
const INFLATED_CHUNK_BYTES = 64 * 1024;
const GZIP_TRAILER_BYTES = 8;
/** What may follow the stream at most: the trailer and the padding. */
const MOST_TRAILING_BYTES = GZIP_TRAILER_BYTES + 1;

export interface DataSetInflaterOptions {
  readonly limits: Part10Limits;
  /** Takes the inflated bytes in order; what it throws ends the inflation and is thrown to whoever writes. */
  readonly take: (chunk: Buffer) => void;
}

/** Inflate a data set piece by piece. @throws InvalidInstance as `DataSetInflater` */
export async function* inflateDataSet(chunks: AsyncIterable<Buffer>, limits: Part10Limits): AsyncGenerator<Buffer> {
  const pieces = new WaitingPieces();
  const inflater = new DataSetInflater({ limits, take: (piece) => pieces.add(piece) });
  try {
    for await (const chunk of chunks) {
      await inflater.write(chunk);
      yield* pieces.take();
    }
    await inflater.end();
    yield* pieces.take();
  } finally {
    inflater.destroy();
  }
}

export class DataSetInflater {
  readonly #limits: Part10Limits;
  readonly #take: (chunk: Buffer) => void;
  readonly #inflate: InflateRaw = createInflateRaw({ chunkSize: INFLATED_CHUNK_BYTES });
  #block: Buffer = Buffer.allocUnsafe(DEFLATED_BLOCK_BYTES);
  #blockBytes = 0;
  #deflatedBytes = 0;
  #inflatedBytes = 0;
  #inflatedCRC32 = 0;
  /** The last bytes that came, as many as may follow the stream. */
  #tail: Buffer = Buffer.alloc(0);
  #hasEnded = false;
  /** Why inflated bytes are not taken any more. The block in hand is inflated on: a bomb is called a bomb first. */
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
    this.#expectNothingHiddenAfterEnd();
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
    this.#tail = Buffer.concat([this.#tail, block.subarray(-MOST_TRAILING_BYTES)]).subarray(-MOST_TRAILING_BYTES);
    this.#deflatedBytes += block.length;
    this.#block = Buffer.allocUnsafe(DEFLATED_BLOCK_BYTES);
    this.#blockBytes = 0;
    if (!this.#hasEnded) await this.#until((done) => this.#inflate.write(block, done));
    if (this.#hasEnded) this.#expectLittleAfterEnd();
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
    this.#inflatedCRC32 = crc32(chunk, this.#inflatedCRC32);
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
    const allowed = allowedInflatedBytes(this.#limits, this.#deflatedBytes);
    return this.#inflatedBytes <= Math.min(this.#limits.inflatedBytes, allowed);
  }

  #expectLittleAfterEnd(): void {
    if (this.#trailingBytes > MOST_TRAILING_BYTES) throw somethingFollows();
  }

  /** To be asked when everything has come. */
  #expectNothingHiddenAfterEnd(): void {
    this.#expectLittleAfterEnd();
    const trailing = this.#tail.subarray(this.#tail.length - this.#trailingBytes);
    const trailer = this.#gzipTrailer();
    const isTrailed = trailing.length >= trailer.length && trailer.equals(trailing.subarray(0, trailer.length));
    const padding = isTrailed ? trailing.subarray(trailer.length) : trailing;
    const isPadded = padding.length === 1 && padding[0] === 0 && this.#deflatedBytes % 2 === 0;
    if (padding.length > 0 && !isPadded) throw somethingFollows();
  }

  get #trailingBytes(): number {
    return this.#deflatedBytes - this.#inflate.bytesWritten;
  }

  #gzipTrailer(): Buffer {
    const trailer = Buffer.alloc(GZIP_TRAILER_BYTES);
    trailer.writeUInt32LE(this.#inflatedCRC32, 0);
    trailer.writeUInt32LE(this.#inflatedBytes % 2 ** 32, 4);
    return trailer;
  }
}

const somethingFollows = (): Error => cannotUnderstand('There are bytes after the end of the deflated data set.');
