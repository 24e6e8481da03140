import { describe, expect, it } from 'vitest';
import type { LocatedInstance } from '../../src/archive/index/locate.js';
import type { StoredFile } from '../../src/archive/read/stored-file.js';
import { FilesOfParts, type PartOfFile } from '../../src/dicomweb/files-of-parts.js';

const PARTS_OF_FILE = 3;

/** Parts of files of which is known which are open. */
function madeUpFiles(count: number, { ahead, broken }: { readonly ahead: number; readonly broken?: number }) {
  const open = new Set<number>();
  const opened: number[] = [];
  const files = new FilesOfParts({
    filesAhead: ahead,
    open: async ({ rowID }) => {
      if (rowID === broken) throw new Error(`file ${rowID} is broken`);
      opened.push(rowID);
      open.add(rowID);
      const close = async () => void open.delete(rowID);
      return { close } as unknown as StoredFile;
    },
  });
  const parts = function* () {
    for (let rowID = 0; rowID < count; rowID++) {
      for (let n = 0; n < PARTS_OF_FILE; n++) {
        const part: PartOfFile = {
          instance: { rowID } as LocatedInstance,
          lengthBytes: 1,
          read: async function* () {
            if (!open.has(rowID)) throw new Error('It is read while it is closed.');
            yield Buffer.from(`${rowID}/${n} `);
          },
        };
        yield n === 0 ? files.first(part) : files.further(part);
      }
    }
  };
  return { files, parts, open, opened };
}

async function textOf(bytes: AsyncGenerator<Buffer>): Promise<string> {
  let text = '';
  for await (const piece of bytes) text += piece.toString();
  return text;
}

describe('FilesOfParts', () => {
  it.each([1, 3, 100])(
    'gives every part of every file in order, %i files ahead, and opens each file once',
    async (ahead) => {
      const { files, parts, open, opened } = madeUpFiles(5, { ahead });
      for (const _ of parts());
      expect(opened).toEqual([]);
      let text = '';
      for (const bytes of parts()) {
        text += await textOf(bytes());
        expect(open.size).toBeLessThanOrEqual(ahead + 1);
      }
      const all = [0, 1, 2, 3, 4].flatMap((file) => [0, 1, 2].map((n) => `${file}/${n} `));
      expect(text).toBe(all.join(''));
      await files.close();
      expect([opened, open.size]).toEqual([[0, 1, 2, 3, 4], 0]);
    },
  );

  it('begins the next files with the first part of the one at hand, and closes them when nobody asks on', async () => {
    const { files, parts, open, opened } = madeUpFiles(9, { ahead: 3 });
    for (const _ of parts());
    const [first] = parts();
    await textOf(first?.() ?? (async function* () {})());
    await files.close();
    expect([opened, open.size]).toEqual([[0, 1, 2, 3], 0]);
  });

  it('tells of a file that can not be opened when it is asked for it, not before', async () => {
    const { files, parts, open } = madeUpFiles(4, { ahead: 3, broken: 1 });
    for (const _ of parts());
    const texts: string[] = [];
    const readAll = async (): Promise<void> => {
      for (const bytes of parts()) texts.push(await textOf(bytes()));
    };
    await expect(readAll()).rejects.toThrow('file 1 is broken');
    await files.close();
    expect([texts, open.size]).toEqual([['0/0 ', '0/1 ', '0/2 '], 0]);
  });
});
