/** Many nodes are one archive: whatever a node has acknowledged all of them have, whichever of them dies. */
import { execFileSync } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openArchive } from '../../src/archive/open-archive.js';
import { type Finding, verifyArchive } from '../../src/archive/verify.js';
import { silentLog } from '../../src/log.js';
import { ask } from '../http/wire.js';
import { Cluster } from '../support/cluster.js';
import { LoadReaders } from '../support/load-readers.js';
import { distinct, findLost, LoadWriters } from '../support/load-writers.js';
import { ctFile } from '../support/part10.js';
import { runSettings } from '../support/run-command.js';
import { multipartBody } from '../support/running-archive.js';

const NODES = 3;
const WRITERS = 8;
const READERS = 8;
const KILLS = 5;
const BETWEEN_KILLS_MS = 10_000;
const SENDERS = 32;

let cluster: Cluster;
beforeAll(async () => {
  cluster = await Cluster.start(NODES);
}, 120_000);
afterAll(() => cluster.remove());

const post = (node: number, file: Buffer) =>
  cluster.nodes[node]?.fetch(cluster.siteToken, '/studies', {
    method: 'POST',
    headers: { 'Content-Type': 'multipart/related; type="application/dicom"; boundary=parts' },
    body: multipartBody([file], 'parts'),
  }) ?? Promise.reject(new Error('There is no such node.'));

const studyAt = async (node: number, token: string, uid: string): Promise<number | undefined> =>
  (await cluster.nodes[node]?.fetch(token, `/studies?StudyInstanceUID=${uid}`))?.status;

/** Run a command of the archive, on the settings of the nodes. */
const nccid = (...args: readonly string[]): Promise<string> => runSettings(cluster.places, args);

describe(`${NODES} nodes on one database and one object store`, () => {
  it('speak TLS through the configuration that ships', () => {
    const answer = execFileSync('curl', ['-sk', `${cluster.loadBalancer.tlsURL}/healthz`], { encoding: 'utf8' });
    expect(JSON.parse(answer)).toEqual({ status: 'alive' });
  });

  it('T8 see what another node has stored, and every change of licence, token and key, at their next request', async () => {
    const file = ctFile({ StudyInstanceUID: '1.2.77', SeriesInstanceUID: '1.2.77.1', SOPInstanceUID: '1.2.77.1.1' });
    expect((await post(0, file)).status).toBe(200);
    for (const node of [1, 2]) expect(await studyAt(node, cluster.curatorToken, '1.2.77')).toBe(200);
    const reference = await nccid('licence', 'add', '--project', 'P', '--splits', 'training,validation');
    const token = await nccid('token', '--licence', reference, '--person', 'ada@example.org');
    const allAnswer = async (status: number): Promise<void> => {
      for (const node of [0, 1, 2]) expect(await studyAt(node, token, '1.2.77')).toBe(status);
    };
    await allAnswer(200);
    await nccid('licence', 'suspend', reference);
    await allAnswer(401);
    await nccid('licence', 'resume', reference);
    await allAnswer(200);
    await nccid('key', 'rotate');
    const newer = await nccid('token', '--licence', reference, '--person', 'bob@example.org');
    for (const node of [2, 1, 0]) expect(await studyAt(node, newer, '1.2.77')).toBe(200);
    await allAnswer(200);
    const id =
      (await nccid('token', 'list'))
        .split('\n')
        .find((line) => line.includes('bob@'))
        ?.split('\t')[0] ?? '';
    await nccid('token', 'revoke', id);
    for (const node of [0, 1, 2]) expect(await studyAt(node, newer, '1.2.77')).toBe(401);
    await nccid('licence', 'revoke', reference);
    await allAnswer(401);
  });

  it(`F24 keep one file and one row of the same instance sent ${SENDERS} times at once, and say that it is stored`, async () => {
    const file = ctFile({ StudyInstanceUID: '1.2.78', SeriesInstanceUID: '1.2.78.1', SOPInstanceUID: '1.2.78.1.1' });
    const answers = await Promise.all(Array.from({ length: SENDERS }, (_, n) => post(n % NODES, file)));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    expect(await filesOf('1.2.78')).toHaveLength(1);
  });

  it(`F25 let one of ${SENDERS} conflicting instances in, refuse the others, and keep no file of theirs`, async () => {
    const uids = { StudyInstanceUID: '1.2.79', SeriesInstanceUID: '1.2.79.1', SOPInstanceUID: '1.2.79.1.1' };
    const files = Array.from({ length: SENDERS }, (_, n) => ctFile({ ...uids, ImageComments: `number ${n}` }));
    const answers = await Promise.all(files.map((file, n) => post(n % NODES, file)));
    const statuses = answers.map(({ status }) => status).sort();
    expect(statuses).toEqual([200, ...Array.from({ length: SENDERS - 1 }, () => 409)]);
    expect(await filesOf('1.2.79')).toHaveLength(1);
    const winner = files[answers.findIndex(({ status }) => status === 200)];
    for (const node of cluster.nodes) {
      const back = await ask(node.url, '/dicom-web/studies/1.2.79/series/1.2.79.1/instances/1.2.79.1.1', {
        headers: { Authorization: `Bearer ${cluster.curatorToken}`, Accept: 'application/dicom; transfer-syntax=*' },
      });
      expect(winner?.equals(back.body)).toBe(true);
    }
  });

  it(`F1 lose nothing and answer nothing wrong under ${WRITERS} writers and ${READERS} readers while a node is killed each 10 s`, async () => {
    const writers = new LoadWriters('cluster', WRITERS);
    const readers = new LoadReaders(writers.acknowledged, READERS);
    const ending = new AbortController();
    const running = Promise.all([writers.run(cluster, ending.signal), readers.run(cluster, ending.signal)]);
    for (let kill = 0; kill < KILLS; kill++) {
      await Promise.race([sleep(BETWEEN_KILLS_MS), running]);
      const node = cluster.nodes[kill % NODES];
      await node?.kill();
      await sleep(1_000);
      await node?.start();
    }
    await sleep(BETWEEN_KILLS_MS);
    ending.abort();
    await running;
    await writers.settle(cluster);
    const all = distinct(writers.acknowledged);
    const lost = await findLost(cluster, all);
    const { findings, sentence } = await verified();
    console.info(
      `cluster: ${KILLS} kills, ${all.length} instances acknowledged, ${lost.length} lost; ` +
        `${readers.answers} answers, ${readers.wrong.length} wrong, ${readers.retries} retries; ${sentence}`,
    );
    expect(readers.wrong).toEqual([]);
    expect(lost).toEqual([]);
    expect(all.length).toBeGreaterThan(100);
    const known = new Set(all.map(({ sopInstanceUID }) => sopInstanceUID));
    // A node that was killed between file and row leaves a file that nobody was told of; the re-send has taken its place.
    expect(findings.filter(({ kind }) => kind !== 'file-without-row')).toEqual([]);
    expect(findings.filter(({ sopInstanceUID }) => known.has(sopInstanceUID ?? ''))).toEqual([]);
  });
});

async function withArchive<T>(work: (opened: Awaited<ReturnType<typeof openArchive>>) => Promise<T>): Promise<T> {
  const opened = await openArchive(cluster.places, { log: silentLog, now: () => new Date() });
  try {
    return await work(opened);
  } finally {
    await opened.close();
  }
}

/** The files of instances of a study. */
const filesOf = (study: string): Promise<readonly string[]> =>
  withArchive(async ({ blobs }) => {
    const keys: string[] = [];
    for await (const { key } of blobs.list(`studies/${study}`)) if (key.endsWith('.dcm')) keys.push(key);
    return keys;
  });

const verified = (): Promise<{ readonly findings: readonly Finding[]; readonly sentence: string }> =>
  withArchive(async (opened) => {
    const findings: Finding[] = [];
    const run = verifyArchive(opened);
    for (let step = await run.next(); ; step = await run.next()) {
      if (!step.done) findings.push(step.value);
      else return { findings, sentence: `verify: ${findings.length} findings in ${step.value.instances} instances` };
    }
  });
