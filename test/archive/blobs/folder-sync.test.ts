import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { FolderSync } from '../../../src/archive/blobs/folder-sync.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

const outcomes = async (syncs: readonly Promise<void>[]): Promise<readonly string[]> =>
  (await Promise.allSettled(syncs)).map(({ status }) => status);

describe('FolderSync', () => {
  it('resolves for all who come together, and for who comes later', async () => {
    const [folders, path] = [new FolderSync(), temporaryFolder()];
    const together = Array.from({ length: 5 }, () => folders.sync(path));
    expect(new Set(await outcomes(together))).toEqual(new Set(['fulfilled']));
    expect(await outcomes([folders.sync(path)])).toEqual(['fulfilled']);
  });

  it('fails whoever waits with the flush that runs, and not who comes after', async () => {
    const [folders, path] = [new FolderSync(), join(temporaryFolder(), 'late')];
    const running = folders.sync(path);
    // From the moment it has failed, a flush would succeed.
    const made = running.catch(() => mkdirSync(path));
    const waiting = [folders.sync(path), folders.sync(path)];
    expect(await outcomes([running, ...waiting])).toEqual(['rejected', 'rejected', 'rejected']);
    await made;
    expect(await outcomes([folders.sync(path), folders.sync(path)])).toEqual(['fulfilled', 'fulfilled']);
  });
});
