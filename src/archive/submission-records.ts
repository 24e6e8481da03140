/**
 * Beside the files of a study stands `study.json`: which site it came from and to which split its patient belongs. With
 * it the folder alone is enough to rebuild the index; it is on disk before any instance of the study is acknowledged.
 */
import type { CompiledQuery } from 'kysely';
import type { Database } from '../database/database.js';
import { isUID } from '../dicom/uids.js';
import { ArchiveError } from '../errors.js';
import type { BlobStore } from './blobs/blob-store.js';
import { SPLITS, type Split } from './scope.js';

export interface SubmissionRecord {
  readonly site: string;
  readonly split: Split;
}

/** A study that is indexed. */
export interface IndexedStudy {
  readonly studyInstanceUID: string;
  /** Its row, where that has just been seen in a transaction that is committed: then it need not be asked for. */
  readonly rowID?: number | undefined;
}

const REMEMBERED_STUDIES = 10_000;
const MAX_RECORD_BYTES = 4_096;

/** The blob key of a study's record. */
export const submissionKey = (studyInstanceUID: string): string => `studies/${studyInstanceUID}/study.json`;

/** The study whose record has this blob key; undefined when it is not the key of a record. */
export function findStudyOfSubmissionKey(key: string): string | undefined {
  const uid = key.split('/')[1];
  return uid !== undefined && isUID(uid) && key === submissionKey(uid) ? uid : undefined;
}

/** What stands in a record. */
export const textOfRecord = ({ site, split }: SubmissionRecord): string => `${JSON.stringify({ site, split })}\n`;

export class SubmissionRecords {
  readonly #database: Database;
  readonly #blobs: BlobStore;
  /** The rows of the studies whose record is on disk: a study that was deleted and comes again has another. */
  readonly #written = new Map<string, number>();
  readonly #rowOf: CompiledQuery<{ readonly id: number }>;

  constructor(database: Database, blobs: BlobStore) {
    this.#database = database;
    this.#blobs = blobs;
    this.#rowOf = database.read.selectFrom('study').select('id').where('study_instance_uid', '=', '').compile();
  }

  /** Resolve when the record of each of these studies, some of them named more than once, is on disk. */
  async ensure(studies: readonly IndexedStudy[]): Promise<void> {
    const rowIDs = new Map<string, number | undefined>();
    for (const { studyInstanceUID: uid, rowID } of studies) rowIDs.set(uid, rowID ?? rowIDs.get(uid));
    const unsure: string[] = [];
    for (const [uid, rowID] of rowIDs) if (!(await this.#isWritten(uid, rowID))) unsure.push(uid);
    if (unsure.length === 0) return;
    const missing = await this.#database.read
      .selectFrom('study')
      .innerJoin('site', 'site.id', 'study.site_id')
      .innerJoin('patient', 'patient.id', 'study.patient_row_id')
      .select(['study.id', 'study.study_instance_uid', 'site.name', 'patient.split'])
      .where('study.study_instance_uid', 'in', unsure)
      .execute();
    await Promise.all(
      missing.map(({ study_instance_uid: uid, name, split }) =>
        this.#blobs.writeText(submissionKey(uid), textOfRecord({ site: name, split })),
      ),
    );
    if (this.#written.size + missing.length > REMEMBERED_STUDIES) this.#written.clear();
    for (const { id, study_instance_uid: uid } of missing) this.#written.set(uid, id);
  }

  async #isWritten(studyInstanceUID: string, rowID: number | undefined): Promise<boolean> {
    const written = this.#written.get(studyInstanceUID);
    return written !== undefined && written === (rowID ?? (await this.#findRow(studyInstanceUID)));
  }

  async #findRow(studyInstanceUID: string): Promise<number | undefined> {
    const { rows } = await this.#database.read.executeQuery<{ readonly id: number }>({
      ...this.#rowOf,
      parameters: [studyInstanceUID],
    });
    return rows[0]?.id;
  }

  /** Read the record of a study; undefined when there is none that can be read. */
  async find(studyInstanceUID: string): Promise<SubmissionRecord | undefined> {
    try {
      return parseSubmission(await this.#read(submissionKey(studyInstanceUID)));
    } catch (error) {
      if (error instanceof ArchiveError && error.code === 'corrupt') return undefined;
      throw error;
    }
  }

  async #read(key: string): Promise<string> {
    const blob = await this.#blobs.open(key);
    try {
      const bytes = Buffer.alloc(MAX_RECORD_BYTES);
      return bytes.toString('utf8', 0, await blob.readInto(bytes, 0));
    } finally {
      await blob.close();
    }
  }
}

function parseSubmission(text: string): SubmissionRecord | undefined {
  try {
    const { site, split }: Record<string, unknown> = JSON.parse(text);
    const known = SPLITS.find((name) => name === split);
    return typeof site === 'string' && known !== undefined ? { site, split: known } : undefined;
  } catch {
    // A torn record is as none: whoever asks says so by name.
    return undefined;
  }
}
