/**
 * Copies all rows of an index into another, under their ids. Rows that are there already are compared and passed over, so a
 * copy that broke off goes on where it was; one that says otherwise than its source is not changed but refused.
 */
import { isDeepStrictEqual } from 'node:util';
import { sql } from 'kysely';
import type { Database } from '../../database/database.js';
import { ArchiveError } from '../../errors.js';
import { COPIED_TABLES, pagesOfRows, type Row, rowsBetween, type TableShape } from './copied-tables.js';
import type { CopyWatch } from './copy-watch.js';

export interface RowCopyOptions {
  readonly from: Database;
  readonly to: Database;
  readonly watch: CopyWatch;
  /** When the tokens that are good in the source are revoked in the copy, ISO 8601; undefined where they stay good. */
  readonly revokedAt: string | undefined;
}

/** Copy every table. @throws ArchiveError `conflict` when there are other rows than those of the source */
export async function copyRows({ from, to, watch, revokedAt }: RowCopyOptions): Promise<void> {
  for (const shape of COPIED_TABLES) {
    for await (const page of pagesOfRows(from, shape)) {
      const isRevoking = shape.table === 'token' && revokedAt !== undefined;
      await copyPage(to, shape, isRevoking ? page.map((row) => revoked(row, revokedAt)) : page);
      watch.advance(page.length);
    }
    if (shape.key[0] === 'id') await goOnAfterCopied(to, shape.table);
  }
}

const revoked = (row: Row, revokedAt: string): Row => ({ ...row, revoked_at: row['revoked_at'] ?? revokedAt });

async function copyPage(to: Database, shape: TableShape, page: readonly Row[]): Promise<void> {
  const [first, last] = [page[0], page.at(-1)];
  if (first === undefined || last === undefined) return;
  const there = new Map((await rowsBetween(to, shape, { first, last })).map((row) => [keyOf(shape, row), row]));
  const absent = page.filter((row) => {
    const copy = there.get(keyOf(shape, row));
    if (copy !== undefined && !isCopyOf(shape, copy, row)) throw otherState(shape.table);
    return copy === undefined;
  });
  if (there.size + absent.length > page.length) throw otherState(shape.table);
  if (absent.length > 0) await insert(to, shape.table, absent);
}

const keyOf = ({ key }: TableShape, row: Row): string => key.map((column) => String(row[column])).join();

const isCopyOf = ({ laterColumns = [] }: TableShape, copy: Row, row: Row): boolean =>
  Object.entries(row).every(
    ([column, value]) => laterColumns.includes(column) || isDeepStrictEqual(copy[column], value),
  );

const otherState = (table: string): ArchiveError =>
  new ArchiveError(
    'conflict',
    `The target holds another state of this archive: its table ${table} differs. Begin with an empty index; files that are there stay.`,
  );

async function insert(to: Database, table: string, rows: readonly Row[]): Promise<void> {
  const columns = Object.keys(rows[0] ?? {});
  const tuples = rows.map((row) => sql`(${sql.join(columns.map((column) => row[column]))})`);
  const names = sql.join(columns.map((column) => sql.ref(column)));
  await to.write((transaction) =>
    sql`insert into ${sql.table(table)} (${names}) values ${sql.join(tuples)}`.execute(transaction),
  );
}

async function goOnAfterCopied(to: Database, table: string): Promise<void> {
  const { goOnAfter } = to.dialect;
  if (goOnAfter !== undefined) await to.write((transaction) => goOnAfter(table).execute(transaction));
}
