/**
 * Frames that are worked on, a few ahead of the one that is sent, in their order. What comes of each has its room in memory
 * before it is begun. The room for one is kept to the end, so that the work need not stop between two.
 */
import type { HeldShare, LetGo } from './held-bytes.js';

export interface QueuedFrame<Made> {
  readonly done: Promise<Made>;
  readonly letGo: LetGo;
}

export interface FrameQueueOptions {
  readonly held: HeldShare;
  /** What comes of a frame, at most. */
  readonly frameBytes: number;
  /** Whether nobody waits for it any more. */
  readonly isAbandoned: () => boolean;
}

const nothing = (): void => undefined;

/** Close it when done. */
export class FrameQueue<Made> {
  readonly #options: FrameQueueOptions;
  readonly #frames: QueuedFrame<Made>[] = [];
  #letGoOfOne: LetGo | undefined;
  #isClosed = false;

  constructor(options: FrameQueueOptions) {
    this.#options = options;
  }

  get length(): number {
    return this.#frames.length;
  }

  /** Wait for the room for one frame, unless there is that already. @throws ArchiveError as `holdSoon` */
  async enter(): Promise<void> {
    if (this.#letGoOfOne !== undefined) return;
    const { held, frameBytes, isAbandoned } = this.#options;
    const letGo = await held.holdSoon(frameBytes, isAbandoned);
    if (this.#isClosed) letGo();
    else this.#letGoOfOne = letGo;
  }

  /**
   * Begin with the next frame once `enter` has made room, and wait until it is begun. That it fails is told by `done`.
   * @param begin gives a promise in an object, for one that gives a promise would wait for that too
   * @returns false when there is no room for another yet
   */
  async tryBegin(begin: () => Promise<{ readonly done: Promise<Made> }>): Promise<boolean> {
    const { held, frameBytes } = this.#options;
    const letGo = this.#frames.length === 0 ? nothing : held.tryHold(frameBytes);
    if (letGo === undefined) return false;
    const begun = begin();
    const done = begun.then((work) => work.done);
    // Whoever stops early must not leave a failure behind that nobody hears of.
    done.catch(nothing);
    this.#frames.push({ done, letGo });
    await begun.catch(nothing);
    return true;
  }

  /** The one that was begun first, of those that have not been given. Its room is to be let go of. */
  shift(): QueuedFrame<Made> | undefined {
    return this.#frames.shift();
  }

  /** Let go of all that has not been given. */
  close(): void {
    this.#isClosed = true;
    for (const { letGo } of this.#frames.splice(0)) letGo();
    this.#letGoOfOne?.();
    this.#letGoOfOne = undefined;
  }
}
