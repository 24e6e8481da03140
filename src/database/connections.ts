/** The connections to one index, as either database gives them. */
import type { Kysely } from 'kysely';
import type { Dialect } from './dialects.js';
import type { Schema } from './schema.js';

export interface Connections {
  readonly dialect: Dialect;
  readonly read: Kysely<Schema>;
  readonly search: Kysely<Schema>;
  /** Each of its transactions is alone among all that write. */
  readonly write: Kysely<Schema>;
  /** Close them all when what runs on them has ended. */
  close(): Promise<void>;
}
