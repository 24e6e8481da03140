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

  /** Do something for each of many. Fails with the first that fails. */
  forEach<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<unknown> {
    return Promise.all(
      items.map(async (item) => {
        await this.enter();
        try {
          await work(item);
        } finally {
          this.leave();
        }
      }),
    );
  }
}
