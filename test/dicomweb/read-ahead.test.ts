import { describe, expect, it } from 'vitest';
import { ReadAhead } from '../../src/dicomweb/read-ahead.js';

const MIB = 1024 * 1024;

/** Files of which is known which have been begun and which are closed. */
function madeUpFiles(sizes: readonly number[], ahead: number, broken?: number) {
  const begun: number[] = [];
  const closed: number[] = [];
  async function* open(index: number): AsyncGenerator<Buffer> {
    begun.push(index);
    try {
      if (index === broken) throw new Error(`file ${index} is broken`);
      yield Buffer.from(`${index}a`);
      yield Buffer.from(`${index}b`);
    } finally {
      closed.push(index);
    }
  }
  const files = new ReadAhead({ sizesBytes: sizes, open, ahead });
  return { files, begun, closed };
}

async function textOf(pieces: AsyncGenerator<Buffer>): Promise<string> {
  let text = '';
  for await (const piece of pieces) text += piece.toString();
  return text;
}

describe('ReadAhead', () => {
  it.each([1, 3, 100])('gives every file whole and in order, %i ahead', async (ahead) => {
    const { files, closed } = madeUpFiles(
      Array.from({ length: 7 }, () => MIB / 2),
      ahead,
    );
    const texts: string[] = [];
    for (let index = 0; index < 7; index++) texts.push(await textOf(files.pieces(index)));
    await files.close();
    expect(texts).toEqual([0, 1, 2, 3, 4, 5, 6].map((n) => `${n}a${n}b`));
    expect(closed).toEqual([0, 1, 2, 3, 4, 5, 6]);
  });

  it('gives the file that is asked for, though some before it are passed over', async () => {
    const { files, closed } = madeUpFiles([1, 1, 1, 1, 1, 1], 2);
    expect([await textOf(files.pieces(0)), await textOf(files.pieces(2)), await textOf(files.pieces(5))]).toEqual([
      '0a0b',
      '2a2b',
      '5a5b',
    ]);
    await files.close();
    expect(closed).toEqual([0, 1, 2, 3, 4, 5]);
  });

  it('begins as many as it is told to', async () => {
    const { files, begun } = madeUpFiles([1, 1, 1, 1, 1], 2);
    await textOf(files.pieces(0));
    expect(begun).toEqual([0, 1, 2]);
    await textOf(files.pieces(1));
    expect(begun).toEqual([0, 1, 2, 3]);
    await files.close();
  });

  it('begins the next one however large it is, and no more than 4 MiB together beyond that', async () => {
    const { files, begun } = madeUpFiles([1, 9 * MIB, 1, MIB, MIB, MIB, MIB, MIB], 8);
    await textOf(files.pieces(0));
    expect(begun).toEqual([0, 1]);
    await textOf(files.pieces(1));
    expect(begun).toEqual([0, 1, 2, 3, 4, 5]);
    await files.close();
  });

  it('lets go of all that nobody asked for', async () => {
    const { files, begun, closed } = madeUpFiles([1, 1, 1, 1], 8);
    await textOf(files.pieces(0));
    await files.close();
    expect([...closed].sort()).toEqual([...begun].sort());
  });

  it('tells of a broken file when that is asked for, and not before', async () => {
    const { files } = madeUpFiles([1, 1, 1], 8, 2);
    expect(await textOf(files.pieces(0))).toBe('0a0b');
    expect(await textOf(files.pieces(1))).toBe('1a1b');
    await expect(textOf(files.pieces(2))).rejects.toThrow('file 2 is broken');
    await files.close();
  });
});
