/** What becomes of deletions that break off, of files that are left, and of an index that has to be made anew. */

import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startServer } from '../../src/app.js';
import { Archive } from '../../src/archive/archive.js';
import type { BlobStore } from '../../src/archive/blobs/blob-store.js';
import { reindexArchive } from '../../src/archive/reindex.js';
import type { Scope } from '../../src/archive/scope.js';
import type { StoreOutcome } from '../../src/archive/store-outcome.js';
import { verifyArchive } from '../../src/archive/verify.js';
import { loadConfig } from '../../src/config.js';
import { ArchiveError } from '../../src/errors.js';
import { silentLog } from '../../src/log.js';
import { ArchiveFixture } from '../support/archive-fixture.js';
import { withFaults } from '../support/faulty-blobs.js';
import { freePort } from '../support/free-port.js';
import { ctFile } from '../support/part10.js';
import { readBlob, writeBlob } from '../support/whole-blob.js';

const EVERYTHING: Scope = { kind: 'everything' };
const STUDY = { studyInstanceUID: '1.2.3' };
const SERIES = { ...STUDY, seriesInstanceUID: '1.2.3.1' };
const INSTANCE = { ...SERIES, sopInstanceUID: '1.2.3.1.1' };
const second = ctFile({ SOPInstanceUID: '1.2.3.1.2', InstanceNumber: 2 });

const fates = (outcomes: readonly StoreOutcome[]): readonly unknown[] =>
  outcomes.map((outcome) => (outcome.outcome === 'refused' ? outcome.reason : outcome.outcome));

/** An archive of two instances, in which nothing is on its way: an hour later. */
async function filledArchive() {
  const fixture = await ArchiveFixture.open(undefined, () => new Date(Date.now() + 3_600_000));
  const site = await fixture.addSite('Leeds');
  await fixture.store(site, ctFile(), second);
  return { fixture, site };
}

/** The same archive with a store that fails. */
const faulty = ({ opened }: ArchiveFixture, faults: Partial<BlobStore>): Archive =>
  new Archive({ ...opened, blobs: withFaults(opened.blobs, faults), log: silentLog, spoolFolder: tmpdir() });

const away = (): Promise<never> => Promise.reject(new ArchiveError('unavailable', 'It is away.'));

async function drained<Item, Result>(run: AsyncGenerator<Item, Result>) {
  const found: Item[] = [];
  for (let step = await run.next(); ; step = await run.next()) {
    if (step.done) return { found, result: step.value };
    found.push(step.value);
  }
}
const verify = ({ opened }: ArchiveFixture) => drained(verifyArchive(opened));
const reindex = ({ opened }: ArchiveFixture) => drained(reindexArchive(opened));

const codeAt = (fixture: ArchiveFixture, path: typeof STUDY, scope: Scope = EVERYTHING): Promise<string> =>
  fixture.opened.archive
    .as(scope)
    .instances(path)
    .then(
      (instances) => String(instances.length),
      (error: ArchiveError) => error.code,
    );

describe('an instance that is on its way when it is deleted', () => {
  it.each([
    ['that is there already', ctFile(), INSTANCE],
    ['of a study that is there', ctFile({ SOPInstanceUID: '1.2.3.1.3' }), STUDY],
  ])('is refused: one %s', async (_, file, path) => {
    const { fixture, site } = await filledArchive();
    async function* untilDeleted() {
      yield file.subarray(0, -10);
      // Its file stays for now: it is not by that that it is known to be gone.
      await faulty(fixture, { remove: away }).as(EVERYTHING).delete(path, 'test');
      yield file.subarray(-10);
    }
    const { outcomes } = await fixture.request(site, [untilDeleted()]);
    expect(fates(outcomes)).toEqual([0x0124]);
  });
});

describe('a deletion that breaks off', () => {
  it('holds although its files can not be removed now; the server, verify or reindex does it', async () => {
    for (const finish of [
      async (fixture: ArchiveFixture) => (await fixture.opened.archive.deletions.finish()).finished,
      async (fixture: ArchiveFixture) => (await verify(fixture)).result.finishedDeletions,
      async (fixture: ArchiveFixture) => (await reindex(fixture)).found.length + 1,
    ]) {
      const { fixture } = await filledArchive();
      await faulty(fixture, { remove: away }).as(EVERYTHING).delete(STUDY, 'test');
      expect(await codeAt(fixture, STUDY)).toBe('gone');
      expect(await fixture.instanceKeys()).toHaveLength(2);
      expect(await finish(fixture)).toBe(1);
      expect(await fixture.instanceKeys()).toEqual([]);
      expect(await codeAt(fixture, STUDY)).toBe('gone');
      expect(await fixture.opened.archive.deletions.finish()).toEqual({ finished: 0, unfinished: [] });
    }
  });

  it('is not acknowledged without its record, and holds; the record comes before the files go', async () => {
    const { fixture, site } = await filledArchive();
    const archive = faulty(fixture, { writeText: away });
    await expect(archive.as(EVERYTHING).delete(INSTANCE, 'test')).rejects.toMatchObject({ code: 'unavailable' });
    expect(await fixture.instanceKeys()).toHaveLength(2);
    expect(await codeAt(fixture, INSTANCE)).toBe('gone');
    expect(fates(await fixture.store(site, ctFile()))).toEqual([0x0124]);
    expect(await archive.deletions.finish()).toEqual({ finished: 0, unfinished: [expect.any(String)] });
    expect(await fixture.instanceKeys()).toHaveLength(2);
    await fixture.opened.archive.deletions.finish();
    expect(await fixture.instanceKeys()).toHaveLength(1);
    expect(await fixture.keys('deletions/')).toHaveLength(1);
  });

  it('and can not be finished keeps no other from it, no server from starting, and nothing from being allowed', async () => {
    const { fixture, site } = await filledArchive();
    const archive = faulty(fixture, { remove: away }).as(EVERYTHING);
    const [stuck = '', other = ''] = await fixture.instanceKeys();
    await archive.delete(INSTANCE, 'test');
    await archive.delete(STUDY, 'test');
    await rm(fixture.path(stuck));
    await mkdir(fixture.path(`${stuck}/which is a folder`), { recursive: true });
    const port = await freePort();
    const config = loadConfig({ NCCID_DATA: fixture.root, NCCID_PORT: String(port) });
    const server = await startServer({ config, log: silentLog, now: Date.now });
    onTestFinished(() => server.close());
    expect((await fetch(`http://127.0.0.1:${port}/readyz`)).status).toBe(200);
    expect(await fixture.opened.blobs.sizeOf(other)).toBeUndefined();
    expect(await fixture.opened.archive.deletions.finish()).toEqual({ finished: 0, unfinished: [expect.any(String)] });
    await fixture.opened.archive.deletions.allow({ level: 'study', uid: '1.2.3' });
    expect(fates(await fixture.store(site, ctFile(), second))).toEqual(['stored', 'stored']);
    await rm(fixture.path(stuck), { recursive: true });
    expect(await fixture.opened.archive.deletions.finish()).toEqual({ finished: 1, unfinished: [] });
    expect((await verify(fixture)).found).toEqual([]);
  });

  it('and can not be finished is told by verify and reindex, which go on', async () => {
    const { fixture } = await filledArchive();
    const [, lost = ''] = await fixture.instanceKeys();
    const blobs = withFaults(fixture.opened.blobs, { remove: away });
    const archive = faulty(fixture, { remove: away });
    await archive.as(EVERYTHING).delete(INSTANCE, 'test');
    await rm(fixture.path(lost));
    const [stuck = ''] = await fixture.instanceKeys();
    const [key = ''] = await fixture.keys('deletions/');
    const opened = { ...fixture.opened, blobs, archive };
    expect((await drained(verifyArchive(opened))).found).toEqual([
      { kind: 'unfinished-deletion', key, sopInstanceUID: undefined },
      { kind: 'missing-file', key: lost, sopInstanceUID: '1.2.3.1.2' },
      { kind: 'unfinished-deletion', key: stuck, sopInstanceUID: INSTANCE.sopInstanceUID },
    ]);
    const { found, result } = await drained(reindexArchive(opened));
    expect(found).toEqual([
      { key, reason: expect.stringContaining('nothing of it comes back') },
      { key: stuck, reason: expect.stringContaining('has deleted its instance') },
    ]);
    expect(result).toMatchObject({ instances: 0, removedRows: 1 });
    expect(await codeAt(fixture, INSTANCE)).toBe('gone');
  });

  it('and whose record can not be written is told by verify, which goes on', async () => {
    const { fixture } = await filledArchive();
    await fixture.opened.archive.as(EVERYTHING).delete(INSTANCE, 'test');
    const [key = ''] = await fixture.keys('deletions/');
    await fixture.opened.blobs.remove(key);
    const opened = { ...fixture.opened, blobs: withFaults(fixture.opened.blobs, { writeText: away }) };
    const { found, result } = await drained(verifyArchive(opened));
    expect(found).toEqual([{ kind: 'unfinished-deletion', key, sopInstanceUID: undefined }]);
    expect(result.instances).toBe(1);
  });

  it('leaves nothing done when its transaction fails', async () => {
    const { fixture } = await filledArchive();
    const before = await fixture.content();
    await fixture.opened.database.close();
    await expect(fixture.opened.archive.as(EVERYTHING).delete(STUDY, 'test')).rejects.toThrow();
    const again = await ArchiveFixture.open(fixture.root);
    expect(await again.content()).toEqual(before);
    expect(await again.keys('deletions/')).toEqual([]);
  });
});

describe('the file of an instance that is deleted', () => {
  it('is removed by verify, which says so, and is not taken by reindex', async () => {
    const { fixture } = await filledArchive();
    const [key = ''] = await fixture.instanceKeys();
    const bytes = await fixture.read(key);
    await fixture.opened.archive.as(EVERYTHING).delete(INSTANCE, 'test');
    await writeBlob(fixture.opened.blobs, key, bytes);
    expect((await reindex(fixture)).found).toEqual([
      { key, reason: expect.stringContaining('has deleted its instance') },
    ]);
    expect(await codeAt(fixture, INSTANCE)).toBe('gone');
    expect(await codeAt(fixture, STUDY)).toBe('1');
    const sopInstanceUID = INSTANCE.sopInstanceUID;
    expect((await verify(fixture)).found).toEqual([{ kind: 'deleted-file', key, sopInstanceUID }]);
    expect((await verify(fixture)).found).toEqual([]);
    expect(await fixture.instanceKeys()).not.toContain(key);
  });

  it('is read to its end by who has opened it, and by nobody else; nobody says that it is damaged', async () => {
    const { fixture } = await filledArchive();
    const archive = fixture.opened.archive.as(EVERYTHING);
    const located = await archive.instances(STUDY);
    const [first, other] = located;
    if (first === undefined || other === undefined) throw new Error('Both are there.');
    const open = await archive.open(first);
    await archive.delete(STUDY, 'test');
    const pieces: Buffer[] = [];
    for await (const piece of open.bytes()) pieces.push(Buffer.from(piece));
    await open.close();
    expect(Buffer.concat(pieces)).toEqual(ctFile());
    const goneMeanwhile = { code: 'unavailable', message: expect.stringContaining('ask again') };
    await expect(archive.open(other)).rejects.toMatchObject(goneMeanwhile);
    await expect(archive.expectFiles(located)).rejects.toMatchObject(goneMeanwhile);
    await expect(archive.frames(other, [1])).rejects.toMatchObject(goneMeanwhile);
    await expect(archive.bulkdata(other)).rejects.toMatchObject(goneMeanwhile);
  });
});

describe('an index that is made anew', () => {
  it('knows from the records what was deleted, and for whom, though it knows nothing else', async () => {
    const { fixture, site } = await filledArchive();
    await fixture.store(
      site,
      ctFile({ StudyInstanceUID: '1.2.4', SeriesInstanceUID: '1.2.4.1', SOPInstanceUID: '1.2.4.1.1' }),
    );
    await fixture.opened.archive.as(EVERYTHING).delete({ studyInstanceUID: '1.2.4' }, 'test');
    await fixture.opened.archive.deletions.allow({ level: 'study', uid: '1.2.4' });
    await faulty(fixture, { remove: away }).as(EVERYTHING).delete(SERIES, 'test');
    expect(await fixture.instanceKeys()).toHaveLength(2);
    await fixture.store(
      site,
      ctFile({ StudyInstanceUID: '1.2.4', SeriesInstanceUID: '1.2.4.1', SOPInstanceUID: '1.2.4.1.1' }),
    );
    const again = `${fixture.root}-again`;
    await mkdir(again);
    onTestFinished(() => rm(again, { recursive: true }));
    for (const folder of ['studies', 'deletions']) await rename(fixture.path(folder), `${again}/${folder}`);
    const rebuilt = await ArchiveFixture.open(again, () => new Date(Date.now() + 3_600_000));
    expect(await reindex(rebuilt)).toEqual({ found: [], result: { studies: 1, instances: 1, removedRows: 0 } });
    const { id } = await rebuilt.opened.database.read
      .selectFrom('site')
      .select('id')
      .where('name', '=', 'Leeds')
      .executeTakeFirstOrThrow();
    const leeds: Scope = { kind: 'site', siteID: id };
    expect(await codeAt(rebuilt, SERIES, leeds)).toBe('gone');
    expect(await codeAt(rebuilt, SERIES, { kind: 'site', siteID: id + 1 })).toBe('not-found');
    expect(await codeAt(rebuilt, { studyInstanceUID: '1.2.4' })).toBe('1');
    expect(await rebuilt.instanceKeys()).toEqual([expect.stringMatching(/1\.2\.4\.1\.1\.[0-9a-f]{16}-1\.dcm$/)]);
    expect(fates(await rebuilt.store(leeds, second))).toEqual([0x0124]);
    expect((await verify(rebuilt)).found).toEqual([]);
  });

  it('takes out of an older index what was deleted since', async () => {
    const { fixture } = await filledArchive();
    await fixture.opened.archive.as(EVERYTHING).delete(INSTANCE, 'test');
    const [record = ''] = await fixture.keys('deletions/');
    const text = await readBlob(fixture.opened.blobs, record);
    const older = await filledArchive();
    await writeBlob(older.fixture.opened.blobs, record, text);
    expect((await reindex(older.fixture)).found).toEqual([]);
    expect(await codeAt(older.fixture, INSTANCE)).toBe('gone');
    expect(await codeAt(older.fixture, STUDY)).toBe('1');
    expect(await older.fixture.instanceKeys()).toHaveLength(1);
    expect((await verify(older.fixture)).found).toEqual([]);
  });

  it.each(
    [
      ['', 'x', '{}', 'null', '[]', '{"deletion_id":1}'],
      ['{"deletion_id":"00000000-0000-4000-8000-000000000000","level":"study"}'],
    ].flat(),
  )('passes over what is no record, and says so: %j', async (text) => {
    const { fixture } = await filledArchive();
    const key = 'deletions/00000000-0000-4000-8000-000000000000.json';
    await fixture.opened.blobs.writeText(key, text);
    await fixture.opened.blobs.writeText('deletions/stray', text);
    const { found, result } = await reindex(fixture);
    expect(found.map((untaken) => untaken.key).sort()).toEqual([key, 'deletions/stray']);
    expect(result.instances).toBe(2);
  });

  it('removes no other files by a record than those of the instances it names', async () => {
    const { fixture } = await filledArchive();
    await fixture.opened.archive.as(EVERYTHING).delete(INSTANCE, 'test');
    const [record = ''] = await fixture.keys('deletions/');
    const text = (await fixture.read(record)).toString();
    for (const blobKey of ['../x', 'studies/1.2.3/study.json', 'index.sqlite', 'deletions/x']) {
      const id = crypto.randomUUID();
      const forged = JSON.parse(text);
      await fixture.opened.blobs.writeText(
        `deletions/${id}.json`,
        JSON.stringify({
          ...forged,
          deletion_id: id,
          instances: forged.instances.map((one: object) => ({ ...one, blob_key: blobKey })),
        }),
      );
    }
    expect((await reindex(fixture)).found).toHaveLength(4);
    expect(await fixture.keys('studies/')).toHaveLength(2);
  });

  it('has a record that was lost written again by verify', async () => {
    const { fixture } = await filledArchive();
    await fixture.opened.archive.as(EVERYTHING).delete(STUDY, 'test');
    const [key = ''] = await fixture.keys('deletions/');
    const text = await fixture.read(key);
    await fixture.opened.blobs.remove(key);
    const missing = [{ kind: 'missing-deletion-record', key, sopInstanceUID: undefined }];
    expect((await verify(fixture)).found).toEqual(missing);
    expect(await fixture.read(key)).toEqual(text);
    const allowing = faulty(fixture, { writeText: away }).deletions.allow({ level: 'study', uid: '1.2.3' });
    await expect(allowing).rejects.toMatchObject({ code: 'unavailable' });
    expect(await fixture.read(key)).toEqual(text);
    expect(await verify(fixture)).toMatchObject({ found: [], result: { finishedDeletions: 1 } });
    expect(JSON.parse(String(await fixture.read(key)))).toMatchObject({ allowed_at: expect.any(String) });
  });
});

describe('an older index that is restored beside the files', () => {
  /** What was deleted before the index was saved was allowed and came again after that. */
  async function restoredArchive(deleting: Partial<BlobStore> = {}) {
    const { fixture, site } = await filledArchive();
    await faulty(fixture, deleting).as(EVERYTHING).delete(INSTANCE, 'test');
    const [deletion] = await fixture.opened.database.read.selectFrom('deletion').selectAll().execute();
    await fixture.opened.archive.deletions.allow({ level: 'instance', uid: INSTANCE.sopInstanceUID });
    const [record = ''] = await fixture.keys('deletions/');
    const text = (await fixture.read(record)).toString();
    expect(fates(await fixture.store(site, ctFile()))).toEqual(['stored']);
    await fixture.opened.database.write(async (tx) => {
      const { id } = await tx
        .selectFrom('instance')
        .select('id')
        .where('sop_instance_uid', '=', INSTANCE.sopInstanceUID)
        .executeTakeFirstOrThrow();
      await tx.deleteFrom('instance_content').where('instance_row_id', '=', id).execute();
      await tx.deleteFrom('instance').where('id', '=', id).execute();
      await tx
        .updateTable('deletion')
        .set({ allowed_at: null, finished_at: deletion?.finished_at ?? null })
        .execute();
    });
    return { fixture, site, record, text };
  }

  it.each([
    ['reindex', {}, reindex],
    ['verify', {}, verify],
    ['what finishes a deletion', { remove: away }, ({ opened }: ArchiveFixture) => opened.archive.deletions.finish()],
  ] as const)(
    'is told by %s, from the record, that what was acknowledged since may be there',
    async (_, faults, first) => {
      const { fixture, site, record, text } = await restoredArchive(faults);
      await first(fixture);
      expect((await fixture.read(record)).toString()).toBe(text);
      expect((await reindex(fixture)).found).toEqual([]);
      expect(await codeAt(fixture, INSTANCE)).toBe('1');
      expect(fates(await fixture.store(site, ctFile()))).toEqual(['already-stored']);
      expect((await verify(fixture)).found).toEqual([]);
      expect((await fixture.read(record)).toString()).toBe(text);
    },
  );

  it('and whose record is older too keeps the file, and says what to do', async () => {
    const { fixture, record, text } = await restoredArchive();
    await fixture.opened.blobs.writeText(record, `${JSON.stringify({ ...JSON.parse(text), allowed_at: null })}\n`);
    const key = expect.stringMatching(/-1\.dcm$/);
    expect((await reindex(fixture)).found).toEqual([{ key, reason: expect.stringContaining('`nccid allow` it') }]);
    const sopInstanceUID = INSTANCE.sopInstanceUID;
    expect((await verify(fixture)).found).toEqual([{ kind: 'file-without-row', key, sopInstanceUID }]);
    await fixture.opened.archive.deletions.allow({ level: 'instance', uid: INSTANCE.sopInstanceUID });
    expect((await reindex(fixture)).found).toEqual([]);
    expect(await codeAt(fixture, INSTANCE)).toBe('1');
    expect((await verify(fixture)).found).toEqual([]);
  });
});

describe('what is allowed again', () => {
  it('comes only when it is sent, under another name, of whichever site is the first to send it', async () => {
    const { fixture, site } = await filledArchive();
    const other = await fixture.addSite('Bristol', 'validation');
    await fixture.opened.archive.as(EVERYTHING).delete(STUDY, 'test');
    await fixture.opened.archive.deletions.allow({ level: 'study', uid: '1.2.3' });
    expect(await codeAt(fixture, STUDY)).toBe('gone');
    expect(fates(await fixture.store(other, ctFile()))).toEqual(['stored']);
    expect(await codeAt(fixture, STUDY, other)).toBe('1');
    expect(await codeAt(fixture, STUDY, site)).toBe('gone');
    expect((await fixture.read('studies/1.2.3/study.json')).toString()).toBe(
      '{"site":"Bristol","split":"validation"}\n',
    );
    expect(fates(await fixture.store(site, second))).toEqual([0xa900]);
    expect(await fixture.instanceKeys()).toEqual([expect.stringMatching(/-1\.dcm$/)]);
    expect((await verify(fixture)).found).toEqual([]);
    expect((await readdir(fixture.path('incoming'))).length).toBe(0);
  });

  it('is what the curator names, and what was deleted of it before', async () => {
    const { fixture } = await filledArchive();
    const { deletions } = fixture.opened.archive;
    await fixture.opened.archive.as(EVERYTHING).delete(INSTANCE, 'test');
    await fixture.opened.archive.as(EVERYTHING).delete(SERIES, 'test');
    const conflict = { code: 'conflict', message: expect.stringContaining('with its series 1.2.3.1:') };
    await expect(deletions.allow({ level: 'instance', uid: '1.2.3.1.2' })).rejects.toMatchObject(conflict);
    await expect(deletions.allow({ level: 'instance', uid: '1.2.9' })).rejects.toMatchObject({ code: 'not-found' });
    await deletions.allow({ level: 'series', uid: '1.2.3.1' });
    await expect(deletions.allow({ level: 'study', uid: '1.2.3' })).rejects.toMatchObject({ code: 'not-found' });
  });
});
