/** What the index knows of the UIDs of an instance before it is stored. */
import type { Database } from '../../database/database.js';
import type { SentIdentity } from '../store-outcome.js';
import { DeletionHistories, type DeletionHistory } from './known-deletions.js';
import { type FoundInstance, KnownInstances } from './known-rows.js';

export interface KnownBefore {
  readonly history: DeletionHistory;
  /** What is stored under its SOP Instance UID. */
  readonly same: FoundInstance | undefined;
}

export class LookUps {
  readonly #instances: KnownInstances;
  readonly #deletions: DeletionHistories;

  constructor(database: Database) {
    this.#instances = new KnownInstances(database.read);
    this.#deletions = new DeletionHistories(database);
  }

  async find(identity: Required<SentIdentity>): Promise<KnownBefore> {
    const [history, same] = await Promise.all([
      this.#deletions.find(identity),
      this.#instances.find(identity.sopInstanceUID),
    ]);
    return { history, same };
  }
}
