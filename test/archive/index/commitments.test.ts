/** Requests for commitment that take longer, on nodes that come and go. SC-01, SC-02 */
import { tmpdir } from 'node:os';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { Archive } from '../../../src/archive/archive.js';
import type { BlobStore } from '../../../src/archive/blobs/blob-store.js';
import { type CommitmentResult, MAX_COMMITTED } from '../../../src/archive/commitments.js';
import { type InstanceReference, leaseCommitment } from '../../../src/archive/index/commitment-rows.js';
import { type OpenArchive, openArchive } from '../../../src/archive/open-archive.js';
import type { Scope } from '../../../src/archive/scope.js';
import { ArchiveError } from '../../../src/errors.js';
import { silentLog } from '../../../src/log.js';
import { withFaults } from '../../support/faulty-blobs.js';
import { CT_IMAGE_STORAGE, ctFile } from '../../support/part10.js';
import { newPlaces } from '../../support/test-places.js';

const STORED = 20;
const LEASE_MS = 120_000;
const MANY = 1_001;

let opened: OpenArchive;
let site: Scope;
/** The clock of all nodes. */
let nowMs: number;

const now = (): Date => new Date(nowMs);
const reference = (n: number): InstanceReference => [CT_IMAGE_STORAGE, `1.2.3.1.${n}`];
/** So many that nobody waits for it; those up to twenty are there. */
const many = Array.from({ length: MANY }, (_, i) => reference(i + 1));
const expected = many.map((_, i) => (i < STORED ? 0 : 0x0112));

beforeEach(async () => {
  nowMs = Date.now();
  const { places, drop } = await newPlaces();
  opened = await openArchive(places, { log: silentLog, now });
  onTestFinished(async () => {
    await opened.close();
    await drop();
  });
  const row = { name: 'Leeds', split_policy: 'training', created_at: '2020-04-01T00:00:00.000Z' };
  const { id } = await opened.database.write((tx) =>
    tx.insertInto('site').values(row).returning('id').executeTakeFirstOrThrow(),
  );
  site = { kind: 'site', siteID: id };
  const { outcomes } = await opened.archive.as(site).store({
    expectedStudy: undefined,
    parts: (async function* () {
      for (let n = 1; n <= STORED; n++)
        yield (async function* () {
          yield ctFile({ SOPInstanceUID: `1.2.3.1.${n}` });
        })();
    })(),
  });
  expect(outcomes.every(({ outcome }) => outcome === 'stored')).toBe(true);
});

/** Another node on the same archive. */
const node = (faults: Partial<BlobStore> = {}): Archive =>
  new Archive({
    database: opened.database,
    blobs: withFaults(opened.blobs, faults),
    log: silentLog,
    now,
    spoolFolder: tmpdir(),
  });

async function resultOf(archive: Archive, uid: string): Promise<CommitmentResult> {
  for (let tries = 0; tries < 600; tries++) {
    const result = await archive.as(site).commitment(uid);
    if (result !== undefined) return result;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error('There is no result.');
}

describe('a request for commitment that takes longer', () => {
  it('SC-01 is answered later, by any node', async () => {
    const [asked, other] = [node(), node()];
    expect(await asked.as(site).requestCommitment('1.2', many)).toBeUndefined();
    expect(await resultOf(other, '1.2')).toEqual({ instances: many, reasons: expected });
    await expect(other.as({ kind: 'everything' }).commitment('1.2')).rejects.toMatchObject({ code: 'not-found' });
  });

  it('is gone on with by another node when the first has died, not before', async () => {
    const dead = node({ open: () => new Promise(() => {}) });
    expect(await dead.as(site).requestCommitment('1.2', many)).toBeUndefined();
    const other = node();
    await new Promise((resolve) => setTimeout(resolve, 200));
    other.commitments.work();
    await other.commitments.close();
    expect(await other.as(site).commitment('1.2')).toBeUndefined();
    nowMs += LEASE_MS + 1;
    const third = node();
    third.commitments.work();
    expect((await resultOf(third, '1.2')).reasons).toEqual(expected);
  });

  it('is gone on with where it was left when a node closes', async () => {
    let opens = 0;
    const closing = node({
      open: async (key) => {
        opens += 1;
        if (opens === 9) void closing.commitments.close();
        return opened.blobs.open(key);
      },
    });
    expect(await closing.as(site).requestCommitment('1.2', many)).toBeUndefined();
    while (opens < 9) await new Promise((resolve) => setTimeout(resolve, 1));
    await closing.commitments.close();
    expect(await closing.as(site).commitment('1.2')).toBeUndefined();
    let more = 0;
    const other = node({
      open: (key) => {
        more += 1;
        return opened.blobs.open(key);
      },
    });
    other.commitments.work();
    expect((await resultOf(other, '1.2')).reasons).toEqual(expected);
    expect(opens).toBeLessThan(STORED);
    // The one that was being read when the node closed may have been finished.
    expect([STORED - 8, STORED - 9]).toContain(more);
  });

  it('is put off, not given up or answered wrongly, when the store is away', async () => {
    let isAway = true;
    const away = node({
      open: (key) => (isAway ? Promise.reject(new ArchiveError('unavailable', 'It is away.')) : opened.blobs.open(key)),
    });
    expect(await away.as(site).requestCommitment('1.2', many.slice(0, 3))).toBeUndefined();
    isAway = false;
    nowMs += LEASE_MS + 1;
    away.commitments.work();
    expect((await resultOf(away, '1.2')).reasons).toEqual([0, 0, 0]);
    const damaged = await opened.database.read
      .selectFrom('instance')
      .select('id')
      .where('damaged_at', 'is not', null)
      .execute();
    expect(damaged).toEqual([]);
  });

  it('is renewed while it lasts, so that no other node takes it up', async () => {
    const held: (() => void)[] = [];
    const slow = node({
      open: async (key) => {
        await new Promise<void>((resolve) => held.push(resolve));
        return opened.blobs.open(key);
      },
    });
    expect(await slow.as(site).requestCommitment('1.2', many)).toBeUndefined();
    const lease = () =>
      leaseCommitment(opened.database, { now: now().toISOString(), until: new Date(nowMs + LEASE_MS).toISOString() });
    for (let round = 0; round < 3; round++) {
      while (held.length < 4) await new Promise((resolve) => setTimeout(resolve, 10));
      nowMs += LEASE_MS - 10_000;
      for (const release of held.splice(0)) release();
      while (held.length < 4) await new Promise((resolve) => setTimeout(resolve, 10));
      expect(await lease()).toBeUndefined();
    }
    const ending = setInterval(() => held.splice(0).forEach((release) => void release()), 5);
    expect((await resultOf(slow, '1.2')).reasons).toEqual(expected);
    clearInterval(ending);
  });

  it('is refused when it is too large, when too many wait, and to who does not store', async () => {
    const stuck = node({ open: () => new Promise(() => {}) });
    const archive = stuck.as(site);
    const tooMany = Array.from({ length: MAX_COMMITTED + 1 }, (_, i) => reference(i));
    await expect(archive.requestCommitment('1.1', tooMany)).rejects.toMatchObject({ code: 'too-large' });
    for (let n = 0; n < 100; n++) await archive.requestCommitment(`1.2.${n}`, many);
    await expect(archive.requestCommitment('1.3', many)).rejects.toMatchObject({ code: 'unavailable' });
    await expect(archive.requestCommitment('1.2.0', many.slice(0, 1))).rejects.toMatchObject({ code: 'unavailable' });
    const licence: Scope = { kind: 'licence', predicate: { kinds: ['ct'], splits: ['training'], siteIDs: undefined } };
    for (const scope of [licence, { kind: 'nothing' } as const]) {
      await expect(stuck.as(scope).requestCommitment('1.4', many)).rejects.toMatchObject({ code: 'forbidden' });
      await expect(stuck.as(scope).commitment('1.4')).rejects.toMatchObject({ code: 'forbidden' });
    }
  });
});
