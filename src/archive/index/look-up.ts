/** Asks the index what it knows of the UIDs of an instance that is on its way. */
import type { Database } from '../../database/database.js';
import type { SentIdentity } from '../store-outcome.js';
import { DeletionHistories, type DeletionHistory } from './known-deletions.js';
import { type FoundInstance, KnownInstances } from './known-rows.js';

/** What was asked longer ago is asked anew: what was not there may have come meanwhile. */
const JUST_BEFORE_MS = 100;

export interface LookedUp {
  readonly history: DeletionHistory;
  /** What is stored under its SOP Instance UID. */
  readonly same: FoundInstance | undefined;
}

export class LookUp {
  readonly #instances: KnownInstances;
  readonly #deletions: DeletionHistories;

  constructor(database: Database) {
    this.#instances = new KnownInstances(database.read);
    this.#deletions = new DeletionHistories(database);
  }

  /**
   * Begin to ask, while the bytes of the instance still come. Whoever calls what is returned gets the answer to that when it
   * was asked just before, and says that nothing is stored; otherwise it is asked anew.
   */
  begin(identity: Required<SentIdentity>): () => Promise<LookedUp> {
    const askedAt = performance.now();
    const early = this.#find(identity).catch(() => undefined);
    return async () => {
      const found = performance.now() - askedAt < JUST_BEFORE_MS ? await early : undefined;
      return found === undefined || found.same !== undefined ? this.#find(identity) : found;
    };
  }

  async #find(identity: Required<SentIdentity>): Promise<LookedUp> {
    const [history, same] = await Promise.all([
      this.#deletions.find(identity),
      this.#instances.find(identity.sopInstanceUID),
    ]);
    return { history, same };
  }
}
