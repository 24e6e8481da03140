/** Requests for commitment that take longer, on nodes that come and go. SC-01, SC-02 */
import { tmpdir } from 'node:os';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { Archive } from '../../../src/archive/archive.js';
import type { BlobStore } from '../../../src/archive/blobs/blob-store.js';
import {
  type CommitmentResult,
  MAX_COMMITTED,
  MAX_REMEMBERED,
  REMEMBERED_DAYS,
} from '../../../src/archive/commitments.js';
import {
  addCommitment,
  type InstanceReference,
  keepProgress,
  keepWithinQuota,
  leaseCommitment,
} from '../../../src/archive/index/commitment-rows.js';
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
    let hasOpened = false;
    const dead = node({
      open: () => {
        hasOpened = true;
        return new Promise(() => {});
      },
    });
    expect(await dead.as(site).requestCommitment('1.2', many)).toBeUndefined();
    const other = node();
    await expect.poll(() => hasOpened).toBe(true);
    other.commitments.work();
    await other.commitments.close();
    expect(await other.as(site).commitment('1.2')).toBeUndefined();
    nowMs += LEASE_MS + 1;
    const third = node();
    third.commitments.work();
    expect((await resultOf(third, '1.2')).reasons).toEqual(expected);
  });

  it('is gone on with where it was left when a node closes', async () => {
    let [opens, closed] = [0, 0];
    const closing = node({
      open: async (key) => {
        opens += 1;
        if (opens === 9) void closing.commitments.close();
        else if (opens > 9) await new Promise((resolve) => setTimeout(resolve, 50));
        const blob = await opened.blobs.open(key);
        return {
          readInto: (...args) => blob.readInto(...args),
          close: async () => {
            await blob.close();
            closed += 1;
          },
        };
      },
    });
    expect(await closing.as(site).requestCommitment('1.2', many)).toBeUndefined();
    while (opens < 9) await new Promise((resolve) => setTimeout(resolve, 1));
    await closing.commitments.close();
    expect(closed, 'nothing is read any more').toBe(opens);
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

describe('what is kept of requests for commitment', () => {
  /** Finished requests `1.1` … of these requesters, a second after one another, each with this many bytes. */
  async function finished(requester: string, count: number): Promise<void> {
    for (let n = 1; n <= count; n++) {
      const key = { requester, transactionUID: `1.${n}` };
      await addCommitment(opened.database, key, { instances: [reference(1)], requestedAt: now().toISOString() });
      const lease = await leaseCommitment(opened.database, { now: now().toISOString(), until: '9999' }, key);
      if (lease === undefined) throw new Error('The request is there.');
      nowMs += 1_000;
      await keepProgress(opened.database, lease, { result: [0], until: null, finishedAt: now().toISOString() });
    }
  }

  const RESULT_BYTES = JSON.stringify([reference(1)]).length + '[0]'.length;
  const quota = { mostRequests: 1_000, mostResultBytes: 1_000_000 };

  async function kept() {
    const rows = await opened.database.read
      .selectFrom('commitment')
      .select(['requester', 'transaction_uid', 'instances'])
      .orderBy('requester')
      .orderBy('transaction_uid')
      .execute();
    return rows.map((row) => `${row.requester} ${row.transaction_uid}${row.instances === null ? ' emptied' : ''}`);
  }

  it('SC-02 is the newest results of each, of so many bytes, and nothing of what waits goes', async () => {
    await finished('a', 3);
    await finished('b', 2);
    await addCommitment(
      opened.database,
      { requester: 'a', transactionUID: '1.0' },
      { instances: [], requestedAt: '1' },
    );
    expect(await keepWithinQuota(opened.database, { ...quota, mostResultBytes: 2 * RESULT_BYTES })).toBe(1);
    expect(await kept()).toEqual(['a 1.0', 'a 1.1 emptied', 'a 1.2', 'a 1.3', 'b 1.1', 'b 1.2']);
    expect(await keepWithinQuota(opened.database, { ...quota, mostResultBytes: 2 * RESULT_BYTES })).toBe(0);
  });

  it('SC-02 is the newest requests of each', async () => {
    await finished('a', 3);
    await finished('b', 2);
    expect(await keepWithinQuota(opened.database, { ...quota, mostRequests: 2 })).toBe(1);
    expect(await kept()).toEqual(['a 1.2', 'a 1.3', 'b 1.1', 'b 1.2']);
  });

  it('SC-02 is forgotten after a year', async () => {
    await finished('a', 1);
    nowMs += (REMEMBERED_DAYS - 1) * 86_400_000;
    await opened.archive.commitments.sweep();
    expect(await kept()).toEqual(['a 1.1 emptied']);
    nowMs += 2 * 86_400_000;
    await opened.archive.commitments.sweep();
    expect(await kept()).toEqual([]);
  });

  it('SC-02 is looked after while many ask, not only each hour', async () => {
    const row = { requester: 'other', requested_at: '2020', instances: null, result: null, leased_until: null };
    await opened.database.write(async (tx) => {
      for (let n = 0; n <= MAX_REMEMBERED; n += 500) {
        const rows = Array.from({ length: 500 }, (_, i) => ({
          ...row,
          transaction_uid: `2.${n + i}`,
          finished_at: '2020',
        }));
        await tx.insertInto('commitment').values(rows).execute();
      }
    });
    const count = async (): Promise<number> =>
      (
        await opened.database.read
          .selectFrom('commitment')
          .select((eb) => eb.fn.countAll<number>().as('count'))
          .executeTakeFirstOrThrow()
      ).count;
    const before = await count();
    const archive = node({ open: () => new Promise(() => {}) }).as(site);
    const most = Array.from({ length: MAX_COMMITTED }, (_, i) => reference(i + 1));
    for (let n = 0; n < 14; n++) await archive.requestCommitment(`1.2.${n}`, most);
    expect(before).toBe(MAX_REMEMBERED + 500);
    expect(await count()).toBe(MAX_REMEMBERED + 14);
  });
});
