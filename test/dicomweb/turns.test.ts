/** So many at once, so many that wait, and nothing for whoever has gone. */
import { describe, expect, it } from 'vitest';
import { Turns } from '../../src/dicomweb/turns.js';
import { JobAbandoned } from '../../src/pixels/worker-pool.js';

describe('turns', () => {
  it('let so many be made at once, and refuse more than may wait', async () => {
    const turns = new Turns(1, 2);
    let finish = (): void => undefined;
    const first = turns.take(() => new Promise<string>((resolve) => (finish = () => resolve('first'))));
    let hasBegun = false;
    const second = turns.take(async () => {
      hasBegun = true;
    });
    await expect(turns.take(async () => undefined)).rejects.toMatchObject({ code: 'unavailable' });
    expect([hasBegun, turns.isIdle]).toEqual([false, false]);
    finish();
    await expect(first).resolves.toBe('first');
    await second;
    expect([hasBegun, turns.isIdle]).toEqual([true, true]);
  });

  it('make nothing that nobody waits for when it is its turn', async () => {
    const turns = new Turns(1, 2);
    let hasGone = false;
    let made = 0;
    const make = async (): Promise<void> => {
      made += 1;
    };
    const first = turns.take(make);
    const abandoned = turns.take(make, () => hasGone);
    hasGone = true;
    await expect(abandoned).rejects.toThrow(JobAbandoned);
    await first;
    await turns.take(make);
    expect([made, turns.isIdle]).toEqual([2, true]);
  });
});
