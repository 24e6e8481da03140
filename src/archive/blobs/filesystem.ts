/**
 * Blobs in a folder. A blob is written to `incoming/<random>` and linked to its key, never over another file; then file
 * and folders are flushed. A crash before the flush leaves at most a file that no index row names.
 */
import { randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, link, mkdir, open, readdir, rename, stat, unlink } from 'node:fs/promises';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { ArchiveError } from '../../errors.js';
import type { BlobStore, OpenBlob, StagedBlob, StoredBlob } from './blob-store.js';
import { FolderSync } from './folder-sync.js';

/** Bytes gathered before they are handed to the disk in one call. */
const WRITE_BYTES = 1 << 20;
const COMPARE_BYTES = 1 << 20;
const STALE_MS = 3_600_000;
const REMEMBERED_FOLDERS = 10_000;
const INCOMING = 'incoming';

export class FilesystemBlobStore implements BlobStore {
  readonly #root: string;
  readonly #folders = new FolderSync();
  /** Folders whose own entry, and those of all folders above, are known to be on disk. */
  readonly #durableFolders = new Set<string>();

  private constructor(root: string) {
    this.#root = root;
  }

  /** Open the store in the folder `root`, made when it is not there. */
  static async open(root: string): Promise<FilesystemBlobStore> {
    await mkdir(join(root, INCOMING), { recursive: true });
    return new FilesystemBlobStore(resolve(root));
  }

  async stage(): Promise<StagedBlob> {
    const path = join(this.#root, INCOMING, randomUUID());
    const handle = await onDisk(() => open(path, 'wx+', 0o640));
    return new StagedFile(path, handle, (key) => this.#place(path, handle, key));
  }

  async open(key: string): Promise<OpenBlob> {
    try {
      const handle = await open(this.#path(key), constants.O_RDONLY | constants.O_NOFOLLOW);
      return new OpenFile(handle, (await handle.stat()).size);
    } catch (error) {
      if (isSystemError(error, 'ENOENT')) {
        throw new ArchiveError('corrupt', 'The archive has lost the file of this instance.', { cause: error });
      }
      throw asArchiveError(error);
    }
  }

  async sizeOf(key: string): Promise<number | undefined> {
    try {
      return (await stat(this.#path(key))).size;
    } catch (error) {
      if (isSystemError(error, 'ENOENT')) return undefined;
      throw asArchiveError(error);
    }
  }

  async writeText(key: string, text: string): Promise<void> {
    const staged = await this.stage();
    try {
      await staged.write(Buffer.from(text));
      await staged.publish(key);
    } finally {
      await staged.discard();
    }
  }

  async *list(prefix: string): AsyncIterable<StoredBlob> {
    const pending = [this.#path(prefix)];
    for (let folder = pending.pop(); folder !== undefined; folder = pending.pop()) {
      for (const entry of await readFolder(folder)) {
        const path = join(folder, entry.name);
        if (entry.isDirectory()) pending.push(path);
        else yield { key: relative(this.#root, path).split(sep).join('/'), sizeBytes: (await stat(path)).size };
      }
    }
  }

  async remove(key: string): Promise<void> {
    await unlinkIfThere(this.#path(key));
  }

  async sweepStaged(now: Date): Promise<number> {
    let swept = 0;
    for (const entry of await readFolder(join(this.#root, INCOMING))) {
      const path = join(this.#root, INCOMING, entry.name);
      const written = await stat(path).catch(() => undefined);
      if (written === undefined || now.getTime() - written.mtimeMs < STALE_MS) continue;
      await unlinkIfThere(path);
      swept += 1;
    }
    return swept;
  }

  /** A key is resolved and must stay inside: a UID that slipped through can not name a file elsewhere. */
  #path(key: string): string {
    const path = resolve(this.#root, key);
    if (!path.startsWith(this.#root + sep)) throw new Error('A blob key leads out of the store.');
    return path;
  }

  async #place(staged: string, handle: FileHandle, key: string): Promise<void> {
    const path = this.#path(key);
    const folder = dirname(path);
    await onDisk(() => mkdir(folder, { recursive: true }));
    const isNew = await onDisk(() => linkUnlessTaken(staged, path));
    if (!isNew) await this.#adopt(staged, handle, path);
    await onDisk(() => Promise.all([handle.sync(), this.#folders.sync(folder), this.#makeDurable(folder)]));
  }

  /** Flush the entries of `folder` and of the folders above it, unless this store has done so before. */
  async #makeDurable(folder: string): Promise<void> {
    const unsure: string[] = [];
    for (let path = folder; path !== this.#root && !this.#durableFolders.has(path); path = dirname(path))
      unsure.push(path);
    await Promise.all(unsure.map((path) => this.#folders.sync(dirname(path))));
    if (this.#durableFolders.size + unsure.length > REMEMBERED_FOLDERS) this.#durableFolders.clear();
    for (const path of unsure) this.#durableFolders.add(path);
  }

  /** The key is taken: by the same bytes (another writer, or one that died before its commit), or by a torn file. */
  async #adopt(staged: string, handle: FileHandle, path: string): Promise<void> {
    const taken = await onDisk(() => open(path, 'r'));
    try {
      if (await sameBytes(handle, taken)) await onDisk(() => taken.sync());
      else await onDisk(() => rename(staged, path));
    } finally {
      await taken.close();
    }
  }
}

class StagedFile implements StagedBlob {
  readonly #path: string;
  readonly #handle: FileHandle;
  readonly #place: (key: string) => Promise<void>;
  #gathered: Buffer[] = [];
  #gatheredBytes = 0;
  #isOpen = true;

  constructor(path: string, handle: FileHandle, place: (key: string) => Promise<void>) {
    this.#path = path;
    this.#handle = handle;
    this.#place = place;
  }

  async write(chunk: Buffer): Promise<void> {
    this.#gathered.push(chunk);
    this.#gatheredBytes += chunk.length;
    if (this.#gatheredBytes >= WRITE_BYTES) await this.#flush();
  }

  async publish(key: string): Promise<void> {
    await this.#flush();
    await this.#place(key);
    await this.discard();
  }

  async discard(): Promise<void> {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#gathered = [];
    await this.#handle.close();
    await unlinkIfThere(this.#path);
  }

  async #flush(): Promise<void> {
    const chunks = this.#gathered;
    const wantedBytes = this.#gatheredBytes;
    if (wantedBytes === 0) return;
    this.#gathered = [];
    this.#gatheredBytes = 0;
    await onDisk(async () => {
      const { bytesWritten } = await this.#handle.writev(chunks);
      if (bytesWritten < wantedBytes) await this.#handle.writeFile(Buffer.concat(chunks).subarray(bytesWritten));
    });
  }
}

class OpenFile implements OpenBlob {
  readonly sizeBytes: number;
  readonly #handle: FileHandle;

  constructor(handle: FileHandle, sizeBytes: number) {
    this.#handle = handle;
    this.sizeBytes = sizeBytes;
  }

  async read(offset: number, lengthBytes: number): Promise<Buffer> {
    const wanted = Math.max(0, Math.min(lengthBytes, this.sizeBytes - offset));
    const buffer = Buffer.allocUnsafeSlow(wanted);
    let got = 0;
    while (got < wanted) {
      const { bytesRead } = await this.#handle.read(buffer, got, wanted - got, offset + got);
      if (bytesRead === 0) break;
      got += bytesRead;
    }
    return buffer.subarray(0, got);
  }

  close(): Promise<void> {
    return this.#handle.close();
  }
}

async function linkUnlessTaken(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
    return true;
  } catch (error) {
    if (isSystemError(error, 'EEXIST')) return false;
    throw error;
  }
}

async function sameBytes(left: FileHandle, right: FileHandle): Promise<boolean> {
  const sizeBytes = (await left.stat()).size;
  if ((await right.stat()).size !== sizeBytes) return false;
  for (let offset = 0; offset < sizeBytes; offset += COMPARE_BYTES) {
    const [a, b] = await Promise.all(
      [left, right].map((handle) => handle.read(Buffer.alloc(COMPARE_BYTES), 0, COMPARE_BYTES, offset)),
    );
    if (a === undefined || b === undefined) return false;
    if (!a.buffer.subarray(0, a.bytesRead).equals(b.buffer.subarray(0, b.bytesRead))) return false;
  }
  return true;
}

async function readFolder(folder: string) {
  try {
    return await readdir(folder, { withFileTypes: true });
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return [];
    throw error;
  }
}

async function unlinkIfThere(path: string): Promise<void> {
  try {
    await unlink(path);
  } catch (error) {
    if (!isSystemError(error, 'ENOENT')) throw error;
  }
}

const isSystemError = (error: unknown, code: string): boolean =>
  error instanceof Error && 'code' in error && error.code === code;

async function onDisk<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw asArchiveError(error);
  }
}

const FULL = new Set(['ENOSPC', 'EDQUOT', 'EFBIG']);
const AWAY = new Set(['EIO', 'EROFS', 'EMFILE', 'ENFILE', 'EACCES', 'EPERM']);

function asArchiveError(error: unknown): unknown {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (FULL.has(code)) return new ArchiveError('storage-full', 'The archive has no room left.', { cause: error });
  if (AWAY.has(code))
    return new ArchiveError('unavailable', 'The disk does not answer as it should.', { cause: error });
  return error;
}
