import { sql } from 'kysely';
import { expect, it, onTestFinished } from 'vitest';
import { KnownBeforeReader } from '../../../src/archive/index/known-before.js';
import { Database } from '../../../src/database/database.js';
import { madeUpRecord } from '../../support/index-records.js';
import { dropDatabase, newDatabase } from '../../support/test-places.js';

/** PostgreSQL plans anew for the first five times, and from then on where it hopes to gain by that. */
const PLANNED_AT_FIRST = 5;
const ASKED = 20;

it('is not planned anew for each record', async () => {
  const place = await newDatabase();
  onTestFinished(() => dropDatabase(place));
  const database = await Database.open(place);
  onTestFinished(() => database.close());
  const site = { id: 1, name: 'Leeds', splitPolicy: 50, mayJoinAnyStudy: false } as const;
  const record = madeUpRecord({ study: '1.2', series: '1.2.1', instance: '1.2.1.1', site });
  const reader = new KnownBeforeReader(database);
  const prepared = await database.write(async (tx) => {
    for (let n = 0; n < ASKED; n++) await reader.read([record], tx);
    const { rows } = await sql<{ generic_plans: number; custom_plans: number }>`
      select generic_plans, custom_plans from pg_prepared_statements where statement like 'select (select%'
    `.execute(tx);
    return rows;
  });
  expect(prepared).toEqual([{ generic_plans: ASKED - PLANNED_AT_FIRST, custom_plans: PLANNED_AT_FIRST }]);
});
