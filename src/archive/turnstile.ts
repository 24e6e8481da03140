interface Waiting {
  readonly enter: () => void;
  readonly turnAway: (reason: unknown) => void;
}

/** Lets so many through at once; the others wait, in the order in which they came. */
export class Turnstile {
  #free: number;
  #waiting: Waiting[] = [];

  constructor(atOnce: number) {
    this.#free = atOnce;
  }

  /** Resolve when it is one's turn. Whoever enters must leave. Rejects when all who wait are turned away. */
  async enter(): Promise<void> {
    if (this.#free === 0) return new Promise((enter, turnAway) => this.#waiting.push({ enter, turnAway }));
    this.#free -= 1;
  }

  /** Let nobody who waits wait for longer. */
  turnAway(reason: unknown): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const { turnAway } of waiting) turnAway(reason);
  }

  leave(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#free += 1;
    else next.enter();
  }

  /** Do something for each of many. When one fails no other is begun, and it fails once those that were have ended. */
  async forEach<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
    const failures: unknown[] = [];
    const pass = async (item: T): Promise<void> => {
      await this.enter();
      try {
        if (failures.length === 0) await work(item);
      } finally {
        this.leave();
      }
    };
    await Promise.all(items.map((item) => pass(item).catch((error: unknown) => failures.push(error))));
    if (failures.length > 0) throw failures[0];
  }
}
