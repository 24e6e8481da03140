/** Searches over HTTP against the pure rules of matching: the index finds exactly what they say. PS3.4 §C.2.2.2 */
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { dataSetOfKeywords } from '../../src/dicom/build-data-set.js';
import { findDictionaryEntry, findTagOfKeyword } from '../../src/dicom/dictionary.js';
import { LITERAL, type MatchingWays, matches, parseMatch } from '../../src/dicom/matching.js';
import { type CuratedArchive, startCuratedArchive } from './curated.js';
import { firstValue, found } from './dicom-json.js';
import { type MadeInstance, makeInstance } from './instances.js';

const STUDIES = 40;
const RUNS = 400;

/** What is in the archive, as it was put in. */
interface Entity {
  readonly made: MadeInstance;
  readonly study: Readonly<Record<string, string>>;
  readonly series: Readonly<Record<string, string>>;
  readonly requests: readonly Readonly<Record<string, string>>[];
}

const PIECES = ['A', 'a', 'B', '%', '_', "'", ' ', '-', '1', '*', 'é', 'ß', '𝒳', '.'] as const;
const text = fc.array(fc.constantFrom(...PIECES), { maxLength: 4 }).map((pieces) => pieces.join(''));
const group = fc
  .array(fc.constantFrom('Ann', 'ANN', 'Müller', 'muller', 'Straße', '王', 'ワ', '^', '^', ' ', "O'"), { maxLength: 4 })
  .map((pieces) => pieces.join(''));
const name = fc.array(group, { minLength: 1, maxLength: 3 }).map((groups) => groups.join('='));
const date = fc.constantFrom('20200131', '20200201', '20200202', '20200229', '', 'nonsense', '2020.02.01');
const time = fc.constantFrom('10', '1015', '101500', '101500.5', '235959.999999', '', '10:15', 'xx');
const number = fc.constantFrom('1', '01', '+1', '2', '-3', '', 'x', '1.0', ' 2');
const code = fc.constantFrom('F', 'M', 'O', '');

const STUDY = {
  StudyDate: date,
  StudyTime: time,
  AccessionNumber: text,
  StudyID: text,
  StudyDescription: text,
  PatientName: name,
  ReferringPhysicianName: name,
  PatientBirthDate: date,
  PatientSex: code,
};
const SERIES = {
  SeriesNumber: number,
  SeriesDescription: text,
  BodyPartExamined: fc.constantFrom('CHEST', 'HEAD', ''),
  PerformedProcedureStepStartDate: date,
  PerformedProcedureStepStartTime: time,
};
const REQUEST = { ScheduledProcedureStepID: text, RequestedProcedureID: text };
const MODALITIES = ['CT', 'DX', 'MR'] as const;

const seriesModel = fc.record({
  modality: fc.constantFrom(...MODALITIES),
  attributes: fc.record(SERIES),
  requests: fc.array(fc.record(REQUEST), { maxLength: 2 }),
});
const studyModel = fc.record({
  attributes: fc.record(STUDY),
  series: fc.array(seriesModel, { minLength: 1, maxLength: 2 }),
});

const models = fc.sample(studyModel, { numRuns: STUDIES, seed: 7 });
const entities: readonly Entity[] = models.flatMap(({ attributes, series }, i) =>
  series.map(({ modality, attributes: own, requests }, j) => ({
    study: { ...attributes, PatientID: `P${i % 20}` },
    series: { ...own, Modality: modality },
    requests,
    made: makeInstance({
      study: `model ${i}`,
      series: `model ${i}/${j}`,
      modality,
      attributes: {
        ...attributes,
        PatientID: `P${i % 20}`,
        ...own,
        ...(requests.length === 0
          ? {}
          : { RequestAttributesSequence: requests.map((request) => dataSetOfKeywords(request)) }),
      },
    }),
  })),
);

let archive: CuratedArchive;
beforeAll(async () => {
  archive = await startCuratedArchive();
  await archive.add(...entities.map(({ made }) => made));
});
afterAll(() => archive.close());

const vrOf = (keyword: string) => {
  const entry = findDictionaryEntry(findTagOfKeyword(keyword) ?? 0);
  if (entry === undefined) throw new Error('A searched attribute is in the dictionary.');
  return entry.vr;
};

type Search = Readonly<Record<string, string>>;
type Resource = 'studies' | 'series' | 'instances';

const matchOf = (keyword: string, key: string, ways: MatchingWays) =>
  parseMatch(vrOf(keyword), key, { ...ways, multipleValues: ways.multipleValues && keyword === 'ModalitiesInStudy' });

const isMatch = (keyword: string, key: string, values: readonly string[], ways: MatchingWays): boolean =>
  matches(matchOf(keyword, key, ways), vrOf(keyword), values);

function isFound(entity: Entity, query: Search, ways: MatchingWays): boolean {
  const studyModalities = entities
    .filter(({ made }) => made.studyInstanceUID === entity.made.studyInstanceUID)
    .map(({ series }) => series['Modality'] ?? '');
  const requestKeys = Object.entries(query).filter(([keyword]) => keyword in REQUEST);
  const others = Object.entries(query).filter(([keyword]) => !(keyword in REQUEST));
  return (
    others.every(([keyword, key]) =>
      keyword === 'ModalitiesInStudy'
        ? isMatch(keyword, key, studyModalities, ways)
        : isMatch(keyword, key, valuesOf(entity, keyword), ways),
    ) && isRequestFound(entity, requestKeys, ways)
  );
}

const valuesOf = ({ study, series }: Entity, keyword: string): readonly string[] => {
  const value = study[keyword] ?? series[keyword];
  return value === undefined ? [] : [value];
};

function isRequestFound(
  { requests }: Entity,
  keys: readonly (readonly [string, string])[],
  ways: MatchingWays,
): boolean {
  const searched = keys.filter(([keyword, key]) => matchOf(keyword, key, ways).kind !== 'universal');
  const asksForNone = searched.every(([keyword, key]) => matchOf(keyword, key, ways).kind === 'empty');
  if (searched.length === 0 || (asksForNone && requests.length === 0)) return true;
  return requests.some((item) =>
    searched.every(([keyword, key]) => isMatch(keyword, key, [item[keyword] ?? ''], ways)),
  );
}

/** Keys made from values that are there: whole, cut, with wildcards, in other case, as ranges. */
function keyFrom(keyword: string, value: string): fc.Arbitrary<string> {
  const vr = vrOf(keyword);
  if (vr === 'DA')
    return fc.constantFrom('20200201', '20200131-20200201', '-20200201', '20200202-', '20200229-20200201');
  if (vr === 'TM') return fc.constantFrom('10', '1015', '101500.5', '10-1015', '-101500', '1015-', '235959');
  if (vr === 'IS') return fc.constantFrom('1', '01', '2', '-3', '+2', '1.0', '7');
  const middle = [...value].slice(1, -1).join('');
  const words = value.split(/[\^= -]+/);
  return fc.constantFrom(
    value,
    `${value}*`,
    `*${value}`,
    `*${middle}*`,
    `${[...value].slice(0, 1).join('')}*`,
    [...value].map((character, i) => (i === 1 && character !== '^' ? '?' : character)).join(''),
    value.toUpperCase(),
    value.replaceAll('=', '').toLowerCase(),
    '*',
    '',
    '?',
    '??',
    '*a*',
    '%',
    '_*',
    '""',
    words.toReversed().join(' '),
    words.map((word) => [...word].slice(0, 2).join('')).join('^'),
  );
}

const SEARCHED: Readonly<Record<Resource, readonly string[]>> = {
  studies: [...Object.keys(STUDY), 'PatientID', 'ModalitiesInStudy'],
  series: [...Object.keys(STUDY), ...Object.keys(SERIES), 'Modality', 'ModalitiesInStudy', ...Object.keys(REQUEST)],
  instances: [...Object.keys(STUDY), ...Object.keys(SERIES), 'PatientID', 'Modality', ...Object.keys(REQUEST)],
};

const pairOf = (keyword: string): fc.Arbitrary<readonly [string, string]> =>
  keyword === 'ModalitiesInStudy' || keyword === 'Modality'
    ? fc.constantFrom('CT', 'MR', 'CT,DX', 'C?', '*', 'ct', 'CT\\MR', '""').map((key) => [keyword, key] as const)
    : fc
        .constantFrom(...entities)
        .map(
          (entity) => [...valuesOf(entity, keyword), ...entity.requests.map((item) => item[keyword] ?? '')][0] ?? 'A',
        )
        .chain((value) => keyFrom(keyword, value))
        .map((key) => [keyword, key] as const);

/** Not both a range of dates and one of times, which are combined and have tests of their own. */
const isCombined = (query: Search): boolean =>
  [
    ['StudyDate', 'StudyTime'],
    ['PerformedProcedureStepStartDate', 'PerformedProcedureStepStartTime'],
  ].some((pair) => pair.every((keyword) => query[keyword]?.includes('-') === true));

/** Ways of matching, in half of all searches none but the literal. */
const waysOfMatching: fc.Arbitrary<MatchingWays> = fc.oneof(
  fc.constant(LITERAL),
  fc.record({ fuzzy: fc.boolean(), emptyValues: fc.boolean(), multipleValues: fc.boolean() }),
);

const searches: fc.Arbitrary<readonly [Resource, Search, MatchingWays]> = fc
  .tuple(fc.constantFrom<Resource>('studies', 'series', 'instances'), waysOfMatching)
  .chain(([resource, ways]) =>
    fc
      .uniqueArray(fc.constantFrom(...SEARCHED[resource]), { minLength: 1, maxLength: 3 })
      .chain((keywords) => fc.tuple(...keywords.map(pairOf)))
      .map((pairs) => [resource, Object.fromEntries(pairs), ways] as const),
  )
  .filter(([, query]) => !isCombined(query));

const TAG_OF: Readonly<Record<Resource, string>> = { studies: '0020000D', series: '0020000E', instances: '00080018' };

const uidIn = ({ made }: Entity, resource: Resource): string =>
  ({ studies: made.studyInstanceUID, series: made.seriesInstanceUID, instances: made.sopInstanceUID })[resource];

async function search(
  resource: Resource,
  query: Search,
  { fuzzy, emptyValues, multipleValues }: MatchingWays,
): Promise<readonly (string | undefined)[]> {
  const parameters = Object.entries(query).map(([keyword, key]) => {
    const path = keyword in REQUEST ? `RequestAttributesSequence.${keyword}` : keyword;
    return `${path}=${encodeURIComponent(key)}`;
  });
  const ways = `fuzzymatching=${fuzzy}&emptyvaluematching=${emptyValues}&multiplevaluematching=${multipleValues}`;
  const answers = await found(await archive.get(`/${resource}?${parameters.join('&')}&${ways}`));
  return answers.map((answer) => firstValue(answer, TAG_OF[resource])).toSorted();
}

describe('the index and the rules of matching', () => {
  it('QM-01 QM-02 QM-03 MA-01 MA-03 MA-12 QD-09 QD-10 QD-11 agree on every search', async () => {
    await fc.assert(
      fc.asyncProperty(searches, async ([resource, query, ways]) => {
        const matching = entities.filter((entity) => isFound(entity, query, ways));
        const expected = matching.map((entity) => uidIn(entity, resource));
        expect(await search(resource, query, ways)).toEqual([...new Set(expected)].toSorted());
      }),
      { numRuns: RUNS, seed: 11 },
    );
  });

  it('asks for what is there and for what is not', () => {
    const sample = fc.sample(searches, { numRuns: RUNS, seed: 11 });
    const counts = sample.map(([, query, ways]) => entities.filter((entity) => isFound(entity, query, ways)).length);
    expect(counts.filter((count) => count > 0 && count < entities.length).length).toBeGreaterThan(RUNS / 5);
    expect(counts.filter((count) => count === 0).length).toBeGreaterThan(RUNS / 10);
  });
});
