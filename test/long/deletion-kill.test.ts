/** A curator deletes while hospitals send and the server is killed: what was acknowledged as deleted stays so, and leaves no file. */
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { ask } from '../http/wire.js';
import { LoadWriters, type SentInstance } from '../support/load-writers.js';
import { Seeded } from '../support/seeded.js';
import { ServedArchive } from '../support/served-archive.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const KILLS = 30;
const WRITERS = 4;
const SHORTEST_LIFE_MS = 300;
const LIFE_MS = 1_200;

const pathOf = ({ studyInstanceUID, seriesInstanceUID, sopInstanceUID }: SentInstance): string =>
  `/dicom-web/studies/${studyInstanceUID}/series/${seriesInstanceUID}/instances/${sopInstanceUID}`;

/** The status of an answer; 0 when the server was gone. */
const statusOf = (archive: ServedArchive, method: string, path: string): Promise<number> =>
  ask(archive.url, path, { method, headers: { Authorization: `Bearer ${archive.curatorToken}` } }).then(
    ({ status }) => status,
    () => 0,
  );

describe('a server killed while a curator deletes', () => {
  it(`F1 ST-04 keeps what it acknowledged as deleted, in ${KILLS} kills`, async () => {
    const archive = await ServedArchive.make(temporaryFolder());
    const chance = new Seeded('moments of death, and who is deleted');
    const writers = new LoadWriters('deletion kill', WRITERS, [0x0124]);
    const deleted = new Set<string>();
    /** Nobody was told whether these are deleted. */
    const unsure = new Set<string>();
    const wrong: unknown[] = [];
    const curate = async (signal: AbortSignal): Promise<void> => {
      while (!signal.aborted) {
        await sleep(20);
        const one = writers.acknowledged[chance.below(Math.max(1, writers.acknowledged.length))];
        if (one === undefined) continue;
        const path = pathOf(one);
        const status = await statusOf(archive, 'DELETE', path);
        if (status === 204) deleted.add(path);
        else if (status === 410 && (deleted.has(path) || unsure.has(path))) deleted.add(path);
        else if (status === 0) unsure.add(path);
        else wrong.push(['DELETE', path, status]);
      }
    };
    await archive.start();
    try {
      for (let kill = 0; kill < KILLS; kill++) {
        const ending = new AbortController();
        const running = Promise.all([writers.run(archive, ending.signal), curate(ending.signal)]);
        await sleep(SHORTEST_LIFE_MS + chance.below(LIFE_MS));
        await archive.kill();
        ending.abort();
        await running;
        await archive.start();
        for (const path of deleted) {
          const status = await statusOf(archive, 'GET', path);
          if (status !== 410) wrong.push(['GET', path, status]);
        }
      }
      await archive.stop();
      const { findings, sentence } = await archive.verify();
      console.info(
        `deletion kill: ${KILLS} kills, ${deleted.size} deleted, ${unsure.size} unsure; verify: ${sentence}`,
      );
      expect(wrong).toEqual([]);
      expect(deleted.size).toBeGreaterThan(KILLS);
      expect(findings.filter(({ kind }) => kind !== 'file-without-row' && kind !== 'deleted-file')).toEqual([]);
    } finally {
      await archive.kill();
    }
  });
});
