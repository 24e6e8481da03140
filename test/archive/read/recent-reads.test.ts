import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { RecentReads } from '../../../src/archive/read/recent-reads.js';
import type { CheckedRange } from '../../../src/dicom/frame-table.js';

const TEN_MINUTES_MS = 600_000;
/** What an entry is said to take beside its bytes. */
const ENTRY_BYTES = 1024;
const SMALL = 4096;

const range = (offset: number, lengthBytes: number, crc32 = 0): CheckedRange => ({ offset, lengthBytes, crc32 });

/** The bytes of a blob, which are `seed`, `seed + 1` and so on. */
const bytesAt = (seed: number, { offset, lengthBytes }: CheckedRange): Buffer =>
  Buffer.from(Array.from({ length: lengthBytes }, (_, i) => (seed + offset + i) % 256));

/** Read as a file is read: whether the blob had to be asked. */
function read(recent: RecentReads, asked: CheckedRange, { key = 'a', seed = 0 } = {}): 'kept' | 'asked' {
  const target = Buffer.alloc(asked.lengthBytes);
  if (recent.fill(target, key, asked)) {
    expect(target).toEqual(bytesAt(seed, asked));
    return 'kept';
  }
  bytesAt(seed, asked).copy(target);
  recent.note(target, key, asked);
  // The buffer is used again.
  target.fill(255);
  return 'asked';
}

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

describe('RecentReads', () => {
  it('keeps what is read a second time', () => {
    const recent = new RecentReads();
    const answers = [1, 2, 3, 4].map(() => read(recent, range(5, SMALL)));
    expect(answers).toEqual(['asked', 'asked', 'kept', 'kept']);
  });

  it('keeps nothing of what is read once, however much', () => {
    const recent = new RecentReads();
    for (let n = 0; n < 1000; n++) read(recent, range(n, SMALL));
    expect(recent.keptBytes).toBe(0);
  });

  it('tells blobs, places, lengths and checksums from one another', () => {
    const recent = new RecentReads();
    const asked = [
      [range(0, SMALL), { key: 'a', seed: 0 }],
      [range(0, SMALL), { key: 'b', seed: 100 }],
      [range(1, SMALL), { key: 'a', seed: 0 }],
      [range(0, SMALL + 1), { key: 'a', seed: 0 }],
      [range(0, SMALL, 7), { key: 'a', seed: 50 }],
    ] as const;
    for (let n = 0; n < 3; n++) for (const [one, blob] of asked) read(recent, one, blob);
    for (const [one, blob] of asked) expect(read(recent, one, blob)).toBe('kept');
  });

  it('keeps no more than it may, and what was asked for last', () => {
    const recent = new RecentReads({ mostBytes: 2 * (ENTRY_BYTES + SMALL) });
    for (const offset of [0, 0, 40, 40, 0, 80, 80]) read(recent, range(offset, SMALL));
    expect(recent.keptBytes).toBe(2 * (ENTRY_BYTES + SMALL));
    expect([0, 80, 40].map((offset) => read(recent, range(offset, SMALL)))).toEqual(['kept', 'kept', 'asked']);
  });

  it('keeps nothing that is so small that there may be many of it', () => {
    const recent = new RecentReads();
    for (let n = 0; n < 3; n++) expect(read(recent, range(0, SMALL - 1))).toBe('asked');
    expect(recent.keptBytes).toBe(0);
  });

  it('knows for a while what was read, and no longer', () => {
    const recent = new RecentReads();
    read(recent, range(0, SMALL));
    const bytes = Buffer.alloc(SMALL);
    for (let n = 1; n < 15_000; n++) recent.note(bytes, 'others', range(n, SMALL));
    read(recent, range(0, SMALL));
    expect(read(recent, range(0, SMALL))).toBe('kept');
    read(recent, range(1, SMALL));
    for (let n = 20_000; n < 45_000; n++) recent.note(bytes, 'others', range(n, SMALL));
    read(recent, range(1, SMALL));
    expect(read(recent, range(1, SMALL))).toBe('asked');
  });

  it('keeps nothing that is larger than all it may keep, or than may be copied at once', () => {
    const small = new RecentReads({ mostBytes: SMALL });
    const large = new RecentReads();
    for (let n = 0; n < 3; n++) {
      expect(read(small, range(0, SMALL))).toBe('asked');
      large.note(Buffer.alloc(4 * 1024 * 1024 + 1), 'a', range(0, 4 * 1024 * 1024 + 1));
    }
    expect([small.keptBytes, large.keptBytes]).toEqual([0, 0]);
  });

  it('keeps nothing for much longer than ten minutes', () => {
    const recent = new RecentReads({ now: Date.now });
    for (let n = 0; n < 2; n++) read(recent, range(0, SMALL));
    vi.advanceTimersByTime(TEN_MINUTES_MS / 2);
    for (let n = 0; n < 2; n++) read(recent, range(20, SMALL));
    expect(recent.keptBytes).toBe(2 * (ENTRY_BYTES + SMALL));
    vi.advanceTimersByTime(TEN_MINUTES_MS / 2 + 60_000);
    expect(recent.keptBytes).toBe(ENTRY_BYTES + SMALL);
    vi.advanceTimersByTime(TEN_MINUTES_MS);
    expect(recent.keptBytes).toBe(0);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('gives the bytes of the blob whatever is read in whatever order', () => {
    const reads = fc.array(
      fc.record({ seed: fc.nat(2), offset: fc.nat(3), lengthBytes: fc.integer({ min: 4000, max: 4300 }) }),
      { maxLength: 60 },
    );
    fc.assert(
      fc.property(reads, fc.integer({ min: 0, max: 20_000 }), (asked, mostBytes) => {
        const recent = new RecentReads({ mostBytes });
        for (const { seed, offset, lengthBytes } of asked) {
          read(recent, range(offset, lengthBytes), { key: String(seed), seed });
          expect(recent.keptBytes).toBeLessThanOrEqual(mostBytes);
        }
      }),
    );
  });
});
