/** Which values metadata refers to, of many instances one after the other: a few rows are read at once. */
import type { Database } from '../../database/database.js';
import { goneMeanwhile } from '../../errors.js';
import type { LocatedInstance } from '../index/locate.js';
import { decodeBulkdata, type StoredBulkdata } from './stored-bulkdata.js';

/** Few, for an instance may have ten thousand values. */
const INSTANCES_AT_ONCE = 16;

export interface BulkdataOfInstance {
  readonly instance: LocatedInstance;
  /** In the order of the file; without compressed Pixel Data. */
  readonly values: readonly StoredBulkdata[];
}

/** The values of each of these instances, in order. @throws ArchiveError when one is no longer there */
export async function* findBulkdata(
  { read, dialect }: Database,
  instances: readonly LocatedInstance[],
): AsyncGenerator<BulkdataOfInstance> {
  for (let at = 0; at < instances.length; at += INSTANCES_AT_ONCE) {
    const some = instances.slice(at, at + INSTANCES_AT_ONCE);
    const rows = await read
      .selectFrom('instance_content')
      .select(['instance_row_id', 'bulkdata'])
      .where(
        dialect.isAmong(
          'instance_row_id',
          some.map(({ rowID }) => rowID),
        ),
      )
      .execute();
    const texts = new Map(rows.map((row) => [row.instance_row_id, row.bulkdata]));
    for (const instance of some) {
      const text = texts.get(instance.rowID);
      if (text === undefined) throw goneMeanwhile();
      yield { instance, values: decodeBulkdata(text) };
    }
  }
}
