import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { LetThrough } from '../../src/archive/let-through.js';
import { madeUpRecord } from '../support/index-records.js';

const SITE = { id: 1, name: 'Leeds', splitPolicy: 50, mayJoinAnyStudy: false } as const;
const made = (series: string, instance: number, more: { modality?: string; patientID?: string } = {}) =>
  madeUpRecord({ study: '1.2', series, instance: `${series}.${instance}`, site: SITE, ...more });

describe('LetThrough', () => {
  it('takes what agrees with what it has taken, and nothing else', () => {
    const letThrough = new LetThrough();
    expect(letThrough.take(made('1.2.1', 1))).toBe(true);
    expect(letThrough.take(made('1.2.1', 2, { modality: 'MR' }))).toBe(false);
    expect(letThrough.take(made('1.2.2', 1, { modality: 'MR' }))).toBe(true);
    expect(letThrough.take(made('1.2.3', 1, { patientID: 'P2' }))).toBe(false);
    expect(letThrough.take(made('1.2.1', 3))).toBe(true);
  });

  it('lets judge in the order in which it is asked, also after one that has failed', async () => {
    const letThrough = new LetThrough();
    const order: string[] = [];
    const judging = async (name: string, ms: number): Promise<void> => {
      await sleep(ms);
      order.push(name);
      if (name === 'fails') throw new Error(name);
    };
    const asked = [
      letThrough.inTurn(() => judging('slow', 50)),
      letThrough.inTurn(() => judging('fails', 20)),
      letThrough.inTurn(() => judging('fast', 0)),
    ];
    const settled = await Promise.allSettled(asked);
    expect(settled.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(order).toEqual(['slow', 'fails', 'fast']);
  });
});
