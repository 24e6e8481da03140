import { readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { copySqlite, findArchiveIDAt, replaceSqlite } from '../../src/database/sqlite-copy.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { OtherProcess } from './other-process.js';

const ROWS = 40_000;
/** Many times what a copy takes that does not begin anew with every commit. */
const PATIENCE_MS = 20_000;

/** An index of some twenty megabytes, so that a copy takes many steps. */
function largeIndex(): string {
  const path = join(temporaryFolder(), 'index.sqlite');
  const sqlite = new Sqlite(path);
  sqlite.pragma('journal_mode = WAL');
  sqlite.exec('create table line (id integer primary key, text text)');
  const insert = sqlite.prepare('insert into line (text) values (?)');
  sqlite.transaction(() => {
    for (let i = 0; i < ROWS; i++) insert.run('x'.repeat(500));
  })();
  sqlite.close();
  return path;
}

function asked(path: string, sql: string): unknown {
  const sqlite = new Sqlite(path);
  try {
    return sqlite.prepare(sql).pluck().get();
  } finally {
    sqlite.close();
  }
}

/** A process that commits row after row until it is told to stop. */
async function writerTo(path: string): Promise<OtherProcess> {
  const writer = OtherProcess.run(`
    const { default: Sqlite } = await import(${JSON.stringify(import.meta.resolve('better-sqlite3'))});
    const sqlite = new Sqlite(${JSON.stringify(path)}, { timeout: 5000 });
    const insert = sqlite.prepare("insert into line (text) values ('new')");
    let isTold = false;
    told().then(() => { isTold = true; });
    for (let count = 0; !isTold; count++) {
      insert.run();
      if (count === 10) say('writing');
      await new Promise((resolve) => setImmediate(resolve));
    }
    say(String(sqlite.prepare('select count(*) from line').pluck().get()));
  `);
  expect(await writer.line()).toBe('writing');
  return writer;
}

describe('copySqlite', () => {
  it(
    'F27: ends while another process writes without pause, and holds what there was when it began',
    async () => {
      const path = largeIndex();
      const copy = join(temporaryFolder(), 'copy.sqlite');
      const writer = await writerTo(path);
      const before = Number(asked(path, 'select count(*) from line'));
      await copySqlite(path, copy);
      writer.tell('stop');
      const after = Number(await writer.line());
      const copied = Number(asked(copy, 'select count(*) from line'));
      expect(copied).toBeGreaterThanOrEqual(before);
      expect(after).toBeGreaterThan(copied);
      expect(asked(copy, 'pragma integrity_check')).toBe('ok');
    },
    PATIENCE_MS,
  );

  it('takes what stands in the write-ahead log, is for its owner alone, and leaves nothing beside it', async () => {
    const path = largeIndex();
    const open = new Sqlite(path);
    open.pragma('wal_autocheckpoint = 0');
    open.exec("insert into line (text) values ('last')");
    const folder = temporaryFolder();
    const copy = join(folder, 'copy.sqlite');
    for (const ending of ['', '-journal', '-wal']) await writeFile(copy + ending, 'of a copy that broke off');
    await copySqlite(path, copy);
    open.close();
    expect(await readdir(folder)).toEqual(['copy.sqlite']);
    expect((await stat(copy)).mode & 0o777).toBe(0o600);
    expect(asked(copy, 'select text from line order by id desc limit 1')).toBe('last');
  });

  it('says where it can not write', async () => {
    await expect(copySqlite(largeIndex(), '/nowhere/copy.sqlite')).rejects.toMatchObject({
      name: 'ArchiveError',
      code: 'unavailable',
      message: expect.stringContaining('/nowhere/copy.sqlite'),
    });
  });
});

describe('findArchiveIDAt', () => {
  it('finds none in what is no index of an archive, and leaves it as it is', async () => {
    const folder = temporaryFolder();
    await writeFile(join(folder, 'text'), 'no index');
    expect(findArchiveIDAt(join(folder, 'text'))).toBeUndefined();
    expect(findArchiveIDAt(join(folder, 'nothing'))).toBeUndefined();
    expect(findArchiveIDAt(largeIndex())).toBeUndefined();
    expect(await readdir(folder)).toEqual(['text']);
  });
});

describe('replaceSqlite', () => {
  const newIndex = (folder: string, name: string): string => {
    const path = join(folder, name);
    const sqlite = new Sqlite(path);
    sqlite.pragma('journal_mode = WAL');
    sqlite.exec(`create table ${name} (id integer)`);
    sqlite.close();
    return path;
  };

  it('takes the place of an index whose process was killed, and of the log that it left', async () => {
    const folder = temporaryFolder();
    const [former, coming] = [newIndex(folder, 'former'), newIndex(folder, 'coming')];
    const killed = OtherProcess.run(`
      const { default: Sqlite } = await import(${JSON.stringify(import.meta.resolve('better-sqlite3'))});
      new Sqlite(${JSON.stringify(former)}).exec('insert into former values (1)');
      say('written');
      await told();
    `);
    expect(await killed.line()).toBe('written');
    await killed.kill();
    expect(await readdir(folder)).toContain('former-wal');
    await replaceSqlite(coming, former);
    expect(await readdir(folder)).toEqual(['former']);
    expect(asked(former, 'select count(*) from coming')).toBe(0);
  });

  it('refuses while another has it open, whose log would be read into the new one', async () => {
    const folder = temporaryFolder();
    const [former, coming] = [newIndex(folder, 'former'), newIndex(folder, 'coming')];
    const other = new Sqlite(former);
    other.exec('insert into former values (1)');
    await expect(replaceSqlite(coming, former)).rejects.toMatchObject({ code: 'conflict' });
    other.close();
    await replaceSqlite(coming, former);
    expect(await readdir(folder)).toEqual(['former']);
  });
});
