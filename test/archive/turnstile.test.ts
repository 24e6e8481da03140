import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { Turnstile } from '../../src/archive/turnstile.js';

describe('Turnstile', () => {
  it('lets so many through at once, and does all', async () => {
    let [within, most] = [0, 0];
    const done: number[] = [];
    await new Turnstile(3).forEach([...Array(20).keys()], async (n) => {
      within += 1;
      most = Math.max(most, within);
      await turn();
      done.push(n);
      within -= 1;
    });
    expect(most).toBe(3);
    expect(done).toEqual([...Array(20).keys()]);
  });

  it('turns away those who wait, and lets those who come later in', async () => {
    const turnstile = new Turnstile(1);
    await turnstile.enter();
    const waiting = turnstile.enter();
    turnstile.turnAway(new Error('closed'));
    await expect(waiting).rejects.toThrow('closed');
    const later = turnstile.enter();
    turnstile.leave();
    await later;
  });

  it('begins nothing more once one of many has failed, and ends when nothing runs any more', async () => {
    const begun: number[] = [];
    let running = 0;
    const many = new Turnstile(2).forEach([...Array(20).keys()], async (n) => {
      begun.push(n);
      running += 1;
      if (n === 1) await turn();
      running -= 1;
      if (n === 0) throw new Error('no');
    });
    await expect(many).rejects.toThrow('no');
    expect([begun, running]).toEqual([[0, 1], 0]);
  });

  it('goes on after one has failed', async () => {
    const turnstile = new Turnstile(1);
    await expect(turnstile.forEach([1], () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    await turnstile.enter();
    turnstile.leave();
  });
});
