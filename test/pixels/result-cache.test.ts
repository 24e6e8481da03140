/** What has been made, kept on disk: bounded, encrypted, and never in anybody's way. */
import { readdirSync, readlinkSync, writeFileSync } from 'node:fs';
import { open, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { silentLog } from '../../src/log.js';
import { BLOCK_BYTES, Blocks, runsOf } from '../../src/pixels/result-blocks.js';
import { MOST_AGE_MS, ResultCache } from '../../src/pixels/result-cache.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const MiB = 1024 * 1024;

interface Made {
  readonly cache: ResultCache;
  readonly clock: { now: number };
  readonly folder: string;
}

async function openCache(mostBytes = 16 * MiB, folder = temporaryFolder()): Promise<Made> {
  const clock = { now: 1_000 };
  const cache = await ResultCache.open({ folder, mostBytes, log: silentLog, now: () => clock.now });
  onTestFinished(() => cache.close());
  return { cache, clock, folder };
}

/** Bytes that tell their name and version. */
const bytesOf = (name: string, lengthBytes: number): Buffer => Buffer.alloc(lengthBytes, `${name}|`);

/** Gives a result, and counts how often it has been made. */
function maker(name: string, lengthBytes = 1_000, of: readonly string[] = [`study/series/${name}`]) {
  let made = 0;
  const ask = (cache: ResultCache): Promise<Buffer> =>
    cache.getOrMake({ key: name, of }, async () => {
      made += 1;
      return bytesOf(`${name} ${made}`, lengthBytes);
    });
  return { ask, made: () => made };
}

/** The file of a cache, which has no name, by its descriptor. */
function fileOf(folder: string): string {
  const descriptor = readdirSync('/proc/self/fd').find((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`).startsWith(folder);
    } catch {
      // The descriptor by which the folder is read is gone when it is looked at.
      return false;
    }
  });
  if (descriptor === undefined) throw new Error('The cache has a file.');
  return `/proc/self/fd/${descriptor}`;
}

describe('ResultCache', () => {
  it('makes a thing once, and gives it again from disk as it was', async () => {
    const { cache } = await openCache();
    for (const lengthBytes of [1, BLOCK_BYTES - 1, BLOCK_BYTES, BLOCK_BYTES + 1, 70 * BLOCK_BYTES + 5]) {
      const one = maker(`of ${lengthBytes}`, lengthBytes);
      const first = await one.ask(cache);
      await cache.settled();
      const again = await one.ask(cache);
      expect([again.equals(first), again === first, one.made()]).toEqual([true, false, 1]);
    }
  });

  it('lets only one make the same thing at a time', async () => {
    const { cache } = await openCache();
    const one = maker('one');
    const all = await Promise.all(Array.from({ length: 50 }, () => one.ask(cache)));
    expect([one.made(), new Set(all).size]).toEqual([1, 1]);
  });

  it('keeps no failure, and tells all who wait of it', async () => {
    const { cache } = await openCache();
    const fail = () => cache.getOrMake({ key: 'bad', of: [] }, () => Promise.reject(new Error('no')));
    const told = await Promise.allSettled([fail(), fail()]);
    expect(told.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    const good = await cache.getOrMake({ key: 'bad', of: [] }, async () => bytesOf('good', 4));
    expect(good.toString()).toBe('good');
  });

  it('keeps no more than it may, and lets go of what was used longest ago', async () => {
    const { cache } = await openCache(16 * BLOCK_BYTES);
    const all = Array.from({ length: 16 }, (_, i) => maker(`n${i}`, BLOCK_BYTES));
    for (const one of all) {
      await one.ask(cache);
      await cache.settled();
    }
    expect(cache.count).toBe(16);
    await all[0]?.ask(cache);
    await cache.settled();
    await maker('more', BLOCK_BYTES).ask(cache);
    await cache.settled();
    await Promise.all([all[0]?.ask(cache), all[1]?.ask(cache)]);
    await cache.settled();
    expect([cache.count, all[0]?.made(), all[1]?.made()]).toEqual([16, 1, 2]);
  });

  it('does not keep what would push out an eighth of all', async () => {
    const { cache } = await openCache(MiB);
    const large = maker('large', MiB / 8 + 1);
    await large.ask(cache);
    await cache.settled();
    await large.ask(cache);
    expect([large.made(), cache.count]).toEqual([2, 0]);
  });

  it('drops what is made of a deleted instance, series or study, and nothing else', async () => {
    const { cache } = await openCache();
    const paths = ['1/2/3', '1/2/33', '1/22/3', '11/2/3'];
    const all = paths.map((path) => maker(path, 10, [path]));
    const both = maker('both', 10, ['9/9/9', '1/2/3']);
    for (const one of [...all, both]) await one.ask(cache);
    await cache.settled();
    cache.drop('1/2/3');
    expect(cache.count).toBe(3);
    cache.drop('1/2');
    expect(cache.count).toBe(2);
    cache.drop('1');
    expect(cache.count).toBe(1);
  });

  it('does not keep what is being made while its instance is deleted', async () => {
    const { cache } = await openCache();
    const making = cache.getOrMake({ key: 'k', of: ['1/2/3'] }, async () => {
      cache.drop('1/2');
      return bytesOf('k', 10);
    });
    await making;
    await cache.settled();
    expect(cache.count).toBe(0);
  });

  it('gives nothing that is older than a day', async () => {
    const { cache, clock } = await openCache();
    const [one, other] = [maker('one'), maker('other')];
    await Promise.all([one.ask(cache), other.ask(cache)]);
    await cache.settled();
    clock.now += MOST_AGE_MS + 1;
    await one.ask(cache);
    await cache.settled();
    expect([one.made(), cache.count]).toEqual([2, 2]);
    cache.sweep();
    expect(cache.count).toBe(1);
  });

  it('has no name on disk, and nothing readable in its file', async () => {
    const { cache, folder } = await openCache();
    await maker('PATIENT', 4 * BLOCK_BYTES).ask(cache);
    await cache.settled();
    expect(readdirSync(folder)).toEqual([]);
    const file = await open(fileOf(folder));
    const bytes = await file.readFile();
    await file.close();
    expect([bytes.length >= 4 * BLOCK_BYTES, bytes.includes('PATIENT')]).toEqual([true, false]);
  });

  it('makes anew what is damaged', async () => {
    const { cache, folder } = await openCache();
    const one = maker('one', 3 * BLOCK_BYTES);
    await one.ask(cache);
    await cache.settled();
    const file = await open(fileOf(folder), 'r+');
    await file.write(Buffer.from('x'), 0, 1, BLOCK_BYTES + 7);
    await file.close();
    expect((await one.ask(cache)).equals(bytesOf('one 2', 3 * BLOCK_BYTES))).toBe(true);
    await cache.settled();
    await writeFile(fileOf(folder), '');
    expect((await one.ask(cache)).equals(bytesOf('one 3', 3 * BLOCK_BYTES))).toBe(true);
  });

  it('keeps nothing where it can not have a file, or may not keep anything, and gives all the same', async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'file'), '');
    for (const { cache } of [await openCache(MiB, join(folder, 'file')), await openCache(0)]) {
      const one = maker('one');
      await one.ask(cache);
      await cache.settled();
      expect((await one.ask(cache)).equals(bytesOf('one 2', 1_000))).toBe(true);
      expect(cache.count).toBe(0);
    }
  });

  it('goes on when the disk takes no more', async () => {
    const { cache, clock } = await openCache();
    const one = maker('one');
    await cache.close();
    await one.ask(cache);
    await cache.settled();
    clock.now += 1;
    expect((await one.ask(cache)).equals(bytesOf('one 2', 1_000))).toBe(true);
    expect(cache.count).toBe(0);
  });

  it('gives what was made last under a key, whatever is asked in whatever order', async () => {
    const { cache } = await openCache(64 * BLOCK_BYTES);
    const step = fc.record({
      name: fc.nat(12),
      does: fc.constantFrom('ask', 'ask', 'ask', 'drop', 'settle'),
      blocks: fc.integer({ min: 1, max: 7 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), fc.uuid(), async (steps, run) => {
        const asked: Promise<void>[] = [];
        for (const { name, does, blocks } of steps) {
          const key = `${run} ${name} ${blocks}`;
          const expected = bytesOf(key, blocks * BLOCK_BYTES - name);
          if (does === 'drop') cache.drop(`s/${name}`);
          else if (does === 'settle') await cache.settled();
          else {
            const got = cache.getOrMake({ key, of: [`s/${name}/i`] }, async () => expected);
            asked.push(got.then((bytes) => expect(bytes.equals(expected)).toBe(true)));
          }
        }
        await Promise.all(asked);
        await cache.settled();
        expect(cache.count).toBeLessThanOrEqual(64);
      }),
      { numRuns: 60 },
    );
  });
});

describe('Blocks', () => {
  it('gives each block to one only, as many as there are, and runs that lie together', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -8, max: 8 }), { maxLength: 40 }), (changes) => {
        const blocks = new Blocks(20 * BLOCK_BYTES + 1);
        const held: (readonly number[])[] = [];
        for (const change of changes) {
          if (change > 0) {
            const taken = blocks.take(change);
            if (taken !== undefined) held.push(taken);
          } else if (held.length > 0) blocks.giveBack(held.splice(-change % held.length, 1)[0] ?? []);
          const all = held.flat();
          expect(new Set(all).size).toBe(all.length);
          expect(blocks.free).toBe(20 - all.length);
          expect(all.every((block) => block >= 0 && block < 20)).toBe(true);
          for (const some of held) {
            const lengthBytes = some.length * BLOCK_BYTES - 3;
            const runs = [...runsOf(some, lengthBytes)];
            expect([runs[0]?.from, runs.at(-1)?.to]).toEqual([0, lengthBytes]);
            for (const [i, run] of runs.entries()) expect(run.from).toBe(runs[i - 1]?.to ?? 0);
          }
        }
      }),
    );
  });
});
