/** A stored file being read, with every byte checked against what was stored: what fails its check is never given. */
import { crc32 } from 'node:zlib';
import { combineCRC32 } from '../../dicom/crc32.js';
import type { CheckedRange } from '../../dicom/frame-table.js';
import { findTransferSyntax } from '../../dicom/transfer-syntaxes.js';
import { ArchiveError } from '../../errors.js';
import type { OpenBlob } from '../blobs/blob-store.js';
import { onDisk } from '../blobs/disk.js';
import type { BufferPool } from '../buffer-pool.js';
import type { LocatedInstance } from '../index/locate.js';
import { InflatedBlob } from './inflated-blob.js';
import type { RecentReads } from './recent-reads.js';

/** 64 KiB would halve the throughput. */
const READ_BYTES = 1024 * 1024;
/** A checked range up to this long is read once and held. */
const HELD_BYTES = 16 * 1024 * 1024;
/** Checked without a pause: a millisecond. */
const CHECKED_BYTES = 4 * 1024 * 1024;
const WRONG_FILE = 'its bytes are not those stored';
const WRONG_RANGE = 'bytes of a frame or a value are not those stored';

export interface StoredFileSurroundings {
  readonly pool: BufferPool;
  /** What need not be read again; undefined where it is not worth it. */
  readonly recent: RecentReads | undefined;
  /** Tell the index of damage. */
  readonly mark: (finding: string) => void;
  /** Throw what reading a file failed with, as what it means where the file is not there. */
  readonly miss: (error: unknown) => Promise<never>;
}

interface ReadAtOnce extends CheckedRange {
  /** What it means when the bytes are not right. */
  readonly finding: string;
  /** As `readInto` has it. */
  readonly runEnd?: number;
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
    const whole = { offset: 0, lengthBytes: sizeBytes, crc32 };
    return sizeBytes > READ_BYTES
      ? this.#pieces(this.#blob, whole, WRONG_FILE)
      : this.#onePiece({ ...whole, finding: WRONG_FILE, runEnd: sizeBytes });
  }

  async *#onePiece(whole: ReadAtOnce): AsyncGenerator<Buffer> {
    const { pool } = this.#surroundings;
    const buffer = pool.take(whole.lengthBytes);
    try {
      const bytes = buffer.subarray(0, whole.lengthBytes);
      await this.#fill(bytes, this.#blob, whole);
      yield bytes;
    } finally {
      pool.giveBack(buffer);
    }
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
  async readChecked(range: CheckedRange, target: Uint8Array): Promise<void> {
    const { offset, lengthBytes, crc32: expected } = range;
    const bytes = Buffer.from(target.buffer, target.byteOffset, target.length);
    const runEnd = offset + lengthBytes;
    if (lengthBytes <= CHECKED_BYTES)
      return this.#fill(bytes, this.#stream, { ...range, finding: WRONG_RANGE, runEnd });
    let checksum = 0;
    for (let at = 0; at < lengthBytes; at += CHECKED_BYTES) {
      const piece = bytes.subarray(at, Math.min(at + CHECKED_BYTES, lengthBytes));
      const got = await this.#stream.readInto(piece, offset + at, runEnd);
      if (got !== piece.length) throw this.#damaged(WRONG_RANGE);
      checksum = crc32(piece, checksum);
    }
    if (checksum !== expected) throw this.#damaged(WRONG_RANGE);
  }

  async #held(range: CheckedRange): Promise<Buffer> {
    const bytes = this.#room(range.lengthBytes).subarray(0, range.lengthBytes);
    await this.#fill(bytes, this.#stream, { ...range, finding: WRONG_RANGE });
    return bytes;
  }

  /** Fill `target`, as long as the range, with what is right. */
  async #fill(target: Buffer, source: OpenBlob, range: ReadAtOnce): Promise<void> {
    const { recent } = this.#surroundings;
    const { blobKey } = this.instance;
    if (recent?.fill(target, blobKey, range)) return;
    const got = await source.readInto(target, range.offset, range.runEnd);
    if (got !== target.length || crc32(target) !== range.crc32) throw this.#damaged(range.finding);
    recent?.note(target, blobKey, range);
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

  /** More than fits one piece: one is read while the one before is on its way out. */
  async *#pieces(
    source: OpenBlob,
    { offset, lengthBytes, crc32: expected }: CheckedRange,
    finding: string,
  ): AsyncGenerator<Buffer> {
    const { pool } = this.#surroundings;
    const buffers = [pool.take(READ_BYTES), pool.take(READ_BYTES)];
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
