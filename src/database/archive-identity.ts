/** The name of an archive: a UUID that stands in its index, is made once, and that every copy of the archive keeps. */
import { randomUUID } from 'node:crypto';
import type { Database } from './database.js';

/** The name of the archive; undefined while it has none. */
export async function findArchiveID(database: Database): Promise<string | undefined> {
  const row = await database.read.selectFrom('archive_identity').select('archive_id').executeTakeFirst();
  return row?.archive_id;
}

/** The name of the archive; `ifNone` where it has none yet, and where no other process gives it another at this moment. */
export async function ensureArchiveID(database: Database, ifNone: string = randomUUID()): Promise<string> {
  const known = await findArchiveID(database);
  if (known !== undefined) return known;
  await database.write((transaction) =>
    transaction
      .insertInto('archive_identity')
      .values({ only_row: 1, archive_id: ifNone })
      .onConflict((conflict) => conflict.column('only_row').doNothing())
      .execute(),
  );
  return (await findArchiveID(database)) ?? '';
}
