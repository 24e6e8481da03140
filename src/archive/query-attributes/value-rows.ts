/** Writes the values of added attributes beside the series and instances that they are of. */
import type { Transaction } from 'kysely';
import type { Schema } from '../../database/schema.js';
import { type AttributeValueRow, attributeValues } from './attribute-values.js';
import { readQueryAttributes } from './definitions.js';
import type { QueryAttribute } from './query-attribute.js';

export type ValueTable = 'series_value' | 'instance_value';

/** An instance whose rows are in this transaction. */
export interface IndexedInstance {
  readonly instanceRowID: number;
  /** Of the series that it is the first of; undefined for all others. */
  readonly seriesRowID: number | undefined;
  /** Raw deflated DICOM JSON. */
  readonly metadata: Buffer;
}

export interface ValuesOfRow {
  readonly rowID: number;
  readonly values: readonly AttributeValueRow[];
}

/** Of studies the values are kept by series, for a licence may show some of them only. */
export const valueTableOf = ({ level }: Pick<QueryAttribute, 'level'>): ValueTable =>
  level === 'instance' ? 'instance_value' : 'series_value';

/** Rows of one INSERT, of seven values each. */
const ROWS_PER_INSERT = 100;

/** Index instances that have just been written by the attributes that have been added; most archives have none. */
export async function addValues(
  tx: Transaction<Schema>,
  attributes: readonly QueryAttribute[],
  instances: readonly IndexedInstance[],
): Promise<void> {
  if (attributes.length === 0) return;
  const tables: Record<ValueTable, ValuesOfRow[]> = { series_value: [], instance_value: [] };
  for (const { instanceRowID, seriesRowID, metadata } of instances) {
    const own = attributes.filter(({ level }) => level === 'instance' || seriesRowID !== undefined);
    const rows = own.length === 0 ? [] : await attributeValues(metadata, own);
    const ofInstance = new Set(own.filter(({ level }) => level === 'instance').map(({ id }) => id));
    const [low, high] = [
      rows.filter((row) => ofInstance.has(row.attribute_id)),
      rows.filter((row) => !ofInstance.has(row.attribute_id)),
    ];
    tables.instance_value.push({ rowID: instanceRowID, values: low });
    if (seriesRowID !== undefined) tables.series_value.push({ rowID: seriesRowID, values: high });
  }
  for (const table of ['series_value', 'instance_value'] as const) await insertValues(tx, table, tables[table]);
}

/** The same of instances that may have been there before, with other values. */
export async function replaceValues(tx: Transaction<Schema>, instance: IndexedInstance): Promise<void> {
  await tx.deleteFrom('instance_value').where('row_id', '=', instance.instanceRowID).execute();
  if (instance.seriesRowID !== undefined) {
    await tx.deleteFrom('series_value').where('row_id', '=', instance.seriesRowID).execute();
  }
  await addValues(tx, await readQueryAttributes(tx), [instance]);
}

/** Insert values of rows that are there; those that somebody else has inserted stay. */
export async function insertValues(
  tx: Transaction<Schema>,
  table: ValueTable,
  rows: readonly ValuesOfRow[],
): Promise<void> {
  const all = rows.flatMap(({ rowID, values }) => values.map((value) => ({ ...value, row_id: rowID })));
  for (let at = 0; at < all.length; at += ROWS_PER_INSERT) {
    await tx
      .insertInto(table)
      .values(all.slice(at, at + ROWS_PER_INSERT))
      .onConflict((conflict) => conflict.columns(['row_id', 'attribute_id', 'position']).doNothing())
      .execute();
  }
}
