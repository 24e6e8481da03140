/**
 * Copies the files that an index tells of from one store to another. What is there in the right size is passed over: a file
 * gets its name only when its SHA-256 was found right, so a copy that broke off goes on where it was. The records of studies
 * are written from the index, which a scrub would take them from as well.
 */
import type { Database } from '../../database/database.js';
import { ArchiveError } from '../../errors.js';
import type { BlobStore, OpenBlob, StagedBlob } from '../blobs/blob-store.js';
import { bytesOf, ContentDigest } from '../content-digest.js';
import type { CopyWatch, UncopiedFile } from './copy-watch.js';
import { absentFrom, countFiles, filesOf, type IndexedFile } from './indexed-files.js';

export interface CopiedFiles {
  readonly copied: number;
  /** How many had been copied before. */
  readonly alreadyThere: number;
  /** How many the source does not have as they were stored. */
  readonly uncopied: number;
  /** How many the source has done away with since its index was read: deleted by a curator, or replaced. */
  readonly gone: number;
}

export interface FileCopyOptions {
  readonly index: Database;
  readonly from: BlobStore;
  readonly to: BlobStore;
  readonly watch: CopyWatch;
  /** Whether the source has done away with a file that could not be copied; none is gone where nobody stores or deletes. */
  readonly isGone?: (key: string) => Promise<boolean>;
}

/** Enough that some are flushed, or on their way across a network, while others are read. */
const FILES_IN_FLIGHT = 16;

/**
 * Copy every file. Resolves when all are on disk that can be copied.
 * @throws ArchiveError `storage-full` or `unavailable` when one of the stores fails as a whole
 */
export async function copyFiles(options: FileCopyOptions): Promise<CopiedFiles> {
  options.watch.begin(await countFiles(options.index), 'files');
  return new FileCopy(options).run();
}

class FileCopy {
  readonly #options: FileCopyOptions;
  #copied = 0;
  #alreadyThere = 0;
  #uncopied = 0;
  #gone = 0;
  /** What keeps every other file from being copied too. */
  #failure: { readonly error: unknown } | undefined;

  constructor(options: FileCopyOptions) {
    this.#options = options;
  }

  async run(): Promise<CopiedFiles> {
    const files = this.#absent();
    await Promise.all(Array.from({ length: FILES_IN_FLIGHT }, () => this.#copyAll(files)));
    if (this.#failure !== undefined) throw this.#failure.error;
    return {
      copied: this.#copied,
      alreadyThere: this.#alreadyThere,
      uncopied: this.#uncopied,
      gone: this.#gone,
    };
  }

  async *#absent(): AsyncGenerator<IndexedFile> {
    const { index, to, watch } = this.#options;
    for await (const page of filesOf(index)) {
      const absent = await absentFrom(to, page);
      this.#alreadyThere += page.length - absent.length;
      watch.advance(page.length - absent.length);
      yield* absent;
    }
  }

  /** One of those that take from the same files, each what no other has taken. */
  async #copyAll(files: AsyncGenerator<IndexedFile>): Promise<void> {
    try {
      for await (const file of files) {
        if (this.#failure !== undefined) return;
        await this.#copy(file);
        this.#options.watch.advance(1);
      }
    } catch (error) {
      this.#failure ??= { error };
    }
  }

  async #copy({ key, content }: IndexedFile): Promise<void> {
    const { from, to, watch, isGone } = this.#options;
    if ('text' in content) await to.writeText(key, content.text);
    const kind = 'text' in content ? undefined : await copyBlob({ from, to, key, sha256: content.sha256 });
    if (kind === undefined) this.#copied += 1;
    else if (await isGone?.(key)) this.#gone += 1;
    else {
      this.#uncopied += 1;
      watch.complain({ kind, key });
    }
  }
}

interface BlobCopy extends Pick<FileCopyOptions, 'from' | 'to'> {
  readonly key: string;
  readonly sha256: string;
}

/** Copy a blob whose bytes have this SHA-256; what is wrong with it in the source when they have not. */
async function copyBlob({ from, to, key, sha256 }: BlobCopy): Promise<UncopiedFile['kind'] | undefined> {
  const staged = await to.stage();
  try {
    const found = await pour(from, key, staged);
    if (found !== sha256) return 'damaged-file';
    await staged.publish(key, sha256);
    return undefined;
  } catch (error) {
    if (error instanceof ArchiveError && error.code === 'corrupt') return 'missing-file';
    // A disk that can not give the bytes back has damaged them; what is wrong with a store as a whole has a code.
    if (error instanceof Error && 'syscall' in error) return 'damaged-file';
    throw error;
  } finally {
    await staged.discard();
  }
}

/** Append the bytes of a blob to another; their SHA-256. */
async function pour(from: BlobStore, key: string, staged: StagedBlob): Promise<string> {
  const blob: OpenBlob = await from.open(key);
  try {
    const digest = new ContentDigest();
    for await (const piece of bytesOf(blob)) {
      digest.take(piece);
      await staged.write(piece);
    }
    return digest.finish().sha256;
  } finally {
    await blob.close();
  }
}
