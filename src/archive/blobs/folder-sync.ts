/**
 * Makes directory entries durable. Many files of one folder share one fsync: whoever comes while one runs waits for the next.
 * When that one fails they fail with it, for an fsync that succeeds after one that failed says nothing.
 */
import { flushFolder } from './disk.js';

interface Turn {
  running: Promise<void>;
  next: Promise<void> | undefined;
}

export class FolderSync {
  readonly #turns = new Map<string, Turn>();

  /** Resolve when every entry made in `folder` before the call is on disk. */
  sync(folder: string): Promise<void> {
    const turn = this.#turns.get(folder);
    if (turn === undefined) {
      const fresh: Turn = { running: this.#run(folder), next: undefined };
      this.#turns.set(folder, fresh);
      return fresh.running;
    }
    turn.next ??= turn.running.then(
      () => this.#startNext(folder, turn),
      (error: unknown) => {
        this.#turns.delete(folder);
        throw error;
      },
    );
    return turn.next;
  }

  #startNext(folder: string, turn: Turn): Promise<void> {
    turn.next = undefined;
    turn.running = this.#run(folder);
    this.#turns.set(folder, turn);
    return turn.running;
  }

  async #run(folder: string): Promise<void> {
    try {
      await flushFolder(folder);
    } finally {
      const turn = this.#turns.get(folder);
      if (turn?.next === undefined) this.#turns.delete(folder);
    }
  }
}
