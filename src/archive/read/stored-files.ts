/**
 * The stored files of an archive. One that is lost or fails its check is marked in the index and answered with an error, never
 * with its bytes.
 */
import type { Database } from '../../database/database.js';
import { ArchiveError, goneMeanwhile } from '../../errors.js';
import type { Log } from '../../log.js';
import type { BlobStore } from '../blobs/blob-store.js';
import { BufferPool } from '../buffer-pool.js';
import type { LocatedInstance } from '../index/locate.js';
import { RecentReads } from './recent-reads.js';
import { StoredFile } from './stored-file.js';

export interface StoredFilesOptions {
  readonly blobs: BlobStore;
  readonly database: Database;
  readonly log: Log;
  readonly now: () => Date;
}

export class StoredFiles {
  readonly #options: StoredFilesOptions;
  readonly #pool = new BufferPool();
  readonly #recent: RecentReads | undefined;

  constructor(options: StoredFilesOptions) {
    this.#options = options;
    this.#recent = options.blobs.isRemote ? new RecentReads() : undefined;
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
    return new StoredFile(blob, instance, { pool: this.#pool, recent: this.#recent, mark, miss });
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
