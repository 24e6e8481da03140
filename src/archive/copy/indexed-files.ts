/**
 * The files that an index tells of: that of each instance, and the records of studies and of deletions, which it knows word
 * for word.
 */
import type { Database } from '../../database/database.js';
import type { BlobStore } from '../blobs/blob-store.js';
import { deletionKey, pagesOfDeletions, textOfDeletion } from '../deletion-records.js';
import { pages } from '../pages.js';
import { submissionKey, textOfRecord } from '../submission-records.js';

export interface IndexedFile {
  /** Its blob key. */
  readonly key: string;
  readonly sizeBytes: number;
  readonly content: { readonly sha256: string } | { readonly text: string };
}

const ROWS_OF_PAGE = 500;

/** How many files there are. */
export async function countFiles({ search }: Database): Promise<number> {
  const { instances } = await search
    .selectFrom('series')
    .select((eb) => eb.fn.sum<number | null>('instance_count').as('instances'))
    .executeTakeFirstOrThrow();
  const { studies } = await search
    .selectFrom('study')
    .select((eb) => eb.fn.countAll<number>().as('studies'))
    .executeTakeFirstOrThrow();
  const { deletions } = await search
    .selectFrom('deletion')
    .select((eb) => eb.fn.countAll<number>().as('deletions'))
    .executeTakeFirstOrThrow();
  return (instances ?? 0) + studies + deletions;
}

/** Every file, a page at a time: first those of instances, in the order in which they were stored. */
export async function* filesOf(index: Database): AsyncGenerator<readonly IndexedFile[]> {
  for await (const page of pages((lastID) => readInstances(index, lastID))) {
    yield page.map((row) => ({ key: row.blob_key, sizeBytes: row.size_bytes, content: { sha256: row.sha256 } }));
  }
  for await (const page of pages((lastID) => readStudies(index, lastID))) {
    yield page.map(({ study_instance_uid: uid, name, split }) => {
      const text = textOfRecord({ site: name, split });
      return { key: submissionKey(uid), sizeBytes: Buffer.byteLength(text), content: { text } };
    });
  }
  for await (const page of pagesOfDeletions(index)) {
    yield await Promise.all(
      page.map(async (id) => {
        const text = await textOfDeletion(index, id);
        return { key: deletionKey(id), sizeBytes: Buffer.byteLength(text), content: { text } };
      }),
    );
  }
}

/** Those of the files that a store does not have, or not in their size. */
export async function absentFrom(blobs: BlobStore, files: readonly IndexedFile[]): Promise<readonly IndexedFile[]> {
  const sizes = await blobs.sizesOf(files.map(({ key }) => key));
  return files.filter(({ sizeBytes }, i) => sizes[i] !== sizeBytes);
}

const readInstances = ({ read }: Database, lastID: number) =>
  read
    .selectFrom('instance')
    .select(['id', 'blob_key', 'size_bytes', 'sha256'])
    .where('id', '>', lastID)
    .orderBy('id')
    .limit(ROWS_OF_PAGE)
    .execute();

const readStudies = ({ read }: Database, lastID: number) =>
  read
    .selectFrom('study')
    .innerJoin('site', 'site.id', 'study.site_id')
    .innerJoin('patient', 'patient.id', 'study.patient_row_id')
    .select(['study.id', 'study.study_instance_uid', 'site.name', 'patient.split'])
    .where('study.id', '>', lastID)
    .orderBy('study.id')
    .limit(ROWS_OF_PAGE)
    .execute();
