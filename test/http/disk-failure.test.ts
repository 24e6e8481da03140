/** When the disk takes nothing: the sender is told to come again, and nothing is told as stored. PS3.18 §10.5.3, Annex I */
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CuratedArchive, startCuratedArchive } from './curated.js';
import { found } from './dicom-json.js';
import { bytesOf, makeInstance } from './instances.js';

let archive: CuratedArchive;
beforeAll(async () => {
  archive = await startCuratedArchive();
});
afterAll(() => archive.close());

/** Put a file where a folder should be, for as long as `during` takes. */
async function withoutFolder(name: string, during: () => Promise<void>): Promise<void> {
  const path = join(archive.folder, name);
  await mkdir(path, { recursive: true });
  await rename(path, `${path}.aside`);
  await writeFile(path, '');
  try {
    await during();
  } finally {
    await rm(path);
    await rename(`${path}.aside`, path);
  }
}

describe('a disk that takes nothing', () => {
  it.each([
    ['studies', 4, 3],
    ['studies', 1024, 2048],
    ['incoming', 1024, 2048],
  ])(
    'SW-37 F6 is told as an error of the server, and the same instance is stored later: %s, %i by %i pixels',
    async (folder, rows, columns) => {
      const made = makeInstance({
        study: `disk ${folder} ${rows}`,
        attributes: { Rows: rows, Columns: columns, PixelData: bytesOf('disk', 2 * rows * columns) },
      });
      await withoutFolder(folder, async () => {
        const response = await archive.store(archive.siteToken, [made.file]);
        expect(response.status).toBeGreaterThanOrEqual(500);
        expect(response.headers.get('content-type')).toBe('application/problem+json');
        expect(await response.text()).not.toContain(archive.folder);
        expect(await found(await archive.get(`/instances?SOPInstanceUID=${made.sopInstanceUID}`))).toEqual([]);
      });
      await archive.add(made);
      expect(await found(await archive.get(`/instances?SOPInstanceUID=${made.sopInstanceUID}`))).toHaveLength(1);
    },
  );
});
