/** Sites and tokens for an archive at any places, as the command line makes them. */
import { KeyStore } from '../../src/access/keys.js';
import { issueToken, type TokenRequest } from '../../src/access/tokens.js';
import type { ArchivePlaces } from '../../src/archive/places.js';
import { Database } from '../../src/database/database.js';
import { addSite } from '../../src/governance/sites.js';

const LIFETIME_SECONDS = 12 * 3_600;

export const curatorTokenOf = (places: ArchivePlaces): Promise<string> => tokenOf(places, { kind: 'curator' });

/** Add a site, and give a token of it. */
export async function newSiteToken(places: ArchivePlaces, name: string): Promise<string> {
  await withDatabase(places, (database) => addSite(database, { name, splitPolicy: 50 }, Date.now()));
  return tokenOf(places, { kind: 'site', site: name });
}

const tokenOf = (places: ArchivePlaces, request: TokenRequest): Promise<string> =>
  withDatabase(places, async (database) => {
    const keys = await KeyStore.open({ database, now: Date.now });
    return (await issueToken({ keys, database, now: Date.now }, request, LIFETIME_SECONDS)).token;
  });

async function withDatabase<T>(
  { database: place }: ArchivePlaces,
  work: (database: Database) => Promise<T>,
): Promise<T> {
  const database = await Database.open(place);
  try {
    return await work(database);
  } finally {
    await database.close();
  }
}
