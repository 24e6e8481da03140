/** Names have three component groups, and are found by any of them: whoever asks, whatever else is asked, on every page. */
import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { FindQuery } from '../../../src/archive/index/find-query.js';
import type { StoringSite } from '../../../src/archive/index/index-record.js';
import { IndexWriter } from '../../../src/archive/index/index-writer.js';
import { count, search } from '../../../src/archive/index/search.js';
import { imagingKindOf, type Scope } from '../../../src/archive/scope.js';
import { Database } from '../../../src/database/database.js';
import { TAG } from '../../../src/dicom/attributes.js';
import { parseMatch } from '../../../src/dicom/matching.js';
import { addSite } from '../../../src/governance/sites.js';
import { madeUpRecord } from '../../support/index-records.js';
import { someScope } from '../../support/some-scope.js';
import { newDatabasePlace } from '../../support/test-places.js';

type Name = readonly [alphabetic: string | null, ideographic: string | null, phonetic: string | null];

interface Study {
  readonly id: number;
  readonly patientName: Name;
  readonly physicianName: Name;
  readonly date: string;
  readonly modality: string;
  readonly siteID: number;
  readonly split: string;
}

const GROUPS = [null, 'ann', 'anna', 'bo'];
const NAMES: readonly Name[] = GROUPS.flatMap((a) => GROUPS.flatMap((i) => GROUPS.map((p): Name => [a, i, p])));
const DATES = ['', '20000101', '20000131', '20200315'];
const MODALITIES = ['CT', 'DX', 'MR'];
const uid = (n: number): string => `1.2.${n}`;

/** A study of each possible name: at one of two sites, on one of few days. */
async function fill(database: Database): Promise<readonly Study[]> {
  const site = async (name: string): Promise<StoringSite> => {
    const { id } = await addSite(database, { name, splitPolicy: 50 }, 0);
    return { id, name, splitPolicy: 50, mayJoinAnyStudy: false };
  };
  const sites = [await site('Leeds'), await site('York')] as const;
  const records = NAMES.map((_, n) =>
    madeUpRecord({
      study: uid(n),
      series: `${uid(n)}.1`,
      instance: `${uid(n)}.1.1`,
      site: sites[n % 3 === 0 ? 0 : 1],
      patientID: `P${n}`,
      studyDate: DATES[(n * 7) % DATES.length] ?? '',
      modality: MODALITIES[n % MODALITIES.length] ?? '',
    }),
  );
  await new IndexWriter(database, () => new Date()).add(records);
  const physicianOf = (n: number): Name => NAMES[(n * 37) % NAMES.length] ?? [null, null, null];
  await database.write(async (tx) => {
    for (const [n, [alphabetic, ideographic, phonetic]] of NAMES.entries()) {
      const [doctor, doctorIdeographic, doctorPhonetic] = physicianOf(n);
      const columns = {
        patient_name: alphabetic,
        patient_name_ideographic: ideographic,
        patient_name_phonetic: phonetic,
        referring_physician_name: doctor,
        referring_physician_name_ideographic: doctorIdeographic,
        referring_physician_name_phonetic: doctorPhonetic,
      };
      await tx.updateTable('study').set(columns).where('study_instance_uid', '=', uid(n)).execute();
    }
  });
  const rows = await database.read
    .selectFrom('study')
    .select(['id', 'study_instance_uid', 'study_date', 'site_id', 'split'])
    .execute();
  return rows.map(({ id, study_instance_uid, study_date, site_id, split }) => {
    const n = Number(study_instance_uid.slice(4));
    return {
      id,
      patientName: NAMES[n] ?? [null, null, null],
      physicianName: physicianOf(n),
      date: study_date,
      modality: MODALITIES[n % MODALITIES.length] ?? '',
      siteID: site_id,
      split: split ?? '',
    };
  });
}

function isVisible(scope: Scope, { siteID, split, modality }: Study): boolean {
  if (scope.kind === 'everything' || scope.kind === 'nothing') return scope.kind === 'everything';
  if (scope.kind === 'site') return scope.siteID === siteID;
  const { kinds, splits, siteIDs } = scope.predicate;
  const isOfSplit = (splits as readonly string[]).includes(split);
  return isOfSplit && kinds.includes(imagingKindOf(modality)) && (siteIDs?.includes(siteID) ?? true);
}

/** Keys as they are sent, each with the pattern of what it finds. */
const KEYS: readonly (readonly [key: string, pattern: RegExp])[] = [
  ['ANN*', /^ann/],
  ['anna', /^anna$/],
  ['b*', /^b/],
  ['a?n*', /^a.n/],
  ['*n', /n$/],
  ['z*', /^z/],
];
const key = fc.constantFrom(...KEYS);

const QUESTIONS = fc.record({
  patient: key,
  physician: fc.option(key, { nil: undefined }),
  from: fc.constantFrom(undefined, '20000102'),
  modality: fc.constantFrom(undefined, 'CT', 'DX'),
  limit: fc.integer({ min: 1, max: 20 }),
});

type Question = typeof QUESTIONS extends fc.Arbitrary<infer T> ? T : never;

const queryOf = ({ patient, physician, from, modality, limit }: Question): FindQuery => ({
  level: 'study',
  matches: [
    ...(modality === undefined ? [] : [{ tag: TAG.ModalitiesInStudy, match: parseMatch('CS', modality) }]),
    { tag: TAG.PatientName, match: parseMatch('PN', patient[0]) },
    ...(physician === undefined ? [] : [{ tag: TAG.ReferringPhysicianName, match: parseMatch('PN', physician[0]) }]),
    ...(from === undefined ? [] : [{ tag: TAG.StudyDate, match: { kind: 'between', from, to: undefined } as const }]),
  ],
  dateTimes: [],
  zoned: [],
  values: [],
  fields: [],
  sequences: [],
  limit,
  offset: 0,
});

const isNamed = (name: Name, pattern: RegExp): boolean => name.some((group) => group !== null && pattern.test(group));

const answers = (study: Study, { patient, physician, from, modality }: Question): boolean =>
  isNamed(study.patientName, patient[1]) &&
  (physician === undefined || isNamed(study.physicianName, physician[1])) &&
  (from === undefined || study.date >= from) &&
  (modality === undefined || study.modality === modality);

const latestFirst = (a: Study, b: Study): number => (a.date === b.date ? b.id - a.id : a.date < b.date ? 1 : -1);

describe('names', () => {
  it('MA-17 are found once in whichever component groups they match, in order, on every page', async () => {
    const { place, drop } = await newDatabasePlace();
    onTestFinished(drop);
    const database = await Database.open(place);
    onTestFinished(() => database.close());
    const studies = [...(await fill(database))].sort(latestFirst);
    const siteIDs = [...new Set(studies.map(({ siteID }) => siteID))];
    await fc.assert(
      fc.asyncProperty(someScope(siteIDs), QUESTIONS, async (scope, question) => {
        const expected = studies.filter((study) => isVisible(scope, study) && answers(study, question));
        const query = queryOf(question);
        expect(await count(database, scope, query)).toBe(expected.length);
        for (let offset = 0; offset <= expected.length; offset += query.limit) {
          const { entities, remaining } = await search(database, scope, { ...query, offset });
          const found = entities.map(({ study }) => study.rowID);
          expect(found).toEqual(expected.slice(offset, offset + query.limit).map(({ id }) => id));
          expect(remaining).toBe(expected.length - offset - found.length);
        }
      }),
      { numRuns: 200 },
    );
  });
});
