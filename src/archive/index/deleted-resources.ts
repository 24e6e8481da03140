/** What the index remembers of what was deleted: whether a Scope could see it, what is to be done yet, and that it may come again. */
import type { Transaction } from 'kysely';
import type { Database } from '../../database/database.js';
import type { Schema } from '../../database/schema.js';
import type { Scope } from '../scope.js';
import type { DeletedLevel } from './delete-resource.js';
import type { ResourcePath } from './locate.js';
import { visibleDeleted } from './visible-series.js';

/** Whether there was something at a path that the Scope showed, or would have shown, and that was deleted. */
export async function wasDeleted({ read }: Database, scope: Scope, path: ResourcePath): Promise<boolean> {
  let query = read
    .selectFrom('deleted_instance')
    .select('sop_instance_uid')
    .where('study_instance_uid', '=', path.studyInstanceUID)
    .where((eb) => visibleDeleted(eb, scope))
    .limit(1);
  if (path.seriesInstanceUID !== undefined) query = query.where('series_instance_uid', '=', path.seriesInstanceUID);
  if (path.sopInstanceUID !== undefined) query = query.where('sop_instance_uid', '=', path.sopInstanceUID);
  return (await query.executeTakeFirst()) !== undefined;
}

/** The deletions whose record is not known to be on disk, or whose files are not known to be gone; oldest first. */
export async function unfinishedDeletions({ read }: Database): Promise<readonly string[]> {
  const rows = await read
    .selectFrom('deletion')
    .select('deletion_id')
    .where('finished_at', 'is', null)
    .orderBy('deleted_at')
    .orderBy('deletion_id')
    .execute();
  return rows.map((row) => row.deletion_id);
}

/** The blob keys of the files that go with a deletion. */
export async function deletedKeys({ read }: Database, deletionID: string): Promise<readonly string[]> {
  const rows = await read
    .selectFrom('deleted_instance')
    .select('blob_key')
    .where('deletion_id', '=', deletionID)
    .execute();
  return rows.map((row) => row.blob_key);
}

export async function markFinished(database: Database, deletionID: string, finishedAt: string): Promise<void> {
  await database.write((tx) =>
    tx.updateTable('deletion').set({ finished_at: finishedAt }).where('deletion_id', '=', deletionID).execute(),
  );
}

/** Let what went with a deletion be stored again, as an index that has lost it is told; what is allowed stays as it is. */
export async function keepAllowed(tx: Transaction<Schema>, deletionID: string, allowedAt: string): Promise<void> {
  await tx
    .updateTable('deletion')
    .set({ allowed_at: allowedAt })
    .where('deletion_id', '=', deletionID)
    .where('allowed_at', 'is', null)
    .execute();
}

export interface AllowedDeletion {
  readonly id: string;
  /** Whether its files were gone. */
  readonly wasFinished: boolean;
}

/**
 * Let what was deleted under a UID be stored again, and with a study or series what had been deleted of it before. Gives the
 * deletions that this is of, unfinished until their records say so; none when nothing is refused under the UID.
 */
export async function allowAgain(
  database: Database,
  { level, uid }: { readonly level: DeletedLevel; readonly uid: string },
  allowedAt: string,
): Promise<readonly AllowedDeletion[]> {
  return database.write(async (tx) => {
    const concerned = await deletionsOf(tx, { level, uid });
    if (concerned.length === 0) return [];
    const refusing = await tx
      .selectFrom('deletion')
      .select(['deletion_id', 'finished_at'])
      .where('deletion_id', 'in', concerned)
      .where('level', 'in', LEVELS_WITHIN[level])
      .where('allowed_at', 'is', null)
      .execute();
    const allowed = refusing.map((row) => ({ id: row.deletion_id, wasFinished: row.finished_at !== null }));
    if (allowed.length === 0) return [];
    await tx
      .updateTable('deletion')
      .set({ allowed_at: allowedAt, finished_at: null })
      .where(
        'deletion_id',
        'in',
        allowed.map(({ id }) => id),
      )
      .execute();
    return allowed;
  });
}

/** What is no larger than a study, a series, an instance. */
const LEVELS_WITHIN: Readonly<Record<DeletedLevel, readonly DeletedLevel[]>> = {
  study: ['study', 'series', 'instance'],
  series: ['series', 'instance'],
  instance: ['instance'],
};

/** The deletions of a study, series or instance, or of something in it. */
async function deletionsOf(
  tx: Transaction<Schema>,
  { level, uid }: { readonly level: DeletedLevel; readonly uid: string },
): Promise<readonly string[]> {
  const column = level === 'study' ? 'study_instance_uid' : 'uid';
  const own = await tx.selectFrom('deletion').select('deletion_id').where(column, '=', uid).execute();
  if (level !== 'series') return own.map((row) => row.deletion_id);
  const within = await tx
    .selectFrom('deleted_instance')
    .select('deletion_id')
    .distinct()
    .where('series_instance_uid', '=', uid)
    .execute();
  return [...new Set([...own, ...within].map((row) => row.deletion_id))];
}

/** The study or series with which an instance or a series was deleted, as long as it may not be stored again. */
export async function findRefusedWith(
  { read }: Database,
  { level, uid }: { readonly level: DeletedLevel; readonly uid: string },
): Promise<{ readonly level: DeletedLevel; readonly uid: string } | undefined> {
  if (level === 'study') return undefined;
  return read
    .selectFrom('deletion')
    .innerJoin('deleted_instance', 'deleted_instance.deletion_id', 'deletion.deletion_id')
    .select(['deletion.level', 'deletion.uid'])
    .where(`deleted_instance.${level === 'series' ? 'series_instance_uid' : 'sop_instance_uid'}`, '=', uid)
    .where('deletion.allowed_at', 'is', null)
    .where('deletion.uid', '<>', uid)
    .where('deletion.level', 'in', level === 'series' ? ['study'] : ['study', 'series'])
    .limit(1)
    .executeTakeFirst();
}
