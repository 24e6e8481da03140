/** A running archive with what nearly every test needs: a site that stores and a curator who sees everything. */
import { type ArchiveSettings, type RunningArchive, startArchive } from '../support/running-archive.js';
import type { MadeInstance } from './instances.js';

export interface CuratedArchive extends RunningArchive {
  readonly siteToken: string;
  readonly curatorToken: string;
  /** Store in the name of the site; throws unless everything is stored. */
  add(...instances: readonly MadeInstance[]): Promise<void>;
  /** Ask as the curator. */
  get(path: string, headers?: Readonly<Record<string, string>>, method?: string): Promise<Response>;
}

export async function startCuratedArchive(settings: ArchiveSettings = {}): Promise<CuratedArchive> {
  const archive = await startArchive(settings);
  await archive.addSite('Site A', 'training');
  const siteToken = await archive.token({ kind: 'site', site: 'Site A' });
  const curatorToken = await archive.token({ kind: 'curator' });
  return {
    ...archive,
    siteToken,
    curatorToken,
    add: async (...instances) => {
      const response = await archive.store(
        siteToken,
        instances.map(({ file }) => file),
      );
      if (response.status !== 200) throw new Error(`Not stored: ${response.status} ${await response.text()}`);
    },
    get: (path, headers = {}, method = 'GET') => archive.fetch(curatorToken, path, { headers, method }),
  };
}
