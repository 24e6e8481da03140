/**
 * A blob on its way into the folder. What is small waits in memory and is written where it belongs; what is larger goes
 * to `incoming/` as it comes and is linked to its place. Neither ever writes over a file: a crash leaves at most one that
 * no index row names, and a file that is there already is replaced only by one that is on disk.
 */
import { randomUUID } from 'node:crypto';
import { type FileHandle, link, open, rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { StagedBlob } from './blob-store.js';
import { asArchiveError, isSystemError, onDisk, unlinkIfThere, withFolder } from './disk.js';

/** Bytes gathered before they are handed to the disk in one call; a blob that stays below is never staged in a file. */
const WRITE_BYTES = 1 << 20;
const COMPARE_BYTES = 1 << 20;
const FILE_MODE = 0o640;

export interface StagingPlaces {
  /** Where blobs wait that are larger. */
  readonly incoming: string;
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
    if (this.#gatheredBytes >= WRITE_BYTES) await this.#spillGathered();
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
    this.#gathered = [];
    const spill = this.#spill;
    this.#spill = undefined;
    if (spill === undefined) return;
    await spill.handle.close();
    await unlinkIfThere(spill.path);
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
      await this.#flush(handle, path);
      return true;
    } catch (error) {
      // Emptied, not unlinked: under this name there may by now be another writer's file.
      await handle.truncate(0).catch(() => undefined);
      throw error;
    } finally {
      await handle.close();
    }
  }

  async #place({ path: staged, handle }: Spill, path: string): Promise<void> {
    await onDisk(async () => {
      const isNew = await withFolder(path, () => linkUnlessTaken(staged, path));
      if (!isNew) await this.#adopt(staged, handle, path);
      await this.#flush(handle, path);
    });
  }

  /** The key is taken: by the same bytes, another writer's or left by one that died, or by a file that was torn. */
  async #adopt(staged: string, handle: FileHandle, path: string): Promise<void> {
    const taken = await open(path, 'r');
    try {
      if (await sameBytes(handle, taken)) return await taken.sync();
      await handle.sync();
      await rename(staged, path);
    } finally {
      await taken.close();
    }
  }

  async #flush(handle: FileHandle, path: string): Promise<void> {
    await Promise.all([handle.sync(), this.#places.flushEntries(dirname(path))]);
  }

  async #spillGathered(): Promise<Spill> {
    if (this.#failure !== undefined) throw this.#failure;
    const chunks = this.#gathered;
    const bytes = this.#gatheredBytes;
    this.#gathered = [];
    this.#gatheredBytes = 0;
    try {
      this.#spill ??= await this.#openSpill();
      await writeAll(this.#spill.handle, chunks, bytes);
      return this.#spill;
    } catch (error) {
      this.#failure = asArchiveError(error);
      throw this.#failure;
    }
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
