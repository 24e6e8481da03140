/** What the archive stands on goes away and comes back: clear words meanwhile, and nobody need restart anything. */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask, type WireAnswer } from '../http/wire.js';
import { Cluster } from '../support/cluster.js';
import { distinct, findLost, LoadWriters } from '../support/load-writers.js';
import { ctFile } from '../support/part10.js';
import { multipartBody } from '../support/running-archive.js';

const OUTAGE_MS = 10_000;
/** Whoever is told that it can not be done now is told before this, or his patience ends first. */
const TOLD_WITHIN_MS = 20_000;

let cluster: Cluster;
beforeAll(async () => {
  cluster = await Cluster.start(2);
  const answer = await send(kept);
  expect(answer.status).toBe(200);
}, 120_000);
afterAll(() => cluster.remove());

const instance = (study: string): Buffer =>
  ctFile({ StudyInstanceUID: study, SeriesInstanceUID: `${study}.1`, SOPInstanceUID: `${study}.1.1` });
const kept = instance('1.2.80');

const send = (file: Buffer, node = 0): Promise<WireAnswer> =>
  ask(cluster.nodes[node]?.url ?? '', '/dicom-web/studies', {
    method: 'POST',
    headers: {
      Authorization: `Bearer ${cluster.siteToken}`,
      'Content-Type': 'multipart/related; type="application/dicom"; boundary=parts',
    },
    body: multipartBody([file], 'parts'),
  });

const get = (path: string, accept = '*/*', node = 0): Promise<WireAnswer> =>
  ask(cluster.nodes[node]?.url ?? '', `/dicom-web${path}`, {
    headers: { Authorization: `Bearer ${cluster.curatorToken}`, Accept: accept },
  });

const search = (node = 0): Promise<WireAnswer> => get('/studies?StudyInstanceUID=1.2.80', '*/*', node);
/** The same by way of nginx: an honest 503 of a node must not make it leave the node alone. */
const throughNginx = (path: string): Promise<WireAnswer> =>
  ask(cluster.url, `/dicom-web${path}`, { headers: { Authorization: `Bearer ${cluster.curatorToken}` } });
const metadata = (): Promise<WireAnswer> => get('/studies/1.2.80/metadata');
const retrieve = (): Promise<WireAnswer> =>
  get('/studies/1.2.80/series/1.2.80.1/instances/1.2.80.1.1', 'application/dicom; transfer-syntax=*');

/** 503 with the time to come back after, as a problem document, in time. */
async function expectToldToComeBack(request: () => Promise<WireAnswer>): Promise<void> {
  const startedAt = performance.now();
  const { status, headers, body, isComplete } = await request();
  expect({ status, type: headers['content-type'], isComplete }, body.toString()).toEqual({
    status: 503,
    type: 'application/problem+json',
    isComplete: true,
  });
  expect(Number(headers['retry-after'])).toBeGreaterThan(0);
  expect(performance.now() - startedAt).toBeLessThan(TOLD_WITHIN_MS);
}

const comesBack = (request: () => Promise<WireAnswer>) =>
  expect.poll(async () => (await request()).status, { timeout: 15_000 }).toBe(200);

describe('the database', () => {
  it.each<[string, () => Promise<void>, () => Promise<void>]>([
    ['stopped', () => cluster.postgres.stop(), () => cluster.postgres.start()],
    ['frozen', async () => cluster.postgres.freeze(), async () => cluster.postgres.resume()],
  ])('F9 B39 that is %s is told as 503 to all, and used again when it is back', async (_, take, giveBack) => {
    await take();
    const until = sleep(OUTAGE_MS);
    try {
      for (const request of [search, metadata, retrieve, () => send(instance('1.2.81'))]) {
        await expectToldToComeBack(request);
      }
      const ready = await ask(cluster.nodes[0]?.url ?? '', '/readyz', {});
      expect(ready.status).toBe(503);
      const alive = await ask(cluster.nodes[0]?.url ?? '', '/healthz', {});
      expect(alive.status).toBe(200);
      await until;
    } finally {
      await giveBack();
    }
    for (const node of [0, 1]) await comesBack(() => search(node));
    expect((await send(instance('1.2.81'))).status).toBe(200);
    expect((await retrieve()).body.equals(kept)).toBe(true);
  });
});

describe('the object store', () => {
  it.each<[string, () => Promise<void>, () => Promise<void>]>([
    ['stopped', () => cluster.objectStore.stop(), () => cluster.objectStore.start()],
    ['frozen', () => cluster.objectStore.freeze(), () => cluster.objectStore.resume()],
  ])('F9 B39 that is %s is told as 503 where it is needed; what needs it not goes on', async (name, take, giveBack) => {
    const study = name === 'stopped' ? '1.2.82' : '1.2.83';
    await take();
    const until = sleep(OUTAGE_MS);
    try {
      expect((await search()).status).toBe(200);
      expect((await metadata()).status).toBe(200);
      await expectToldToComeBack(retrieve);
      await expectToldToComeBack(() => send(instance(study)));
      for (let n = 0; n < 2; n++) {
        await expectToldToComeBack(() => throughNginx('/studies/1.2.80'));
        expect((await throughNginx('/studies?StudyInstanceUID=1.2.80')).status).toBe(200);
      }
      expect((await ask(cluster.nodes[0]?.url ?? '', '/readyz', {})).status).toBe(200);
      await until;
    } finally {
      await giveBack();
    }
    await comesBack(retrieve);
    expect((await get(`/studies/${study}/metadata`)).status).toBe(404);
    expect((await send(instance(study))).status).toBe(200);
    expect((await retrieve()).body.equals(kept)).toBe(true);
  });
});

describe('writers through both outages', () => {
  it('lose nothing that was acknowledged', async () => {
    const writers = new LoadWriters('outages', 4);
    const ending = new AbortController();
    const running = writers.run(cluster, ending.signal);
    await sleep(3_000);
    await cluster.postgres.stop();
    await sleep(3_000);
    await cluster.postgres.start();
    await sleep(3_000);
    await cluster.objectStore.stop();
    await sleep(3_000);
    await cluster.objectStore.start();
    await sleep(5_000);
    ending.abort();
    await running;
    await expect.poll(() => writers.settle(cluster).then(() => 'settled', String), { timeout: 30_000 }).toBe('settled');
    const all = distinct(writers.acknowledged);
    const lost = await findLost(cluster, all);
    console.info(`outages: ${all.length} instances acknowledged through two outages, ${lost.length} lost`);
    expect(lost).toEqual([]);
    expect(all.length).toBeGreaterThan(10);
  });
});
