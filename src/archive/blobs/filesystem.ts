/** Blobs in a folder: a key is a path below it. How a blob gets there is told in `staged-file`. */
import { constants, open as openFile, type Stats } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { promisify } from 'node:util';
import { ArchiveError } from '../../errors.js';
import type { BlobStore, OpenBlob, StagedBlob, StoredBlob } from './blob-store.js';
import { asArchiveError, isSystemError, makeFolder, onDisk, unlinkIfThere } from './disk.js';
import { FolderSync } from './folder-sync.js';
import { HeldBytes } from './held-bytes.js';
import { OpenFile } from './open-file.js';
import { StagedFile } from './staged-file.js';

const openDescriptor = promisify(openFile);

const STALE_MS = 3_600_000;
const REMEMBERED_FOLDERS = 10_000;
/** The folder of what is on its way in. */
export const INCOMING = 'incoming';

export class FilesystemBlobStore implements BlobStore {
  readonly isRemote = false;
  readonly filesAhead = 1;
  readonly #root: string;
  readonly #folders = new FolderSync();
  readonly #held = new HeldBytes();
  /** Folders whose own entry, and those of all folders above, are known to be on disk. */
  readonly #durableFolders = new Set<string>();

  private constructor(root: string) {
    this.#root = root;
  }

  /** Open the store in the folder `root`, made when it is not there. @throws ArchiveError `unavailable` */
  static async open(root: string): Promise<FilesystemBlobStore> {
    await onDisk(() => makeFolder(join(root, INCOMING)));
    return new FilesystemBlobStore(resolve(root));
  }

  async stage(): Promise<StagedBlob> {
    return new StagedFile({
      incoming: join(this.#root, INCOMING),
      held: this.#held,
      pathOf: (key) => this.#path(key),
      flushEntries: (folder) => this.#flushEntries(folder),
    });
  }

  async open(key: string): Promise<OpenBlob> {
    try {
      return new OpenFile(await openDescriptor(this.#path(key), constants.O_RDONLY | constants.O_NOFOLLOW));
    } catch (error) {
      if (isSystemError(error, 'ENOENT')) {
        throw new ArchiveError('corrupt', 'The archive has lost the file of this instance.', { cause: error });
      }
      throw asArchiveError(error);
    }
  }

  async sizeOf(key: string): Promise<number | undefined> {
    return (await this.#stat(key))?.size;
  }

  sizesOf(keys: readonly string[]): Promise<readonly (number | undefined)[]> {
    return Promise.all(keys.map((key) => this.sizeOf(key)));
  }

  async writtenAt(key: string): Promise<Date | undefined> {
    const stats = await this.#stat(key);
    // Cut, as clocks are read: rounded it could lie a millisecond ahead of now.
    return stats && new Date(Math.floor(stats.mtimeMs));
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
        else yield* this.#listed(relative(this.#root, path).split(sep).join('/'));
      }
    }
  }

  /** A blob that was removed since its folder was read is not listed. */
  async *#listed(key: string): AsyncIterable<StoredBlob> {
    const sizeBytes = await this.sizeOf(key);
    if (sizeBytes !== undefined) yield { key, sizeBytes };
  }

  async remove(key: string): Promise<void> {
    await onDisk(() => unlinkIfThere(this.#path(key)));
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

  async close(): Promise<void> {}

  /** A key is resolved and must stay inside: a UID that slipped through can not name a file elsewhere. */
  #path(key: string): string {
    const path = resolve(this.#root, key);
    if (!path.startsWith(this.#root + sep)) throw new Error('A blob key leads out of the store.');
    return path;
  }

  async #stat(key: string): Promise<Stats | undefined> {
    return onDisk(() =>
      stat(this.#path(key)).catch((error: unknown) => {
        if (isSystemError(error, 'ENOENT')) return undefined;
        throw error;
      }),
    );
  }

  /** The entries in `folder`; and its own and those above it, unless this store has flushed them before. */
  async #flushEntries(folder: string): Promise<void> {
    const unsure: string[] = [];
    for (let path = folder; path !== this.#root && !this.#durableFolders.has(path); path = dirname(path)) {
      unsure.push(path);
    }
    await Promise.all([folder, ...unsure.map(dirname)].map((path) => this.#folders.sync(path)));
    if (this.#durableFolders.size + unsure.length > REMEMBERED_FOLDERS) this.#durableFolders.clear();
    for (const path of unsure) this.#durableFolders.add(path);
  }
}

async function readFolder(folder: string) {
  try {
    return await readdir(folder, { withFileTypes: true });
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return [];
    throw error;
  }
}
