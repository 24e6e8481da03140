/** F26: deletions while the same instances are stored and read, on two nodes. No row is left without its file, no read is wrong. */
import { tmpdir } from 'node:os';
import { setImmediate } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Archive } from '../../../src/archive/archive.js';
import type { BlobStore } from '../../../src/archive/blobs/blob-store.js';
import { type OpenArchive, openArchive } from '../../../src/archive/open-archive.js';
import type { Scope } from '../../../src/archive/scope.js';
import type { StoreOutcome } from '../../../src/archive/store-outcome.js';
import { verifyArchive } from '../../../src/archive/verify.js';
import { ArchiveError } from '../../../src/errors.js';
import { silentLog } from '../../../src/log.js';
import { withFaults } from '../../support/faulty-blobs.js';
import { ctFile } from '../../support/part10.js';
import { newPlaces, type TestPlaces } from '../../support/test-places.js';
import { keysBelow, readBlob } from '../../support/whole-blob.js';

const EVERYTHING: Scope = { kind: 'everything' };
const ROUNDS = 25;
const INSTANCES = [1, 2, 3];
const STUDY = '1.2.3';
const pathOf = (n: number) => ({
  studyInstanceUID: STUDY,
  seriesInstanceUID: '1.2.3.1',
  sopInstanceUID: `1.2.3.1.${n}`,
});
/** Larger than what a read takes at once, so that it is under way for a while. */
const file = (n: number): Buffer =>
  ctFile({
    SOPInstanceUID: pathOf(n).sopInstanceUID,
    Rows: 1024,
    Columns: 1024,
    PixelData: Buffer.alloc(2 * 1024 * 1024, n),
  });
const files = new Map(INSTANCES.map((n) => [n, file(n)]));

let places: TestPlaces;
let nodes: readonly [OpenArchive, OpenArchive];
let site: Scope;

beforeAll(async () => {
  places = await newPlaces();
  const open = () => openArchive(places.places, { log: silentLog, now: () => new Date() });
  nodes = [await open(), await open()];
  const row = { name: 'Leeds', split_policy: 'training', created_at: '2020-04-01T00:00:00.000Z' };
  const { id } = await nodes[0].database.write((tx) =>
    tx.insertInto('site').values(row).returning('id').executeTakeFirstOrThrow(),
  );
  site = { kind: 'site', siteID: id };
});
afterAll(async () => {
  await Promise.all(nodes.map((node) => node.close()));
  await places.drop();
});

async function store(archive: Archive, bytes: Buffer): Promise<StoreOutcome> {
  const { outcomes, failure } = await archive.as(site).store({
    expectedStudy: undefined,
    parts: (async function* () {
      yield (async function* () {
        for (let at = 0; at < bytes.length; at += 256 * 1024) yield bytes.subarray(at, at + 256 * 1024);
      })();
    })(),
  });
  const [outcome] = outcomes;
  if (outcome === undefined) throw failure;
  return outcome;
}

const unlessGone = async <T>(work: Promise<T>): Promise<T | undefined> =>
  work.catch((error: unknown) => {
    const isExpected =
      error instanceof ArchiveError && ['gone', 'not-found', 'unavailable', 'conflict'].includes(error.code);
    return isExpected ? undefined : Promise.reject(error);
  });

async function readWhole({ archive }: OpenArchive, n: number): Promise<Buffer> {
  const instance = await archive.as(EVERYTHING).instance(pathOf(n));
  const opened = await archive.as(EVERYTHING).open(instance);
  try {
    const pieces: Buffer[] = [];
    for await (const piece of opened.bytes()) pieces.push(Buffer.from(piece));
    return Buffer.concat(pieces);
  } finally {
    await opened.close();
  }
}

/** Every row has its file, and the file is the instance's. */
async function expectWhole(node: OpenArchive): Promise<void> {
  const rows = await node.database.read.selectFrom('instance').select(['sop_instance_uid', 'blob_key']).execute();
  for (const { sop_instance_uid: uid, blob_key: key } of rows) {
    const n = INSTANCES.find((one) => pathOf(one).sopInstanceUID === uid) ?? 0;
    expect([uid, (await readBlob(node.blobs, key)).equals(files.get(n) ?? Buffer.alloc(0))]).toEqual([uid, true]);
  }
}

describe('deletions, beside stores and reads', () => {
  it('F26 leave no row without its file, and no read with other bytes', { timeout: 300_000 }, async () => {
    const [first, second] = nodes;
    let isOver = false;
    const told = { stored: 0, refused: 0, read: 0, missed: 0, deleted: 0 };
    const writer = async (node: OpenArchive, n: number): Promise<void> => {
      while (!isOver) {
        await setImmediate();
        const outcome = await store(node.archive, files.get(n) ?? Buffer.alloc(0));
        if (outcome.outcome === 'refused') {
          // Deleted; or the index was busy for so long that it was not even asked.
          expect([0x0124, 0xa700]).toContain(outcome.reason);
          if (outcome.reason === 0x0124) told.refused += 1;
        } else told.stored += 1;
      }
    };
    const reader = async (node: OpenArchive, n: number): Promise<void> => {
      while (!isOver) {
        // What SQLite looks up is there at once, and nobody else would have his turn.
        await setImmediate();
        const bytes = await unlessGone(readWhole(node, n));
        if (bytes === undefined) told.missed += 1;
        else expect(bytes.equals(files.get(n) ?? Buffer.alloc(0))).toBe(true);
        if (bytes !== undefined) told.read += 1;
        await unlessGone(node.archive.as(EVERYTHING).metadata({ studyInstanceUID: STUDY }, () => 'x'));
      }
    };
    const curator = async (): Promise<void> => {
      for (let round = 0; round < ROUNDS; round++) {
        const n = INSTANCES[round % INSTANCES.length] ?? 1;
        const path = round % 5 === 4 ? { studyInstanceUID: STUDY } : pathOf(n);
        const node = round % 2 === 0 ? first : second;
        const removed = await unlessGone(
          node.archive
            .as(EVERYTHING)
            .delete(path, 'test')
            .then(() => true),
        );
        if (removed === true) told.deleted += 1;
        await unlessGone(first.archive.deletions.allow({ level: 'study', uid: STUDY }));
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    };
    const untilOver = (work: Promise<void>): Promise<void> =>
      work.finally(() => {
        isOver = true;
      });
    await Promise.all(
      [curator(), ...INSTANCES.flatMap((n) => [writer(first, n), writer(second, n), reader(second, n)])].map(untilOver),
    );
    for (const count of Object.values(told)) expect(count).toBeGreaterThan(0);
    await expectWhole(first);
    const settled = { ...first, now: () => new Date(Date.now() + 3_600_000), mayBeServed: () => false };
    const kinds: string[] = [];
    for await (const { kind } of verifyArchive(settled)) kinds.push(kind);
    expect(kinds.filter((kind) => kind !== 'deleted-file')).toEqual([]);
    expect((await keysBelow(first.blobs, 'studies/')).filter((key) => key.endsWith('.dcm'))).toHaveLength(
      (await first.database.read.selectFrom('instance').select('id').execute()).length,
    );
  });

  it('may remove their files as late as they like, and more than once', async () => {
    const [first, second] = nodes;
    const removed: string[] = [];
    const late = new Archive({
      database: first.database,
      blobs: withFaults(first.blobs, { remove: async (key) => void removed.push(key) }),
      log: silentLog,
      spoolFolder: tmpdir(),
      now: () => new Date(),
    });
    await unlessGone(second.archive.as(EVERYTHING).delete({ studyInstanceUID: STUDY }, 'test'));
    await unlessGone(second.archive.deletions.allow({ level: 'study', uid: STUDY }));
    const [bytes = Buffer.alloc(0)] = [files.get(1)];
    for (let time = 1; time <= 3; time++) {
      expect((await store(second.archive, bytes)).outcome).toBe('stored');
      await late.as(EVERYTHING).delete(pathOf(1), 'test');
      expect(removed).toHaveLength(time);
      await late.deletions.allow({ level: 'instance', uid: pathOf(1).sopInstanceUID });
    }
    expect((await store(second.archive, bytes)).outcome).toBe('stored');
    for (const key of [...removed, ...removed]) await first.blobs.remove(key);
    await expectWhole(first);
  });

  it.each(['stored', 'deleted'] as const)(
    'hold against a store that began before them and ends after: %s before',
    async (before) => {
      const [first, second] = nodes;
      await unlessGone(second.archive.as(EVERYTHING).delete({ studyInstanceUID: STUDY }, 'test'));
      await unlessGone(second.archive.deletions.allow({ level: 'study', uid: STUDY }));
      const [bytes = Buffer.alloc(0)] = [files.get(2)];
      const deleteAgain = async (): Promise<void> => {
        expect((await store(second.archive, bytes)).outcome).toBe('stored');
        await second.archive.as(EVERYTHING).delete(pathOf(2), 'test');
        if (before === 'stored') return;
        await second.archive.deletions.allow({ level: 'instance', uid: pathOf(2).sopInstanceUID });
      };
      // Its file is written, and before its row is, the instance is stored and deleted by others.
      const slow = new Archive({
        database: first.database,
        blobs: afterPublish(first.blobs, deleteAgain),
        log: silentLog,
        spoolFolder: tmpdir(),
        now: () => new Date(),
      });
      expect(await store(slow, bytes)).toMatchObject({ outcome: 'refused', reason: 0x0124 });
      const keys = await keysBelow(first.blobs, `studies/${STUDY}/`);
      expect(keys.filter((key) => key.includes(pathOf(2).sopInstanceUID))).toEqual([]);
      const again = await store(second.archive, bytes);
      expect(again.outcome).toBe(before === 'stored' ? 'refused' : 'stored');
      await expectWhole(first);
    },
  );
});

/** The same store, whose publishing of an instance's file is followed by something else, once. */
function afterPublish(blobs: BlobStore, then: () => Promise<void>): BlobStore {
  let isDone = false;
  return withFaults(blobs, {
    stage: async () => {
      const staged = await blobs.stage();
      return {
        write: (chunk) => staged.write(chunk),
        discard: () => staged.discard(),
        publish: async (key, sha256) => {
          await staged.publish(key, sha256);
          if (isDone || !key.endsWith('.dcm')) return;
          isDone = true;
          await then();
        },
      };
    },
  });
}
