/** What PostgreSQL plans for a search by a name, of which there may be thousands: those that match by its alphabetic group are found and counted without their rows. */
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AttributeMatch, FindQuery } from '../../../src/archive/index/find-query.js';
import { findPage } from '../../../src/archive/index/matching-rows.js';
import { search } from '../../../src/archive/index/search.js';
import type { Scope } from '../../../src/archive/scope.js';
import { Database } from '../../../src/database/database.js';
import { TAG } from '../../../src/dicom/attributes.js';
import { parseMatch } from '../../../src/dicom/matching.js';
import { fillIndex, settle } from '../../scale/synthetic-index.js';
import { planOf, type RecordedIndex, recordQueries } from '../../support/recorded-queries.js';
import { dropDatabase, newDatabase } from '../../support/test-places.js';

const STUDIES = 20_000;
const LIMIT = 10;

const SCOPES: Readonly<Record<string, Scope>> = {
  everything: { kind: 'everything' },
  'one site': { kind: 'site', siteID: 1_000 },
  'a licence': { kind: 'licence', predicate: { kinds: ['xray', 'ct'], splits: ['training'], siteIDs: [1_000] } },
};

const named = (key: string): AttributeMatch => ({ tag: TAG.PatientName, match: parseMatch('PN', key) });
const SEARCHES: Readonly<Record<string, readonly AttributeMatch[]>> = {
  'a surname': [named('IDXNAME006*')],
  'a surname and a modality': [named('IDXNAME006*'), { tag: TAG.ModalitiesInStudy, match: parseMatch('CS', 'CT') }],
  'a surname and a day from which on': [
    named('IDXNAME006*'),
    { tag: TAG.StudyDate, match: { kind: 'between', from: '20010101', to: undefined } },
  ],
};
const queryOf = (matches: readonly AttributeMatch[]): FindQuery => ({
  level: 'study',
  matches,
  dateTimes: [],
  zoned: [],
  values: [],
  fields: [],
  sequences: [],
  limit: LIMIT,
  offset: 0,
});

describe(`what is planned for a name among ${STUDIES} studies`, () => {
  let database: Database;
  let recorded: RecordedIndex;
  let drop: () => Promise<void>;

  beforeAll(async () => {
    const place = await newDatabase();
    drop = () => dropDatabase(place);
    database = await Database.open(place);
    await fillIndex(database, STUDIES);
    await settle(place);
    recorded = recordQueries(database);
  });
  afterAll(async () => {
    await database.close();
    await drop();
  });

  /** Of each question that was asked of names, the steps that look at studies. What a question is made of is noted down too. */
  const plansOfNames = async () => {
    const questions = recorded.take().filter((query) => /^select (?!\*).* union all /.test(query.sql));
    return Promise.all(
      questions.map(async (query) => (await planOf(database, query)).filter(({ table }) => table === 'study')),
    );
  };

  for (const [scopeName, scope] of Object.entries(SCOPES)) {
    it.each(Object.entries(SEARCHES))(
      `T56 finds and counts for ${scopeName} from an index alone: %s`,
      async (_, matches) => {
        recorded.take();
        const { entities, remaining } = await search(recorded.database, scope, queryOf(matches));
        expect([entities.length, remaining > 0]).toEqual([LIMIT, true]);
        const plans = await plansOfNames();
        expect(plans).toHaveLength(2);
        for (const steps of plans) expect(steps).toEqual([{ table: 'study', by: 'search', isIndexAlone: true }]);
      },
    );
  }

  it('T56 goes through the latest studies, as far as the page goes, when most have such a name', async () => {
    recorded.take();
    await findPage(recorded.database, { kind: 'everything' }, queryOf([named('IDXNAME*')]));
    expect(await plansOfNames()).toEqual([[{ table: 'study', by: 'index', isIndexAlone: false }]]);
  });

  it('reads a search once, and plans it anew by what is asked for', async () => {
    for (let n = 0; n < 20; n++) await findPage(database, { kind: 'everything' }, queryOf([named(`IDXNAME${n}*`)]));
    const { rows } = await sql<{ by_values: number; once: number }>`
      select max(custom_plans) as by_values, max(generic_plans) as once from pg_prepared_statements
      where statement like 'select "study"."id"%union all%'
    `.execute(database.search);
    expect(rows[0]?.by_values).toBeGreaterThanOrEqual(20);
    expect(rows[0]?.once).toBe(0);
  });
});
