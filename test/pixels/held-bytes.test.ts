/** What waits for clients that do not read is bounded in bytes, of all and of each. */
import { describe, expect, it } from 'vitest';
import { HeldBytes } from '../../src/pixels/held-bytes.js';

const unavailable = { code: 'unavailable' };
const isWanted = (): boolean => false;

describe('what is held until it is sent', () => {
  it('has room for so many bytes, and again when some are let go of', () => {
    const held = new HeldBytes(100);
    const [first, second, third] = ['a', 'b', 'c'].map((caller) => held.of(caller));
    const letGo = first?.hold(60);
    second?.expectRoom();
    expect(() => second?.hold(41)).toThrow(expect.objectContaining(unavailable));
    second?.hold(40);
    expect(() => third?.expectRoom()).toThrow(expect.objectContaining(unavailable));
    letGo?.();
    third?.expectRoom();
    expect(held.bytes).toBe(40);
  });

  it('is a quarter of that of one caller, whoever holds it for him', () => {
    const held = new HeldBytes(100);
    const letGo = held.of('a').hold(20);
    held.of('a').expectRoom();
    expect(() => held.of('a').hold(6)).toThrow(expect.objectContaining(unavailable));
    held.of('a').hold(5);
    expect(() => held.of('a').expectRoom()).toThrow(expect.objectContaining(unavailable));
    expect(held.of('a').tryHold(1)).toBeUndefined();
    expect(held.of('b').tryHold(25)).toBeDefined();
    letGo();
    held.of('a').expectRoom();
    expect(held.bytes).toBe(30);
  });

  it('may be one thing that is larger than that, by itself', () => {
    const held = new HeldBytes(100);
    const letGo = held.of('a').hold(1_000);
    expect([held.of('a').tryHold(1), held.of('b').tryHold(1)]).toEqual([undefined, undefined]);
    letGo();
    expect(held.of('a').tryHold(1)).toBeDefined();
  });

  it('waits for room, and not for ever, nor when nobody waits for it', async () => {
    const held = new HeldBytes(100, 200);
    const letGo = held.of('a').hold(100);
    for (const caller of ['a', 'b']) {
      await expect(held.of(caller).holdSoon(1, isWanted)).rejects.toMatchObject(unavailable);
      await expect(held.of(caller).holdSoon(1, () => true)).rejects.toMatchObject(unavailable);
    }
    const soon = held.of('b').holdSoon(30, isWanted);
    letGo();
    (await soon)();
    expect(held.bytes).toBe(0);
  });
});
