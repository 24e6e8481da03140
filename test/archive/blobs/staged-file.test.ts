/** Writers of the same bytes who meet at one key while flushes fail: what one of them was told is durable stays so. */
import { randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HeldBytes } from '../../../src/archive/blobs/held-bytes.js';
import { StagedFile } from '../../../src/archive/blobs/staged-file.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

const KEY = 'blob';
const SMALL_BYTES = 10_000;
const LARGE_BYTES = 1_500_000;

/** A folder, and writers into it of whose flushes of entries a test decides. */
function folderOfWriters() {
  const root = temporaryFolder();
  const incoming = join(root, 'incoming');
  mkdirSync(incoming);
  const held = new HeldBytes();
  return {
    incoming,
    path: join(root, KEY),
    stage: async (bytes: Buffer, flushEntries: () => Promise<void>): Promise<StagedFile> => {
      const staged = new StagedFile({ incoming, held, pathOf: (key) => join(root, key), flushEntries });
      await staged.write(bytes);
      return staged;
    },
  };
}

/** A promise, and what settles it. */
function gate() {
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}

const succeed = async (): Promise<void> => undefined;

describe('StagedFile', () => {
  it.each([
    ['small', SMALL_BYTES],
    ['large', LARGE_BYTES],
  ])(
    'keeps a %s blob that one writer has published when another of the same bytes fails after him',
    async (_what, size) => {
      const { path, stage } = folderOfWriters();
      const bytes = randomBytes(size);
      const [reached, published] = [gate(), gate()];
      const failing = await stage(bytes, async () => {
        reached.open();
        await published.opened;
        throw new Error('The folder could not be flushed.');
      });
      const failed = failing.publish(KEY).catch((error: unknown) => error);
      await reached.opened;
      await (await stage(bytes, succeed)).publish(KEY);
      published.open();
      expect(await failed).toBeInstanceOf(Error);
      await failing.discard();
      expect((await readFile(path)).equals(bytes)).toBe(true);
    },
  );

  it('gives its bytes up without a word when the disk does not let go of them', async () => {
    const { incoming, stage } = folderOfWriters();
    const staged = await stage(randomBytes(LARGE_BYTES), succeed);
    const [name = ''] = readdirSync(incoming);
    rmSync(join(incoming, name));
    mkdirSync(join(incoming, name));
    await expect(staged.discard()).resolves.toBeUndefined();
  });

  it('resolves only when the entry of the file that has taken the place of its own is flushed', async () => {
    const { path, stage } = folderOfWriters();
    const bytes = randomBytes(SMALL_BYTES);
    const [reached, replaced] = [gate(), gate()];
    const flushes: string[] = [];
    const first = await stage(bytes, async () => {
      flushes.push('first');
      reached.open();
      await replaced.opened;
    });
    const published = first.publish(KEY);
    await reached.opened;
    const second = await stage(bytes, async () => {
      flushes.push('second');
      throw new Error('The folder could not be flushed.');
    });
    await expect(second.publish(KEY)).rejects.toThrow();
    await second.discard();
    replaced.open();
    await published;
    expect(flushes).toEqual(['first', 'second', 'first']);
    expect((await readFile(path)).equals(bytes)).toBe(true);
  });

  it('never loses what any of many writers was told is stored, however flushes fail', async () => {
    const writer = fc.record({ waitMs: fc.nat(4), flushMs: fc.nat(4), fails: fc.boolean() });
    await fc.assert(
      fc.asyncProperty(fc.array(writer, { minLength: 2, maxLength: 8 }), fc.boolean(), async (writers, isLarge) => {
        const { path, stage } = folderOfWriters();
        const bytes = randomBytes(isLarge ? LARGE_BYTES : SMALL_BYTES);
        const publish = async ({ waitMs, flushMs, fails }: (typeof writers)[number]): Promise<boolean> => {
          await sleep(waitMs);
          const staged = await stage(bytes, async () => {
            await sleep(flushMs);
            if (fails) throw new Error('The folder could not be flushed.');
          });
          try {
            await staged.publish(KEY);
            expect((await readFile(path)).equals(bytes)).toBe(true);
            return true;
          } catch (error) {
            if (!fails) throw error;
            return false;
          } finally {
            await staged.discard();
          }
        };
        const published = await Promise.all(writers.map(publish));
        if (published.includes(true)) expect((await readFile(path)).equals(bytes)).toBe(true);
      }),
      { numRuns: 120 },
    );
  });
});
