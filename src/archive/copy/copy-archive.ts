/**
 * Copies a whole archive to other places, whatever databases and stores they are: its name first, so that nobody takes the
 * places for another archive; then the files, each against the SHA-256 of its row; then the rows. So an index never names a
 * file that has not come, and a copy that broke off is gone on with by making it again. At the end both are compared.
 */
import { ensureArchiveID, findArchiveID } from '../../database/archive-identity.js';
import type { Database } from '../../database/database.js';
import { ArchiveError } from '../../errors.js';
import { STUDIES_PREFIX } from '../instance-key.js';
import type { OpenArchive } from '../open-archive.js';
import { areStudiesCountedAlike, countTables, type TableCount } from './compare-indexes.js';
import { type CopiedFiles, copyFiles } from './copy-files.js';
import { copyRows } from './copy-rows.js';
import type { CopyWatch } from './copy-watch.js';
import { absentFrom, countFiles, filesOf } from './indexed-files.js';

export interface ArchiveCopyOptions {
  readonly watch: CopyWatch;
  /** Whether tokens that are good in the source are revoked in the copy. */
  readonly revokesTokens: boolean;
}

export interface ArchiveCopy {
  readonly files: CopiedFiles;
  readonly tables: readonly TableCount[];
  /** What of the copy is not as in the source: a sentence each. */
  readonly differences: readonly string[];
}

const KEYS_OF_PAGE = 500;

/**
 * Copy the archive `from` to the places of `to`. Nobody may write into either meanwhile.
 * @throws ArchiveError `not-found` when there is no archive, `conflict` when the places hold another or more than this one
 */
export async function copyArchive(
  from: OpenArchive,
  to: OpenArchive,
  { watch, revokesTokens }: ArchiveCopyOptions,
): Promise<ArchiveCopy> {
  const rows = await claim(from, to);
  const revokedAt = revokesTokens ? to.now().toISOString() : undefined;
  if (revokedAt !== undefined) await revokeTokens(to.database, revokedAt);
  const files = await copyFiles({ index: from.database, from: from.blobs, to: to.blobs, watch });
  watch.begin(rows, 'rows');
  await copyRows({ from: from.database, to: to.database, watch, revokedAt });
  const tables = await countTables(from.database, to.database);
  return { files, tables, differences: await differencesOf({ from, to, tables, files, watch }) };
}

/** Give the copy its archive's name, if it may have it. How many rows the archive has. */
async function claim(from: OpenArchive, to: OpenArchive): Promise<number> {
  const [known, there] = [await findArchiveID(from.database), await findArchiveID(to.database)];
  if (there !== undefined && there !== known) throw otherArchive();
  const counts = await countTables(from.database, to.database);
  const total = counts.reduce((sum, { rows }) => sum + rows, 0);
  if (total === 0) throw new ArchiveError('not-found', 'There is no archive to copy.');
  if (counts.some(({ rows, rowsOfCopy }) => rowsOfCopy > (there === undefined ? 0 : rows))) {
    throw conflict(
      'The target holds rows that the source does not: it is another archive, or a later state of this one.',
    );
  }
  if (there === undefined && !(await isRoomFor(from.database, to))) {
    throw conflict('Where the files would go are those of another archive.');
  }
  const archiveID = await ensureArchiveID(from.database);
  if ((await ensureArchiveID(to.database, archiveID)) !== archiveID) throw otherArchive();
  return total;
}

const otherArchive = (): ArchiveError => conflict('The target holds another archive.');
const conflict = (sentence: string): ArchiveError => new ArchiveError('conflict', sentence);

/**
 * Whether the files below `studies` are of this archive: there are none, or one is of a study of its. Others may be there of
 * studies that came later, where only the index was lost.
 */
async function isRoomFor(index: Database, { blobs }: OpenArchive): Promise<boolean> {
  let isEmpty = true;
  let uids = new Set<string>();
  for await (const { key } of blobs.list(STUDIES_PREFIX)) {
    isEmpty = false;
    uids.add(key.split('/')[1] ?? '');
    if (uids.size < KEYS_OF_PAGE) continue;
    if (await knowsOneOf(index, uids)) return true;
    uids = new Set();
  }
  return isEmpty || knowsOneOf(index, uids);
}

async function knowsOneOf({ read }: Database, uids: ReadonlySet<string>): Promise<boolean> {
  if (uids.size === 0) return false;
  const study = await read
    .selectFrom('study')
    .select('id')
    .where('study_instance_uid', 'in', [...uids])
    .executeTakeFirst();
  return study !== undefined;
}

/** Those that an earlier copy has left good. */
async function revokeTokens(database: Database, revokedAt: string): Promise<void> {
  await database.write((transaction) =>
    transaction.updateTable('token').set({ revoked_at: revokedAt }).where('revoked_at', 'is', null).execute(),
  );
}

interface Compared extends Pick<ArchiveCopy, 'files' | 'tables'> {
  readonly from: OpenArchive;
  readonly to: OpenArchive;
  readonly watch: CopyWatch;
}

async function differencesOf({ from, to, tables, files, watch }: Compared): Promise<readonly string[]> {
  const differences = tables
    .filter(({ rows, rowsOfCopy }) => rows !== rowsOfCopy)
    .map(({ table, rows, rowsOfCopy }) => `The table ${table} has ${rows} rows, its copy ${rowsOfCopy}.`);
  if (!(await areStudiesCountedAlike(from.database, to.database))) {
    differences.push('The studies of a month are counted otherwise than in the source.');
  }
  const absent = await countAbsent(to, watch);
  // Each that could not be copied has been told by its name.
  if (absent !== files.uncopied) differences.push(`Of the copied files ${absent - files.uncopied} are not there.`);
  return differences;
}

/** How many files the archive does not have, or not in their size. */
async function countAbsent({ database, blobs }: OpenArchive, watch: CopyWatch): Promise<number> {
  watch.begin(await countFiles(database), 'files compared');
  let absent = 0;
  for await (const page of filesOf(database)) {
    absent += (await absentFrom(blobs, page)).length;
    watch.advance(page.length);
  }
  return absent;
}
