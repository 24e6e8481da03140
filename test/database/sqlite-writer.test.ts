import { join } from 'node:path';
import type { Worker } from 'node:worker_threads';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Database } from '../../src/database/database.js';
import { temporaryFolder } from '../support/temporary-folder.js';

/** A database, and every thread that it has started. */
async function databaseWithThreads(): Promise<{ readonly database: Database; readonly threads: readonly Worker[] }> {
  const threads: Worker[] = [];
  const note = (thread: Worker): void => void threads.push(thread);
  process.on('worker', note);
  const database = await Database.open({ kind: 'sqlite', path: join(temporaryFolder(), 'index.sqlite') });
  onTestFinished(async () => {
    process.off('worker', note);
    await database.close();
  });
  return { database, threads };
}

const addSite = (database: Database, name: string): Promise<unknown> =>
  database.write((tx) =>
    tx.insertInto('site').values({ name, split_policy: '50', created_at: '2020-04-01T00:00:00.000Z' }).execute(),
  );

const siteNames = async (database: Database): Promise<readonly string[]> =>
  (await database.read.selectFrom('site').select('name').orderBy('name').execute()).map(({ name }) => name);

describe('a thread that writes and dies', () => {
  it('fails the transaction it has, as unavailable, and none that comes after', async () => {
    const { database, threads } = await databaseWithThreads();
    await addSite(database, 'before');
    const interrupted = database.write(async (tx) => {
      await tx
        .insertInto('site')
        .values({ name: 'lost', split_policy: '50', created_at: '2020-04-01T00:00:00.000Z' })
        .execute();
      await Promise.all(threads.map((thread) => thread.terminate()));
    });
    const waiting = addSite(database, 'waiting');
    await expect(interrupted).rejects.toMatchObject({ name: 'ArchiveError', code: 'unavailable' });
    await waiting;
    await addSite(database, 'after');
    expect(await siteNames(database)).toEqual(['after', 'before', 'waiting']);
  });

  it('is replaced when it dies while nothing is written', async () => {
    const { database, threads } = await databaseWithThreads();
    await Promise.all(threads.map((thread) => thread.terminate()));
    await addSite(database, 'one');
    expect(await siteNames(database)).toEqual(['one']);
  });

  it('does not keep the database from being closed', async () => {
    const { database, threads } = await databaseWithThreads();
    await Promise.all(threads.map((thread) => thread.terminate()));
    await expect(database.close()).resolves.toBeUndefined();
  });
});
