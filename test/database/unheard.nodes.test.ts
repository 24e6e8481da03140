/** Statements for whose answers nobody waits: what becomes of them, and of the transaction they are in, on PostgreSQL. */
import { Kysely, PostgresDialect } from 'kysely';
import pg from 'pg';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Database } from '../../src/database/database.js';
import { LOCK_FOR_WRITING } from '../../src/database/postgres.js';
import { PostgresPool } from '../../src/database/postgres-pool.js';
import type { Schema } from '../../src/database/schema.js';
import { dropDatabase, newDatabase } from '../support/test-places.js';

async function openIndex() {
  const place = await newDatabase();
  onTestFinished(() => dropDatabase(place));
  const database = await Database.open(place);
  onTestFinished(() => database.close());
  const connect = async () => {
    const client = new pg.Client({ connectionString: place.url });
    await client.connect();
    onTestFinished(() => client.end());
    return client;
  };
  const [other, witness] = [await connect(), await connect()];
  const names = async () =>
    (await database.read.selectFrom('site').select('name').orderBy('name').execute()).map(({ name }) => name);
  const adding = (name: string) =>
    database.dialect.unheard(
      database.read
        .insertInto('site')
        .values({ name, split_policy: '50', created_at: '2020-04-01T00:00:00.000Z' })
        .compile(),
    );
  const pool = new PostgresPool({
    url: place.url,
    connections: 1,
    answerMs: 1_500,
    kept: 'plan',
    lock: LOCK_FOR_WRITING,
    onIdleError: () => undefined,
  });
  const impatient = new Kysely<Schema>({ dialect: new PostgresDialect({ pool }) });
  onTestFinished(() => impatient.destroy());
  return { database, other, witness, impatient, names, adding };
}

const INSERT = `insert into site (name, split_policy, created_at) values ('taken', '50', '2020')`;
const taken = expect.objectContaining({ code: '23505' });

describe('statements that go out unheard', () => {
  it('are committed with what else is written, in their order', async () => {
    const { database, names, adding } = await openIndex();
    const seen = await database.write(async (tx) => {
      await tx.executeQuery(adding('a'));
      await tx.executeQuery(adding('b'));
      const rows = await tx.selectFrom('site').select('name').orderBy('name').execute();
      await tx.executeQuery(adding('c'));
      return rows.map(({ name }) => name);
    });
    expect(seen).toEqual(['a', 'b']);
    expect(await names()).toEqual(['a', 'b', 'c']);
  });

  it('are not waited for, and fail the commit that has gone out behind them', async () => {
    const { database, other, names, adding } = await openIndex();
    await other.query(`begin; ${INSERT}`);
    let isWorkDone = false;
    const written = database.write(async (tx) => {
      await tx.executeQuery(adding('kept'));
      // Waits in the database for whether the other is committed.
      await tx.executeQuery(adding('taken'));
      await tx.executeQuery(adding('after'));
      isWorkDone = true;
    });
    written.catch(() => undefined);
    await expect.poll(() => isWorkDone, { timeout: 10_000 }).toBe(true);
    expect(await names()).toEqual([]);
    await other.query('commit');
    await expect(written).rejects.toEqual(taken);
    expect(await names()).toEqual(['taken']);
    await database.write((tx) => tx.executeQuery(adding('next')));
    expect(await names()).toEqual(['next', 'taken']);
  });

  it('fail what is asked after them, as they did', async () => {
    const { database, other, names, adding } = await openIndex();
    await other.query(INSERT);
    const heard: unknown[] = [];
    const written = database.write(async (tx) => {
      await tx.executeQuery(adding('lost'));
      await tx.executeQuery(adding('taken'));
      await tx
        .selectFrom('site')
        .select('id')
        .execute()
        .catch((error) => heard.push(error));
    });
    await expect(written).rejects.toEqual(taken);
    expect(heard).toEqual([taken]);
    expect(await names()).toEqual(['taken']);
  });

  it('are told as unavailable when their connection breaks', async () => {
    const { database, other, witness, names, adding } = await openIndex();
    await other.query(`begin; ${INSERT}`);
    const written = database.write((tx) => tx.executeQuery(adding('taken')));
    written.catch(() => undefined);
    const waits = `from pg_stat_activity where wait_event = 'transactionid' and datname = current_database()`;
    await expect.poll(async () => (await witness.query(`select pid ${waits}`)).rows).toHaveLength(1);
    await witness.query(`select pg_terminate_backend(pid) ${waits}`);
    await expect(written).rejects.toMatchObject({ name: 'ArchiveError', code: 'unavailable' });
    await other.query('rollback');
    expect(await names()).toEqual([]);
    await database.write((tx) => tx.executeQuery(adding('next')));
    expect(await names()).toEqual(['next']);
  });

  it('are not sent while the lock of the transaction can not be had', async () => {
    const { database, names, adding, impatient } = await openIndex();
    await database.write(async (tx) => {
      await tx.selectFrom('site').select('id').execute();
      const heard: unknown[] = [];
      const deaf = impatient.transaction().execute(async (other) => {
        for (const name of ['first', 'second']) {
          await other.executeQuery(adding(name)).catch((error) => heard.push(error));
        }
      });
      await expect(deaf).rejects.toMatchObject({ code: 'unavailable' });
      expect(heard).toHaveLength(2);
    });
    expect(await names()).toEqual([]);
  });

  it('have values of which none can fail on its way, for the rest would be committed without it', async () => {
    const { database, names, adding } = await openIndex();
    const failing = {
      toPostgres: () => {
        throw new RangeError('This can not be written.');
      },
    };
    const bad = { ...adding('bad'), parameters: [failing, '50', '2020'] };
    const written = database.write(async (tx) => {
      await tx.executeQuery(adding('before'));
      await tx.executeQuery(bad).catch(() => undefined);
    });
    await written;
    expect(await names()).toEqual(['before']);
    await expect(database.write((tx) => tx.executeQuery(bad))).rejects.toThrow('such a value');
    expect(await names()).toEqual(['before']);
  });

  it('are none where no transaction has begun', async () => {
    const { database, names, adding } = await openIndex();
    await expect(database.read.executeQuery(adding('lost'))).rejects.toThrow('transaction');
    expect(await names()).toEqual([]);
  });
});
