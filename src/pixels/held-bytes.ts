/**
 * How much of what has been made of pixels is in memory until clients have taken it: one that reads slowly, or not at all,
 * holds what was made for it. Nobody holds more than a share of it, so that there is room for the others.
 */
import { setTimeout } from 'node:timers/promises';
import { ArchiveError } from '../errors.js';

/** To be called once, when the bytes are let go of. */
export type LetGo = () => void;

/** Of all together. */
export const MOST_HELD_BYTES = 256 * 1024 * 1024;
/** Of all that one caller may hold, whatever the number of his connections. */
const SHARE = 1 / 4;
const PATIENCE_MS = 30_000;
const LOOK_AGAIN_MS = 50;

export class HeldBytes {
  readonly patienceMs: number;
  readonly #mostBytes: number;
  /** Of those who hold any. */
  readonly #bytesOf = new Map<string, number>();
  #bytes = 0;

  constructor(mostBytes = MOST_HELD_BYTES, patienceMs = PATIENCE_MS) {
    this.#mostBytes = mostBytes;
    this.patienceMs = patienceMs;
  }

  /** How many there are now. */
  get bytes(): number {
    return this.#bytes;
  }

  /** What one caller holds, and may hold. */
  of(callerID: string): HeldShare {
    return new HeldShare(this, callerID);
  }

  /** Why so many more can not be held; undefined when they can. What is larger than a share may be held by itself. */
  whyFull(callerID: string, lengthBytes: number): ArchiveError | undefined {
    const own = this.#bytesOf.get(callerID) ?? 0;
    if (own > 0 && own + lengthBytes > this.#mostBytes * SHARE) {
      return new ArchiveError(
        'unavailable',
        'Too many answers wait for you to read them: read those, or ask again later.',
      );
    }
    if (this.#bytes > 0 && this.#bytes + lengthBytes > this.#mostBytes) {
      return new ArchiveError('unavailable', 'Too many answers wait for clients that do not read them: ask again.');
    }
    return undefined;
  }

  /** Whether or not there is room. */
  add(callerID: string, lengthBytes: number): LetGo {
    this.#change(callerID, lengthBytes);
    return () => this.#change(callerID, -lengthBytes);
  }

  #change(callerID: string, lengthBytes: number): void {
    this.#bytes += lengthBytes;
    const own = (this.#bytesOf.get(callerID) ?? 0) + lengthBytes;
    if (own === 0) this.#bytesOf.delete(callerID);
    else this.#bytesOf.set(callerID, own);
  }
}

export class HeldShare {
  readonly #held: HeldBytes;
  readonly #callerID: string;

  constructor(held: HeldBytes, callerID: string) {
    this.#held = held;
    this.#callerID = callerID;
  }

  /** To be asked before something is made whose length is not known. @throws ArchiveError `unavailable` when all is taken */
  expectRoom(): void {
    const why = this.#held.whyFull(this.#callerID, 1);
    if (why !== undefined) throw why;
  }

  /** @throws ArchiveError `unavailable` when it is too much together with what he, or all, hold */
  hold(lengthBytes: number): LetGo {
    const why = this.#held.whyFull(this.#callerID, lengthBytes);
    if (why !== undefined) throw why;
    return this.#held.add(this.#callerID, lengthBytes);
  }

  /** Undefined when it is too much together with what he, or all, hold. */
  tryHold(lengthBytes: number): LetGo | undefined {
    const why = this.#held.whyFull(this.#callerID, lengthBytes);
    return why === undefined ? this.#held.add(this.#callerID, lengthBytes) : undefined;
  }

  /** Hold them as soon as there is room. @throws ArchiveError `unavailable` when there is none for long, or nobody waits */
  async holdSoon(lengthBytes: number, isAbandoned: () => boolean): Promise<LetGo> {
    const began = performance.now();
    for (;;) {
      const why = this.#held.whyFull(this.#callerID, lengthBytes);
      if (why === undefined) return this.#held.add(this.#callerID, lengthBytes);
      if (isAbandoned() || performance.now() - began > this.#held.patienceMs) throw why;
      await setTimeout(LOOK_AGAIN_MS);
    }
  }
}
