import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { unhurried, unhurriedText } from '../../src/dicomweb/unhurried-text.js';

/** How often others had their turn while this went on. */
async function turnsDuring(work: () => Promise<void>): Promise<number> {
  let turns = 0;
  let isOver = false;
  const others = (async () => {
    while (!isOver) {
      turns += 1;
      await setImmediate();
    }
  })();
  await work();
  isOver = true;
  await others;
  return turns;
}

describe('unhurriedText', () => {
  const textOf = async (pieces: Iterable<string>): Promise<string> => {
    const all: Buffer[] = [];
    for await (const piece of unhurriedText(pieces)) all.push(piece);
    return Buffer.concat(all).toString();
  };

  it.each([
    ['nothing', []],
    ['empty pieces', ['', '']],
    ['many short pieces', Array.from({ length: 10_000 }, (_, i) => `é${i}`)],
    ['a long piece', ['x', '長'.repeat(100_000), 'y']],
  ])('gives all of the text, in order: %s', async (_name, pieces) => {
    expect(await textOf(pieces)).toBe(pieces.join(''));
  });

  it('gives no empty piece, for it would end a body', async () => {
    for await (const piece of unhurriedText(['', 'a', ''])) expect(piece.length).toBeGreaterThan(0);
    for await (const piece of unhurriedText(Array.from({ length: 1_000 }, () => '')))
      expect(piece.length).toBeGreaterThan(0);
  });

  it('lets others go on, also while nothing comes of many steps', async () => {
    const short = (await turnsDuring(async () => void (await textOf(['a'])))) + 10;
    for (const piece of ['word '.repeat(20), '']) {
      const pieces = Array.from({ length: 20_000 }, () => piece);
      expect(await turnsDuring(async () => void (await textOf(pieces)))).toBeGreaterThan(short);
    }
  });
});

describe('unhurried', () => {
  it('gives the same things, and lets others go on', async () => {
    const things = Array.from({ length: 10_000 }, (_, i) => i);
    const given: number[] = [];
    const turns = await turnsDuring(async () => {
      for await (const thing of unhurried(things)) given.push(thing);
    });
    expect(given).toEqual(things);
    expect(turns).toBeGreaterThan(20);
  });
});
