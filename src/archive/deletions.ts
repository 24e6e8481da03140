/**
 * Deletes by the word of a curator. First the rows go, in one transaction; then the record of the deletion is written beside
 * the files; then it is acknowledged, and the files go. What breaks off in between is finished later, by whoever comes first:
 * the server when it starts and every hour, `verify`, or `reindex`.
 */
import { randomUUID } from 'node:crypto';
import type { Database } from '../database/database.js';
import { ArchiveError } from '../errors.js';
import type { Log } from '../log.js';
import type { BlobStore } from './blobs/blob-store.js';
import { writeDeletionRecord } from './deletion-records.js';
import { type DeletedLevel, deleteResource } from './index/delete-resource.js';
import {
  allowAgain,
  deletedKeys,
  findRefusedWith,
  markFinished,
  unfinishedDeletions,
} from './index/deleted-resources.js';
import type { ResourcePath } from './index/locate.js';

const FILES_AT_ONCE = 16;

export interface DeletionOptions {
  readonly database: Database;
  readonly blobs: BlobStore;
  readonly log: Log;
  readonly now: () => Date;
}

/** What became of deletions that had broken off. */
export interface FinishedDeletions {
  /** How many are finished now. */
  readonly finished: number;
  /** The ids of those that can not be finished now; the log says why. */
  readonly unfinished: readonly string[];
}

export class Deletions {
  readonly #options: DeletionOptions;

  constructor(options: DeletionOptions) {
    this.#options = options;
  }

  /**
   * Delete what is at a path; how many instances that were, undefined when nothing is there. When it resolves nobody can see
   * it any more and it does not come back, whatever fails: only its files may be there still, for a while.
   * @param by whose word it was: the id of a token, for the log
   * @throws ArchiveError `unavailable` or `storage-full` when its record can not be written now, which is done later then
   */
  async delete(path: ResourcePath, by: string): Promise<number | undefined> {
    const { database, log, now } = this.#options;
    const deletion = await deleteResource(database, path, { id: randomUUID(), deletedAt: now().toISOString() });
    if (deletion === undefined) return undefined;
    const { id: deletionID, level, instances } = deletion;
    log.info({ deletionID, level, ...path, instances, by }, 'a curator has deleted instances');
    await this.#writeRecord(deletionID);
    await this.#removeFilesIfPossible(deletionID);
    return instances;
  }

  /**
   * Write the records and remove the files of deletions that have broken off. One that can not be finished keeps none of the
   * others from it.
   */
  async finish(): Promise<FinishedDeletions> {
    const { database, log } = this.#options;
    const brokenOff = await unfinishedDeletions(database);
    const unfinished: string[] = [];
    for (const deletionID of brokenOff) {
      try {
        await this.#writeRecord(deletionID);
        await this.#removeFiles(deletionID);
      } catch (err) {
        log.warn({ deletionID, err }, 'a deletion could not be finished now');
        unfinished.push(deletionID);
      }
    }
    return { finished: brokenOff.length - unfinished.length, unfinished };
  }

  /**
   * Let what a curator has deleted be stored again. It does not come back by that: it has to be sent.
   * @throws ArchiveError `not-found` when nothing is refused under the UID, `conflict` when it was deleted with something larger
   */
  async allow(target: { readonly level: DeletedLevel; readonly uid: string }): Promise<void> {
    const { database, now, log } = this.#options;
    const allowed = await allowAgain(database, target, now().toISOString());
    if (allowed.length === 0) throw await this.#notRefused(target);
    log.info({ ...target, deletionIDs: allowed.map(({ id }) => id) }, 'what was deleted may be stored again');
    for (const { id } of allowed) await this.#writeRecord(id);
    for (const { id, wasFinished } of allowed) {
      if (wasFinished) await markFinished(database, id, now().toISOString());
      else await this.#removeFilesIfPossible(id);
    }
  }

  async #notRefused(target: { readonly level: DeletedLevel; readonly uid: string }): Promise<ArchiveError> {
    const larger = await findRefusedWith(this.#options.database, target);
    if (larger === undefined) {
      return new ArchiveError('not-found', `No ${target.level} that was deleted is refused under this UID.`);
    }
    return new ArchiveError(
      'conflict',
      `It was deleted with its ${larger.level} ${larger.uid}: that is what to allow.`,
    );
  }

  async #writeRecord(deletionID: string): Promise<void> {
    const { database, blobs } = this.#options;
    await writeDeletionRecord(database, blobs, deletionID);
  }

  async #removeFilesIfPossible(deletionID: string): Promise<void> {
    await this.#removeFiles(deletionID).catch((err: unknown) =>
      this.#options.log.warn({ deletionID, err }, 'files of a deletion could not be removed now'),
    );
  }

  /** No row names these files, and none ever will: whoever stores the instance again gives its file another name. */
  async #removeFiles(deletionID: string): Promise<void> {
    const { database, blobs, now } = this.#options;
    const keys = (await deletedKeys(database, deletionID)).values();
    const removeAll = async (): Promise<void> => {
      for (const key of keys) await blobs.remove(key);
    };
    const ends = await Promise.allSettled(Array.from({ length: FILES_AT_ONCE }, removeAll));
    for (const end of ends) if (end.status === 'rejected') throw end.reason;
    await markFinished(database, deletionID, now().toISOString());
  }
}
