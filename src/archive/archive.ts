/** An archive: its blobs and its index, put together. Whoever wants to read or store asks for it `as` somebody. */
import type { Database } from '../database/database.js';
import type { Log } from '../log.js';
import type { BlobStore } from './blobs/blob-store.js';
import { Changes } from './changes.js';
import { Commitments } from './commitments.js';
import { Deletions } from './deletions.js';
import { IndexWriter } from './index/index-writer.js';
import { ImageHeaders } from './read/image-headers.js';
import { MetadataReader } from './read/metadata.js';
import { StoredFiles } from './read/stored-files.js';
import type { Scope } from './scope.js';
import { ScopedArchive, type ScopedArchiveParts } from './scoped-archive.js';
import { InstanceStore } from './store-instances.js';
import { StoringSites } from './storing-site.js';
import { SubmissionRecords } from './submission-records.js';
import { Turnstile } from './turnstile.js';

export interface ArchiveOptions {
  readonly database: Database;
  readonly blobs: BlobStore;
  readonly log: Log;
  readonly now: () => Date;
  /** Where values wait that are sent apart from their data set. */
  readonly spoolFolder: string;
  /** The largest instance that is stored, in bytes. */
  readonly maxInstanceBytes?: number;
}

/** Of one instance, as it is sent: 16 GiB. */
export const MAX_INSTANCE_BYTES = 16 * 1024 ** 3;

/** Each may hold some 70 MB: metadata of the largest instance that is taken, as it is read and as it is written. */
const SPOOLS_READ_AT_ONCE = 3;

export class Archive {
  /** Deletes by the word of curators, and finishes what of that broke off. */
  readonly deletions: Deletions;
  /** Commits to what hospitals have sent. */
  readonly commitments: Commitments;
  readonly changes = new Changes();
  readonly #parts: ScopedArchiveParts;

  constructor({ database, blobs, log, now, spoolFolder, maxInstanceBytes = MAX_INSTANCE_BYTES }: ArchiveOptions) {
    this.deletions = new Deletions({ database, blobs, log, now });
    this.commitments = new Commitments({ database, blobs, log, now });
    const files = new StoredFiles({ blobs, database, log, now });
    this.#parts = {
      database,
      files,
      metadata: new MetadataReader(database),
      headers: new ImageHeaders(database, files),
      changes: this.changes,
      deletions: this.deletions,
      commitments: this.commitments,
      store: new InstanceStore({
        blobs,
        database,
        writer: new IndexWriter(database, now),
        submissions: new SubmissionRecords(database, blobs),
        maxInstanceBytes,
        log,
        now,
      }),
      sites: new StoringSites(database, now),
      spoolFolder,
      spoolReaders: new Turnstile(SPOOLS_READ_AT_ONCE),
      now,
    };
  }

  /** The archive as a Scope shows it. */
  as(scope: Scope): ScopedArchive {
    return new ScopedArchive(this.#parts, scope);
  }
}
