/** How far the copying of an archive has come, for those who watch; and which files can not be copied. */
import type { CopyWatch, UncopiedFile } from '../archive/copy/copy-watch.js';
import type { CommandContext } from './context.js';
import { type Progress, startProgress } from './progress.js';

/** Run `work` and show its progress. */
export async function withCopyProgress<T>(context: CommandContext, work: (watch: CopyWatch) => Promise<T>): Promise<T> {
  const progress = new CopyProgress(context);
  try {
    return await work(progress);
  } finally {
    progress.stop();
  }
}

class CopyProgress implements CopyWatch {
  readonly #context: CommandContext;
  #progress: Progress | undefined;

  constructor(context: CommandContext) {
    this.#context = context;
  }

  begin(total: number, what: string): void {
    this.stop();
    this.#progress = startProgress(this.#context, total, what);
  }

  advance(count: number): void {
    for (let i = 0; i < count; i++) this.#progress?.advance();
  }

  complain({ kind, key }: UncopiedFile): void {
    this.#context.printError(`${kind}\t${key}`);
  }

  stop(): void {
    this.#progress?.stop();
    this.#progress = undefined;
  }
}
