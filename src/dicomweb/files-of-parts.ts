/**
 * The stored files that the parts of an answer are read from, one after the other, several parts of each. A file stays open
 * until the parts of the next one are asked for: to open it anew for every value would cost more than to read most of them,
 * and a deflated one could be read from its start only. The first parts of the files to come are begun while others go out.
 */
import type { LocatedInstance } from '../archive/index/locate.js';
import type { StoredFile } from '../archive/read/stored-file.js';
import type { ScopedArchive } from '../archive/scoped-archive.js';
import { ReadAhead } from './read-ahead.js';

/** One part, and how it is read from the file of its instance. */
export interface PartOfFile {
  readonly instance: LocatedInstance;
  readonly lengthBytes: number;
  readonly read: (file: StoredFile) => AsyncGenerator<Buffer>;
}

export class FilesOfParts {
  readonly #archive: Pick<ScopedArchive, 'open' | 'filesAhead'>;
  /** The first part of each file, in order. */
  readonly #firsts: PartOfFile[] = [];
  /** Where in that order the file of an instance is, by its row. */
  readonly #indexes = new Map<number, number>();
  readonly #open = new Map<number, StoredFile>();
  #ahead: ReadAhead | undefined;

  constructor(archive: Pick<ScopedArchive, 'open' | 'filesAhead'>) {
    this.#archive = archive;
  }

  /**
   * The first part of a file. All of these are named before the bytes of one are asked for, and again, in the same order,
   * as they are. Gives what reads it.
   */
  first(part: PartOfFile): () => AsyncGenerator<Buffer> {
    const { rowID } = part.instance;
    const index = this.#indexes.get(rowID) ?? this.#firsts.push(part) - 1;
    this.#indexes.set(rowID, index);
    return () => this.#readFirst(index);
  }

  /** A further part of the file whose first part was read last. Gives what reads it. */
  further({ instance, read }: PartOfFile): () => AsyncGenerator<Buffer> {
    return () => {
      const file = this.#open.get(this.#indexes.get(instance.rowID) ?? -1);
      if (file === undefined) throw new Error('The first part of a file is read before the others.');
      return read(file);
    };
  }

  /** Close what is open, and give up what was begun. */
  async close(): Promise<void> {
    await this.#ahead?.close();
    const files = [...this.#open.values()];
    this.#open.clear();
    await Promise.all(files.map((file) => file.close()));
  }

  async *#readFirst(index: number): AsyncGenerator<Buffer> {
    await this.#closeFile(index - 1);
    this.#ahead ??= new ReadAhead({
      sizesBytes: this.#firsts.map(({ lengthBytes }) => lengthBytes),
      open: (next) => this.#begin(next),
      ahead: this.#archive.filesAhead,
    });
    yield* this.#ahead.pieces(index);
  }

  async *#begin(index: number): AsyncGenerator<Buffer> {
    const part = this.#firsts[index];
    if (part === undefined) throw new Error('A file that is read has a first part.');
    const file = await this.#archive.open(part.instance);
    this.#open.set(index, file);
    yield* part.read(file);
  }

  async #closeFile(index: number): Promise<void> {
    const file = this.#open.get(index);
    this.#open.delete(index);
    await file?.close();
  }
}
