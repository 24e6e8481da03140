/**
 * How much of what has been made of pixels is in memory until clients have taken it: one that reads slowly, or not at all,
 * holds what was made for it.
 */
import { setTimeout } from 'node:timers/promises';
import { ArchiveError } from '../errors.js';

/** To be called once, when the bytes are let go of. */
export type LetGo = () => void;

/** Of all together. */
export const MOST_HELD_BYTES = 256 * 1024 * 1024;
const PATIENCE_MS = 30_000;
const LOOK_AGAIN_MS = 50;

export class HeldBytes {
  readonly #mostBytes: number;
  readonly #patienceMs: number;
  #bytes = 0;

  constructor(mostBytes = MOST_HELD_BYTES, patienceMs = PATIENCE_MS) {
    this.#mostBytes = mostBytes;
    this.#patienceMs = patienceMs;
  }

  /** How many there are now. */
  get bytes(): number {
    return this.#bytes;
  }

  /** To be asked before something is made whose length is not known. @throws ArchiveError `unavailable` when all is taken */
  expectRoom(): void {
    if (this.#bytes >= this.#mostBytes) throw full();
  }

  /** @throws ArchiveError `unavailable` when it is too much together with what others hold */
  hold(lengthBytes: number): LetGo {
    const letGo = this.tryHold(lengthBytes);
    if (letGo === undefined) throw full();
    return letGo;
  }

  /** Undefined when it is too much together with what others hold. */
  tryHold(lengthBytes: number): LetGo | undefined {
    if (this.#bytes > 0 && this.#bytes + lengthBytes > this.#mostBytes) return undefined;
    this.#bytes += lengthBytes;
    return () => {
      this.#bytes -= lengthBytes;
    };
  }

  /** Hold them as soon as there is room. @throws ArchiveError `unavailable` when there is none for long, or nobody waits */
  async holdSoon(lengthBytes: number, isAbandoned: () => boolean): Promise<LetGo> {
    const began = performance.now();
    for (;;) {
      const letGo = this.tryHold(lengthBytes);
      if (letGo !== undefined) return letGo;
      if (isAbandoned() || performance.now() - began > this.#patienceMs) throw full();
      await setTimeout(LOOK_AGAIN_MS);
    }
  }
}

const full = (): ArchiveError =>
  new ArchiveError('unavailable', 'Too many answers wait for clients that do not read them: ask again.');
