/** What all checks of one run share: the server, the fixtures it has taken, and what else has been stored there. */

import type { Fixture, Run } from './fixtures/fixture.js';
import type { NamedFixture } from './fixtures/values.js';
import type { Client } from './wire/client.js';

/** An instance that is there, whoever stored it. */
export interface Subject {
  readonly study: string;
  readonly series: string;
  readonly instance: string;
}

export interface Session {
  readonly client: Client;
  readonly run: Run;
  readonly isReadOnly: boolean;
  /** Fixtures that the server stored, by name. */
  readonly fixtures: ReadonlyMap<string, Fixture>;
  /** Of the fixtures that it did not store, why. */
  readonly refused: ReadonlyMap<string, string>;
  readonly names: readonly NamedFixture[];
  /** The instance that checks turn to which need no fixture in particular; undefined on an empty server. */
  readonly subject: Subject | undefined;
  /** Studies that may be on the server because of this run. */
  readonly studies: Set<string>;
  /** Where the URI service is. */
  readonly wadoURI: string;
  /** What the checks have counted up to, so that each new instance is another. */
  count: number;
}
