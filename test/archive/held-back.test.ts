import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HeldBack } from '../../src/archive/held-back.js';

describe('HeldBack', () => {
  it('gives back what was added, in order', () => {
    const lengths = fc.array(fc.oneof(fc.nat(40), fc.integer({ min: 16_000, max: 90_000 })), { maxLength: 40 });
    fc.assert(
      fc.property(lengths, (chunkLengths) => {
        const chunks = chunkLengths.map((length, i) => Buffer.alloc(length, i + 1));
        const held = new HeldBack();
        for (const chunk of chunks) held.add(chunk);
        expect(Buffer.concat(held.take()).equals(Buffer.concat(chunks))).toBe(true);
        expect(held.take()).toEqual([]);
      }),
      { numRuns: 50 },
    );
  });

  it('T52 joins bytes that came one by one', () => {
    const held = new HeldBack();
    for (let i = 0; i < 300_000; i++) held.add(Buffer.from([i & 0xff]));
    const chunks = held.take();
    expect(chunks).toHaveLength(5);
    expect(chunks.map(({ length }) => length).reduce((sum, length) => sum + length)).toBe(300_000);
  });

  it('keeps a large chunk as it is', () => {
    const held = new HeldBack();
    const large = Buffer.alloc(70_000);
    held.add(large);
    expect(held.take()[0]).toBe(large);
  });
});
