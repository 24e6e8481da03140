import { readlinkSync } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { makeFolder } from '../../../src/archive/blobs/disk.js';
import { FilesystemBlobStore } from '../../../src/archive/blobs/filesystem.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

/** The paths that are flushed from now on. */
async function flushedPaths(): Promise<readonly string[]> {
  const paths: string[] = [];
  const probe = await open('/dev/null');
  const handles: { sync(): Promise<void> } = Object.getPrototypeOf(probe);
  await probe.close();
  const { sync } = handles;
  const spy = vi.spyOn(handles, 'sync').mockImplementation(async function (this: { readonly fd: number }) {
    paths.push(readlinkSync(`/proc/self/fd/${this.fd}`));
    await sync.call(this);
  });
  onTestFinished(() => spy.mockRestore());
  return paths;
}

describe('a folder that is made', () => {
  it('is on disk with its own entry and those of the folders above that were missing', async () => {
    const there = temporaryFolder();
    const root = join(there, 'a', 'archive');
    const flushed = await flushedPaths();
    await makeFolder(root, 0o700);
    expect([...flushed].sort()).toEqual([there, join(there, 'a')]);
    expect((await stat(root)).mode & 0o777).toBe(0o700);
    await FilesystemBlobStore.open(root);
    expect(flushed).toContain(root);
  });

  it('is not flushed again when it was there', async () => {
    const root = temporaryFolder();
    await FilesystemBlobStore.open(root);
    const flushed = await flushedPaths();
    await makeFolder(root, 0o700);
    await FilesystemBlobStore.open(root);
    expect(flushed).not.toContain(dirname(root));
  });
});
