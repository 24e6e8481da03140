import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, readlinkSync, rmdirSync, rmSync } from 'node:fs';
import { mkdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { FilesystemBlobStore } from '../../../src/archive/blobs/filesystem.js';
import { describeBlobStore } from '../../contracts/blob-store.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

describeBlobStore('FilesystemBlobStore', async () => {
  const root = temporaryFolder();
  return {
    store: await FilesystemBlobStore.open(root),
    another: await FilesystemBlobStore.open(root),
    largeBytes: 2 << 20,
    plant: async (key, bytes) => {
      await mkdir(dirname(join(root, key)), { recursive: true });
      await writeFile(join(root, key), bytes);
    },
  };
});

const KEY = 'studies/1.2.3/1.2.3.4/1.2.3.4.5.0123456789abcdef.dcm';

const withCode = (code: string) => expect.objectContaining({ name: 'ArchiveError', code });

const stagedFiles = (root: string): readonly string[] => readdirSync(join(root, 'incoming'));

/** A short blob, as text. */
async function textOf(store: FilesystemBlobStore, key: string): Promise<string> {
  const blob = await store.open(key);
  const target = Buffer.alloc(100);
  const got = await blob.readInto(target, 0);
  await blob.close();
  return target.toString('utf8', 0, got);
}

/** The file that a descriptor of this process is open on; empty when it is closed meanwhile. */
function targetOf(fd: string): string {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`);
  } catch {
    // The descriptor with which the folder of descriptors was read is among them, and gone.
    return '';
  }
}

describe('FilesystemBlobStore', () => {
  it('makes its folder, and finds in it what was published before', async () => {
    const root = join(temporaryFolder(), 'not', 'yet', 'there');
    const staged = await (await FilesystemBlobStore.open(root)).stage();
    await staged.write(Buffer.from('kept'));
    await staged.publish(KEY);
    expect(await textOf(await FilesystemBlobStore.open(root), KEY)).toBe('kept');
  });

  it.each([
    ['small, which waits in memory', 10, 0],
    ['large, which waits in a file', 2 << 20, 1],
  ])(
    'puts a blob where its key says, in a file that others can not read, when it is %s',
    async (_what, size, files) => {
      const root = temporaryFolder();
      const staged = await (await FilesystemBlobStore.open(root)).stage();
      const bytes = randomBytes(size);
      await staged.write(bytes);
      expect(stagedFiles(root)).toHaveLength(files);
      await staged.publish(KEY);
      expect(stagedFiles(root)).toEqual([]);
      expect((await readFile(join(root, KEY))).equals(bytes)).toBe(true);
      expect((await stat(join(root, KEY))).mode & 0o007).toBe(0);
    },
  );

  it('holds no more than 64 MiB of small blobs in memory, however many wait', async () => {
    const root = temporaryFolder();
    const store = await FilesystemBlobStore.open(root);
    const chunk = randomBytes(1_000_000);
    const waiting = await Promise.all(Array.from({ length: 80 }, () => store.stage()));
    for (const staged of waiting) await staged.write(chunk);
    expect(stagedFiles(root)).toHaveLength(80 - Math.floor((64 << 20) / chunk.length));
    await Promise.all(waiting.map((staged, n) => staged.publish(`studies/${n}`)));
    expect(await readFile(join(root, 'studies/79'))).toHaveLength(chunk.length);
    expect(stagedFiles(root)).toEqual([]);
    await (await store.stage()).write(chunk);
    expect(stagedFiles(root)).toEqual([]);
  });

  it('follows no link that stands in place of a blob', async () => {
    const root = temporaryFolder();
    const store = await FilesystemBlobStore.open(root);
    const secret = join(temporaryFolder(), 'secret');
    await writeFile(secret, 'secret');
    await symlink(secret, join(root, 'link'));
    await expect(store.open('link')).rejects.toThrow();
  });

  it('keeps what stands in the way of a key, and can give the staged blob up', async () => {
    const root = temporaryFolder();
    const store = await FilesystemBlobStore.open(root);
    await writeFile(join(root, 'studies'), 'a file, not a folder');
    const staged = await store.stage();
    await expect(staged.publish(KEY)).rejects.toThrow();
    await staged.discard();
    expect(stagedFiles(root)).toEqual([]);
    expect(await readFile(join(root, 'studies'), 'utf8')).toBe('a file, not a folder');
  });

  it('leaves no file open', async () => {
    const root = temporaryFolder();
    const store = await FilesystemBlobStore.open(root);
    const openFiles = (): number => readdirSync('/proc/self/fd').filter((fd) => targetOf(fd).startsWith(root)).length;
    const useOnce = async (n: number): Promise<void> => {
      const [published, again, torn, discarded, misplaced] = await Promise.all(
        Array.from({ length: 5 }, () => store.stage()),
      );
      for (const staged of [published, again, torn]) await staged?.write(Buffer.from(`${n}`));
      await published?.publish(`studies/${n}`);
      await again?.publish(`studies/${n}`);
      await writeFile(join(root, `studies/torn${n}`), 'torn');
      await torn?.publish(`studies/torn${n}`);
      await discarded?.discard();
      await misplaced?.publish('../outside').catch(() => undefined);
      await misplaced?.discard();
      await (await store.open(`studies/${n}`)).close();
      await store.open('studies/none').catch(() => undefined);
    };
    const open = await store.stage();
    await open.write(randomBytes(2 << 20));
    expect(openFiles()).toBe(1);
    await open.discard();
    for (let n = 0; n < 20; n++) await useOnce(n);
    expect(openFiles()).toBe(0);
    expect(stagedFiles(root)).toEqual([]);
  });
});

/** A file system of one MiB, where this machine lets us mount one. */
function mountSmallDisk(): string | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const folder = mkdtempSync(join(tmpdir(), 'nccid-small-disk-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', folder], { stdio: 'pipe' });
    return folder;
  } catch {
    // Root in a container may not mount; the caller says that these tests did not run.
    rmdirSync(folder);
    return undefined;
  }
}

const smallDisk = mountSmallDisk();
if (smallDisk === undefined) console.info('Tests over a full disk did not run: they need the right to mount one.');

describe.runIf(smallDisk !== undefined)('FilesystemBlobStore on a small disk', () => {
  const disk = smallDisk ?? '';

  afterEach(() => {
    for (const entry of readdirSync(disk)) rmSync(join(disk, entry), { recursive: true });
  });

  afterAll(() => {
    // Lazily, so that a test that failed with a file open leaves no mount behind.
    execFileSync('umount', ['--lazy', disk]);
    rmdirSync(disk);
  });

  it('says that there is no room left, and has room again when the staged blob is given up', async () => {
    const store = await FilesystemBlobStore.open(join(disk, 'full'));
    const large = await store.stage();
    await expect(large.write(randomBytes(3 << 20))).rejects.toThrow(withCode('storage-full'));
    await large.discard();
    const small = await store.stage();
    await small.write(Buffer.from('fits'));
    await small.publish(KEY);
    expect(await textOf(store, KEY)).toBe('fits');
  });

  it('never publishes a blob of which a write has failed', async () => {
    const store = await FilesystemBlobStore.open(join(disk, 'torn'));
    const torn = await store.stage();
    await expect(torn.write(randomBytes(3 << 20))).rejects.toThrow(withCode('storage-full'));
    const published = torn.publish(KEY).finally(() => torn.discard());
    await expect(published).rejects.toThrow(withCode('storage-full'));
    await expect(store.open(KEY)).rejects.toThrow(withCode('corrupt'));
  });

  it('says so when the last bytes find no room, and takes the same blob when there is room again', async () => {
    const store = await FilesystemBlobStore.open(join(disk, 'last'));
    const filler = await store.stage();
    await filler.write(randomBytes(1 << 20)).catch(() => undefined);
    const bytes = randomBytes(50_000);
    const small = await store.stage();
    await small.write(bytes);
    await expect(small.publish(KEY)).rejects.toThrow(withCode('storage-full'));
    await small.discard();
    await filler.discard();
    expect(await store.sizeOf(KEY)).toBe(0);
    const again = await store.stage();
    await again.write(bytes);
    await again.publish(KEY);
    expect((await readFile(join(disk, 'last', KEY))).equals(bytes)).toBe(true);
    expect(stagedFiles(join(disk, 'last'))).toEqual([]);
  });

  it('is unavailable on a disk that can not be written, and still reads', async () => {
    const store = await FilesystemBlobStore.open(join(disk, 'readonly'));
    await store.writeText('records/one', 'one');
    execFileSync('mount', ['-o', 'remount,ro', disk]);
    try {
      const small = await store.stage();
      await expect(small.publish(KEY)).rejects.toThrow(withCode('unavailable'));
      const large = await store.stage();
      await expect(large.write(randomBytes(2 << 20))).rejects.toThrow(withCode('unavailable'));
      await expect(store.writeText('records/one', 'two')).rejects.toThrow(withCode('unavailable'));
      expect(await textOf(store, 'records/one')).toBe('one');
    } finally {
      execFileSync('mount', ['-o', 'remount,rw', disk]);
    }
  });
});
