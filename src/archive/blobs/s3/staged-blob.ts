/**
 * A blob on its way into an object store. What is small waits in memory and is written where it belongs, in one request; what
 * is larger goes to `incoming/` in parts, as it comes, and is copied to its place by the server once it is whole: under which
 * key it belongs is known only then. A crash leaves at most an upload that nobody completes.
 */
import { randomUUID } from 'node:crypto';
import type { BufferPool } from '../../buffer-pool.js';
import { HeldBack } from '../../held-back.js';
import type { Turnstile } from '../../turnstile.js';
import type { StagedBlob } from '../blob-store.js';
import type { S3Bucket } from './bucket.js';
import { copyObject } from './copy.js';
import { putObject } from './put.js';
import type { StagingMemory } from './staging-memory.js';
import { S3Upload } from './upload.js';

export const INCOMING = 'incoming';
const SMALL_BYTES = 24 * 1024 * 1024;
/** What is put together in memory that is used again: slices, of which many come. */
const OFTEN_BYTES = 2 * 1024 * 1024;
/** Where memory is short, what fills a part of an upload is large. */
const SMALL_WHERE_SHORT_BYTES = 8 * 1024 * 1024;

export interface StagingArea {
  readonly bucket: S3Bucket;
  /** What all blobs of the store hold in memory. */
  readonly memory: StagingMemory;
  /** In which what is small is put together. */
  readonly buffers: BufferPool;
  /** Where the parts of all that are larger pass. */
  readonly turnstile: Turnstile;
}

export class S3StagedBlob implements StagedBlob {
  readonly #area: StagingArea;
  readonly #held = new HeldBack();
  #heldBytes = 0;
  #upload: S3Upload | undefined;
  /** What writing failed with: not all bytes are there, and nothing is published any more. */
  #failure: unknown;
  #isGivenUp = false;

  constructor(area: StagingArea) {
    this.#area = area;
  }

  async write(chunk: Buffer): Promise<void> {
    if (this.#isGivenUp) throw new Error('What was given up can not be written to.');
    if (this.#failure !== undefined) throw this.#failure;
    try {
      if (this.#upload === undefined) await this.#hold(chunk);
      else await this.#upload.write(chunk);
    } catch (error) {
      this.#failure = error;
      throw error;
    }
  }

  async publish(key: string, sha256?: string): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure;
    if (this.#isGivenUp) throw new Error('What was given up can not be published.');
    const place = this.#area.bucket.keyOf(key);
    if (this.#upload === undefined) await this.#put(place, sha256);
    else await this.#place(this.#upload, place);
    await this.discard();
  }

  async discard(): Promise<void> {
    this.#isGivenUp = true;
    const upload = this.#upload;
    this.#upload = undefined;
    this.#held.take();
    this.#release(this.#heldBytes);
    const discarding = upload?.discard();
    // Of a store that has just failed nobody waits to be told so again.
    if (this.#failure === undefined) await discarding;
  }

  /** Hold what has come, as long as all is little; begin an upload when it is not. */
  async #hold(chunk: Buffer): Promise<void> {
    const { bucket, memory, turnstile } = this.#area;
    this.#held.add(chunk);
    this.#heldBytes += chunk.length;
    memory.hold(chunk.length);
    if (this.#heldBytes < (memory.isShort ? SMALL_WHERE_SHORT_BYTES : SMALL_BYTES)) return memory.room();
    const key = bucket.keyOf(`${INCOMING}/${randomUUID()}`);
    const upload = await S3Upload.begin({ bucket, key, turnstile });
    // Given up meanwhile, nobody else knows of it.
    if (this.#isGivenUp) return upload.discard();
    this.#upload = upload;
    for (const held of this.#held.take()) {
      await upload.write(held);
      if (this.#isGivenUp) return;
      this.#release(held.length);
    }
  }

  #release(bytes: number): void {
    this.#area.memory.release(bytes);
    this.#heldBytes -= bytes;
  }

  async #put(place: string, sha256: string | undefined): Promise<void> {
    const { bucket, memory, buffers } = this.#area;
    const isOften = this.#heldBytes <= OFTEN_BYTES;
    const buffer = isOften ? buffers.take(this.#heldBytes) : Buffer.allocUnsafeSlow(this.#heldBytes);
    const bytes = gathered(this.#held.take(), buffer);
    this.#held.add(bytes);
    await memory.sending(bytes.length, () => putObject(bucket, { key: place, bytes, sha256 }));
    // All of it has been taken. An attempt before, answered too early, may still send the rest of what is for nobody any more.
    if (isOften) buffers.giveBack(buffer);
  }

  async #place(upload: S3Upload, place: string): Promise<void> {
    try {
      await upload.complete();
      await copyObject(this.#area.bucket, { from: upload.key, to: place, sizeBytes: upload.sizeBytes });
    } catch (error) {
      this.#failure = error;
      throw error;
    }
  }
}

/** The pieces, one after the other, at the start of a buffer that has room for them. */
function gathered(pieces: readonly Buffer[], buffer: Buffer): Buffer {
  let filledBytes = 0;
  for (const piece of pieces) filledBytes += piece.copy(buffer, filledBytes);
  return buffer.subarray(0, filledBytes);
}
