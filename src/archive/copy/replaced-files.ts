/** The files that a backup still has although its instances were given others: what was lost or damaged in the archive was replaced. */
import type { Database } from '../../database/database.js';
import type { OpenArchive } from '../open-archive.js';
import { pages } from '../pages.js';
import { absentFrom, type IndexedFile } from './indexed-files.js';

const ROWS_OF_PAGE = 500;

/**
 * The blob keys that the former index of a backup names for instances to which the next one gives another file. Only where that
 * file has come: until then the former one may be all there is.
 */
export async function replacedFiles(
  former: Database,
  next: Pick<OpenArchive, 'database' | 'blobs'>,
): Promise<readonly string[]> {
  const replaced: string[] = [];
  for await (const page of pages((lastID) => readFiles(former, lastID))) {
    const files = await filesOfInstances(
      next.database,
      page.map((row) => row.sop_instance_uid),
    );
    const changes = page.flatMap(({ sop_instance_uid: uid, blob_key: key }) => {
      const by = files.get(uid);
      return by === undefined || by.key === key ? [] : [{ key, by }];
    });
    const absent = await absentFrom(
      next.blobs,
      changes.map(({ by }) => by),
    );
    replaced.push(...changes.filter(({ by }) => !absent.includes(by)).map(({ key }) => key));
  }
  return replaced;
}

const readFiles = ({ read }: Database, lastID: number) =>
  read
    .selectFrom('instance')
    .select(['id', 'sop_instance_uid', 'blob_key'])
    .where('id', '>', lastID)
    .orderBy('id')
    .limit(ROWS_OF_PAGE)
    .execute();

async function filesOfInstances(
  { read }: Database,
  sopInstanceUIDs: readonly string[],
): Promise<ReadonlyMap<string, IndexedFile>> {
  if (sopInstanceUIDs.length === 0) return new Map();
  const rows = await read
    .selectFrom('instance')
    .select(['sop_instance_uid', 'blob_key', 'size_bytes', 'sha256'])
    .where('sop_instance_uid', 'in', sopInstanceUIDs)
    .execute();
  return new Map(
    rows.map((row) => [
      row.sop_instance_uid,
      { key: row.blob_key, sizeBytes: row.size_bytes, content: { sha256: row.sha256 } },
    ]),
  );
}
