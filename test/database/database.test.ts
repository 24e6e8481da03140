import { readdir, readlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { sql } from 'kysely';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Database } from '../../src/database/database.js';
import type { SqlitePlace } from '../../src/database/database-place.js';
import { SQLITE } from '../../src/database/dialects.js';
import { migrationsFor } from '../../src/database/migrations/migrations.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { OtherProcess } from './other-process.js';

const newPath = (): string => join(temporaryFolder(), 'index.sqlite');

const sqliteAt = (path: string): SqlitePlace => ({ kind: 'sqlite', path });

/** Open the database, to be closed when the test ends. */
async function open(path: string): Promise<Database> {
  const database = await Database.open(sqliteAt(path));
  onTestFinished(() => database.close());
  return database;
}

const site = (name: string) => ({ name, split_policy: '50', created_at: '2020-04-01T00:00:00.000Z' });

const addSite = (database: Database, name: string): Promise<unknown> =>
  database.write((transaction) => transaction.insertInto('site').values(site(name)).execute());

const siteNames = async (database: Database): Promise<readonly string[]> =>
  (await database.read.selectFrom('site').select('name').orderBy('name').execute()).map((row) => row.name);

/** Read a number, wait, and write it back raised by one: loses an update wherever two of these overlap. */
const increment = (database: Database): Promise<void> =>
  database.write(async (transaction) => {
    const { split_policy } = await transaction.selectFrom('site').select('split_policy').executeTakeFirstOrThrow();
    await new Promise((resolve) => setImmediate(resolve));
    await transaction
      .updateTable('site')
      .set({ split_policy: String(Number(split_policy) + 1) })
      .execute();
  });

const migrationsRun = (path: string): readonly unknown[] => {
  const sqlite = new Sqlite(path, { readonly: true });
  try {
    return sqlite.prepare('select name from kysely_migration order by name').pluck().all();
  } finally {
    sqlite.close();
  }
};

const withCode = (code: string) => expect.objectContaining({ name: 'ArchiveError', code });

/** Another process with the database open, where `code` may use `database`. */
const processWith = (path: string, code: string): OtherProcess =>
  OtherProcess.run(`
    const { Database } = await source('database/database.ts');
    say('ready');
    await told();
    const open = () => Database.open({ kind: 'sqlite', path: ${JSON.stringify(path)} });
    ${code}
  `);

describe('Database.open', () => {
  it('makes the newest schema', async () => {
    const path = newPath();
    const database = await open(path);
    expect(await siteNames(database)).toEqual([]);
    expect(migrationsRun(path)).toEqual(Object.keys(migrationsFor(SQLITE)));
  });

  it('keeps what is there when opened again', async () => {
    const path = newPath();
    const first = await Database.open(sqliteAt(path));
    await addSite(first, 'one');
    await first.close();
    expect(await siteNames(await open(path))).toEqual(['one']);
    expect(migrationsRun(path)).toEqual(Object.keys(migrationsFor(SQLITE)));
  });

  it('runs each migration once when several open a new index at the same moment', async () => {
    const path = newPath();
    const databases = await Promise.all(Array.from({ length: 6 }, () => open(path)));
    await Promise.all(databases.map((database, n) => addSite(database, `site ${n}`)));
    expect(migrationsRun(path)).toEqual(Object.keys(migrationsFor(SQLITE)));
    for (const database of databases) expect(await siteNames(database)).toHaveLength(6);
  });

  it('runs each migration once when several processes open a new index at the same moment', async () => {
    const path = newPath();
    const others = Array.from({ length: 3 }, () => processWith(path, "await (await open()).close(); say('done');"));
    for (const other of others) expect(await other.line()).toBe('ready');
    for (const other of others) other.tell('go');
    expect(await Promise.all(others.map((other) => other.line()))).toEqual(['done', 'done', 'done']);
    expect(await Promise.all(others.map((other) => other.ended()))).toEqual([0, 0, 0]);
    expect(migrationsRun(path)).toEqual(Object.keys(migrationsFor(SQLITE)));
  });

  it('rejects a file that is no database', async () => {
    const path = newPath();
    await writeFile(path, 'This was a shopping list. '.repeat(100));
    await expect(Database.open(sqliteAt(path))).rejects.toThrow();
  });

  it('rejects a path in a folder that is not there', async () => {
    await expect(Database.open(sqliteAt(join(temporaryFolder(), 'gone', 'index.sqlite')))).rejects.toThrow();
  });

  it('commits to the disk, not only to its cache', async () => {
    const database = await open(newPath());
    const settings = await database.write(async (transaction) => ({
      journal: (await sql<{ journal_mode: string }>`pragma journal_mode`.execute(transaction)).rows,
      synchronous: (await sql<{ synchronous: number }>`pragma synchronous`.execute(transaction)).rows,
    }));
    expect(settings).toEqual({ journal: [{ journal_mode: 'wal' }], synchronous: [{ synchronous: 2 }] });
  });

  it('matches text by case, in reads and in writes', async () => {
    const database = await open(newPath());
    const matching = sql<{ matches: number }>`select 'a' like 'A%' as matches`;
    expect((await matching.execute(database.read)).rows).toEqual([{ matches: 0 }]);
    expect((await database.write((transaction) => matching.execute(transaction))).rows).toEqual([{ matches: 0 }]);
  });
});

describe('Database.write', () => {
  it('gives what the work gives, and the row id of what it inserted', async () => {
    const database = await open(newPath());
    const id = await database.write(async (transaction) => {
      const { insertId } = await transaction.insertInto('site').values(site('one')).executeTakeFirstOrThrow();
      return insertId;
    });
    expect(id).toBe(1n);
  });

  it('undoes everything when the work throws, and passes the error on', async () => {
    const database = await open(newPath());
    const failure = new Error('The work failed.');
    const work = database.write(async (transaction) => {
      await transaction.insertInto('site').values(site('one')).execute();
      await transaction.insertInto('site').values(site('two')).execute();
      throw failure;
    });
    await expect(work).rejects.toBe(failure);
    expect(await siteNames(database)).toEqual([]);
  });

  it('undoes everything when a statement fails, and can write again', async () => {
    const database = await open(newPath());
    await addSite(database, 'one');
    const work = database.write(async (transaction) => {
      await transaction.insertInto('site').values(site('two')).execute();
      await transaction.insertInto('site').values(site('one')).execute();
    });
    await expect(work).rejects.toMatchObject({ code: 'SQLITE_CONSTRAINT_UNIQUE' });
    expect(await siteNames(database)).toEqual(['one']);
    await addSite(database, 'three');
    expect(await siteNames(database)).toEqual(['one', 'three']);
  });

  it('refuses a row that refers to none', async () => {
    const database = await open(newPath());
    const patient = { pseudonym: 'COVID1', split: 'training' as const, first_site_id: 99 };
    const work = database.write((transaction) => transaction.insertInto('patient').values(patient).execute());
    await expect(work).rejects.toMatchObject({ code: 'SQLITE_CONSTRAINT_FOREIGNKEY' });
  });

  it('takes transactions one after another', async () => {
    const database = await open(newPath());
    await database.write((transaction) =>
      transaction
        .insertInto('site')
        .values({ ...site('one'), split_policy: '0' })
        .execute(),
    );
    await Promise.all(Array.from({ length: 40 }, () => increment(database)));
    expect((await database.read.selectFrom('site').select('split_policy').executeTakeFirst())?.split_policy).toBe('40');
  });

  it('goes on with the next transaction when one has failed', async () => {
    const database = await open(newPath());
    const failing = () => database.write(() => Promise.reject(new Error('The work failed.')));
    const outcomes = await Promise.allSettled([
      failing(),
      addSite(database, 'one'),
      failing(),
      addSite(database, 'two'),
    ]);
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'rejected', 'fulfilled']);
    expect(await siteNames(database)).toEqual(['one', 'two']);
  });

  it('loses no update when two databases write to the same file', async () => {
    const path = newPath();
    const [one, other] = [await open(path), await open(path)];
    await one.write((transaction) =>
      transaction
        .insertInto('site')
        .values({ ...site('one'), split_policy: '0' })
        .execute(),
    );
    await Promise.all(Array.from({ length: 40 }, (_, n) => increment(n % 2 === 0 ? one : other)));
    expect((await other.read.selectFrom('site').select('split_policy').executeTakeFirst())?.split_policy).toBe('40');
  });

  it('keeps bytes, large integers and nothing apart from each other', async () => {
    const database = await open(newPath());
    const bytes = Buffer.from([0, 1, 0xff]);
    const { rows } = await database.write((transaction) =>
      sql<{ a: Uint8Array; b: number; c: null }>`select ${bytes} as a, ${2 ** 40} as b, ${null} as c`.execute(
        transaction,
      ),
    );
    expect(rows.map(({ a, b, c }) => [Buffer.from(a), b, c])).toEqual([[bytes, 2 ** 40, null]]);
  });

  it('says so when there is no room left, undoes everything, and can write again when there is', async () => {
    const database = await open(newPath());
    const limitPages = (limit: number) =>
      database.write((transaction) => sql`pragma max_page_count = ${sql.lit(limit)}`.execute(transaction));
    await addSite(database, 'one');
    await limitPages(1);
    const large = database.write(async (transaction) => {
      await transaction.insertInto('site').values(site('two')).execute();
      await transaction
        .insertInto('site')
        .values(site('x'.repeat(1 << 20)))
        .execute();
    });
    await expect(large).rejects.toThrow(withCode('storage-full'));
    expect(await siteNames(database)).toEqual(['one']);
    await limitPages(1 << 30);
    await addSite(database, 'three');
    expect(await siteNames(database)).toEqual(['one', 'three']);
  });

  it('is unavailable while another process keeps the index locked', async () => {
    const path = newPath();
    const database = await open(path);
    const holder = new Sqlite(path);
    onTestFinished(() => void holder.close());
    holder.exec('begin immediate');
    const other = processWith(path, 'await open().catch((error) => say(error.code));');
    other.tell('go');
    await expect(addSite(database, 'one')).rejects.toThrow(withCode('unavailable'));
    expect([await other.line(), await other.line()]).toEqual(['ready', 'unavailable']);
    expect(await other.ended()).toBe(0);
    holder.exec('rollback');
    await addSite(database, 'two');
    expect(await siteNames(database)).toEqual(['two']);
  });
});

describe('Database.read', () => {
  it('sees what another database on the same file has committed, and only that', async () => {
    const path = newPath();
    const [one, other] = [await open(path), await open(path)];
    const seenBefore = await one.write(async (transaction) => {
      await transaction.insertInto('site').values(site('one')).execute();
      return [await siteNames(one), await siteNames(other)];
    });
    expect(seenBefore).toEqual([[], []]);
    expect([await siteNames(one), await siteNames(other)]).toEqual([['one'], ['one']]);
  });

  it('can not write', async () => {
    const database = await open(newPath());
    await expect(database.read.insertInto('site').values(site('one')).execute()).rejects.toThrow(/readonly/);
    expect(await siteNames(database)).toEqual([]);
  });
});

describe('a process that is killed', () => {
  it('leaves what it committed and nothing of what it did not', async () => {
    const path = newPath();
    const row = (name: string) => `trx.insertInto('site').values(${JSON.stringify(site(name))}).execute()`;
    const other = processWith(
      path,
      `const database = await open();
       await database.write((trx) => ${row('committed')});
       await database.write(async (trx) => { await ${row('open')}; say('in the middle'); await told(); });`,
    );
    expect(await other.line()).toBe('ready');
    other.tell('go');
    expect(await other.line()).toBe('in the middle');
    await other.kill();
    const database = await open(path);
    expect(await siteNames(database)).toEqual(['committed']);
    await addSite(database, 'ours');
    expect(await siteNames(database)).toEqual(['committed', 'ours']);
  });
});

describe('Database.close', () => {
  it('ends the process that has nothing else to do', async () => {
    const other = processWith(newPath(), "await (await open()).close(); say('closed');");
    other.tell('go');
    expect([await other.line(), await other.line()]).toEqual(['ready', 'closed']);
    expect(await other.ended()).toBe(0);
  });

  it('settles every write that has begun, and keeps those that succeeded', async () => {
    const path = newPath();
    const database = await Database.open(sqliteAt(path));
    const writes = Array.from({ length: 5 }, (_, n) => addSite(database, `site ${n}`));
    await database.close();
    const outcomes = await Promise.allSettled(writes);
    const succeeded = outcomes.flatMap(({ status }, n) => (status === 'fulfilled' ? [`site ${n}`] : []));
    expect(await siteNames(await open(path))).toEqual(succeeded);
  });

  it('closes its files, whether it was used or not', async () => {
    const path = newPath();
    const openFiles = async () => {
      const files = await Promise.all(
        (await readdir('/proc/self/fd')).map((fd) => readlink(`/proc/self/fd/${fd}`).catch(() => '')),
      );
      return files.filter((file) => file.startsWith(path));
    };
    const [unused, used] = [await Database.open(sqliteAt(path)), await Database.open(sqliteAt(path))];
    await siteNames(used);
    expect(await openFiles()).not.toEqual([]);
    await unused.close();
    await used.close();
    expect(await openFiles()).toEqual([]);
  });

  it('makes writing and reading fail', async () => {
    const database = await Database.open(sqliteAt(newPath()));
    await database.close();
    await expect(addSite(database, 'one')).rejects.toThrow();
    await expect(siteNames(database)).rejects.toThrow();
  });
});
