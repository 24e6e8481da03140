/** PostgreSQL as the index: what it does when it is not there, when it comes back, and when many nodes begin at once. */
import { setTimeout as sleep } from 'node:timers/promises';
import { Kysely, PostgresDialect, sql } from 'kysely';
import pg from 'pg';
import { describe, expect, inject, it, onTestFinished } from 'vitest';
import { Database } from '../../src/database/database.js';
import type { PostgresPlace } from '../../src/database/database-place.js';
import { POSTGRES } from '../../src/database/dialects.js';
import { migrationsFor } from '../../src/database/migrations/migrations.js';
import { LOCK_FOR_WRITING } from '../../src/database/postgres.js';
import { PostgresPool } from '../../src/database/postgres-pool.js';
import type { Schema } from '../../src/database/schema.js';
import { type PostgresServer, startPostgres } from '../servers/postgres.js';
import { dropDatabase, newDatabase } from '../support/test-places.js';
import { OtherProcess } from './other-process.js';

const unavailable = expect.objectContaining({ name: 'ArchiveError', code: 'unavailable' });

async function newPlace(server?: string): Promise<PostgresPlace> {
  const place = await newDatabase(server);
  onTestFinished(() => dropDatabase(place));
  return place;
}

async function open(place: PostgresPlace): Promise<Database> {
  const database = await Database.open(place);
  onTestFinished(() => database.close());
  return database;
}

async function ask(place: PostgresPlace, statement: string): Promise<readonly Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: place.url });
  await client.connect();
  try {
    return (await client.query(statement)).rows;
  } finally {
    await client.end();
  }
}

const changed = ({ url, connections }: PostgresPlace, change: (url: URL) => void): PostgresPlace => {
  const other = new URL(url);
  change(other);
  return { kind: 'postgres', url: other.href, connections };
};

const site = (name: string) => ({ name, split_policy: '50', created_at: '2020-04-01T00:00:00.000Z' });
const addSite = (database: Database, name: string): Promise<unknown> =>
  database.write((tx) => tx.insertInto('site').values(site(name)).execute());
const siteNames = async (database: Database): Promise<readonly string[]> =>
  (await database.read.selectFrom('site').select('name').orderBy('name').execute()).map(({ name }) => name);

/** How long work takes that must fail, and with what. */
async function failing(work: Promise<unknown>): Promise<{ readonly error: unknown; readonly ms: number }> {
  const startedAt = performance.now();
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  return { error, ms: performance.now() - startedAt };
}

describe('Database.open', () => {
  it('runs each migration once when eight open a new index at the same moment', async () => {
    const place = await newPlace();
    const databases = await Promise.all(Array.from({ length: 8 }, () => open(place)));
    await Promise.all(databases.map((database, n) => addSite(database, `site ${n}`)));
    const rows = await ask(place, 'select name from kysely_migration order by name');
    expect(rows.map((row) => row['name'])).toEqual(Object.keys(migrationsFor(POSTGRES)));
    for (const database of databases) expect(await siteNames(database)).toHaveLength(8);
  });

  it('runs each migration once when three processes open a new index at the same moment', async () => {
    const place = await newPlace();
    const others = Array.from({ length: 3 }, () =>
      OtherProcess.run(`
        const { Database } = await source('database/database.ts');
        say('ready');
        await told();
        await (await Database.open(${JSON.stringify(place)})).close();
        say('done');
      `),
    );
    for (const other of others) expect(await other.line()).toBe('ready');
    for (const other of others) other.tell('go');
    expect(await Promise.all(others.map((other) => other.line()))).toEqual(['done', 'done', 'done']);
    const rows = await ask(place, 'select name from kysely_migration order by name');
    expect(rows.map((row) => row['name'])).toEqual(Object.keys(migrationsFor(POSTGRES)));
  });

  it.each<[string, (url: URL) => void, RegExp]>([
    ['a port where nothing listens', (url) => (url.port = '1'), /ECONNREFUSED/],
    ['a name that is none', (url) => (url.pathname = '/nowhere'), /"nowhere" does not exist/],
    ['a wrong password', (url) => (url.password = 'not-the-secret'), /password authentication failed/],
    ['a host that is none', (url) => (url.hostname = 'db.invalid'), /db\.invalid/],
  ])('refuses %s, and names the database but no password', async (_, change, why) => {
    const place = changed(await newPlace(), change);
    const { error, ms } = await failing(Database.open(place));
    expect(error).toEqual(unavailable);
    const { message } = error instanceof Error ? error : { message: '' };
    expect(message).toMatch(why);
    expect(message).toContain(new URL(place.url).pathname);
    expect(message).not.toContain(new URL(place.url).password);
    expect(message).not.toContain(new URL(inject('postgres')).password);
    expect(ms).toBeLessThan(10_000);
  });

  it('refuses a database that would lose what it has committed', async () => {
    const place = await newPlace();
    await ask(place, `alter database ${new URL(place.url).pathname.slice(1)} set synchronous_commit = off`);
    await expect(Database.open(place)).rejects.toThrow('synchronous_commit is off');
  });

  it('refuses an index that a newer version has made', async () => {
    const place = await newPlace();
    await (await open(place)).close();
    await ask(place, `insert into kysely_migration values ('9999-later', '2030-01-01')`);
    await expect(Database.open(place)).rejects.toThrow('made by a newer version');
  });
});

describe('a database that is away', () => {
  it('is told as unavailable at once, and is used again when it is back, by the same connections', async () => {
    const server = await startPostgres();
    onTestFinished(() => server.remove());
    const place = await newDatabase(server.url);
    const database = await open(place);
    await addSite(database, 'before');
    await server.stop();
    const search = () => database.search.selectFrom('site').select('id').execute();
    for (let n = 0; n < 3; n++) {
      for (const work of [() => siteNames(database), search, () => addSite(database, 'meanwhile')]) {
        const { error, ms } = await failing(work());
        expect(error).toEqual(unavailable);
        expect(ms).toBeLessThan(2_000);
      }
    }
    await server.start();
    await expect.poll(() => failing(siteNames(database)).then(({ error }) => error)).toBeUndefined();
    await addSite(database, 'after');
    expect(await siteNames(database)).toEqual(['after', 'before']);
    expect(await search()).toHaveLength(2);
  });

  it('is told as unavailable in time when it does not answer any more, and is used again when it does', async () => {
    const server = await startPostgres();
    onTestFinished(() => server.remove());
    const database = await open(await newDatabase(server.url));
    await addSite(database, 'before');
    await freezing(server, async () => {
      const { error, ms } = await failing(siteNames(database));
      expect(error).toEqual(unavailable);
      expect(ms).toBeLessThan(11_000);
    });
    await expect.poll(() => failing(siteNames(database)).then(({ error }) => error)).toBeUndefined();
    await addSite(database, 'after');
    expect(await siteNames(database)).toEqual(['after', 'before']);
  });
});

async function freezing(server: PostgresServer, during: () => Promise<void>): Promise<void> {
  server.freeze();
  try {
    await during();
  } finally {
    server.resume();
  }
}

describe('a transaction in which something has failed', () => {
  it('is never told as committed, though its work says nothing of it', async () => {
    const database = await open(await newPlace());
    const written = database.write(async (tx) => {
      await tx.insertInto('site').values(site('lost')).execute();
      await sql`select 1 / 0`.execute(tx).catch(() => undefined);
    });
    await expect(written).rejects.toThrow('can not be committed');
    expect(await siteNames(database)).toEqual([]);
    await addSite(database, 'kept');
    expect(await siteNames(database)).toEqual(['kept']);
  });
});

describe('the lock of transactions that write', () => {
  /** The writers of a node that gives up sooner. */
  const impatient = (place: PostgresPlace, answerMs = 1_500): Kysely<Schema> => {
    const pool = new PostgresPool({
      url: place.url,
      connections: 1,
      answerMs,
      kept: 'plan',
      lock: LOCK_FOR_WRITING,
      onIdleError: () => undefined,
    });
    const writers = new Kysely<Schema>({ dialect: new PostgresDialect({ pool }) });
    onTestFinished(() => writers.destroy());
    return writers;
  };

  /** Keep all others from writing until `during` has ended. */
  const holding = (database: Database, during: () => Promise<void>): Promise<void> =>
    database.write(async (tx) => {
      await sql`select 1`.execute(tx);
      await during();
    });

  const timedOut = expect.objectContaining({
    code: 'unavailable',
    cause: expect.objectContaining({ message: expect.stringContaining('statement timeout') }),
  });

  it('lets one write at a time, of two pools and of another process, each after it has read what the last has written', async () => {
    const place = await newPlace();
    const databases = [await open(place), await open(place)] as const;
    await addSite(databases[0], 'counted');
    const raise = `async (tx) => {
      const { split_policy } = await tx.selectFrom('site').select('split_policy').executeTakeFirstOrThrow();
      await tx.updateTable('site').set({ split_policy: String(Number(split_policy) + 1) }).execute();
    }`;
    const other = OtherProcess.run(`
      const { Database } = await source('database/database.ts');
      const database = await Database.open(${JSON.stringify(place)});
      say('ready');
      await told();
      await Promise.all(Array.from({ length: 40 }, () => database.write(${raise})));
      await database.close();
      say('done');
    `);
    expect(await other.line()).toBe('ready');
    other.tell('go');
    const work = Array.from({ length: 80 }, (_, n) =>
      databases[n % 2 === 0 ? 0 : 1].write(async (tx) => {
        const { split_policy } = await tx.selectFrom('site').select('split_policy').executeTakeFirstOrThrow();
        await tx
          .updateTable('site')
          .set({ split_policy: String(Number(split_policy) + 1) })
          .execute();
      }),
    );
    await Promise.all(work);
    expect(await other.line()).toBe('done');
    expect(await ask(place, 'select split_policy from site')).toEqual([{ split_policy: String(50 + 120) }]);
  });

  it('is had before what is asked behind it looks, whatever isolation the database is told to have', async () => {
    const place = await newPlace();
    await ask(
      place,
      `alter database "${new URL(place.url).pathname.slice(1)}" set default_transaction_isolation = 'serializable'`,
    );
    const database = await open(place);
    const isolation = await database.write((tx) =>
      sql<{ transaction_isolation: string }>`show transaction_isolation`.execute(tx),
    );
    expect(isolation.rows).toEqual([{ transaction_isolation: 'read committed' }]);
  });

  it('can not be gone without by a transaction that begins otherwise', async () => {
    const pool = new PostgresPool({
      url: (await newPlace()).url,
      connections: 1,
      answerMs: 1_000,
      kept: 'nothing',
      lock: LOCK_FOR_WRITING,
      onIdleError: () => undefined,
    });
    const kysely = new Kysely<Schema>({ dialect: new PostgresDialect({ pool }) });
    onTestFinished(() => kysely.destroy());
    const work = kysely
      .transaction()
      .setIsolationLevel('serializable')
      .execute(async () => undefined);
    await expect(work).rejects.toThrow('begins by begin alone');
  });

  it('is told as unavailable when it can not be had in time, whatever is asked first, and is had afterwards', async () => {
    const place = await newPlace();
    const database = await open(place);
    const writers = impatient(place);
    const insert = (name: string) =>
      writers.transaction().execute((tx) => tx.insertInto('site').values(site(name)).execute());
    await insert('before');
    await holding(database, async () => {
      const read = writers.transaction().execute((tx) => tx.selectFrom('site').select('id').execute());
      await expect(read).rejects.toEqual(timedOut);
      await expect(insert('meanwhile')).rejects.toEqual(timedOut);
      await expect(writers.transaction().execute(async () => undefined)).rejects.toEqual(timedOut);
    });
    await insert('after');
    expect(await siteNames(database)).toEqual(['after', 'before']);
  });

  it('is never gone without, though the work hears of no error', async () => {
    const place = await newPlace();
    const database = await open(place);
    const writers = impatient(place);
    await holding(database, async () => {
      const deaf = writers.transaction().execute(async (tx) => {
        const heard: unknown[] = [];
        for (const name of ['first', 'second']) {
          await tx
            .selectFrom('site')
            .select('id')
            .execute()
            .catch((error) => heard.push(error));
          await tx
            .insertInto('site')
            .values(site(name))
            .execute()
            .catch((error) => heard.push(error));
        }
        expect(heard).toEqual([timedOut, timedOut, timedOut, timedOut]);
      });
      await expect(deaf).rejects.toEqual(timedOut);
    });
    expect(await siteNames(database)).toEqual([]);
  });

  it('leaves what is asked behind it its own time', async () => {
    const place = await newPlace();
    const database = await open(place);
    const writers = impatient(place, 3_000);
    let asked: Promise<unknown> | undefined;
    await holding(database, async () => {
      asked = writers.transaction().execute((tx) => sql`select pg_sleep(1.8)`.execute(tx));
      // Both together take longer than one answer may.
      await sleep(1_500);
    });
    await asked;
  });

  it('leaves what fails behind it its own error', async () => {
    const database = await open(await newPlace());
    await expect(database.write((tx) => sql`select 1 / 0`.execute(tx))).rejects.toThrow('22012');
    await expect(database.write((tx) => sql`select no_column from site`.execute(tx))).rejects.toThrow('no_column');
    await addSite(database, 'after');
    expect(await siteNames(database)).toEqual(['after']);
  });

  it('keeps what is asked side by side in its order', async () => {
    const database = await open(await newPlace());
    const counts = await database.write(async (tx) => {
      const count = () =>
        tx
          .selectFrom('site')
          .select(({ fn }) => fn.countAll<number>().as('count'))
          .executeTakeFirstOrThrow();
      const insert = tx.insertInto('site').values(site('one')).execute();
      const after = count();
      await insert;
      return [(await after).count, (await count()).count];
    });
    expect(counts).toEqual([1, 1]);
  });

  it('is told as unavailable when the connection breaks that waits for it', async () => {
    const place = await newPlace();
    const [database, another] = [await open(place), await open(place)];
    await holding(database, async () => {
      const torn = failing(another.write((tx) => tx.selectFrom('site').select('id').execute()));
      const waits = `from pg_stat_activity where wait_event = 'advisory' and datname = current_database()`;
      await expect.poll(() => ask(place, `select pid ${waits}`)).toHaveLength(1);
      await ask(place, `select pg_terminate_backend(pid) ${waits}`);
      expect((await torn).error).toEqual(unavailable);
    });
    await addSite(another, 'after');
    expect(await siteNames(database)).toEqual(['after']);
  });
});

describe('a connection that is broken', () => {
  it('fails the transaction that ran on it, and no other', async () => {
    const place = await newPlace();
    const database = await open(place);
    const torn = database.write(async (tx) => {
      await tx.insertInto('site').values(site('torn')).execute();
      const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(tx);
      await ask(place, `select pg_terminate_backend(${rows[0]?.pid})`);
      await tx.insertInto('site').values(site('torn too')).execute();
    });
    await expect(torn).rejects.toEqual(unavailable);
    await addSite(database, 'whole');
    expect(await siteNames(database)).toEqual(['whole']);
  });

  it('F1 lets go of the right to write when its process is killed in the middle', async () => {
    const place = await newPlace();
    const database = await open(place);
    const other = OtherProcess.run(`
      const { Database } = await source('database/database.ts');
      const database = await Database.open(${JSON.stringify(place)});
      await database.write(async (tx) => {
        await tx.insertInto('site').values(${JSON.stringify(site('killed'))}).execute();
        say('writing');
        await new Promise(() => setInterval(() => {}, 1000));
      });
    `);
    expect(await other.line()).toBe('writing');
    const waiting = addSite(database, 'alive');
    await sleep(200);
    other.kill();
    await waiting;
    expect(await siteNames(database)).toEqual(['alive']);
  });
});

describe('connections that are all in use', () => {
  it('are told as busy within seconds, and can be had again', async () => {
    const database = await open(await newPlace());
    const sleeping = Array.from({ length: 8 }, () => sql`select pg_sleep(8)`.execute(database.read));
    const outcomes = Promise.allSettled(sleeping);
    const { error, ms } = await failing(siteNames(database));
    expect(error).toEqual(unavailable);
    expect(error).toMatchObject({ message: 'The index is busy; try again soon.' });
    expect(ms).toBeLessThan(7_500);
    // What searches and writes has connections of its own.
    expect(await database.search.selectFrom('site').select('id').execute()).toEqual([]);
    await addSite(database, 'meanwhile');
    await outcomes;
    expect(await siteNames(database)).toEqual(['meanwhile']);
  });
});
