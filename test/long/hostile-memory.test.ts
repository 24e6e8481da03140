import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type HostileFile, readHostileManifest } from '../corpus/hostile-manifest.js';
import { send } from '../corpus/stored-files.js';
import { hostileDir } from '../support/outside-files.js';
import { type ServerProcess, startServerProcess } from '../support/server-process.js';

/** What most rows may cost. Rows that may cost more come last. */
const MOST_MiB = 64;
/** Sent again and again before anything is measured: a young process grows by being used at all. */
const WARM_UP = 20;

const folder = hostileDir ?? '';
const manifest = hostileDir === undefined ? [] : readHostileManifest(hostileDir);

interface Cost {
  readonly file: string;
  readonly peakMiB: number;
  readonly ms: number;
}

describe.runIf(hostileDir !== undefined && process.platform === 'linux')('the built server on hostile files', () => {
  let server: ServerProcess;
  const sendRow = ({ file }: HostileFile) => send(server, server.siteToken, readFileSync(join(folder, file)));

  /** Send a row and give what it cost: memory beyond what was there before, and time of clock or processor. */
  async function costOf(row: HostileFile): Promise<Cost> {
    await server.forgetPeak();
    const { nowMiB } = await server.memory();
    const processorMsBefore = await server.processorMs();
    const started = performance.now();
    await sendRow(row);
    const wallMs = performance.now() - started;
    const ms = Math.min(wallMs, (await server.processorMs()) - processorMsBefore);
    return { file: row.file, peakMiB: (await server.memory()).peakMiB - nowMiB, ms };
  }

  async function expectWithinLimits(rows: readonly HostileFile[]): Promise<void> {
    const costs: Cost[] = [];
    for (const row of rows) {
      const cost = await costOf(row);
      expect(cost.peakMiB, row.file).toBeLessThan(row.expect.maxRssMiB);
      expect(cost.ms, row.file).toBeLessThan(row.expect.maxMs);
      costs.push(cost);
    }
    const dearest = costs.toSorted((a, b) => b.peakMiB - a.peakMiB).slice(0, 5);
    console.info(
      dearest.map(({ file, peakMiB, ms }) => `${peakMiB.toFixed(1)} MiB ${ms.toFixed(0)} ms ${file}`).join('\n'),
    );
  }

  beforeAll(async () => {
    server = await startServerProcess();
    const controls = manifest.filter(({ category }) => category === 'control');
    for (let i = 0; i < WARM_UP; i++) for (const control of controls) await sendRow(control);
  });
  afterAll(() => server.close());

  it('takes no file to cost more than it may, and does not grow by all of them', async () => {
    const before = await server.memory();
    await expectWithinLimits(manifest.filter((row) => row.expect.maxRssMiB <= MOST_MiB));
    const after = await server.memory();
    console.info(`Resident before ${before.nowMiB.toFixed(1)} MiB, after ${after.nowMiB.toFixed(1)} MiB.`);
    expect(after.nowMiB - before.nowMiB).toBeLessThan(MOST_MiB);
  });

  it('takes no file that is meant to cost much to cost more than that', async () => {
    await expectWithinLimits(manifest.filter((row) => row.expect.maxRssMiB > MOST_MiB));
    expect((await fetch(`${server.url}/healthz`)).status).toBe(200);
  });

  it('ends well when it is told to', async () => {
    expect(await server.close()).toBe(0);
  });
});
