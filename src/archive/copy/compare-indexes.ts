/** Whether two indexes hold the same, as far as counts tell; the rows themselves are compared as they are copied. */
import { isDeepStrictEqual } from 'node:util';
import type { Database } from '../../database/database.js';
import { COPIED_TABLES, countRows } from './copied-tables.js';

export interface TableCount {
  readonly table: string;
  /** Rows of the source. */
  readonly rows: number;
  readonly rowsOfCopy: number;
}

/** Count the rows of every table that is copied. */
export async function countTables(from: Database, to: Database): Promise<readonly TableCount[]> {
  const counts: TableCount[] = [];
  for (const shape of COPIED_TABLES) {
    const [rows, rowsOfCopy] = [await countRows(from, shape), await countRows(to, shape)];
    counts.push({ table: shape.table, rows, rowsOfCopy });
  }
  return counts;
}

/** Whether triggers have counted the same studies in both. */
export async function areStudiesCountedAlike(from: Database, to: Database): Promise<boolean> {
  return isDeepStrictEqual(await studyMonths(from), await studyMonths(to));
}

async function studyMonths({ search }: Database): Promise<readonly string[]> {
  const rows = await search
    .selectFrom('study_month')
    .select(['month', 'site_id', 'split', 'modality_bits', 'studies'])
    .where('studies', '<>', 0)
    .orderBy('month')
    .orderBy('site_id')
    .orderBy('split')
    .orderBy('modality_bits')
    .execute();
  return rows.map((row) => [row.month, row.site_id, row.split, row.modality_bits, row.studies].join());
}
