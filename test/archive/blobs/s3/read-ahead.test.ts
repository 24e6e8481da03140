import { describe, expect, it } from 'vitest';
import { MAX_GAP_BYTES, ReadAheadWindow } from '../../../../src/archive/blobs/s3/read-ahead.js';

const MIB = 1 << 20;

describe('ReadAheadWindow', () => {
  it('fetches just what is asked for of reads that stand alone', () => {
    const window = new ReadAheadWindow();
    for (const offset of [0, 50 * MIB, 10 * MIB, 30 * MIB]) expect(window.endFor(offset, 100)).toBe(offset + 100);
  });

  it('fetches more and more along, up to 8 MiB, where reads go on', () => {
    const window = new ReadAheadWindow();
    const more = Array.from({ length: 8 }, (_, n) => window.endFor(n * 100, 100) - (n + 1) * 100);
    expect(more).toEqual([0, 0.25 * MIB, 0.5 * MIB, MIB, 2 * MIB, 4 * MIB, 8 * MIB, 8 * MIB]);
  });

  it('takes a small gap for going on, and a step back or a large one not', () => {
    const moreAfter = (offset: number): number => {
      const window = new ReadAheadWindow();
      window.endFor(1_000, 100);
      return window.endFor(offset, 100) - offset - 100;
    };
    expect([moreAfter(1_100), moreAfter(1_108), moreAfter(1_100 + MAX_GAP_BYTES)]).toEqual([
      0.25 * MIB,
      0.25 * MIB,
      0.25 * MIB,
    ]);
    expect([moreAfter(1_099), moreAfter(0), moreAfter(1_101 + MAX_GAP_BYTES)]).toEqual([0, 0, 0]);
  });
});
