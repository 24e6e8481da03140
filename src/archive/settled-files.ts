/**
 * Files that a running process may be about to index: published, and without a row for the moment. Whoever compares
 * files with rows leaves them alone.
 */
import type { BlobStore } from './blobs/blob-store.js';
import type { OpenArchive } from './open-archive.js';

/** A file without a row that is older than this is nobody's business any more. */
const SETTLING_MS = 60_000;

export class SettledFiles {
  readonly #blobs: BlobStore;
  readonly #before: number;

  /** What is settled as of now: beside a server what has been there for a minute, else whatever is there already. */
  constructor({ blobs, mayBeServed, now }: Pick<OpenArchive, 'blobs' | 'mayBeServed' | 'now'>) {
    this.#blobs = blobs;
    this.#before = now().getTime() - (mayBeServed() ? SETTLING_MS : 0);
  }

  /** Whether the file is there, and no running process is about to index it. */
  async has(key: string): Promise<boolean> {
    const writtenAt = await this.#blobs.writtenAt(key);
    return writtenAt !== undefined && writtenAt.getTime() <= this.#before;
  }

  /** Whether rows that were stored at this instant, ISO 8601, are too old to be still waiting for anything. */
  hasInstant(storedAt: string): boolean {
    return Date.parse(storedAt) <= this.#before;
  }
}
