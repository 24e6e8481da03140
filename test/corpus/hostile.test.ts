import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hostileDir } from '../support/outside-files.js';
import { CHECKS } from './hostile-checks.js';
import {
  expectationOf,
  type HostileFile,
  isOfPrivacy,
  PREDECESSORS,
  readHostileManifest,
  rowOf,
} from './hostile-manifest.js';
import { type OpenToAll, startArchiveOfSite } from './real-files.js';
import { asDataSet, differenceOf, get, getFile, type SentFile, send, textOf } from './stored-files.js';

const folder = hostileDir ?? '';
const manifest = hostileDir === undefined ? [] : readHostileManifest(hostileDir);

const bytesOf = (row: string): Buffer => {
  const file = manifest.find((each) => rowOf(each) === row)?.file;
  if (file === undefined) throw new Error(`The manifest has no row ${row}.`);
  return readFileSync(join(folder, file));
};

async function countInstances({ archive }: OpenToAll): Promise<number> {
  const { count } = await archive.database.read
    .selectFrom('instance')
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .executeTakeFirstOrThrow();
  return count;
}

/** Send a file within its time: on a busy machine, of the processor, which both sides share here. */
async function sendInTime(open: OpenToAll, file: Buffer, maxMs: number): Promise<SentFile> {
  const cpuBefore = process.cpuUsage();
  const started = performance.now();
  const sent = await send(open.archive, open.siteToken, file);
  const wallMs = performance.now() - started;
  const { user, system } = process.cpuUsage(cpuBefore);
  expect(Math.min(wallMs, (user + system) / 1000)).toBeLessThan(maxMs);
  return sent;
}

describe.runIf(hostileDir !== undefined)('an archive that is sent hostile files', { timeout: 60_000 }, () => {
  let shared: OpenToAll;

  beforeAll(async () => {
    shared = await startArchiveOfSite();
  });
  afterAll(() => shared.archive.close());

  it.each(manifest.map((row) => [row.file, row] as const))('%s', async (_file, row) => {
    const predecessor = PREDECESSORS.get(rowOf(row));
    if (predecessor === undefined) await expectJudged(shared, row);
    else {
      const own = await startArchiveOfSite();
      try {
        expect((await send(own.archive, own.siteToken, bytesOf(predecessor))).status).toBe(200);
        await expectJudged(own, row, predecessor);
      } finally {
        await own.archive.close();
      }
    }
    expect((await fetch(`${shared.archive.url}/healthz`)).status).toBe(200);
  });

  async function expectJudged(open: OpenToAll, row: HostileFile, predecessor?: string): Promise<void> {
    const expected = expectationOf(row);
    const file = bytesOf(rowOf(row));
    const countBefore = await countInstances(open);
    const sent = await sendInTime(open, file, expected.maxMs);
    if (isOfPrivacy(row)) {
      expect([200, 202, 409]).toContain(sent.status);
      return;
    }
    const { status, failureReason, warningReason } = sent;
    expect({ status, failureReason, warningReason }, expected.because).toEqual({
      status: expected.httpAlone,
      failureReason: expected.failureReason,
      warningReason: expected.warningReason,
    });
    const isAgain = predecessor !== undefined && bytesOf(predecessor).equals(file);
    expect((await countInstances(open)) - countBefore).toBe(isAgain ? 0 : expected.stored);
    if (sent.path === undefined) await expectRefused(open, row, sent, predecessor);
    else await expectStored(open, row, { ...sent, path: sent.path }, file);
  }

  async function expectRefused(open: OpenToAll, row: HostileFile, sent: SentFile, predecessor?: string): Promise<void> {
    expect(sent.explanation).toMatch(/^[A-Z][\x20-\x7e§]+\.$/);
    const nothing = { path: '', stored: Buffer.alloc(0), metadata: {}, metadataText: '' };
    for (const check of CHECKS.get(rowOf(row)) ?? []) await check({ ...open, sent, ...nothing });
    if (predecessor === undefined) return;
    const first = await send(open.archive, open.siteToken, bytesOf(predecessor));
    const kept = await getFile(open.archive, open.curatorToken, first.path ?? '', '*');
    expect(kept.equals(bytesOf(predecessor))).toBe(true);
  }

  async function expectStored(
    open: OpenToAll,
    row: HostileFile,
    sent: SentFile & { readonly path: string },
    file: Buffer,
  ): Promise<void> {
    const { archive, curatorToken } = open;
    const { path } = sent;
    const stored = await getFile(archive, curatorToken, path, '*');
    const difference = differenceOf(file, stored);
    expect(difference === 'nothing').toBe(row.expect.outcome !== 'coerce');
    expect(difference).not.toBe('data set');
    const accept = 'application/dicom+json';
    const metadataText = await (await get(archive, curatorToken, `${path}/metadata`, accept)).text();
    const instances: readonly unknown[] = JSON.parse(metadataText);
    const [metadata = {}] = instances.map(asDataSet);
    const uid = textOf(metadata, '00080018');
    const search = await get(archive, curatorToken, `/instances?SOPInstanceUID=${uid}&includefield=all`, accept);
    const found: readonly unknown[] = JSON.parse(await search.text());
    expect(found.map((each) => textOf(asDataSet(each), '00080018'))).toEqual([uid]);
    for (const check of CHECKS.get(rowOf(row)) ?? []) {
      await check({ ...open, sent, path, stored, metadata, metadataText });
    }
  }
});
