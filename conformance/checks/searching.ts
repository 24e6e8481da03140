/** How the checks search, and how they tell what was found. */
import { JSON_TYPE, type Trial } from '../check.js';
import { firstOf, type JSONDataSet, readDataSets } from '../dicom/dicom-json.js';

export type Query = Readonly<Record<string, string>>;

export const queryOf = (query: Query): string =>
  Object.entries(query)
    .map(([name, value]) => `${name}=${encodeURIComponent(value)}`)
    .join('&');

/** The results, none for 204. @throws Failure for any other status than 200 and 204 */
export async function search(t: Trial, resource: string, query: Query): Promise<readonly JSONDataSet[]> {
  const answer = await t.get(`${resource}?${queryOf(query)}`, JSON_TYPE);
  t.status(answer, 200, 204);
  return answer.status === 204 ? [] : readDataSets(answer.body);
}

/** As `search`, by a key that a server need not know. @throws Skipped where it refuses the key */
export async function searchByOptionalKey(t: Trial, resource: string, query: Query): Promise<readonly JSONDataSet[]> {
  const { status } = await t.get(`${resource}?${queryOf(query)}`, JSON_TYPE);
  return status === 400 ? t.skip('the key is refused (400)') : search(t, resource, query);
}

/** The values of an attribute in all results, sorted. */
export const found = (results: readonly JSONDataSet[], keyword: string): readonly string[] =>
  results.map((one) => firstOf(one, keyword) ?? '').sort();

/** The names of this run's studies that match, sorted; whatever else is found is named by its UID. */
export async function studiesFound(t: Trial, query: Query): Promise<readonly string[]> {
  const results = await search(t, '/studies', { ...query, StudyID: t.session.run.id });
  const names = new Map([...t.session.fixtures.values()].reverse().map((one) => [one.study, one.name] as const));
  return found(results, 'StudyInstanceUID')
    .map((uid) => names.get(uid) ?? uid)
    .sort();
}

/** A key by which the studies of this run are found, or in read-only mode the one that is there. */
export const ours = (t: Trial): string =>
  t.session.isReadOnly ? `StudyInstanceUID=${t.subject().study}` : `StudyID=${t.session.run.id}`;

/** What the Warning header fields of the last answer say. */
export const warnings = (t: Trial): string => (t.last?.headers('Warning') ?? []).join(' | ');
