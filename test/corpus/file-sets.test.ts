/** Real files as zips: whatever is stored, a study of it is a File-set that other makers' readers find whole. PS3.10 §8 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { complaintsOfDCMTK, expectSoundZip, fileSetsIn, hasOtherReaders, unpackZip } from '../support/other-readers.js';
import { corpusDir } from '../support/outside-files.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { type OpenToAll, realFilesIn, startArchiveOfSite } from './real-files.js';
import { get, getJSON, send, textOf } from './stored-files.js';

if (corpusDir !== undefined && hasOtherReaders()) describeFileSets(corpusDir);

function describeFileSets(folder: string): void {
  let open: OpenToAll;
  beforeAll(async () => {
    open = await startArchiveOfSite();
    // What is refused, or stands against what is stored already, is other tests' business.
    for (const path of realFilesIn(folder)) await send(open.archive, open.siteToken, readFileSync(join(folder, path)));
  }, 300_000);
  afterAll(() => open.archive.close());

  describe('every study of CORPUS_DIR as a zip', () => {
    it('is sound, and its DICOMDIR leads to every instance', async () => {
      const { archive, curatorToken } = open;
      const studies = await getJSON(archive, curatorToken, '/studies');
      const root = temporaryFolder();
      const folders: string[] = [];
      for (const [i, study] of studies.entries()) {
        const zip = join(root, `${i}.zip`);
        const answer = await get(archive, curatorToken, `/studies/${textOf(study, '0020000D')}`, 'application/zip');
        writeFileSync(zip, Buffer.from(await answer.arrayBuffer()));
        await expectSoundZip(zip);
        const unpacked = join(root, `${i}`);
        mkdirSync(unpacked);
        await unpackZip(zip, unpacked);
        expect([zip, await complaintsOfDCMTK(join(unpacked, 'DICOMDIR'))]).toEqual([zip, '']);
        folders.push(unpacked);
      }
      expect(folders.length).toBeGreaterThan(50);
      const fileSets = await fileSetsIn(folders);
      expect(fileSets.map((found) => found.length)).toEqual(studies.map((study) => Number(textOf(study, '00201208'))));
      for (const { uid, read } of fileSets.flat()) expect(uid).toBe(read);
    }, 600_000);
  });
}
