/**
 * A stored file being read, with every byte checked against what was stored. A file that fails its check is marked in
 * the index and answered with an error, never with its bytes.
 */
import { crc32 } from 'node:zlib';
import type { Database } from '../../database/database.js';
import { combineCRC32 } from '../../dicom/crc32.js';
import type { CheckedRange } from '../../dicom/frame-table.js';
import { findTransferSyntax } from '../../dicom/transfer-syntaxes.js';
import { ArchiveError, goneMeanwhile } from '../../errors.js';
import type { Log } from '../../log.js';
import type { BlobStore, OpenBlob } from '../blobs/blob-store.js';
import { onDisk } from '../blobs/disk.js';
import type { LocatedInstance } from '../index/locate.js';
import { BufferPool } from './buffer-pool.js';
import { InflatedBlob } from './inflated-blob.js';

/** 64 KiB would halve the throughput. */
const READ_BYTES = 1024 * 1024;
/** A checked range up to this long is read once and held. */
const HELD_BYTES = 16 * 1024 * 1024;
/** Checked without a pause: a millisecond. */
const CHECKED_BYTES = 4 * 1024 * 1024;
const WRONG_FILE = 'its bytes are not those stored';
const WRONG_RANGE = 'bytes of a frame or a value are not those stored';

export interface StoredFilesOptions {
  readonly blobs: BlobStore;
  readonly database: Database;
  readonly log: Log;
  readonly now: () => Date;
}

export class StoredFiles {
  readonly #options: StoredFilesOptions;
  readonly #pool = new BufferPool();

  constructor(options: StoredFilesOptions) {
    this.#options = options;
  }

  /** How many files it pays to begin to read before the one at hand is read. */
  get filesAhead(): number {
    return this.#options.blobs.filesAhead;
  }

  /**
   * Open the file of an instance. Close it when done. @throws ArchiveError `corrupt` when it is lost, `unavailable` when it
   * was deleted, or its file replaced, since it was located
   */
  async open(instance: LocatedInstance): Promise<StoredFile> {
    const mark = (finding: string) => this.#mark(instance, finding);
    const miss = (error: unknown) => this.#miss(instance, error);
    const blob = await this.#options.blobs.open(instance.blobKey).catch(miss);
    return new StoredFile(blob, instance, { pool: this.#pool, mark, miss });
  }

  /** Make sure that every file is there in its size, before an answer of many begins. @throws ArchiveError as `open` */
  async expectAll(instances: readonly LocatedInstance[]): Promise<void> {
    const sizes = await this.#options.blobs.sizesOf(instances.map(({ blobKey }) => blobKey));
    for (const [i, instance] of instances.entries()) {
      if (sizes[i] === instance.sizeBytes) continue;
      if (!(await this.#isIndexed(instance))) throw goneMeanwhile();
      this.#mark(instance, sizes[i] === undefined ? 'its file is lost' : 'its file has another size');
      throw new ArchiveError('corrupt', 'A stored instance is damaged; the archive does not hand it out.');
    }
  }

  /** Tell why a file is not there: it is lost, and the index is told so, or it was deleted or replaced and the index knows. */
  async #miss(instance: LocatedInstance, error: unknown): Promise<never> {
    if (!(error instanceof ArchiveError && error.code === 'corrupt')) throw error;
    if (!(await this.#isIndexed(instance))) throw goneMeanwhile();
    this.#mark(instance, 'its file is lost');
    throw error;
  }

  async #isIndexed({ rowID, blobKey }: LocatedInstance): Promise<boolean> {
    const row = await this.#options.database.read
      .selectFrom('instance')
      .select('id')
      .where('id', '=', rowID)
      .where('blob_key', '=', blobKey)
      .executeTakeFirst();
    return row !== undefined;
  }

  #mark(instance: LocatedInstance, finding: string): void {
    const { log, database, now } = this.#options;
    log.error({ sopInstanceUID: instance.sopInstanceUID, finding }, 'a stored instance is damaged');
    database
      .write((tx) =>
        tx
          .updateTable('instance')
          .set({ damaged_at: now().toISOString() })
          .where('id', '=', instance.rowID)
          .where('blob_key', '=', instance.blobKey)
          .where('damaged_at', 'is', null)
          .execute(),
      )
      .catch((err: unknown) => log.error({ err }, 'a damaged instance could not be marked'));
  }
}

export interface StoredFileSurroundings {
  readonly pool: BufferPool;
  /** Tell the index of damage. */
  readonly mark: (finding: string) => void;
  /** Throw what reading a file failed with, as what it means where the file is not there. */
  readonly miss: (error: unknown) => Promise<never>;
}

/** What it gives out is in buffers that are used again: a piece or a range holds until the next one is asked for. */
export class StoredFile {
  readonly instance: LocatedInstance;
  readonly #blob: OpenBlob;
  readonly #stream: OpenBlob;
  readonly #surroundings: StoredFileSurroundings;
  /** Holds the last range that was read at once. */
  #holding: Buffer | undefined;

  constructor(blob: OpenBlob, instance: LocatedInstance, surroundings: StoredFileSurroundings) {
    this.#blob = {
      readInto: (target, offset, runEnd) =>
        onDisk(() => blob.readInto(target, offset, runEnd).catch(surroundings.miss)),
      close: () => blob.close(),
    };
    this.#stream = findTransferSyntax(instance.transferSyntaxUID)?.deflated ? new InflatedBlob(this.#blob) : this.#blob;
    this.instance = instance;
    this.#surroundings = surroundings;
  }

  /**
   * The whole file, in order. The last piece is held back until the CRC-32 of all has been found right, so that whoever
   * gets a wrong file never gets its end. @throws ArchiveError `corrupt` instead of that last piece
   */
  bytes(): AsyncGenerator<Buffer> {
    const { sizeBytes, crc32 } = this.instance;
    return this.#pieces(this.#blob, { offset: 0, lengthBytes: sizeBytes, crc32 }, WRONG_FILE);
  }

  /**
   * The bytes before the first of these runs, whose CRC-32 are known: what lies between and after them is read as well, so
   * that the CRC-32 of the whole file tells whether all of it is right, and the runs themselves need not be read. They are
   * in order and do not overlap; of a deflated file there are none. @throws ArchiveError `corrupt`
   */
  async bytesBefore(runs: readonly CheckedRange[]): Promise<Buffer> {
    const { sizeBytes, crc32: expected } = this.instance;
    let start: Buffer | undefined;
    let checksum = 0;
    let at = 0;
    for (const { offset, lengthBytes, crc32: ofRun } of [...runs, { offset: sizeBytes, lengthBytes: 0, crc32: 0 }]) {
      if (offset < at || offset > sizeBytes) throw this.#damaged(WRONG_FILE);
      const between = Buffer.allocUnsafeSlow(offset - at);
      const got = between.length === 0 ? 0 : await this.#blob.readInto(between, at);
      if (got !== between.length) throw this.#damaged(WRONG_FILE);
      checksum = combineCRC32(crc32(between, checksum), ofRun, lengthBytes);
      start ??= between;
      at = offset + lengthBytes;
    }
    if (start === undefined || checksum !== expected) throw this.#damaged(WRONG_FILE);
    return start;
  }

  /** Read the whole file for nothing but its check. @throws ArchiveError `corrupt` */
  async expectWhole(): Promise<void> {
    for await (const _piece of this.bytes());
  }

  /**
   * A run of bytes whose CRC-32 is known, right before the first of them is given: a long one is read once to check it
   * and once more to hand it out, checked again. Positions are those of the Part 10 stream, inflated when the file is
   * deflated. @throws ArchiveError `corrupt`
   */
  async *checkedBytes(range: CheckedRange): AsyncGenerator<Buffer> {
    if (range.lengthBytes <= HELD_BYTES) {
      yield await this.#held(range);
      return;
    }
    for await (const _piece of this.#pieces(this.#stream, range, WRONG_RANGE));
    yield* this.#pieces(this.#stream, range, WRONG_RANGE);
  }

  /**
   * Fill `target`, which is as long as the range, and has to be forgotten when this throws: it is checked when it is full.
   * @throws ArchiveError `corrupt`
   */
  async readChecked({ offset, lengthBytes, crc32: expected }: CheckedRange, target: Uint8Array): Promise<void> {
    const bytes = Buffer.from(target.buffer, target.byteOffset, target.length);
    let checksum = 0;
    for (let at = 0; at < lengthBytes; at += CHECKED_BYTES) {
      const piece = bytes.subarray(at, Math.min(at + CHECKED_BYTES, lengthBytes));
      const got = await this.#stream.readInto(piece, offset + at, offset + lengthBytes);
      if (got !== piece.length) throw this.#damaged(WRONG_RANGE);
      checksum = crc32(piece, checksum);
    }
    if (checksum !== expected) throw this.#damaged(WRONG_RANGE);
  }

  async #held({ offset, lengthBytes, crc32: expected }: CheckedRange): Promise<Buffer> {
    const bytes = this.#room(lengthBytes).subarray(0, lengthBytes);
    const got = await this.#stream.readInto(bytes, offset);
    if (got !== lengthBytes || crc32(bytes) !== expected) throw this.#damaged(WRONG_RANGE);
    return bytes;
  }

  #room(lengthBytes: number): Buffer {
    if (this.#holding !== undefined && this.#holding.length >= lengthBytes) return this.#holding;
    this.#giveBackHolding();
    this.#holding = this.#surroundings.pool.take(lengthBytes);
    return this.#holding;
  }

  #giveBackHolding(): void {
    if (this.#holding !== undefined) this.#surroundings.pool.giveBack(this.#holding);
    this.#holding = undefined;
  }

  /** One piece is read while the one before is on its way out. */
  async *#pieces(
    source: OpenBlob,
    { offset, lengthBytes, crc32: expected }: CheckedRange,
    finding: string,
  ): AsyncGenerator<Buffer> {
    const { pool } = this.#surroundings;
    const buffers = [0, 1].flatMap((piece) => {
      const left = lengthBytes - piece * READ_BYTES;
      return left > 0 ? [pool.take(Math.min(READ_BYTES, left))] : [];
    });
    const read = async (piece: number): Promise<Buffer> => {
      const at = piece * READ_BYTES;
      const target = buffers[piece % 2]?.subarray(0, Math.min(READ_BYTES, lengthBytes - at)) ?? Buffer.alloc(0);
      const got = await source.readInto(target, offset + at, offset + lengthBytes);
      return got === target.length ? target : Promise.reject(this.#damaged(finding));
    };
    const last = Math.ceil(lengthBytes / READ_BYTES) - 1;
    let checksum = 0;
    let next = read(0);
    try {
      for (let piece = 0; piece <= last; piece++) {
        const bytes = await next;
        checksum = crc32(bytes, checksum);
        if (piece === last && checksum !== expected) throw this.#damaged(finding);
        if (piece < last) next = read(piece + 1);
        next.catch(ignoreUntilAwaited);
        yield bytes;
      }
    } finally {
      // Whoever stops early must not leave a read behind that fills a buffer in other hands.
      await next.catch(ignoreUntilAwaited);
      for (const buffer of buffers) pool.giveBack(buffer);
    }
  }

  /** Close the file. Nothing that it gave out may be read any more. */
  async close(): Promise<void> {
    await this.#stream.close();
    this.#giveBackHolding();
  }

  #damaged(finding: string): ArchiveError {
    this.#surroundings.mark(finding);
    return new ArchiveError('corrupt', 'The stored instance is damaged; the archive does not hand it out.');
  }
}

const ignoreUntilAwaited = (): void => undefined;
