/**
 * What has been made of stored instances, kept on disk for whoever asks for the same again. It is made again when it is not
 * there, so nothing depends on it: a disk that is full, or gives wrong bytes, is as if nothing were kept. The file has no name
 * and is encrypted with a key that is nowhere but in memory, so that nothing of it is left whatever happens.
 */
import { createCipheriv, createDecipheriv, randomBytes, randomUUID } from 'node:crypto';
import { type FileHandle, mkdir, open, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { Log } from '../log.js';
import { Blocks, runsOf } from './result-blocks.js';

export interface ResultCacheOptions {
  /** Where its file is; made when it is missing. */
  readonly folder: string;
  /** As much as is kept; with 0, nothing. */
  readonly mostBytes: number;
  readonly log: Log;
  readonly now: () => number;
}

/** What a result is made of and by. */
export interface ResultKey {
  /** No two results have the same; it says all that the result depends on, the digest of what it is made of included. */
  readonly key: string;
  /** The paths of the instances that it is made of, `STUDY/SERIES/INSTANCE`: with one of them it goes. */
  readonly of: readonly string[];
}

interface Entry {
  readonly of: readonly string[];
  readonly blocks: readonly number[];
  readonly lengthBytes: number;
  readonly nonce: Buffer;
  readonly tag: Buffer;
  readonly madeAt: number;
}

interface Making {
  readonly of: readonly string[];
  readonly result: Promise<Buffer>;
  isDropped: boolean;
}

/** Other processes delete as well, and tell nobody: nothing is kept for longer. */
export const MOST_AGE_MS = 24 * 3_600_000;
/** That are made and not written yet. */
const MOST_WAITING_BYTES = 64 * 1024 * 1024;
/** Of all that is kept. */
const LARGEST_SHARE = 1 / 8;
/** How long nothing is written after the disk took nothing. */
const PAUSE_MS = 60_000;
const CIPHER = 'aes-256-gcm';
const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const FILE_MODE = 0o600;
const FOLDER_MODE = 0o700;

export class ResultCache {
  readonly #options: ResultCacheOptions;
  readonly #handle: FileHandle | undefined;
  readonly #blocks: Blocks;
  readonly #key = randomBytes(KEY_BYTES);
  /** The one used last at the end. */
  readonly #entries = new Map<string, Entry>();
  readonly #making = new Map<string, Making>();
  #waitingBytes = 0;
  #pausedUntil = 0;

  private constructor(options: ResultCacheOptions, handle: FileHandle | undefined) {
    this.#options = options;
    this.#handle = handle;
    this.#blocks = new Blocks(handle === undefined ? 0 : options.mostBytes);
  }

  /** Open a cache, empty; where its file can not be made it keeps nothing. Close it when done. */
  static async open(options: ResultCacheOptions): Promise<ResultCache> {
    if (options.mostBytes === 0) return new ResultCache(options, undefined);
    try {
      return new ResultCache(options, await openNameless(options.folder));
    } catch (err) {
      options.log.warn({ err }, 'results are not kept: the file for them can not be made');
      return new ResultCache(options, undefined);
    }
  }

  /** How many results are kept. */
  get count(): number {
    return this.#entries.size;
  }

  /**
   * Give what is kept under a key, or make it and keep it; who asks meanwhile waits for the same. The bytes are shared: nobody
   * may change them, or send them to another thread. @throws what `make` throws, which is not kept
   */
  async getOrMake({ key, of }: ResultKey, make: () => Promise<Buffer>): Promise<Buffer> {
    const making = this.#making.get(key);
    if (making !== undefined) return making.result;
    const result = this.#find(key).then((kept) => kept ?? make().then((made) => this.#keepLater(key, made)));
    this.#making.set(key, { of, result, isDropped: false });
    // What is waiting to be written stays here until it has been.
    result.catch(() => this.#making.delete(key));
    return result;
  }

  /** Whether something is kept under a key, or being made. */
  has(key: string): boolean {
    return this.#making.has(key) || this.#entries.has(key);
  }

  /** Drop all that is made of instances at or below a path: `STUDY`, `STUDY/SERIES` or `STUDY/SERIES/INSTANCE`. */
  drop(path: string): void {
    const isBelow = (one: string): boolean => one === path || one.startsWith(`${path}/`);
    for (const [key, { of }] of this.#entries) if (of.some(isBelow)) this.#remove(key);
    for (const making of this.#making.values()) if (making.of.some(isBelow)) making.isDropped = true;
  }

  /** Drop what is too old to be given. */
  sweep(): void {
    for (const [key, { madeAt }] of this.#entries) if (this.#isOld(madeAt)) this.#remove(key);
  }

  /** Resolve when all that waited to be written has been. */
  async settled(): Promise<void> {
    while (this.#making.size > 0) {
      await Promise.allSettled([...this.#making.values()].map(({ result }) => result));
      await new Promise(setImmediate);
    }
  }

  /** Let go of it; what it held is gone. */
  async close(): Promise<void> {
    this.#entries.clear();
    await this.#handle?.close();
  }

  async #find(key: string): Promise<Buffer | undefined> {
    const entry = this.#entries.get(key);
    if (entry === undefined || this.#handle === undefined) return undefined;
    if (this.#isOld(entry.madeAt)) {
      this.#remove(key);
      return undefined;
    }
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    try {
      const bytes = await this.#read(this.#handle, entry);
      this.#making.delete(key);
      return bytes;
    } catch {
      // Damaged, or its blocks have been given to another meanwhile: it is made again, and that is all there is to do.
      if (this.#entries.get(key) === entry) this.#remove(key);
      return undefined;
    }
  }

  async #read(handle: FileHandle, { blocks, lengthBytes, nonce, tag }: Entry): Promise<Buffer> {
    const decipher = createDecipheriv(CIPHER, this.#key, nonce).setAuthTag(tag);
    const pieces: Buffer[] = [];
    for (const { offset, from, to } of runsOf(blocks, lengthBytes)) {
      const encrypted = Buffer.allocUnsafe(to - from);
      await handle.read(encrypted, 0, encrypted.length, offset);
      pieces.push(decipher.update(encrypted));
    }
    decipher.final();
    const [only] = pieces;
    return pieces.length === 1 && only !== undefined ? only : Buffer.concat(pieces);
  }

  #keepLater(key: string, made: Buffer): Buffer {
    void this.#keep(key, made).finally(() => this.#making.delete(key));
    return made;
  }

  async #keep(key: string, made: Buffer): Promise<void> {
    const { mostBytes, log, now } = this.#options;
    const isWorthIt = made.length > 0 && made.length <= mostBytes * LARGEST_SHARE;
    if (this.#handle === undefined || !isWorthIt || now() < this.#pausedUntil) return;
    if (this.#waitingBytes + made.length > MOST_WAITING_BYTES) return;
    const blocks = this.#take(made.length);
    if (blocks === undefined) return;
    this.#waitingBytes += made.length;
    try {
      const written = await this.#write(this.#handle, blocks, made);
      const making = this.#making.get(key);
      if (making === undefined || making.isDropped) this.#blocks.giveBack(blocks);
      else this.#entries.set(key, { of: making.of, blocks, lengthBytes: made.length, madeAt: now(), ...written });
    } catch (err) {
      this.#blocks.giveBack(blocks);
      this.#pausedUntil = now() + PAUSE_MS;
      log.warn({ err }, 'a result could not be kept');
    } finally {
      this.#waitingBytes -= made.length;
    }
  }

  async #write(
    handle: FileHandle,
    blocks: readonly number[],
    made: Buffer,
  ): Promise<{ readonly nonce: Buffer; readonly tag: Buffer }> {
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv(CIPHER, this.#key, nonce);
    for (const { offset, from, to } of runsOf(blocks, made.length)) {
      const encrypted = cipher.update(made.subarray(from, to));
      const { bytesWritten } = await handle.write(encrypted, 0, encrypted.length, offset);
      if (bytesWritten < encrypted.length) throw new Error('The disk took less than it was given.');
    }
    cipher.final();
    return { nonce, tag: cipher.getAuthTag() };
  }

  /** Room for so many bytes, that of the results used longest ago when there is no other. */
  #take(lengthBytes: number): readonly number[] | undefined {
    const count = this.#blocks.countFor(lengthBytes);
    for (const oldest of this.#entries.keys()) {
      if (this.#blocks.free >= count) break;
      this.#remove(oldest);
    }
    return this.#blocks.take(count);
  }

  #remove(key: string): void {
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    this.#entries.delete(key);
    this.#blocks.giveBack(entry.blocks);
  }

  #isOld(madeAt: number): boolean {
    return this.#options.now() - madeAt > MOST_AGE_MS;
  }
}

async function openNameless(folder: string): Promise<FileHandle> {
  await mkdir(folder, { recursive: true, mode: FOLDER_MODE });
  const path = join(folder, randomUUID());
  const handle = await open(path, 'wx+', FILE_MODE);
  try {
    await unlink(path);
    return handle;
  } catch (error) {
    await handle.close();
    throw error;
  }
}
