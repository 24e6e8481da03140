/** Asks the index what it knows of an instance that is on its way. */
import type { Database } from '../../database/database.js';
import { KnownBeforeReader } from './known-before.js';
import type { DeletionHistory } from './known-deletions.js';
import type { FoundInstance, KnownRows, SentKeys } from './known-rows.js';

/** What was asked longer ago is asked anew: what was not there may have come meanwhile. */
const JUST_BEFORE_MS = 100;

export interface LookedUp {
  readonly history: DeletionHistory;
  /** What is stored under its SOP Instance UID. */
  readonly same: FoundInstance | undefined;
  /** What its study, series and patient are known by. */
  readonly known: KnownRows;
}

export class LookUp {
  readonly #before: KnownBeforeReader;

  constructor(database: Database) {
    this.#before = new KnownBeforeReader(database);
  }

  /**
   * Begin to ask, while the bytes of the instance still come. Whoever calls what is returned gets the answer to that when it
   * was asked just before, and says that nothing is stored but its series is there; otherwise it is asked anew: what a series
   * is that is not there yet, somebody else may decide at any moment.
   */
  begin(keys: SentKeys): () => Promise<LookedUp> {
    const askedAt = performance.now();
    const early = this.#find(keys).catch(() => undefined);
    return async () => {
      const found = performance.now() - askedAt < JUST_BEFORE_MS ? await early : undefined;
      if (found === undefined || found.same !== undefined) return this.#find(keys);
      return found.known.series.has(keys.identity.seriesInstanceUID) ? found : this.#find(keys);
    };
  }

  async #find(keys: SentKeys): Promise<LookedUp> {
    const { known, deletions } = await this.#before.read([keys]);
    return { history: deletions.of(keys.identity), same: known.instances.get(keys.identity.sopInstanceUID), known };
  }
}
