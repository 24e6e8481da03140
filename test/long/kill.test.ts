/** Stored means stored: whatever was acknowledged is there after `kill -9` at any moment. */
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { distinct, findLost, LoadWriters } from '../support/load-writers.js';
import { Seeded } from '../support/seeded.js';
import { ServedArchive } from '../support/served-archive.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const KILLS = 60;
const WRITERS = 8;
const SHORTEST_LIFE_MS = 100;
const LIFE_MS = 1_200;
/** Of what earlier servers acknowledged, looked at after every kill. */
const SAMPLE = 40;

describe('a server killed under load', () => {
  it(`F1 loses nothing that it acknowledged, in ${KILLS} kills under ${WRITERS} writers`, async () => {
    const archive = await ServedArchive.make(temporaryFolder());
    const chance = new Seeded('moments of death');
    const writers = new LoadWriters('kill', WRITERS);
    const { acknowledged } = writers;
    const lost: string[] = [];
    await archive.start();
    try {
      for (let kill = 0; kill < KILLS; kill++) {
        const before = acknowledged.length;
        const ending = new AbortController();
        const running = writers.run(archive, ending.signal);
        await Promise.race([sleep(SHORTEST_LIFE_MS + chance.below(LIFE_MS)), running]);
        await archive.kill();
        ending.abort();
        await running;
        await archive.start();
        const sample = Array.from({ length: before === 0 ? 0 : SAMPLE }, () => acknowledged[chance.below(before)]);
        const looked = [...acknowledged.slice(before), ...sample.filter((one) => one !== undefined)];
        lost.push(...(await findLost(archive, distinct(looked))));
      }
      await writers.settle(archive);
      const all = distinct(acknowledged);
      lost.push(...(await findLost(archive, all)));
      await archive.stop();
      const { findings, sentence } = await archive.verify();
      console.info(
        `kill: ${KILLS} kills, ${acknowledged.length} acknowledgements of ${all.length} instances, ${lost.length} lost; verify: ${sentence}`,
      );
      expect(lost).toEqual([]);
      expect(all.length).toBeGreaterThan(KILLS);
      const known = new Set(all.map(({ sopInstanceUID }) => sopInstanceUID));
      expect(findings.filter(({ kind }) => kind !== 'file-without-row')).toEqual([]);
      expect(findings.filter(({ key }) => known.has(sopInstanceUIDOf(key)))).toEqual([]);
    } finally {
      await archive.kill();
    }
  });
});

/** `studies/STUDY/SERIES/INSTANCE.HASH.dcm` */
const sopInstanceUIDOf = (key: string): string =>
  key
    .split('/')
    .at(-1)
    ?.replace(/\.[\da-f]{16}\.dcm$/, '') ?? '';
