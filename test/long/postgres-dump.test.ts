/** What docs/deployment.md says of saving an archive on PostgreSQL: its own tools, while it is served; Debian's here. */
import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { openArchive } from '../../src/archive/open-archive.js';
import type { ArchivePlaces } from '../../src/archive/places.js';
import { reindexArchive } from '../../src/archive/reindex.js';
import { silentLog } from '../../src/log.js';
import { startPostgres } from '../servers/postgres.js';
import { curatorTokenOf, newSiteToken } from '../support/archive-tokens.js';
import { distinct, findLost, LoadWriters } from '../support/load-writers.js';
import { runSettings } from '../support/run-command.js';
import { ServedProcess } from '../support/served-process.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { newDatabase } from '../support/test-places.js';

const VERSIONS = '/usr/lib/postgresql';
const LOAD_MS = 3_000;
const AN_HOUR_MS = 3_600_000;

describe('an archive on PostgreSQL', () => {
  it('F27 comes back from a dump that was made while hospitals sent, with all that was acknowledged before', async () => {
    const [version = ''] = readdirSync(VERSIONS).sort().reverse();
    const bin = join(VERSIONS, version, 'bin');
    const server = await startPostgres(bin);
    const folder = temporaryFolder();
    const dump = join(folder, 'nccid.dump');
    const places: ArchivePlaces = { database: await newDatabase(server.url), blobs: { kind: 'folder', path: folder } };
    const restored: ArchivePlaces = { ...places, database: await newDatabase(server.url) };
    const writers = new LoadWriters('dump', 4);
    const ending = new AbortController();
    try {
      const siteToken = await newSiteToken(places, 'Site A');
      const curatorToken = await curatorTokenOf(places);
      const node = await ServedProcess.start(places);
      const running = writers.run({ url: node.url, siteToken }, ending.signal);
      await sleep(LOAD_MS);
      const before = distinct([...writers.acknowledged]);
      const run = (program: string, ...args: readonly string[]) => execFileSync(join(bin, program), args);
      run('pg_dump', '--format=custom', `--file=${dump}`, urlOf(places));
      await sleep(LOAD_MS / 3);
      ending.abort();
      await running;
      await node.stop();
      run('pg_restore', `--dbname=${urlOf(restored)}`, '--no-owner', dump);

      const again = await ServedProcess.start(restored);
      const lost = await findLost({ url: again.url, siteToken, curatorToken }, before);
      // What came after the dump is in the folder still, and the index takes it in.
      const indexed = await reindexAnHourLater(restored);
      const later = await findLost({ url: again.url, siteToken, curatorToken }, distinct(writers.acknowledged));
      await again.stop();
      const verified = await runSettings(restored, ['verify']);
      console.info(
        `dump: PostgreSQL ${version}, ${before.length} instances before, ${lost.length} lost; ${indexed} after reindex`,
      );
      expect(before.length).toBeGreaterThan(10);
      expect([lost, later, verified]).toEqual([[], [], '']);
    } finally {
      ending.abort();
      await server.remove();
    }
  });
});

/** Files that are new are left to the nodes that may be about to index them: so it is asked an hour later. */
async function reindexAnHourLater(places: ArchivePlaces): Promise<number> {
  const opened = await openArchive(places, { log: silentLog, now: () => new Date(Date.now() + AN_HOUR_MS) });
  try {
    const { done, value } = await reindexArchive(opened).next();
    if (done !== true) throw new Error(`${value.key}: ${value.reason}`);
    return value.instances;
  } finally {
    await opened.close();
  }
}

function urlOf({ database }: ArchivePlaces): string {
  if (database.kind !== 'postgres') throw new Error('This archive is on PostgreSQL.');
  return database.url;
}
