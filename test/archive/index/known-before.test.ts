/** Known is what single questions find, asked with keys of any characters. */
import fc from 'fast-check';
import type { Kysely } from 'kysely';
import { expect, it, onTestFinished } from 'vitest';
import { deleteResource } from '../../../src/archive/index/delete-resource.js';
import type { IndexRecord, StoringSite } from '../../../src/archive/index/index-record.js';
import { IndexWriter } from '../../../src/archive/index/index-writer.js';
import { KnownBeforeReader } from '../../../src/archive/index/known-before.js';
import { DeletionHistories } from '../../../src/archive/index/known-deletions.js';
import {
  type KnownRows,
  keysOf,
  knownRows,
  selectKnownInstances,
  selectKnownPatients,
  selectKnownSeries,
  selectKnownStudies,
} from '../../../src/archive/index/known-rows.js';
import { addQueryAttribute, readQueryAttributes } from '../../../src/archive/query-attributes/definitions.js';
import { defineAttribute } from '../../../src/archive/query-attributes/query-attribute.js';
import { Database } from '../../../src/database/database.js';
import type { Schema } from '../../../src/database/schema.js';
import { madeUpRecord } from '../../support/index-records.js';
import { newDatabasePlace } from '../../support/test-places.js';

const now = (): Date => new Date('2026-03-10T12:00:00Z');

async function openIndex(): Promise<{ readonly database: Database; readonly site: StoringSite }> {
  const { place, drop } = await newDatabasePlace();
  const database = await Database.open(place);
  onTestFinished(async () => {
    await database.close();
    await drop();
  });
  const row = { name: 'Leeds', split_policy: '50', created_at: now().toISOString() };
  const { id } = await database.write((tx) =>
    tx.insertInto('site').values(row).returning('id').executeTakeFirstOrThrow(),
  );
  return { database, site: { id, name: 'Leeds', splitPolicy: 50, mayJoinAnyStudy: false } };
}

/** Text as a file may hold it, and as lists, JSON and SQL would rather not; there is no NUL in any. */
const someText = fc
  .oneof(
    fc.string({ unit: 'binary', minLength: 1 }),
    fc.string({
      unit: fc.constantFrom('"', "'", '\\', ',', '{', '}', '[', ' ', '\n', '%', '$1', 'é', '😀'),
      minLength: 1,
    }),
    fc.constantFrom('NULL', 'null', '{}', '{""}', '","', '\\"', '[]', "' or '1'='1", '\u2028', '\ufeff'),
  )
  .map((text) => text.replaceAll('\0', ''));

/** A few records, some of the same instance, series, study or patient. */
const someRecords = (site: StoringSite): fc.Arbitrary<readonly IndexRecord[]> =>
  fc.uniqueArray(someText, { minLength: 3, maxLength: 3 }).chain((patientIDs) =>
    fc.array(
      fc.tuple(fc.nat(2), fc.nat(1), fc.nat(1), someText).map(([study, series, instance, modality]) =>
        madeUpRecord({
          study: `1.2.${study}`,
          series: `1.2.${study}.${series}`,
          instance: `1.2.${study}.${series}.${instance}`,
          patientID: patientIDs[study] ?? '',
          modality: modality.slice(0, 16),
          site,
        }),
      ),
      { minLength: 1, maxLength: 8 },
    ),
  );

async function clear(database: Database): Promise<void> {
  for (const n of [0, 1, 2]) {
    await deleteResource(database, { studyInstanceUID: `1.2.${n}` }, { id: `cleared ${n}`, deletedAt: '2026' });
  }
  await database.write(async (tx) => {
    await tx.deleteFrom('deleted_instance').execute();
    await tx.deleteFrom('deletion').execute();
  });
}

async function askedOneByOne(db: Kysely<Schema>, records: readonly IndexRecord[]): Promise<KnownRows> {
  const keys = keysOf(records);
  return knownRows({
    instances: await selectKnownInstances(db).where('instance.sop_instance_uid', 'in', keys.instances).execute(),
    studies: await selectKnownStudies(db).where('study.study_instance_uid', 'in', keys.studies).execute(),
    series: await selectKnownSeries(db).where('series.series_instance_uid', 'in', keys.series).execute(),
    patients: await selectKnownPatients(db).where('patient.pseudonym', 'in', keys.patients).execute(),
  });
}

it('finds in one question what each finds by itself, whatever stands in the keys', async () => {
  const { database, site } = await openIndex();
  const writer = new IndexWriter(database, now);
  const [before, histories] = [new KnownBeforeReader(database), new DeletionHistories(database)];
  for (const [attribute, level] of [
    ['KVP', 'instance'],
    ['ProtocolName', 'series'],
  ] as const) {
    await addQueryAttribute(database, defineAttribute({ attribute, level }), now());
  }
  await fc.assert(
    fc.asyncProperty(someRecords(site), fc.nat(2), async (records, deleted) => {
      await clear(database);
      const [first] = await writer.add(records);
      expect(first?.outcome).toBe('stored');
      await deleteResource(database, { studyInstanceUID: `1.2.${deleted}` }, { id: 'one', deletedAt: '2026' });
      await database.write(async (tx) => {
        const identities = records.map(({ identity }) => identity);
        const { known, deletions, attributes } = await before.read(records, tx);
        expect(known).toEqual(await askedOneByOne(tx, records));
        const history = await histories.read(identities, tx);
        expect(identities.map((one) => deletions.of(one))).toEqual(identities.map((one) => history.of(one)));
        expect(attributes).toEqual(await readQueryAttributes(tx));
        expect(attributes).toHaveLength(2);
      });
    }),
    { numRuns: 60 },
  );
});

it('knows a patient again, whatever stands in his pseudonym', async () => {
  const { database, site } = await openIndex();
  const writer = new IndexWriter(database, now);
  let studies = 0;
  await fc.assert(
    fc.asyncProperty(someText, async (patientID) => {
      const make = () => {
        const study = `1.2.${studies++}`;
        return madeUpRecord({ study, series: `${study}.1`, instance: `${study}.1.1`, patientID, site });
      };
      const indexed = [...(await writer.add([make()])), ...(await writer.add([make(), make()]))];
      expect(indexed.map(({ outcome }) => outcome)).toEqual(['stored', 'stored', 'stored']);
    }),
  );
});

it('gives nothing of an index that is empty', async () => {
  const { database, site } = await openIndex();
  const record = madeUpRecord({ study: '1.2', series: '1.2.1', instance: '1.2.1.1', site });
  const reader = new KnownBeforeReader(database);
  const { known, deletions, attributes } = await database.write((tx) => reader.read([record], tx));
  expect(Object.values(known).map((rows) => rows.size)).toEqual([0, 0, 0, 0]);
  expect(deletions.of(record.identity)).toMatchObject({ generation: 0, isRefused: false });
  expect(attributes).toEqual([]);
});
