/** All that an index holds, with its row ids: what a copy must have too. */
import { sql } from 'kysely';
import type { Database } from '../../src/database/database.js';

/** What each database makes for itself of the rows: to search parts of texts in SQLite. */
const MADE_ANEW = /^study_text/;

/** Every row of every table, in an order that both databases agree on. */
export async function wholeIndex({ read }: Database): Promise<Readonly<Record<string, readonly string[]>>> {
  const tables = await read.introspection.getTables();
  const rows: Record<string, readonly string[]> = {};
  for (const { name } of tables.filter((table) => !table.isView && !MADE_ANEW.test(table.name))) {
    const found = await sql<Readonly<Record<string, unknown>>>`select * from ${sql.table(name)}`.execute(read);
    rows[name] = found.rows.filter(isSomething).map(textOfRow).sort();
  }
  return rows;
}

/** That there are no studies of a month is told by a row or by none. */
const isSomething = (row: Readonly<Record<string, unknown>>): boolean => row['studies'] !== 0;

/** JSON, in which what is no finite number can be seen. */
const textOfRow = (row: Readonly<Record<string, unknown>>): string =>
  JSON.stringify(
    Object.entries(row)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([column, value]) => [column, Buffer.isBuffer(value) ? value.toString('base64') : shown(value)]),
  );

const shown = (value: unknown): unknown => (typeof value === 'number' ? String(value) : value);
