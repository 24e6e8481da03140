/**
 * A stored file being read, with every byte checked against what was stored. A file that fails its check is marked in
 * the index and answered with an error, never with its bytes.
 */
import { crc32 } from 'node:zlib';
import type { Database } from '../../database/database.js';
import type { CheckedRange } from '../../dicom/frame-table.js';
import { findTransferSyntax } from '../../dicom/transfer-syntaxes.js';
import { ArchiveError } from '../../errors.js';
import type { Log } from '../../log.js';
import type { BlobStore, OpenBlob } from '../blobs/blob-store.js';
import type { LocatedInstance } from '../index/locate.js';
import { InflatedBlob } from './inflated-blob.js';

/** 64 KiB would halve the throughput. */
const READ_BYTES = 512 * 1024;
/** A checked range up to this long is read once and held. */
const HELD_BYTES = 16 * 1024 * 1024;
const WRONG_RANGE = 'bytes of a frame or a value are not those stored';

export interface StoredFilesOptions {
  readonly blobs: BlobStore;
  readonly database: Database;
  readonly log: Log;
  readonly now: () => Date;
}

export class StoredFiles {
  readonly #options: StoredFilesOptions;

  constructor(options: StoredFilesOptions) {
    this.#options = options;
  }

  /** Open the file of an instance. Close it when done. @throws ArchiveError `corrupt` when it is lost or cut */
  async open(instance: LocatedInstance): Promise<StoredFile> {
    const blob = await this.#options.blobs.open(instance.blobKey).catch((error: unknown) => {
      if (error instanceof ArchiveError && error.code === 'corrupt') this.#mark(instance, 'its file is lost');
      throw error;
    });
    const file = new StoredFile(blob, instance, (finding) => this.#mark(instance, finding));
    if (blob.sizeBytes === instance.sizeBytes) return file;
    await file.close();
    throw file.damaged('its file has another size');
  }

  /** Make sure that every file is there in its size, before an answer of many begins. @throws ArchiveError `corrupt` */
  async expectAll(instances: readonly LocatedInstance[]): Promise<void> {
    const sizes = await Promise.all(instances.map(({ blobKey }) => this.#options.blobs.sizeOf(blobKey)));
    for (const [i, instance] of instances.entries()) {
      if (sizes[i] === instance.sizeBytes) continue;
      this.#mark(instance, sizes[i] === undefined ? 'its file is lost' : 'its file has another size');
      throw new ArchiveError('corrupt', 'A stored instance is damaged; the archive does not hand it out.');
    }
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
          .where('damaged_at', 'is', null)
          .execute(),
      )
      .catch((err: unknown) => log.error({ err }, 'a damaged instance could not be marked'));
  }
}

export class StoredFile {
  readonly instance: LocatedInstance;
  readonly #blob: OpenBlob;
  readonly #stream: Pick<OpenBlob, 'read'>;
  readonly #mark: (finding: string) => void;

  constructor(blob: OpenBlob, instance: LocatedInstance, mark: (finding: string) => void) {
    this.#blob = blob;
    this.#stream = findTransferSyntax(instance.transferSyntaxUID)?.deflated ? new InflatedBlob(blob) : blob;
    this.instance = instance;
    this.#mark = mark;
  }

  /**
   * The whole file, in order. The last piece is held back until the CRC-32 of all has been found right, so that whoever
   * gets a wrong file never gets its end. @throws ArchiveError `corrupt` instead of that last piece
   */
  async *bytes(): AsyncGenerator<Buffer> {
    const { sizeBytes, crc32: expected } = this.instance;
    let checksum = 0;
    for (let offset = 0; offset < sizeBytes; offset += READ_BYTES) {
      const piece = await this.#blob.read(offset, READ_BYTES);
      checksum = crc32(piece, checksum);
      const isLast = offset + READ_BYTES >= sizeBytes;
      if (isLast && checksum !== expected) throw this.damaged('its bytes are not those stored');
      yield piece;
    }
  }

  /**
   * A run of bytes whose CRC-32 is known; positions are those of the Part 10 stream, inflated when the file is deflated.
   * @throws ArchiveError `corrupt`
   */
  async checkedRange(range: CheckedRange): Promise<Buffer> {
    const bytes = await this.#stream.read(range.offset, range.lengthBytes);
    if (bytes.length !== range.lengthBytes || crc32(bytes) !== range.crc32) {
      throw this.damaged(WRONG_RANGE);
    }
    return bytes;
  }

  /**
   * The bytes of a checked range, right before the first of them is given: a long range is read once to check it and
   * once more to hand it out, checked again. @throws ArchiveError `corrupt`
   */
  async *checkedBytes(range: CheckedRange): AsyncGenerator<Buffer> {
    if (range.lengthBytes <= HELD_BYTES) {
      yield await this.checkedRange(range);
      return;
    }
    for await (const piece of this.#pieces(range)) if (piece.length === 0) break;
    yield* this.#pieces(range);
  }

  async *#pieces({ offset, lengthBytes, crc32: expected }: CheckedRange): AsyncGenerator<Buffer> {
    let checksum = 0;
    for (let at = 0; at < lengthBytes; at += READ_BYTES) {
      const piece = await this.#stream.read(offset + at, Math.min(READ_BYTES, lengthBytes - at));
      checksum = crc32(piece, checksum);
      if (at + READ_BYTES >= lengthBytes && checksum !== expected) throw this.damaged(WRONG_RANGE);
      yield piece;
    }
  }

  /** Tell of damage, and make the error to throw for it. */
  damaged(finding: string): ArchiveError {
    this.#mark(finding);
    return new ArchiveError('corrupt', 'The stored instance is damaged; the archive does not hand it out.');
  }

  close(): Promise<void> {
    return this.#blob.close();
  }
}
