/**
 * The bytes of a stream as they arrive, chunk by chunk, read once and in order. What a reader waits for and no chunk
 * holds whole is put together in memory that grows with the bytes that have come, never with a length that was declared:
 * at most twice their number, and each byte is copied a bounded number of times however small the chunks are.
 */
import type { ByteOrder } from './data-set.js';

const NOTHING: Buffer = Buffer.alloc(0);

/** Below this, memory is not worth saving: room for a preamble and any element head. */
const SMALLEST_GATHERING_BYTES = 256;

export class ArrivingBytes {
  #offset: number;
  /** Readable now: `#window` from `#at` to `#end`. It is either the chunk itself, or ours while `#isGathering`. */
  #window: Buffer = NOTHING;
  #at = 0;
  #end = 0;
  #isGathering = false;
  /** The chunk behind a gathering window, from `#behindAt`. */
  #behind: Buffer = NOTHING;
  #behindAt = 0;

  /** @param offset what the first byte to be written counts as */
  constructor(offset = 0) {
    this.#offset = offset;
  }

  /** Offset of the next unread byte from the first byte of the stream. */
  get offset(): number {
    return this.#offset;
  }

  /** How many bytes have arrived and are unread. */
  get available(): number {
    return this.#end - this.#at + this.#behind.length - this.#behindAt;
  }

  /**
   * Add the next chunk. Before it, the reader must have met with a `has` that was false, or have read everything: then
   * nothing of an earlier chunk is in use any more, and its memory is the caller's again.
   */
  write(chunk: Buffer): void {
    if (this.#isGathering) {
      this.#behind = chunk;
      this.#behindAt = 0;
    } else {
      this.#show(chunk, 0);
    }
  }

  /** Whether the next `count` bytes have arrived; if so they can be looked at and taken. */
  has(count: number): boolean {
    return this.#end - this.#at >= count || this.#gather(count);
  }

  /** The byte `at` bytes ahead. It must have been asked for with `has`, as for every method below. */
  uint8(at: number): number {
    return this.#window.readUInt8(this.#at + at);
  }

  uint16(at: number, byteOrder: ByteOrder): number {
    const from = this.#at + at;
    return byteOrder === 'little' ? this.#window.readUInt16LE(from) : this.#window.readUInt16BE(from);
  }

  uint32(at: number, byteOrder: ByteOrder): number {
    const from = this.#at + at;
    return byteOrder === 'little' ? this.#window.readUInt32LE(from) : this.#window.readUInt32BE(from);
  }

  /** The text of ASCII bytes ahead. */
  ascii(at: number, count: number): string {
    return this.#window.toString('latin1', this.#at + at, this.#at + at + count);
  }

  skip(count: number): void {
    this.#at += count;
    this.#offset += count;
    if (this.#isGathering && this.#at === this.#end) this.#show(this.#behind, this.#behindAt);
  }

  /** Take the next bytes to keep: in memory that nobody will write to again. */
  take(count: number): Buffer {
    if (count === 0) return NOTHING;
    const end = this.#at + count;
    let taken: Buffer;
    if (this.#isGathering) {
      taken = this.#window.subarray(this.#at, end);
    } else {
      taken = Buffer.allocUnsafe(count);
      this.#window.copy(taken, 0, this.#at, end);
    }
    this.skip(count);
    return taken;
  }

  /** Pass on what has arrived, at most `count` bytes, perhaps none: a view that holds until the next `write`. */
  pass(count: number): Buffer {
    const view = this.#window.subarray(this.#at, Math.min(this.#end, this.#at + count));
    this.skip(view.length);
    return view;
  }

  #show(chunk: Buffer, from: number): void {
    this.#window = chunk;
    this.#at = from;
    this.#end = chunk.length;
    this.#isGathering = false;
    this.#behind = NOTHING;
    this.#behindAt = 0;
  }

  #gather(count: number): boolean {
    if (!this.#isGathering) {
      if (this.#at === this.#end) return false;
      // What is left of the chunk goes to the front of memory of our own; nothing is behind it yet.
      this.#move(count);
      return false;
    }
    const wanted = Math.min(count - (this.#end - this.#at), this.#behind.length - this.#behindAt);
    if (this.#end + wanted > this.#window.length) this.#move(count);
    this.#behind.copy(this.#window, this.#end, this.#behindAt, this.#behindAt + wanted);
    this.#end += wanted;
    this.#behindAt += wanted;
    return this.#end - this.#at >= count;
  }

  /** Earlier memory is left as it is: what was taken out of it are views. */
  #move(count: number): void {
    const unread = this.#end - this.#at;
    const room = Math.max(2 * unread, this.available, SMALLEST_GATHERING_BYTES);
    const window = Buffer.allocUnsafe(Math.min(count, room));
    this.#window.copy(window, 0, this.#at, this.#end);
    this.#window = window;
    this.#at = 0;
    this.#end = unread;
    this.#isGathering = true;
  }
}
