/** Looks now and then whether there is an attribute to index by, and does it bit by bit beside all else. */
import { setTimeout as pause } from 'node:timers/promises';
import type { Log } from '../../log.js';
import { AttributeIndexing, type AttributeIndexingOptions } from './attribute-indexing.js';

/** How soon a node sees that an attribute has been added. */
const POLL_MS = 2_000;
/** How soon what has failed, as when the database is away, is tried again. */
const RETRY_MS = 30_000;

export class BackgroundIndexing {
  readonly #indexing: AttributeIndexing;
  readonly #log: Log;
  readonly #stopping = new AbortController();
  readonly #running: Promise<void>;

  constructor({ log, ...options }: AttributeIndexingOptions & { readonly log: Log }) {
    this.#indexing = new AttributeIndexing(options);
    this.#log = log;
    this.#running = this.#runAlways();
  }

  /** Stop after the step that is being done; the rest is done when somebody runs again. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
  }

  async #runAlways(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      const waitMs = (await this.#runOnce()) ? POLL_MS : RETRY_MS;
      await pause(waitMs, undefined, { ref: false, signal }).catch(() => undefined);
    }
  }

  /** Whether it could do what there was to do. */
  async #runOnce(): Promise<boolean> {
    try {
      for await (const _ of this.#indexing.run()) if (this.#stopping.signal.aborted) break;
      return true;
    } catch (err) {
      this.#log.warn({ err }, 'what was stored could not be indexed by an added attribute; it will be tried again');
      return false;
    }
  }
}
