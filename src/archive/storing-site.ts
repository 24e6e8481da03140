/** In whose name a Scope stores: a site in its own; whoever sees everything in the name of the archive's curators. */
import type { CompiledQuery } from 'kysely';
import type { Database } from '../database/database.js';
import type { CoercedAttribute } from '../dicom/coerce-header.js';
import { ArchiveError } from '../errors.js';
import { readCoercedAttributes } from './coerced-attributes.js';
import type { StoringSite } from './index/index-record.js';
import type { Scope } from './scope.js';
import { findSplitPolicy } from './split.js';

/** The site of what curators add to no hospital's study. */
const CURATION = { name: 'Curation', split_policy: '50' };

/** A site that sends, and what attributes of all that it sends are to be. */
export interface SendingSite extends StoringSite {
  readonly coercedAttributes: readonly CoercedAttribute[];
}

type SiteRules = Omit<SendingSite, 'mayJoinAnyStudy'>;

const selectSites = ({ read }: Database) =>
  read.selectFrom('site').select(['id', 'name', 'split_policy', 'coerced_attributes']);

type SiteRow = Awaited<ReturnType<ReturnType<typeof selectSites>['executeTakeFirstOrThrow']>>;

/** Asked for every request that stores, so the queries are built once; what they answer is not remembered. */
export class StoringSites {
  readonly #database: Database;
  readonly #now: () => Date;
  readonly #byID: CompiledQuery<SiteRow>;
  readonly #byName: CompiledQuery<SiteRow>;

  constructor(database: Database, now: () => Date) {
    this.#database = database;
    this.#now = now;
    this.#byID = selectSites(database).where('id', '=', 0).compile();
    this.#byName = selectSites(database).where('name', '=', '').compile();
  }

  /** @throws ArchiveError `forbidden` for a Scope that may only read */
  async of(scope: Scope): Promise<SendingSite> {
    switch (scope.kind) {
      case 'site': {
        const row = await this.#find(this.#byID, scope.siteID);
        if (row === undefined) throw new Error('The site of a Scope is there.');
        return { ...rulesOf(row), mayJoinAnyStudy: false };
      }
      case 'everything':
        return { ...rulesOf(await this.#curation()), mayJoinAnyStudy: true };
      case 'licence':
      case 'nothing':
        throw new ArchiveError('forbidden', 'A licence is to read, not to store.');
    }
  }

  async #curation(): Promise<SiteRow> {
    const existing = await this.#find(this.#byName, CURATION.name);
    if (existing !== undefined) return existing;
    await this.#database.write((tx) =>
      tx
        .insertInto('site')
        .values({ ...CURATION, created_at: this.#now().toISOString() })
        .onConflict((conflict) => conflict.column('name').doNothing())
        .execute(),
    );
    const added = await this.#find(this.#byName, CURATION.name);
    if (added === undefined) throw new Error('A site that was added is there.');
    return added;
  }

  async #find(query: CompiledQuery<SiteRow>, key: string | number): Promise<SiteRow | undefined> {
    const { rows } = await this.#database.read.executeQuery<SiteRow>({ ...query, parameters: [key] });
    return rows[0];
  }
}

function rulesOf(row: SiteRow): SiteRules {
  const splitPolicy = findSplitPolicy(row.split_policy);
  if (splitPolicy === undefined) throw new ArchiveError('corrupt', 'The split of a site can not be read.');
  return { id: row.id, name: row.name, splitPolicy, coercedAttributes: readCoercedAttributes(row.coerced_attributes) };
}
