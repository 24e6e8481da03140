/** An index of an earlier version is searched like a new one. */
import { type Kysely, Migrator, sql } from 'kysely';
import { describe, expect, it, onTestFinished } from 'vitest';
import { search } from '../../../src/archive/index/search.js';
import type { Scope } from '../../../src/archive/scope.js';
import { Database } from '../../../src/database/database.js';
import type { DatabasePlace } from '../../../src/database/database-place.js';
import { type Dialect, POSTGRES, SQLITE } from '../../../src/database/dialects.js';
import { migrationsFor } from '../../../src/database/migrations/migrations.js';
import { openPostgres } from '../../../src/database/postgres.js';
import type { Schema } from '../../../src/database/schema.js';
import { openSqlite } from '../../../src/database/sqlite.js';
import { TAG } from '../../../src/dicom/attributes.js';
import { parseMatch } from '../../../src/dicom/matching.js';
import { newDatabasePlace } from '../../support/test-places.js';

/** Make an index as it was before a migration, and fill it. */
async function openEarlier(
  place: DatabasePlace,
  migration: string,
  fill: (db: Kysely<Schema>) => Promise<void>,
): Promise<void> {
  const prepare = (dialect: Dialect) => async (db: Kysely<Schema>) => {
    const earlier = Object.entries(migrationsFor(dialect)).filter(([name]) => name < migration);
    const provider = { getMigrations: async () => Object.fromEntries(earlier) };
    const { error } = await new Migrator({ db, provider }).migrateToLatest();
    if (error !== undefined) throw error;
    await fill(db);
  };
  const connections =
    place.kind === 'sqlite'
      ? await openSqlite(place.path, prepare(SQLITE))
      : await openPostgres(place, prepare(POSTGRES));
  await connections.close();
}

interface EarlierStudy {
  readonly date: string;
  readonly time: string | null;
  readonly timezone?: string;
}

async function addStudies(db: Kysely<Schema>, studies: readonly EarlierStudy[]): Promise<void> {
  await sql`insert into site (id, name, split_policy, created_at) values (1, 'A', '50', '2020')`.execute(db);
  await sql`insert into patient (id, pseudonym, split, first_site_id) values (1, 'P', 'training', 1)`.execute(db);
  for (const [i, { date, time, timezone }] of studies.entries()) {
    const member = timezone === undefined ? '' : `"00080201":{"vr":"SH","Value":["${timezone}"]},`;
    await sql`
      insert into study (id, study_instance_uid, patient_row_id, site_id, split, study_date, study_time, patient_name,
        attributes, stored_at)
      values (${i + 1}, ${`1.2.${i}`}, 1, 1, 'training', ${date}, ${time}, ${`smith^n${i}`},
        ${`{${member}"00100010":{"vr":"PN"}}`}, '2020')
    `.execute(db);
    await sql`
      insert into series (id, series_instance_uid, study_row_id, kind, split, site_id, series_order, instance_count,
        performed_procedure_step_start_date, performed_procedure_step_start_time, attributes)
      values (${i + 1}, ${`1.2.${i}.1`}, ${i + 1}, 'ct', 'training', 1, 1, 1, ${date || null}, ${time}, '{}')
    `.execute(db);
  }
}

const STUDIES: readonly (EarlierStudy & { readonly instant: string | null })[] = [
  { date: '20200301', time: '001500.123456', timezone: '+0100', instant: '20200229231500.123456' },
  { date: '20191231', time: '233000.000000', timezone: '-0530', instant: '20200101050000.000000' },
  { date: '20200301', time: '101500.000000', instant: null },
  { date: '20200301', time: null, timezone: '+0100', instant: null },
  { date: '', time: '101500.000000', timezone: '+0100', instant: null },
  { date: '20200301', time: '101500.000000', timezone: 'MEZ  ', instant: null },
  { date: '00000101', time: '101500.000000', timezone: '+0100', instant: null },
];

/** What makes the indexes of studies, as the database says it. */
async function indexesOf({ dialect, read }: Database): Promise<readonly string[]> {
  const ask = {
    sqlite: sql<{
      text: string;
    }>`select sql as text from sqlite_master where type = 'index' and tbl_name = 'study' and sql is not null`,
    postgres: sql<{ text: string }>`select indexdef as text from pg_indexes where tablename = 'study'`,
  };
  return (await ask[dialect.name].execute(read)).rows.map(({ text }) => text);
}

describe('an index of an earlier version', () => {
  it('QD-19 gets the instants of studies and procedure steps that know their offset from UTC', async () => {
    const { place, drop } = await newDatabasePlace();
    onTestFinished(drop);
    await openEarlier(place, '0003', (db) => addStudies(db, STUDIES));
    const database = await Database.open(place);
    try {
      const expected = STUDIES.map(({ instant }) => instant);
      const studies = await database.read.selectFrom('study').select('study_instant').orderBy('id').execute();
      expect(studies.map((row) => row.study_instant)).toEqual(expected);
      const series = await database.read
        .selectFrom('series')
        .select('performed_procedure_step_start_instant as instant')
        .orderBy('id')
        .execute();
      expect(series.map((row) => row.instant)).toEqual(expected);
    } finally {
      await database.close();
    }
  });

  it('MA-22 is searched by parts of its texts', async () => {
    const { place, drop } = await newDatabasePlace();
    onTestFinished(drop);
    await openEarlier(place, '0003', (db) => addStudies(db, STUDIES));
    const database = await Database.open(place);
    try {
      const matches = [{ tag: TAG.PatientName, match: parseMatch('PN', '*mith^n3*') }];
      const none = { dateTimes: [], zoned: [], sequences: [], values: [], fields: [] };
      const query = { ...none, level: 'study', matches, limit: 9, offset: 0 } as const;
      const { entities } = await search(database, { kind: 'everything' }, query);
      expect(entities.map(({ study }) => study.studyInstanceUID)).toEqual(['1.2.3']);
    } finally {
      await database.close();
    }
  });

  it('MA-17 is searched by names, for whoever asks', async () => {
    const { place, drop } = await newDatabasePlace();
    onTestFinished(drop);
    await openEarlier(place, '0009', (db) => addStudies(db, STUDIES));
    const database = await Database.open(place);
    try {
      const none = { dateTimes: [], zoned: [], sequences: [], values: [], fields: [] };
      const matches = [{ tag: TAG.PatientName, match: parseMatch('PN', 'SMITH*') }];
      const query = { ...none, level: 'study', matches, limit: 2, offset: 0 } as const;
      const found = async (scope: Scope): Promise<readonly number[]> => {
        const { entities, remaining } = await search(database, scope, query);
        return [entities.length, remaining];
      };
      expect(await found({ kind: 'everything' })).toEqual([2, STUDIES.length - 2]);
      expect(await found({ kind: 'site', siteID: 1 })).toEqual([2, STUDIES.length - 2]);
      expect(await found({ kind: 'site', siteID: 2 })).toEqual([0, 0]);
      const ofNames = (await indexesOf(database)).filter((text) => /study_by_\w*name/.test(text));
      expect(ofNames).toHaveLength(6);
      for (const text of ofNames) expect(text).toMatch(/name\w*"? is not null\)?$/i);
      expect(ofNames.filter((text) => /site_id.*split.*modality_bits/.test(text))).toHaveLength(2);
    } finally {
      await database.close();
    }
  });
});
