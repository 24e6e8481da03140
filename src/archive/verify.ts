/**
 * The scrub: compares every row of the index with its file, every file with its row, and every study with its record.
 * It runs beside a server, in memory that does not grow with the archive, and reads every stored byte once.
 */
import type { Database } from '../database/database.js';
import { ArchiveError } from '../errors.js';
import type { BlobStore, OpenBlob } from './blobs/blob-store.js';
import { digestOf } from './content-digest.js';
import { deletionKey, pagesOfDeletions, textOfDeletion, writeDeletionRecord } from './deletion-records.js';
import { DeletionHistories, isOfDeleted } from './index/known-deletions.js';
import { findInstanceKey, STUDIES_PREFIX } from './instance-key.js';
import type { OpenArchive } from './open-archive.js';
import { pages } from './pages.js';
import { SettledFiles } from './settled-files.js';
import { findStudyOfSubmissionKey, SubmissionRecords, submissionKey } from './submission-records.js';

export type FindingKind =
  /** An indexed instance has no file. */
  | 'missing-file'
  /** The file of an indexed instance is not, byte for byte, what was stored. */
  | 'damaged-file'
  /** A file that no row names: what a crash left before its instance was acknowledged, or what somebody put there. */
  | 'file-without-row'
  /** The file of an instance that a curator has deleted was left, by whoever was sending it meanwhile; it was removed. */
  | 'deleted-file'
  /** A deletion that broke off can not be finished now, or a file of one not be removed: what is named is in the way. */
  | 'unfinished-deletion'
  /** A deletion had no record beside the files, or not as the index has it; now both say what either did, allowed or not. */
  | 'missing-deletion-record'
  /** A study had no record of its site and split that can be read; it was written anew from the index. */
  | 'missing-study-record'
  /** The record of a study tells of another site or split than the index. */
  | 'contradicting-study-record';

export interface Finding {
  readonly kind: FindingKind;
  /** The blob key of the file. */
  readonly key: string;
  /** Of the instance, where the file is that of one. */
  readonly sopInstanceUID: string | undefined;
}

export interface VerifySummary {
  /** Instances whose file was read. */
  readonly instances: number;
  readonly files: number;
  readonly studies: number;
  /** What writers that died had left in `incoming`, older than an hour; it was removed. */
  readonly sweptStaged: number;
  /** Deletions that had broken off before all their files were gone. */
  readonly finishedDeletions: number;
}

const ROWS_OF_PAGE = 500;
/** Files read side by side: one is digested while the disk reads the next. */
const FILES_AT_ONCE = 4;

interface InstanceRow {
  readonly id: number;
  readonly sop_instance_uid: string;
  readonly blob_key: string;
  readonly size_bytes: number;
  readonly sha256: string;
  readonly crc32: number;
  readonly damaged_at: string | null;
}

/**
 * Verify the whole archive. Gives its findings as they are made and returns what was looked at. An instance found damaged
 * is marked in its row, one found right again is not marked any more.
 */
export async function* verifyArchive(opened: OpenArchive): AsyncGenerator<Finding, VerifySummary> {
  const verification = new Verification(opened);
  const sweptStaged = await opened.blobs.sweepStaged(opened.now());
  const { finished: finishedDeletions, unfinished } = await opened.archive.deletions.finish();
  yield* verification.deletions(new Set(unfinished));
  const instances = yield* verification.instances();
  const files = yield* verification.files();
  const studies = yield* verification.studies();
  return { instances, files, studies, sweptStaged, finishedDeletions };
}

class Verification {
  readonly #database: Database;
  readonly #blobs: BlobStore;
  readonly #now: () => Date;
  readonly #settled: SettledFiles;
  readonly #deletions: DeletionHistories;
  readonly #records: SubmissionRecords;

  constructor(opened: OpenArchive) {
    this.#database = opened.database;
    this.#blobs = opened.blobs;
    this.#now = opened.now;
    this.#settled = new SettledFiles(opened);
    this.#deletions = new DeletionHistories(opened.database);
    this.#records = new SubmissionRecords(opened.database, opened.blobs);
  }

  /** Every deletion has its record. @param unfinished the ids of those that could not be given theirs, or not be finished */
  async *deletions(unfinished: ReadonlySet<string>): AsyncGenerator<Finding> {
    for await (const page of pagesOfDeletions(this.#database)) {
      const sizes = await this.#blobs.sizesOf(page.map(deletionKey));
      for (const [i, id] of page.entries()) {
        const kind = unfinished.has(id) ? 'unfinished-deletion' : await this.#kindOfDeletion(id, sizes[i]);
        if (kind !== undefined) yield { kind, key: deletionKey(id), sopInstanceUID: undefined };
      }
    }
  }

  /** Every row has its file, and the file is what was stored. Returns how many rows there are. */
  async *instances(): AsyncGenerator<Finding, number> {
    let count = 0;
    for await (const page of this.#pagesOfInstances()) {
      for (let i = 0; i < page.length; i += FILES_AT_ONCE) {
        const findings = await Promise.all(page.slice(i, i + FILES_AT_ONCE).map((row) => this.#judge(row)));
        yield* findings.filter((finding) => finding !== undefined);
      }
      count += page.length;
    }
    return count;
  }

  /** Every file has its row. Returns how many files there are. */
  async *files(): AsyncGenerator<Finding, number> {
    let count = 0;
    let keys: string[] = [];
    for await (const { key } of this.#blobs.list(STUDIES_PREFIX)) {
      count += 1;
      // Records are looked at study by study; one without a study is told by the files beside it.
      if (findStudyOfSubmissionKey(key) !== undefined) continue;
      keys.push(key);
      if (keys.length < ROWS_OF_PAGE) continue;
      yield* this.#withoutRow(keys);
      keys = [];
    }
    yield* this.#withoutRow(keys);
    return count;
  }

  /** Every study has its record. Returns how many studies there are. */
  async *studies(): AsyncGenerator<Finding, number> {
    let count = 0;
    for await (const page of this.#pagesOfStudies()) {
      for (const { study_instance_uid: uid, name, split, stored_at: storedAt } of page) {
        const finding = (kind: FindingKind): Finding => ({ kind, key: submissionKey(uid), sopInstanceUID: undefined });
        const record = await this.#records.find(uid);
        if (record !== undefined) {
          if (record.site !== name || record.split !== split) yield finding('contradicting-study-record');
        } else if (this.#settled.hasInstant(storedAt)) {
          await this.#records.ensure([{ studyInstanceUID: uid }]);
          yield finding('missing-study-record');
        }
      }
      count += page.length;
    }
    return count;
  }

  async #kindOfDeletion(id: string, recordBytes: number | undefined): Promise<FindingKind | undefined> {
    if (recordBytes === Buffer.byteLength(await textOfDeletion(this.#database, id))) return undefined;
    const isWritten = await isDone(writeDeletionRecord(this.#database, this.#blobs, id));
    return isWritten ? 'missing-deletion-record' : 'unfinished-deletion';
  }

  async #judge(row: InstanceRow): Promise<Finding | undefined> {
    const kind = await this.#kindOf(row);
    const isMarked = row.damaged_at !== null;
    if (isMarked !== (kind !== undefined)) await this.#mark(row, kind !== undefined);
    if (kind === undefined) return undefined;
    // What was deleted while it was read, or was given another file, is no finding.
    if (!(await this.#keysOf([row.sop_instance_uid])).has(row.blob_key)) return undefined;
    return { kind, key: row.blob_key, sopInstanceUID: row.sop_instance_uid };
  }

  async #kindOf(row: InstanceRow): Promise<'missing-file' | 'damaged-file' | undefined> {
    try {
      const blob = await this.#blobs.open(row.blob_key);
      try {
        return (await isAsStored(blob, row)) ? undefined : 'damaged-file';
      } finally {
        await blob.close();
      }
    } catch (error) {
      if (error instanceof ArchiveError && error.code === 'corrupt') return 'missing-file';
      // A disk that can not give the bytes back has damaged them; one that is away altogether ends the scrub.
      if (error instanceof Error && 'syscall' in error) return 'damaged-file';
      throw error;
    }
  }

  async #mark({ id, blob_key: key }: InstanceRow, isDamaged: boolean): Promise<void> {
    await this.#database.write((tx) =>
      tx
        .updateTable('instance')
        .set({ damaged_at: isDamaged ? this.#now().toISOString() : null })
        .where('id', '=', id)
        .where('blob_key', '=', key)
        .execute(),
    );
  }

  async *#withoutRow(keys: readonly string[]): AsyncGenerator<Finding> {
    const names = new Map(keys.map((key) => [key, findInstanceKey(key)]));
    const known = [...names.values()].filter((name) => name !== undefined);
    const indexed = await this.#keysOf(known.map((name) => name.sopInstanceUID));
    // Asked after the rows: what is deleted in between is not told as a file that never had one.
    const deletions = await this.#deletions.read(known);
    for (const [key, name] of names) {
      if (indexed.has(key) || !(await this.#settled.has(key))) continue;
      const isDeleted = name !== undefined && isOfDeleted(name.generation, deletions.of(name));
      const kind = isDeleted ? await this.#removeDeleted(key) : 'file-without-row';
      yield { kind, key, sopInstanceUID: name?.sopInstanceUID };
    }
  }

  async #removeDeleted(key: string): Promise<FindingKind> {
    return (await isDone(this.#blobs.remove(key))) ? 'deleted-file' : 'unfinished-deletion';
  }

  /** The blob keys of the instances that are indexed under these UIDs. */
  async #keysOf(sopInstanceUIDs: readonly string[]): Promise<ReadonlySet<string>> {
    if (sopInstanceUIDs.length === 0) return new Set();
    const rows = await this.#database.read
      .selectFrom('instance')
      .select('blob_key')
      .where('sop_instance_uid', 'in', sopInstanceUIDs)
      .execute();
    return new Set(rows.map((row) => row.blob_key));
  }

  #pagesOfInstances() {
    return pages((lastID) =>
      this.#database.read
        .selectFrom('instance')
        .select(['id', 'sop_instance_uid', 'blob_key', 'size_bytes', 'sha256', 'crc32', 'damaged_at'])
        .where('id', '>', lastID)
        .orderBy('id')
        .limit(ROWS_OF_PAGE)
        .execute(),
    );
  }

  #pagesOfStudies() {
    return pages((lastID) =>
      this.#database.read
        .selectFrom('study')
        .innerJoin('site', 'site.id', 'study.site_id')
        .innerJoin('patient', 'patient.id', 'study.patient_row_id')
        .select(['study.id', 'study.study_instance_uid', 'study.stored_at', 'site.name', 'patient.split'])
        .where('study.id', '>', lastID)
        .orderBy('study.id')
        .limit(ROWS_OF_PAGE)
        .execute(),
    );
  }
}

/** Whether something could be done to a file: one that can not be written or removed is no reason to end the scrub. */
async function isDone(work: Promise<void>): Promise<boolean> {
  try {
    await work;
    return true;
  } catch (error) {
    if (error instanceof ArchiveError || (error instanceof Error && 'syscall' in error)) return false;
    throw error;
  }
}

async function isAsStored(blob: OpenBlob, row: InstanceRow): Promise<boolean> {
  const { sizeBytes, sha256, crc32 } = await digestOf(blob);
  return sizeBytes === row.size_bytes && sha256 === row.sha256 && crc32 === row.crc32;
}
