/** J-24 over real files: as JSON or XML with bulkdata out of one archive and into another, each is the same Part 10 file. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { differencesOfModels } from '../support/native-xml.js';
import { corpusDir } from '../support/outside-files.js';
import { differencesOfFiles } from '../support/same-data-set.js';
import { DICOM_JSON, DICOM_XML, getterOf, retrieveAsSent, type SentBody, storeSent } from '../support/sent-metadata.js';
import { isConflict, type OpenToAll, realFilesIn, startArchiveOfSite, withRealFile } from './real-files.js';
import { getFile, type SentFile, sentFileOf } from './stored-files.js';

const root = corpusDir ?? '';
const paths = corpusDir === undefined ? [] : realFilesIn(corpusDir);

/** What XML 1.0 has no way to write comes back as U+FFFD. */
const writable = (text: string): string =>
  text.replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '\ufffd');

describe.runIf(corpusDir !== undefined)('real files as metadata and bulkdata', { timeout: 60_000 }, () => {
  let source: OpenToAll;
  const targets = new Map<string, OpenToAll>();
  const counts = new Map<string, number>();
  const count = (what: string): void => void counts.set(what, (counts.get(what) ?? 0) + 1);

  beforeAll(async () => {
    source = await startArchiveOfSite();
    for (const type of [DICOM_JSON, DICOM_XML]) targets.set(type, await startArchiveOfSite());
  });
  afterAll(async () => {
    await source.archive.close();
    for (const { archive } of targets.values()) await archive.close();
    console.info([...counts].map(([what, number]) => `${String(number).padStart(6)}  ${what}`).join('\n'));
  });

  it.each(paths)('%s', async (path) => {
    await withRealFile(source, join(root, path), async ({ archive, curatorToken, sent }) => {
      if (sent.path === undefined) return;
      const get = getterOf(archive, curatorToken);
      await expectSameModels(get, sent.path);
      for (const type of [DICOM_JSON, DICOM_XML]) {
        const body = await retrieveAsSent(get, sent.path, type);
        const stored = await storedAlone(type, body, sent.path);
        const same = type === DICOM_XML ? { textOf: writable } : {};
        expect(await differencesOfFiles(readFileSync(join(root, path)), stored, same)).toEqual([]);
        count(`stored again from ${type}`);
      }
    });
  });

  async function expectSameModels(get: ReturnType<typeof getterOf>, path: string): Promise<void> {
    const metadata = async (type: string) => (await get(`${path}/metadata`, type)).text();
    const [json, xml] = [await metadata(DICOM_JSON), await metadata(DICOM_XML)];
    expect(differencesOfModels([{ xml, json: JSON.stringify(JSON.parse(json)[0]) }])).toEqual([[]]);
  }

  /** The file that the archive keeps of a body; of its own archive where another file of the collection is in the way. */
  async function storedAlone(type: string, body: SentBody, path: string): Promise<Buffer> {
    const shared = targets.get(type);
    if (shared === undefined) throw new Error('There is an archive for each type.');
    const sent = await send(shared, body);
    if (!isConflict(sent)) return fileOf(shared, sent, path);
    const own = await startArchiveOfSite();
    try {
      return await fileOf(own, await send(own, body), path);
    } finally {
      await own.archive.close();
    }
  }

  const send = async ({ archive, siteToken }: OpenToAll, body: SentBody): Promise<SentFile> =>
    sentFileOf(archive, await storeSent(archive, siteToken, body));

  async function fileOf({ archive, curatorToken }: OpenToAll, sent: SentFile, path: string): Promise<Buffer> {
    expect([sent.status, sent.explanation, sent.path]).toEqual([200, '', path]);
    return getFile(archive, curatorToken, path, '*');
  }
});
