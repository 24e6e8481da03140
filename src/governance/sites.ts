/** The hospitals that send images. */
import { findSplitPolicy, type SplitPolicy } from '../archive/split.js';
import type { Database } from '../database/database.js';
import type { SiteTable } from '../database/schema.js';
import { ArchiveError, invalidRequest } from '../errors.js';
import { isPrintableName } from './printable.js';

const MAXIMUM_NAME_CHARACTERS = 64;

export interface Site {
  readonly id: number;
  readonly name: string;
  /** How the site's patients are divided between training and validation. */
  readonly splitPolicy: SplitPolicy;
}

/**
 * Add a site.
 * @throws ArchiveError `conflict` when there is one of this name, `invalid-request` when the name is not 1 to 64 printable
 * characters without commas, is `all`, or the percentage is not a whole number from 0 to 100
 */
export async function addSite(
  database: Database,
  { name, splitPolicy }: { readonly name: string; readonly splitPolicy: SplitPolicy },
  nowMs: number,
): Promise<Site> {
  if (!isSiteName(name)) {
    throw invalidRequest('The name of a site is 1 to 64 printable characters, with a letter or digit and no comma.');
  }
  if (findSplitPolicy(String(splitPolicy)) === undefined) {
    throw invalidRequest('The split of a site is training, validation, or a whole percentage for training.');
  }
  const id = await database.write(async (transaction) => {
    const existing = await transaction.selectFrom('site').select('id').where('name', '=', name).executeTakeFirst();
    if (existing !== undefined) throw new ArchiveError('conflict', 'There is a site of this name already.');
    const row = await transaction
      .insertInto('site')
      .values({ name, split_policy: String(splitPolicy), created_at: new Date(nowMs).toISOString() })
      .returning('id')
      .executeTakeFirstOrThrow();
    return row.id;
  });
  return { id, name, splitPolicy };
}

/** Find the site of exactly this name. */
export async function findSite(database: Database, name: string): Promise<Site | undefined> {
  const row = await database.read
    .selectFrom('site')
    .select(['id', 'name', 'split_policy'])
    .where('name', '=', name)
    .executeTakeFirst();
  return row && siteOf(row);
}

/** Give all sites, by name. */
export async function listSites(database: Database): Promise<readonly Site[]> {
  const rows = await database.read.selectFrom('site').select(['id', 'name', 'split_policy']).orderBy('name').execute();
  return rows.map(siteOf);
}

/** In a list of sites, names stand between commas, and `all` stands for every site. */
const isSiteName = (name: string): boolean =>
  isPrintableName(name, MAXIMUM_NAME_CHARACTERS) && !name.includes(',') && name.toLowerCase() !== 'all';

function siteOf({ id, name, split_policy }: Pick<SiteTable, 'name' | 'split_policy'> & { readonly id: number }): Site {
  const splitPolicy = findSplitPolicy(split_policy);
  if (splitPolicy === undefined)
    throw new ArchiveError('corrupt', 'The split of a site can not be read from the index.');
  return { id, name, splitPolicy };
}
