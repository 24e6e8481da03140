/** Stored means stored: whatever was acknowledged is there after the power has failed. */
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { distinct, findLost, LoadWriters, type SentInstance } from '../support/load-writers.js';
import { LoopDisk } from '../support/loop-disk.js';
import { Seeded } from '../support/seeded.js';
import { ServedArchive } from '../support/served-archive.js';

const CUTS = 5;
const WRITERS = 8;
const SHORTEST_LIFE_MS = 1_000;
const LIFE_MS = 2_000;
/** In which answers reach their writers that were on their way when the server was frozen. */
const ARRIVAL_MS = 200;

describe('a power cut under load', () => {
  it(`F3 loses nothing that was acknowledged, in ${CUTS} cuts under ${WRITERS} writers`, async () => {
    const found = LoopDisk.find();
    if (found === undefined) {
      console.info('power cut: did not run; it takes root, mkfs.ext4 and the right to mount.');
      return;
    }
    let disk: LoopDisk = found;
    const chance = new Seeded('moments without power');
    const writers = new LoadWriters('power cut', WRITERS);
    const lost: string[] = [];
    let archive = await ServedArchive.make(join(disk.folder, 'archive'));
    try {
      for (let cut = 0; cut < CUTS; cut++) {
        await archive.start();
        const ending = new AbortController();
        const running = writers.run(archive, ending.signal);
        await Promise.race([sleep(SHORTEST_LIFE_MS + chance.below(LIFE_MS)), running]);
        archive.freeze();
        await sleep(ARRIVAL_MS);
        const acknowledged = distinct(writers.acknowledged);
        const rest: LoopDisk = disk.afterPowerCut();
        ending.abort();
        await archive.kill();
        await running;
        disk.remove();
        disk = rest;
        disk.turnOn();
        archive = await archive.copiedTo(join(disk.folder, 'archive'));
        lost.push(...(await judge(archive, acknowledged, cut)));
      }
      expect(lost).toEqual([]);
    } finally {
      await archive.kill();
      disk.remove();
    }
  });
});

/** What is wrong with the archive after a cut: instances that are not as they were sent, and what `verify` finds wrong. */
async function judge(
  archive: ServedArchive,
  acknowledged: readonly SentInstance[],
  cut: number,
): Promise<readonly string[]> {
  await archive.start();
  const lost = await findLost(archive, acknowledged);
  await archive.stop();
  const { findings, sentence } = await archive.verify();
  console.info(`power cut ${cut + 1}: ${acknowledged.length} acknowledged, ${lost.length} lost; verify: ${sentence}`);
  const uids = new Set(acknowledged.map(({ sopInstanceUID }) => sopInstanceUID));
  const studies = new Set(acknowledged.map(({ studyInstanceUID }) => studyInstanceUID));
  const wrong = findings.filter(({ kind, key }) =>
    kind === 'file-without-row'
      ? [...uids].some((uid) => key.includes(`/${uid}.`))
      : kind !== 'missing-study-record' || studies.has(key.split('/')[1] ?? ''),
  );
  return [...lost, ...wrong.map(({ kind, key }) => `${kind} ${key}`)];
}
