/** What staged blobs hold in memory together. A blob that is received may have to wait for those that are on their way out. */

/** Bytes of all together from which on a blob no longer waits in memory for its end. */
const ENOUGH_BYTES = 96 * 1024 * 1024;

export class StagingMemory {
  #heldBytes = 0;
  /** Of those, what is being sent: it is gone soon, whatever happens to the rest. */
  #leavingBytes = 0;
  #waiting: (() => void)[] = [];

  get isShort(): boolean {
    return this.#heldBytes >= ENOUGH_BYTES;
  }

  hold(bytes: number): void {
    this.#heldBytes += bytes;
  }

  release(bytes: number): void {
    this.#heldBytes -= bytes;
    this.#wake();
  }

  /** Send bytes that are held. They are held for as long as that takes, and whoever waits for room can count on them. */
  async sending<T>(bytes: number, send: () => Promise<T>): Promise<T> {
    this.#leavingBytes += bytes;
    try {
      return await send();
    } finally {
      this.#leavingBytes -= bytes;
      this.#wake();
    }
  }

  /** Resolve when more may be held: at once, unless memory is short for what is leaving it. */
  async room(): Promise<void> {
    while (this.isShort && this.#leavingBytes >= ENOUGH_BYTES / 2) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const wake of waiting) wake();
  }
}
