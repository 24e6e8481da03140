/** In whose name a Scope stores: a site in its own; whoever sees everything in the name of the archive's curators. */
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

/** @throws ArchiveError `forbidden` for a Scope that may only read */
export async function storingSiteOf(database: Database, scope: Scope, now: Date): Promise<SendingSite> {
  switch (scope.kind) {
    case 'site': {
      const row = await selectSites(database).where('id', '=', scope.siteID).executeTakeFirstOrThrow();
      return { ...rulesOf(row), mayJoinAnyStudy: false };
    }
    case 'everything':
      return { ...(await curationSite(database, now)), mayJoinAnyStudy: true };
    case 'licence':
    case 'nothing':
      throw new ArchiveError('forbidden', 'A licence is to read, not to store.');
  }
}

type SiteRules = Omit<SendingSite, 'mayJoinAnyStudy'>;

const selectSites = ({ read }: Database) =>
  read.selectFrom('site').select(['id', 'name', 'split_policy', 'coerced_attributes']);

type SiteRow = Awaited<ReturnType<ReturnType<typeof selectSites>['executeTakeFirstOrThrow']>>;

function rulesOf(row: SiteRow): SiteRules {
  const splitPolicy = findSplitPolicy(row.split_policy);
  if (splitPolicy === undefined) throw new ArchiveError('corrupt', 'The split of a site can not be read.');
  return { id: row.id, name: row.name, splitPolicy, coercedAttributes: readCoercedAttributes(row.coerced_attributes) };
}

async function curationSite(database: Database, now: Date): Promise<SiteRules> {
  const find = () => selectSites(database).where('name', '=', CURATION.name).executeTakeFirst();
  const existing = await find();
  if (existing !== undefined) return rulesOf(existing);
  await database.write((tx) =>
    tx
      .insertInto('site')
      .values({ ...CURATION, created_at: now.toISOString() })
      .onConflict((conflict) => conflict.column('name').doNothing())
      .execute(),
  );
  const added = await find();
  if (added === undefined) throw new Error('A site that was added is there.');
  return rulesOf(added);
}
