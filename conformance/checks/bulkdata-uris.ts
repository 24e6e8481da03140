/** Where the values are that metadata refers to. */
import { instanceURL, JSON_TYPE, type Trial } from '../check.js';
import { elementsOf, type JSONDataSet, readDataSets } from '../dicom/dicom-json.js';
import type { Subject } from '../session.js';

/** The metadata of one instance. */
export async function metadataOf(t: Trial, subject: Subject): Promise<JSONDataSet> {
  const target = `${instanceURL(subject)}/metadata`;
  const [set, ...others] = readDataSets((await t.got(target, JSON_TYPE)).body);
  t.equal(others.length, 0, 'further data sets in the metadata of one instance');
  return set ?? t.skip('the metadata is empty');
}

/**
 * Fixtures whose metadata can be had, for rows that are about something else: of the others RM-02 tells. In read-only mode
 * it is the instance that is there.
 */
export async function readable(t: Trial, names: readonly string[]): Promise<readonly Subject[]> {
  if (t.session.isReadOnly) return [t.subject()];
  const found: Subject[] = [];
  for (const fixture of t.fixtures(...names)) {
    const { status } = await t.get(`${instanceURL(fixture)}/metadata`, JSON_TYPE);
    if (status === 200) found.push(fixture);
    else t.note(`without ${fixture.name} (${status})`);
  }
  return found;
}

/** Every BulkDataURI in the metadata of one instance, made absolute, by the path of its element. */
export async function bulkdataURIs(t: Trial, subject: Subject): Promise<ReadonlyMap<string, string>> {
  const uris = new Map<string, string>();
  for (const [path, , { BulkDataURI }] of elementsOf(await metadataOf(t, subject))) {
    if (typeof BulkDataURI === 'string') uris.set(path, resolved(t, subject, BulkDataURI));
  }
  return uris;
}

/** Relative ones as OHIF reads them: from the study, from the series, or from the origin. */
export function resolved(t: Trial, subject: Subject, uri: string): string {
  const { base } = t.session.client;
  if (/^https?:\/\//.test(uri)) return uri;
  if (uri.startsWith('/')) return new URL(uri, base).href;
  const from = /^(?:instances\/|\.\.)/.test(uri)
    ? `${base}/studies/${subject.study}/series/${subject.series}/`
    : `${base}/studies/${subject.study}/`;
  return new URL(uri, from).href;
}

/** @throws Skipped when the metadata has no BulkDataURI for Pixel Data */
export async function pixelDataURI(t: Trial, subject: Subject): Promise<string> {
  const uri = (await bulkdataURIs(t, subject)).get('7FE00010');
  return uri ?? t.skip('the metadata has no BulkDataURI for Pixel Data');
}
