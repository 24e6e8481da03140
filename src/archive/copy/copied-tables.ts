/**
 * The tables of an index as they are copied: row by row, as they are, whatever columns they have. How many studies there are
 * of each sort is not copied, for triggers count them as their rows come; nor are values of attributes that curators have
 * added, which whoever serves the copy finds again in the background.
 */
import { type RawBuilder, sql } from 'kysely';
import type { Database } from '../../database/database.js';
import type { Schema } from '../../database/schema.js';

export type Row = Readonly<Record<string, unknown>>;

export interface TableShape {
  readonly table: string;
  /** The columns that tell its rows apart, in which order they are copied. */
  readonly key: readonly string[];
  /** Columns that are written after the row was: where one is another in the copy, the copy was used since. */
  readonly laterColumns?: readonly string[];
  readonly rowsOfPage: number;
}

const ROWS = 500;
/** Metadata and frame tables of an instance may have megabytes. */
const LARGE_ROWS = 64;
const KEYS_OF_PAGE = 10_000;

/** Made anew in the copy: by triggers, or in the background. */
type MadeAnew = 'study_month' | 'query_attribute_progress' | 'series_value' | 'instance_value';

const SHAPES: Readonly<Record<Exclude<keyof Schema, MadeAnew>, Omit<TableShape, 'table'>>> = {
  archive_identity: { key: ['only_row'], rowsOfPage: ROWS },
  signing_key: { key: ['number'], rowsOfPage: ROWS },
  site: { key: ['id'], rowsOfPage: ROWS },
  licence: { key: ['id'], rowsOfPage: ROWS },
  token: { key: ['jti'], laterColumns: ['revoked_at'], rowsOfPage: ROWS },
  patient: { key: ['id'], rowsOfPage: ROWS },
  // Triggers count the series of a study as their rows come.
  study: { key: ['id'], laterColumns: ['series_counts'], rowsOfPage: ROWS },
  series: { key: ['id'], rowsOfPage: ROWS },
  series_request: { key: ['series_row_id', 'item_index'], rowsOfPage: ROWS },
  instance: { key: ['id'], laterColumns: ['damaged_at'], rowsOfPage: ROWS },
  instance_content: { key: ['instance_row_id'], rowsOfPage: LARGE_ROWS },
  deletion: { key: ['deletion_id'], laterColumns: ['allowed_at', 'finished_at'], rowsOfPage: ROWS },
  deleted_instance: { key: ['deletion_id', 'sop_instance_uid'], rowsOfPage: ROWS },
  commitment: {
    key: ['requester', 'transaction_uid'],
    laterColumns: ['instances', 'result', 'finished_at', 'leased_until'],
    rowsOfPage: LARGE_ROWS,
  },
  query_attribute: { key: ['id'], rowsOfPage: ROWS },
};

/** In this order every row comes after those that it refers to. */
export const COPIED_TABLES: readonly TableShape[] = Object.entries(SHAPES).map(([table, shape]) => ({
  table,
  ...shape,
}));

/** All rows of a table, a page at a time. */
export const pagesOfRows = (index: Database, { table, key, rowsOfPage }: TableShape): AsyncGenerator<readonly Row[]> =>
  pagesOf(index, { table, key, columns: sql`*`, rows: rowsOfPage });

/** How many rows a table has. A count in one statement could take a database longer than it may. */
export async function countRows(index: Database, { table, key }: TableShape): Promise<number> {
  let count = 0;
  for await (const page of pagesOf(index, { table, key, columns: list(key), rows: KEYS_OF_PAGE })) count += page.length;
  return count;
}

/** The rows from one key to another, both of them included. */
export async function rowsBetween(
  { read }: Database,
  { table, key }: TableShape,
  { first, last }: { readonly first: Row; readonly last: Row },
): Promise<readonly Row[]> {
  const { rows } = await sql<Row>`
    select * from ${sql.table(table)}
    where ${tuple(key)} >= ${values(key, first)} and ${tuple(key)} <= ${values(key, last)}
  `.execute(read);
  return rows;
}

interface Paging extends Pick<TableShape, 'table' | 'key'> {
  readonly columns: RawBuilder<unknown>;
  readonly rows: number;
}

async function* pagesOf({ read }: Database, paging: Paging): AsyncGenerator<readonly Row[]> {
  const { table, key, columns } = paging;
  for (let last: Row | undefined; ; ) {
    const after = last === undefined ? sql`` : sql`where ${tuple(key)} > ${values(key, last)}`;
    const { rows }: { rows: readonly Row[] } = await sql<Row>`
      select ${columns} from ${sql.table(table)} ${after} order by ${list(key)} limit ${paging.rows}
    `.execute(read);
    last = rows.at(-1);
    if (last === undefined) return;
    yield rows;
  }
}

const list = (key: readonly string[]): RawBuilder<unknown> => sql.join(key.map((column) => sql.ref(column)));
const tuple = (key: readonly string[]): RawBuilder<unknown> => sql`(${list(key)})`;
const values = (key: readonly string[], row: Row): RawBuilder<unknown> =>
  sql`(${sql.join(key.map((column) => row[column]))})`;
