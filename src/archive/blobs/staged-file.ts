/**
 * A blob on its way into the folder. What is small waits in memory and is written where it belongs; what is larger goes
 * to `incoming/` as it comes and is renamed to its place once it is on disk. A crash leaves at most a file that no index
 * row names.
 *
 * Every writer vouches for a file of his own and never for one he finds: what another wrote may yet be emptied because its
 * flush failed, and a flush that succeeds after one that failed says nothing. So a key that is taken gets the writer's own
 * file, in one rename; whoever is still writing the file that was there writes to no name any more.
 */
import { randomUUID } from 'node:crypto';
import { type FileHandle, open, rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { StagedBlob } from './blob-store.js';
import { isSystemError, onDisk, unlinkIfThere, withFolder } from './disk.js';
import type { HeldBytes } from './held-bytes.js';

/** Bytes gathered before they are handed to the disk in one call; a blob that stays below is never staged in a file. */
const WRITE_BYTES = 1 << 20;
const FILE_MODE = 0o640;

export interface StagingPlaces {
  /** Where blobs wait that are larger. */
  readonly incoming: string;
  /** What all blobs of the store hold in memory. */
  readonly held: HeldBytes;
  readonly pathOf: (key: string) => string;
  /** Flush the entry of a file in this folder, and those of the folders above. */
  readonly flushEntries: (folder: string) => Promise<void>;
}

interface Spill {
  readonly path: string;
  readonly handle: FileHandle;
}

export class StagedFile implements StagedBlob {
  readonly #places: StagingPlaces;
  #gathered: Buffer[] = [];
  #gatheredBytes = 0;
  #spill: Spill | undefined;
  /** What a write failed with: there is a hole from there on, and nothing is published. */
  #failure: unknown;
  #isGivenUp = false;

  constructor(places: StagingPlaces) {
    this.#places = places;
  }

  async write(chunk: Buffer): Promise<void> {
    this.#gathered.push(chunk);
    this.#gatheredBytes += chunk.length;
    this.#places.held.add(chunk.length);
    if (this.#gatheredBytes >= WRITE_BYTES || this.#places.held.isEnough) await this.#spillGathered();
  }

  async publish(key: string): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure;
    if (this.#isGivenUp) throw new Error('What was given up can not be published.');
    const path = this.#places.pathOf(key);
    const isPlaced = this.#spill === undefined && (await onDisk(() => this.#create(path)));
    if (!isPlaced) await this.#place(await this.#spillGathered(), path);
    await this.discard();
  }

  async discard(): Promise<void> {
    this.#isGivenUp = true;
    this.#releaseGathered();
    const spill = this.#spill;
    this.#spill = undefined;
    if (spill === undefined) return;
    // Whoever gives a blob up has his answer already: what the disk does not let go of now is swept away later.
    await spill.handle.close().catch(() => undefined);
    await unlinkIfThere(spill.path).catch(() => undefined);
  }

  /** Write a new file from memory; false when there is one already. */
  async #create(path: string): Promise<boolean> {
    const handle = await withFolder(path, () => open(path, 'wx', FILE_MODE)).catch((error: unknown) => {
      if (isSystemError(error, 'EEXIST')) return undefined;
      throw error;
    });
    if (handle === undefined) return false;
    try {
      await writeAll(handle, this.#gathered, this.#gatheredBytes);
      await this.#flushCreated(handle, dirname(path));
      return true;
    } catch (error) {
      // Emptied, not unlinked: under this name there may by now be another writer's file.
      await handle.truncate(0).catch(() => undefined);
      throw error;
    } finally {
      await handle.close();
    }
  }

  async #flushCreated(handle: FileHandle, folder: string): Promise<void> {
    await Promise.all([handle.sync(), this.#places.flushEntries(folder)]);
    // Another writer has put his file in the place of this one: it is on disk, but its entry may not be.
    if ((await handle.stat()).nlink === 0) await this.#places.flushEntries(folder);
  }

  /** Put what is in `incoming/` in its place, also of what is there: the same bytes, or what of them a crash has left. */
  async #place({ path: staged, handle }: Spill, path: string): Promise<void> {
    await onDisk(async () => {
      await handle.sync();
      await withFolder(path, () => rename(staged, path));
      await this.#places.flushEntries(dirname(path));
    });
  }

  async #spillGathered(): Promise<Spill> {
    if (this.#failure !== undefined) throw this.#failure;
    try {
      return await onDisk(async () => {
        this.#spill ??= await this.#openSpill();
        await writeAll(this.#spill.handle, this.#gathered, this.#gatheredBytes);
        return this.#spill;
      });
    } catch (error) {
      this.#failure = error;
      throw error;
    } finally {
      this.#releaseGathered();
    }
  }

  #releaseGathered(): void {
    this.#places.held.release(this.#gatheredBytes);
    this.#gathered = [];
    this.#gatheredBytes = 0;
  }

  async #openSpill(): Promise<Spill> {
    const path = join(this.#places.incoming, randomUUID());
    return { path, handle: await open(path, 'wx+', FILE_MODE) };
  }
}

async function writeAll(handle: FileHandle, chunks: readonly Buffer[], bytes: number): Promise<void> {
  if (bytes === 0) return;
  const { bytesWritten } = await handle.writev([...chunks]);
  if (bytesWritten < bytes) await handle.writeFile(Buffer.concat(chunks).subarray(bytesWritten));
}
