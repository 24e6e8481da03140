/**
 * Rebuilds the index of the images from the folder alone: every file is read again as if it were stored, its site and
 * split taken from the record beside it, never decided anew. Sites, licences and tokens stay as they are.
 *
 * First deletions are taken in that the index does not know, from their records, so that nothing comes back by it. Then rows
 * are removed whose files are gone, then every file is written over its row or into a new one, a few in each transaction. So
 * it can run beside a server, and when it breaks off the index holds what it held or knows better; run it again. A server
 * shows metadata it has in memory until it is started anew.
 */
import type { Database } from '../database/database.js';
import { InvalidInstance } from '../dicom/failure-reasons.js';
import { ArchiveError } from '../errors.js';
import { admit } from './admission.js';
import type { BlobStore, OpenBlob } from './blobs/blob-store.js';
import { bytesOf, digestOf } from './content-digest.js';
import { deletionKey, deletionRecords } from './deletion-records.js';
import { sentPatientID } from './index/describe-instance.js';
import { type RebuildOutcome, type RebuiltRecord, StudyRebuild } from './index/rebuild-study.js';
import { removeInstances } from './index/remove-instances.js';
import { restoreDeletion } from './index/restore-deletion.js';
import { InstanceDescriber } from './instance-describer.js';
import { findInstanceKey, type InstanceKey, STUDIES_PREFIX } from './instance-key.js';
import type { OpenArchive } from './open-archive.js';
import { pages } from './pages.js';
import { SettledFiles } from './settled-files.js';
import type { SentIdentity } from './store-outcome.js';
import { type SubmissionRecord, SubmissionRecords, submissionKey } from './submission-records.js';

/** A file, or the files of a study, that could not be taken into the index, or a deletion that could not be finished. */
export interface UntakenFile {
  /** Its blob key; that of the study's record when none of the study's files could be taken, or of the deletion's. */
  readonly key: string;
  /** A sentence without any value from a data set. */
  readonly reason: string;
}

export interface ReindexSummary {
  readonly studies: number;
  readonly instances: number;
  /** Rows that went because their file was gone. */
  readonly removedRows: number;
}

interface NamedFile {
  readonly key: string;
  readonly name: InstanceKey;
}

interface StudyFiles {
  readonly studyInstanceUID: string;
  readonly keys: readonly string[];
}

const ROWS_OF_PAGE = 500;
const FILES_OF_TRANSACTION = 64;
/** Files read side by side: one is parsed while the disk reads the next. */
const FILES_AT_ONCE = 4;
/** How new patients are divided of a site that is known by its files only: as of any site nobody has decided about. */
const SPLIT_POLICY_OF_UNKNOWN_SITE = '50';

const COMPLAINTS: Readonly<Record<Exclude<RebuildOutcome, 'indexed'>, string>> = {
  deleted: 'A curator has deleted its instance: `nccid verify` removes the file.',
  refused:
    'A curator has deleted its instance, and it was stored again after that, but nothing tells any more that this was allowed: `nccid allow` it and reindex again.',
  duplicate: 'Another file is indexed under the same SOP Instance UID.',
  misfit: 'Its patient, series, Modality or split is another than the index knows for its UIDs.',
};

const UNFINISHED =
  'Files of this deletion, or its record, can not be dealt with now; nothing of it comes back by that.';

/** Rebuild the index. Gives what could not be taken as it comes to it, and returns what the index holds of the folder. */
export async function* reindexArchive(opened: OpenArchive): AsyncGenerator<UntakenFile, ReindexSummary> {
  const reindexing = new Reindexing(opened);
  yield* reindexing.takeDeletions();
  const { unfinished } = await opened.archive.deletions.finish();
  for (const id of unfinished) yield { key: deletionKey(id), reason: UNFINISHED };
  const removedRows = await reindexing.removeRowsWithoutFile();
  let studies = 0;
  let instances = 0;
  for await (const study of studiesOf(opened.blobs)) {
    const taken = yield* reindexing.takeStudy(study);
    instances += taken;
    if (taken > 0) studies += 1;
  }
  return { studies, instances, removedRows };
}

/** The files below `studies`, study by study: those of one folder are listed one after the other. */
async function* studiesOf(blobs: BlobStore): AsyncGenerator<StudyFiles> {
  let studyInstanceUID = '';
  let keys: string[] = [];
  for await (const { key } of blobs.list(STUDIES_PREFIX)) {
    const uid = key.split('/')[1] ?? '';
    if (uid !== studyInstanceUID) {
      if (keys.length > 0) yield { studyInstanceUID, keys };
      studyInstanceUID = uid;
      keys = [];
    }
    if (key !== submissionKey(uid)) keys.push(key);
  }
  if (keys.length > 0) yield { studyInstanceUID, keys };
}

class Reindexing {
  readonly #database: Database;
  readonly #blobs: BlobStore;
  readonly #records: SubmissionRecords;
  readonly #settled: SettledFiles;
  readonly #startedAt: string;
  readonly #siteIDs = new Map<string, number>();

  constructor(opened: OpenArchive) {
    this.#database = opened.database;
    this.#blobs = opened.blobs;
    this.#records = new SubmissionRecords(opened.database, opened.blobs);
    this.#settled = new SettledFiles(opened);
    this.#startedAt = opened.now().toISOString();
  }

  /** Take in the deletions that have a record and that the index does not know, and what it does not know to be allowed. */
  async *takeDeletions(): AsyncGenerator<UntakenFile> {
    for await (const { key, record } of deletionRecords(this.#blobs)) {
      if (record === undefined) yield { key, reason: 'It is no record of a deletion that can be read.' };
      else await restoreDeletion(this.#database, record, await this.#siteID(record.site));
    }
  }

  /** Returns how many rows went. @throws ArchiveError `conflict` when every one would: then the files are elsewhere */
  async removeRowsWithoutFile(): Promise<number> {
    let removed = 0;
    for await (const page of this.#pagesOfInstances()) {
      if (page.length > 0 && removed === 0) await this.#expectFiles();
      const sizes = await this.#blobs.sizesOf(page.map((row) => row.blob_key));
      const lost = page.filter((_, index) => sizes[index] === undefined).map(({ id }) => id);
      await removeInstances(this.#database, lost);
      removed += lost.length;
    }
    return removed;
  }

  async #expectFiles(): Promise<void> {
    for await (const _ of this.#blobs.list(STUDIES_PREFIX)) return;
    throw new ArchiveError(
      'conflict',
      'No file at all is where those of the index should be: NCCID_BLOBS may be wrong.',
    );
  }

  #pagesOfInstances() {
    return pages((lastID) =>
      this.#database.read
        .selectFrom('instance')
        .select(['id', 'blob_key'])
        .where('id', '>', lastID)
        .orderBy('id')
        .limit(ROWS_OF_PAGE)
        .execute(),
    );
  }

  /** Take in the files of a study. Returns how many were taken. */
  async *takeStudy({ studyInstanceUID, keys }: StudyFiles): AsyncGenerator<UntakenFile, number> {
    const files: NamedFile[] = [];
    for (const key of await this.#inOrder(studyInstanceUID, keys)) {
      const name = findInstanceKey(key);
      if (name === undefined) yield { key, reason: 'Its name is not that of a stored instance.' };
      else files.push({ key, name });
    }
    if (files.length === 0) return 0;
    const record = await this.#recordOf(studyInstanceUID);
    if (record === undefined) {
      const reason = `The study has no record that tells its site and split: ${files.length} files were not taken.`;
      yield { key: submissionKey(studyInstanceUID), reason };
      return 0;
    }
    const origin = { studyInstanceUID, siteID: await this.#siteID(record.site), split: record.split };
    const rebuild = new StudyRebuild(this.#database, origin, this.#startedAt);
    let taken = 0;
    for (let i = 0; i < files.length; i += FILES_OF_TRANSACTION) {
      taken += yield* this.#takeFiles(rebuild, files.slice(i, i + FILES_OF_TRANSACTION));
    }
    return taken;
  }

  async *#takeFiles(rebuild: StudyRebuild, files: readonly NamedFile[]): AsyncGenerator<UntakenFile, number> {
    const records: RebuiltRecord[] = [];
    for (let i = 0; i < files.length; i += FILES_AT_ONCE) {
      for (const read of await Promise.all(files.slice(i, i + FILES_AT_ONCE).map((file) => this.#read(file)))) {
        if ('reason' in read) yield read;
        else records.push(read);
      }
    }
    const outcomes = await rebuild.add(records);
    for (const [i, outcome] of outcomes.entries()) {
      if (outcome !== 'indexed') yield { key: records[i]?.blobKey ?? '', reason: COMPLAINTS[outcome] };
    }
    return outcomes.filter((outcome) => outcome === 'indexed').length;
  }

  /** Files that have been acknowledged come first, for they decide over the others; then those written first. */
  async #inOrder(studyInstanceUID: string, keys: readonly string[]): Promise<readonly string[]> {
    const rows = await this.#database.read
      .selectFrom('instance')
      .innerJoin('study', 'study.id', 'instance.study_row_id')
      .select('instance.blob_key')
      .where('study.study_instance_uid', '=', studyInstanceUID)
      .execute();
    const indexed = new Set(rows.map((row) => row.blob_key));
    const files: { key: string; rank: number; writtenMs: number }[] = [];
    for (const key of keys) {
      if (!indexed.has(key) && !(await this.#settled.has(key))) continue;
      const writtenMs = (await this.#blobs.writtenAt(key))?.getTime() ?? 0;
      files.push({ key, rank: indexed.has(key) ? 0 : 1, writtenMs });
    }
    files.sort((a, b) => a.rank - b.rank || a.writtenMs - b.writtenMs || (a.key < b.key ? -1 : 1));
    return files.map(({ key }) => key);
  }

  /** The record beside the files; one that is lost is written anew when the index still knows the study. */
  async #recordOf(studyInstanceUID: string): Promise<SubmissionRecord | undefined> {
    const record = await this.#records.find(studyInstanceUID);
    if (record !== undefined) return record;
    await this.#records.ensure([{ studyInstanceUID }]);
    return this.#records.find(studyInstanceUID);
  }

  async #siteID(name: string): Promise<number> {
    const known = this.#siteIDs.get(name);
    if (known !== undefined) return known;
    const id = await this.#database.write(async (tx) => {
      await tx
        .insertInto('site')
        .values({ name, split_policy: SPLIT_POLICY_OF_UNKNOWN_SITE, created_at: this.#startedAt })
        .onConflict((conflict) => conflict.column('name').doNothing())
        .execute();
      return (await tx.selectFrom('site').select('id').where('name', '=', name).executeTakeFirstOrThrow()).id;
    });
    this.#siteIDs.set(name, id);
    return id;
  }

  async #read({ key, name }: NamedFile): Promise<RebuiltRecord | UntakenFile> {
    try {
      const blob = await this.#blobs.open(key);
      try {
        return await readInstance(blob, key, name);
      } finally {
        await blob.close();
      }
    } catch (error) {
      return { key, reason: complaintOf(error) };
    }
  }
}

async function readInstance(blob: OpenBlob, key: string, name: InstanceKey): Promise<RebuiltRecord | UntakenFile> {
  // Digested first, for only of whole bytes is it told what else is wrong with them; then they are in the disk's cache.
  const digest = await digestOf(blob);
  if (!digest.sha256.startsWith(name.sha256Start)) return { key, reason: 'Its bytes are not those that were stored.' };
  let identity: Required<SentIdentity> | undefined;
  let patientID = '';
  const describer = new InstanceDescriber({
    admit: (header) => {
      identity = admit(header, { expectedStudy: name.studyInstanceUID });
      patientID = sentPatientID(header.dataSet);
      return 0;
    },
  });
  try {
    for await (const piece of bytesOf(blob)) await describer.write(piece);
    const description = await describer.end();
    const isNamedRight =
      identity?.seriesInstanceUID === name.seriesInstanceUID && identity.sopInstanceUID === name.sopInstanceUID;
    if (identity === undefined || !isNamedRight) return { key, reason: 'Its UIDs are not those of its name.' };
    return { identity, patientID, blobKey: key, generation: name.generation, ...digest, description };
  } finally {
    describer.destroy();
  }
}

/** One file that can not be read is no reason to give up the others; a bug is. */
function complaintOf(error: unknown): string {
  if (error instanceof InvalidInstance || error instanceof ArchiveError) return error.message;
  if (error instanceof Error && 'syscall' in error) return 'The file can not be read.';
  throw error;
}
