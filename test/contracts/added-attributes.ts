/** What the index keeps to about attributes that are added to it, whatever database it is in. */
import { deflateRawSync } from 'node:zlib';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { FindQuery } from '../../src/archive/index/find-query.js';
import { IndexWriter } from '../../src/archive/index/index-writer.js';
import { removeInstances } from '../../src/archive/index/remove-instances.js';
import { search } from '../../src/archive/index/search.js';
import { AttributeIndexing } from '../../src/archive/query-attributes/attribute-indexing.js';
import {
  addQueryAttribute,
  readQueryAttributes,
  removeQueryAttribute,
} from '../../src/archive/query-attributes/definitions.js';
import { defineAttribute } from '../../src/archive/query-attributes/query-attribute.js';
import type { Database } from '../../src/database/database.js';
import type { QueryLevel } from '../../src/dicom/queryable-attributes.js';
import { madeUpRecord } from '../support/index-records.js';
import type { StudyIndexUnderTest } from './study-index.js';

const start = Date.UTC(2026, 2, 10, 12);
const now = (): Date => new Date(start);
const SERIES = 130;
const INSTANCES = 2;

/** Describe the promises; `open` gives a new and empty index, opened twice as two nodes have it. */
export function describeAddedAttributes(name: string, open: () => Promise<StudyIndexUnderTest>): void {
  const opened = async (): Promise<StudyIndexUnderTest> => {
    const index = await open();
    onTestFinished(index.close);
    return index;
  };

  describe(`${name}: attributes that are added`, () => {
    it('are indexed step by step, and what has been done is not done again', async () => {
      const { database, another } = await opened();
      const { add } = await filled(database);
      const { id } = await added(database, 'instance');
      const first = new AttributeIndexing({ database, now });
      const run = first.run();
      await run.next();
      await run.return(undefined);
      const [half] = await readQueryAttributes(database.read);
      expect(half?.indexed).toEqual({ done: 100, total: SERIES * INSTANCES, isWhole: false });
      expect(await instances(database, id)).toBe(100);

      // The first still has it; another takes over when it has not been heard of for long.
      await drain(new AttributeIndexing({ database: another, now }));
      expect(await instances(database, id)).toBe(100);
      await add(SERIES);
      await drain(new AttributeIndexing({ database: another, now: () => new Date(start + 120_000) }));
      const [whole] = await readQueryAttributes(database.read);
      expect(whole?.indexed).toEqual({ done: SERIES * INSTANCES, total: SERIES * INSTANCES, isWhole: true });
      expect(await instances(database, id)).toBe((SERIES + 1) * INSTANCES);
    });

    it('are indexed once when two work at them without knowing of each other', async () => {
      const { database, another } = await opened();
      await filled(database);
      const { id } = await added(database, 'series');
      const late = { now: () => new Date(start + 120_000) };
      await Promise.all([
        drain(new AttributeIndexing({ database, now })),
        drain(new AttributeIndexing({ database: another, ...late })),
      ]);
      await drain(new AttributeIndexing({ database, ...late }));
      expect(await series(database, id)).toBe(SERIES);
      const [whole] = await readQueryAttributes(database.read);
      expect(whole?.indexed).toMatchObject({ done: SERIES, isWhole: true });
    });

    it('are found by what was stored while they were being indexed', async () => {
      const { database, another } = await opened();
      const { add } = await filled(database);
      const { id } = await added(another, 'series');
      const storing = (async () => {
        for (let n = SERIES; n < SERIES + 20; n++) await add(n);
      })();
      await Promise.all([storing, drain(new AttributeIndexing({ database: another, now }))]);
      expect(await series(database, id)).toBe(SERIES + 20);
    });

    it('leave no values behind when instances or they themselves are removed', async () => {
      const { database } = await opened();
      await filled(database);
      const attributes = [await added(database, 'series'), await added(database, 'instance')] as const;
      await drain(new AttributeIndexing({ database, now }));
      const gone = await database.read.selectFrom('instance').select('id').where('series_row_id', '<=', 10).execute();
      await removeInstances(
        database,
        gone.map((row) => row.id),
      );
      expect(await count(database, 'series_value')).toBe(SERIES - 10);
      expect(await count(database, 'instance_value')).toBe((SERIES - 10) * INSTANCES);
      for (const { id } of attributes) await removeQueryAttribute(database, id);
      await drain(new AttributeIndexing({ database, now }));
      expect(await count(database, 'series_value')).toBe(0);
      expect(await count(database, 'instance_value')).toBe(0);
      expect(await count(database, 'query_attribute_progress')).toBe(0);
    });

    it('give a series nothing of a first instance that was removed while they were being indexed', async () => {
      const { database } = await opened();
      await filled(database);
      const [first, second] = await database.read
        .selectFrom('instance')
        .select(['id', 'series_row_id'])
        .orderBy('id')
        .limit(2)
        .execute();
      if (first === undefined || second === undefined) throw new Error('Both are there.');
      await database.write((tx) =>
        tx
          .updateTable('instance_content')
          .set({ metadata: deflateRawSync('{}') })
          .where('instance_row_id', '=', second.id)
          .execute(),
      );
      const { id } = await added(database, 'series');
      const removing = beforeEachWrite(database, (write) =>
        // The first write takes the attribute, the second keeps what has been read meanwhile.
        write === 2 ? removeInstances(database, [first.id]) : Promise.resolve(),
      );
      await drain(new AttributeIndexing({ database: removing, now }));
      expect(await count(database, 'series_value')).toBe(SERIES - 1);
      expect(await series(database, id)).toBe(SERIES - 1);
    });

    it('are indexed from the beginning where only their definitions are, as in a copy', async () => {
      const { database } = await opened();
      await filled(database);
      const { id } = await added(database, 'series');
      await database.write((tx) => tx.deleteFrom('query_attribute_progress').execute());
      await drain(new AttributeIndexing({ database, now }));
      expect(await series(database, id)).toBe(SERIES);
    });

    it('are 32 at most, each once', async () => {
      const { database } = await opened();
      await added(database, 'series');
      await expect(added(database, 'series')).rejects.toThrow('searched at this level already');
      for (let n = 1; n < 32; n++) {
        const tag = `0023${(0x1000 + n).toString(16)}`;
        await addQueryAttribute(database, defineAttribute({ attribute: tag, level: 'series', creator: 'A' }), now());
      }
      await expect(added(database, 'instance')).rejects.toThrow('At most 32');
    });
  });
}

const added = (database: Database, level: QueryLevel) =>
  addQueryAttribute(database, defineAttribute({ attribute: 'KVP', level }), now());

/** The same index, but that something is done before each of the writes. */
function beforeEachWrite(database: Database, work: (write: number) => Promise<void>): Database {
  let writes = 0;
  const write: Database['write'] = async (transaction) => {
    writes += 1;
    await work(writes);
    return database.write(transaction);
  };
  return new Proxy(database, {
    get: (target, name) => (name === 'write' ? write : Reflect.get(target, name, target)),
  });
}

async function drain(indexing: AttributeIndexing): Promise<void> {
  for await (const _ of indexing.run());
}

/** Fill an index with series of two instances each; the KVP of series n is n. */
async function filled(database: Database) {
  const row = { name: 'Leeds', split_policy: 'training', created_at: now().toISOString() };
  const { id } = await database.write((tx) =>
    tx.insertInto('site').values(row).returning('id').executeTakeFirstOrThrow(),
  );
  const site = { id, name: 'Leeds', splitPolicy: 'training', mayJoinAnyStudy: false } as const;
  const writer = new IndexWriter(database, now);
  const recordsOf = (n: number) =>
    Array.from({ length: INSTANCES }, (_, i) => {
      const study = `1.2.${n}`;
      const record = madeUpRecord({ study, series: `${study}.1`, instance: `${study}.1.${i}`, site, patientID: study });
      const metadata = deflateRawSync(JSON.stringify({ '00180060': { vr: 'DS', Value: [n] } }));
      return {
        ...record,
        description: { ...record.description, content: { ...record.description.content, metadata } },
      };
    });
  await writer.add(Array.from({ length: SERIES }, (_, n) => recordsOf(n)).flat());
  return { add: (n: number) => writer.add(recordsOf(n)) };
}

const asking = (level: QueryLevel, attributeID: number): FindQuery => ({
  level,
  matches: [],
  dateTimes: [],
  zoned: [],
  sequences: [],
  values: [
    { level, isInSequence: false, keys: [{ attributeID, match: { kind: 'between', from: '0', to: undefined } }] },
  ],
  fields: [],
  limit: 1_000,
  offset: 0,
});

const found = async (database: Database, level: QueryLevel, id: number): Promise<number> =>
  (await search(database, { kind: 'everything' }, asking(level, id))).entities.length;
const series = (database: Database, id: number): Promise<number> => found(database, 'series', id);
const instances = (database: Database, id: number): Promise<number> => found(database, 'instance', id);

async function count(
  database: Database,
  table: 'series_value' | 'instance_value' | 'query_attribute_progress',
): Promise<number> {
  const row = await database.read
    .selectFrom(table)
    .select((eb) => eb.fn.countAll<number>().as('rows'))
    .executeTakeFirstOrThrow();
  return Number(row.rows);
}
