import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { OpenBlob } from '../../../src/archive/blobs/blob-store.js';
import { RecentReads } from '../../../src/archive/read/recent-reads.js';

const BLOB_BYTES = 1000;
const TEN_MINUTES_MS = 600_000;

/** A blob whose bytes are `seed`, `seed + 1` and so on, and how often it was read. */
function countedBlob(seed = 0) {
  const blob = {
    reads: 0,
    seed,
    readInto: async (target: Buffer, offset: number) => {
      blob.reads += 1;
      const got = Math.max(0, Math.min(target.length, BLOB_BYTES - offset));
      for (let i = 0; i < got; i++) target[i] = (blob.seed + offset + i) % 256;
      return got;
    },
    close: async () => undefined,
  };
  return blob;
}

async function read(blob: OpenBlob, offset: number, lengthBytes: number): Promise<Buffer> {
  const target = Buffer.alloc(lengthBytes);
  return target.subarray(0, await blob.readInto(target, offset));
}

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

describe('RecentReads', () => {
  it('keeps what is read a second time', async () => {
    const [recent, source] = [new RecentReads(), countedBlob()];
    const blob = recent.of('a', source);
    const all = [await read(blob, 5, 10), await read(blob, 5, 10), await read(blob, 5, 10)];
    expect(source.reads).toBe(2);
    for (const bytes of all) expect([...bytes]).toEqual([5, 6, 7, 8, 9, 10, 11, 12, 13, 14]);
  });

  it('keeps nothing of what is read once, however much', async () => {
    const [recent, source] = [new RecentReads(), countedBlob()];
    for (let n = 0; n < 50; n++) await read(recent.of(`blob ${n}`, source), 0, BLOB_BYTES);
    expect(recent.keptBytes).toBe(0);
  });

  it('tells the reads of one blob from those of another, and a short one from a long one', async () => {
    const recent = new RecentReads();
    const [a, b] = [recent.of('a', countedBlob(0)), recent.of('b', countedBlob(100))];
    for (let n = 0; n < 3; n++) {
      expect([...(await read(a, 0, 2))]).toEqual([0, 1]);
      expect([...(await read(b, 0, 2))]).toEqual([100, 101]);
      expect([...(await read(a, 0, 3))]).toEqual([0, 1, 2]);
    }
  });

  it('is not touched by what becomes of the buffers that it filled', async () => {
    const blob = new RecentReads().of('a', countedBlob());
    for (let n = 0; n < 4; n++) {
      const target = Buffer.alloc(4);
      await blob.readInto(target, 0);
      expect([...target]).toEqual([0, 1, 2, 3]);
      target.fill(255);
    }
  });

  it('asks again for what ended early: the blob may not have been whole', async () => {
    const [recent, source] = [new RecentReads(), countedBlob()];
    const blob = recent.of('a', source);
    for (let n = 0; n < 3; n++) expect(await read(blob, BLOB_BYTES - 1, 10)).toHaveLength(1);
    expect(source.reads).toBe(3);
  });

  it('keeps no more than it may, and what was asked for last', async () => {
    const [recent, source] = [new RecentReads({ mostBytes: 100 }), countedBlob()];
    const blob = recent.of('a', source);
    for (const offset of [0, 0, 40, 40, 0, 80, 80]) await read(blob, offset, 40);
    expect(recent.keptBytes).toBe(80);
    const before = source.reads;
    await read(blob, 0, 40);
    await read(blob, 80, 40);
    expect(source.reads).toBe(before);
    await read(blob, 40, 40);
    expect(source.reads).toBe(before + 1);
  });

  it('keeps nothing that is larger than all it may keep', async () => {
    const [recent, source] = [new RecentReads({ mostBytes: 100 }), countedBlob()];
    for (let n = 0; n < 3; n++) await read(recent.of('a', source), 0, 101);
    expect(recent.keptBytes).toBe(0);
  });

  it('forgets a blob whose bytes were found wrong, and gives those that are right by then', async () => {
    const [recent, source] = [new RecentReads(), countedBlob(7)];
    const [blob, other] = [recent.of('a', source), recent.of('b', countedBlob())];
    for (let n = 0; n < 3; n++) {
      await read(blob, 0, 1);
      await read(other, 0, 1);
    }
    recent.forget('a');
    source.seed = 0;
    expect([...(await read(blob, 0, 1))]).toEqual([0]);
    expect(recent.keptBytes).toBe(1);
  });

  it('keeps nothing for much longer than ten minutes', async () => {
    const [recent, source] = [new RecentReads({ now: Date.now }), countedBlob()];
    const blob = recent.of('a', source);
    for (let n = 0; n < 3; n++) await read(blob, 0, 10);
    vi.advanceTimersByTime(TEN_MINUTES_MS / 2);
    expect(recent.keptBytes).toBe(10);
    for (let n = 0; n < 2; n++) await read(blob, 20, 10);
    vi.advanceTimersByTime(TEN_MINUTES_MS / 2 + 60_000);
    expect(recent.keptBytes).toBe(10);
    vi.advanceTimersByTime(TEN_MINUTES_MS);
    expect(recent.keptBytes).toBe(0);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('gives the bytes of the blob whatever is read in whatever order', async () => {
    const reads = fc.array(
      fc.record({ key: fc.nat(2), offset: fc.nat(1100), lengthBytes: fc.nat(300), forget: fc.boolean() }),
      { maxLength: 60 },
    );
    await fc.assert(
      fc.asyncProperty(reads, fc.integer({ min: 0, max: 600 }), async (asked, mostBytes) => {
        const recent = new RecentReads({ mostBytes });
        for (const { key, offset, lengthBytes, forget } of asked) {
          const source = countedBlob(key);
          if (forget) recent.forget(String(key));
          const got = await read(recent.of(String(key), source), offset, lengthBytes);
          expect(got.equals(await read(source, offset, lengthBytes))).toBe(true);
          expect(recent.keptBytes).toBeLessThanOrEqual(mostBytes);
        }
      }),
    );
  });
});
