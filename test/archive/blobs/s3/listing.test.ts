import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { folderByFolder, folderOf } from '../../../../src/archive/blobs/s3/listing.js';

async function* inOrder(keys: readonly string[]) {
  for (const key of [...keys].sort()) yield { key, sizeBytes: 0 };
}

async function folded(keys: readonly string[]): Promise<readonly string[]> {
  const listed: string[] = [];
  for await (const { key } of folderByFolder(inOrder(keys))) listed.push(key);
  return listed;
}

describe('folderByFolder', () => {
  it('puts what is in a folder together, though folders below it stand between', async () => {
    expect(await folded(['a/1', 'a/b/1', 'a/c', 'a/d/1', 'a/e', 'f'])).toEqual([
      'a/b/1',
      'a/d/1',
      'a/1',
      'a/c',
      'a/e',
      'f',
    ]);
  });

  it('gives every blob once, and each folder in one piece', async () => {
    const path = fc.array(fc.constantFrom('a', 'b', 'a-', 'b.', '0'), { minLength: 1, maxLength: 5 });
    const keys = fc.uniqueArray(
      path.map((steps) => steps.join('/')),
      { maxLength: 40 },
    );
    await fc.assert(
      fc.asyncProperty(keys, async (all) => {
        const listed = await folded(all);
        expect([...listed].sort()).toEqual([...all].sort());
        const folders = listed.map(folderOf);
        const beginnings = folders.filter((folder, n) => folder !== folders[n - 1]);
        expect(beginnings).toHaveLength(new Set(folders).size);
      }),
    );
  });

  it('gives a folder as soon as the next begins', async () => {
    async function* endless() {
      for (let n = 0; ; n++) yield { key: `${n}/x`, sizeBytes: n };
    }
    const first = await folderByFolder(endless()).next();
    expect(first.value).toEqual({ key: '0/x', sizeBytes: 0 });
  });
});
