/** What waits for clients that do not read is bounded in bytes. */
import { describe, expect, it } from 'vitest';
import { HeldBytes } from '../../src/pixels/held-bytes.js';

const unavailable = { code: 'unavailable' };
const isWanted = (): boolean => false;

describe('what is held until it is sent', () => {
  it('has room for so many bytes, and again when some are let go of', () => {
    const held = new HeldBytes(100);
    const letGo = held.hold(60);
    held.expectRoom();
    expect(() => held.hold(41)).toThrow(expect.objectContaining(unavailable));
    held.hold(40);
    expect(() => held.expectRoom()).toThrow(expect.objectContaining(unavailable));
    letGo();
    held.expectRoom();
    expect(held.bytes).toBe(40);
  });

  it('may be one thing that is larger than that, by itself', () => {
    const held = new HeldBytes(100);
    const letGo = held.hold(1_000);
    expect(held.tryHold(1)).toBeUndefined();
    letGo();
    expect(held.tryHold(1)).toBeDefined();
  });

  it('waits for room, and not for ever, nor when nobody waits for it', async () => {
    const held = new HeldBytes(100, 200);
    const letGo = held.hold(100);
    await expect(held.holdSoon(1, isWanted)).rejects.toMatchObject(unavailable);
    await expect(held.holdSoon(1, () => true)).rejects.toMatchObject(unavailable);
    const soon = held.holdSoon(30, isWanted);
    letGo();
    (await soon)();
    expect(held.bytes).toBe(0);
  });
});
