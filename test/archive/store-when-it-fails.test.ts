/** What becomes of instances when the disk, the index or the archive itself fails: each is told, none is told wrongly. */
import { mkdir, readdir, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { sql } from 'kysely';
import { describe, expect, it } from 'vitest';
import { Archive } from '../../src/archive/archive.js';
import type { StagedBlob } from '../../src/archive/blobs/blob-store.js';
import type { StoreOutcome } from '../../src/archive/store-outcome.js';
import { FAILURE_REASON } from '../../src/dicom/failure-reasons.js';
import { readMultipart } from '../../src/dicomweb/multipart-reader.js';
import { silentLog } from '../../src/log.js';
import { ArchiveFixture } from '../support/archive-fixture.js';
import { withFaults } from '../support/faulty-blobs.js';
import { ctFile } from '../support/part10.js';

const numbered = (n: number): Buffer => ctFile({ SOPInstanceUID: `1.2.3.1.${n}`, InstanceNumber: n });

const largeAndNumbered = (n: number): Buffer =>
  ctFile({ SOPInstanceUID: `1.2.3.1.${n}`, Rows: 512, Columns: 512, PixelData: Buffer.alloc(512 * 512 * 2, n) });

/** The parts of one body, as they are read from it. */
async function* multipartOf(files: readonly Buffer[]): AsyncGenerator<AsyncIterable<Buffer>> {
  const parts = files.flatMap((file) => [Buffer.from('\r\n--b\r\nContent-Type: application/dicom\r\n\r\n'), file]);
  const body = Buffer.concat([...parts, Buffer.from('\r\n--b--\r\n')]);
  async function* inPieces(): AsyncGenerator<Buffer> {
    for (let at = 0; at < body.length; at += 65_536) yield body.subarray(at, at + 65_536);
  }
  for await (const part of readMultipart(inPieces(), { boundary: 'b' })) yield part.body;
}

const fates = (outcomes: readonly StoreOutcome[]): readonly unknown[] =>
  outcomes.map((outcome) => (outcome.outcome === 'refused' ? outcome.reason : outcome.outcome));

const run = (fixture: ArchiveFixture, statement: string): Promise<unknown> =>
  fixture.opened.database.write((tx) => sql.raw(statement).execute(tx));

describe('InstanceStore, when the index fails', () => {
  it('refuses the instances it can not index, and still names those stored before and after', async () => {
    const fixture = await ArchiveFixture.open();
    const site = await fixture.addSite('Leeds');
    await run(
      fixture,
      `create trigger no_rows before insert on instance when new.instance_number = '70'
       begin select raise(abort, 'no row'); end`,
    );
    const files = Array.from({ length: 130 }, (_, i) => numbered(i + 1));
    const { outcomes, failure, diskFailure } = await fixture.request(site, files);
    expect(failure).toBeUndefined();
    expect(diskFailure).toBeInstanceOf(Error);
    expect(fates(outcomes)).toEqual(
      files.map((_, i) => (i >= 64 && i < 128 ? FAILURE_REASON.outOfResources : 'stored')),
    );
    expect((await fixture.content()).instances).toHaveLength(66);
    expect(await fixture.instanceKeys()).toHaveLength(130);
    await run(fixture, 'drop trigger no_rows');
    expect(fates(await fixture.store(site, ...files.slice(63, 65)))).toEqual(['already-stored', 'stored']);
  });

  it('leaves nothing behind of what it could not write whole', async () => {
    const fixture = await ArchiveFixture.open();
    const site = await fixture.addSite('Leeds');
    const inSeries = (series: number, n: number): Buffer =>
      ctFile({ SeriesInstanceUID: `1.2.3.${series}`, SOPInstanceUID: `1.2.3.${series}.${n}`, InstanceNumber: n });
    const all = (n: number): Buffer[] => [1, 2, 3].map((series) => inSeries(series, n));
    const counts = () =>
      fixture.opened.database.read.selectFrom('series').select(['series_instance_uid', 'instance_count']).execute();
    await fixture.store(site, ...all(1));
    const before = await counts();
    await run(
      fixture,
      `create trigger no_content before insert on instance_content begin select raise(abort, 'no content'); end`,
    );
    expect(fates(await fixture.store(site, ...all(2)))).toEqual(all(2).map(() => FAILURE_REASON.outOfResources));
    expect(await counts()).toEqual(before);
    await run(fixture, 'drop trigger no_content');
    expect(fates(await fixture.store(site, ...all(2)))).toEqual(['stored', 'stored', 'stored']);
    expect((await counts()).map((row) => row.instance_count)).toEqual([2, 2, 2]);
  });

  it('acknowledges nothing of a study whose record can not be written', async () => {
    const fixture = await ArchiveFixture.open();
    const site = await fixture.addSite('Leeds');
    const record = fixture.path('studies/1.2.3/study.json');
    await mkdir(record, { recursive: true });
    const { outcomes, failure, diskFailure } = await fixture.request(site, [numbered(1), Buffer.from('x')]);
    expect(failure).toBeUndefined();
    expect(diskFailure).toMatchObject({ name: 'ArchiveError', code: 'unavailable' });
    expect(fates(outcomes)).toEqual([FAILURE_REASON.outOfResources, FAILURE_REASON.cannotUnderstand]);
    await rm(record, { recursive: true });
    expect(fates(await fixture.store(site, numbered(1)))).toEqual(['already-stored']);
    expect((await fixture.read('studies/1.2.3/study.json')).toString()).toContain('Leeds');
  });
});

describe('InstanceStore, when something else fails', () => {
  it('tells a fault of its own as one of processing, not of the disk', async () => {
    const fixture = await ArchiveFixture.open();
    const site = await fixture.addSite('Leeds');
    await run(fixture, 'alter table patient rename to gone');
    const { outcomes, failure, diskFailure } = await fixture.request(site, [numbered(1)]);
    expect({ failure, diskFailure }).toEqual({ failure: undefined, diskFailure: undefined });
    expect(fates(outcomes)).toEqual([FAILURE_REASON.processingFailure]);
  });

  it('refuses the one part at which it has a fault of its own, and takes those around it from the same stream', async () => {
    const fixture = await ArchiveFixture.open();
    const site = await fixture.addSite('Leeds');
    const { database, blobs, now } = fixture.opened;
    let staged = 0;
    const stage = (): Promise<StagedBlob> => {
      staged += 1;
      return staged === 2 ? Promise.reject(new RangeError('A bug.')) : blobs.stage();
    };
    const archive = new Archive({
      database,
      blobs: withFaults(blobs, { stage }),
      log: silentLog,
      now,
      spoolFolder: tmpdir(),
    });
    const { outcomes, failure, diskFailure } = await archive.as(site).store({
      expectedStudy: undefined,
      parts: multipartOf([1, 2, 3].map(largeAndNumbered)),
    });
    expect({ failure, diskFailure }).toEqual({ failure: undefined, diskFailure: undefined });
    expect(fates(outcomes)).toEqual(['stored', FAILURE_REASON.processingFailure, 'stored']);
    expect(await fixture.instanceKeys()).toHaveLength(2);
  });

  it('tells any refusal of the operating system as one of the disk', async () => {
    const fixture = await ArchiveFixture.open();
    const site = await fixture.addSite('Leeds');
    await writeFile(fixture.path('studies'), '');
    const { outcomes, diskFailure } = await fixture.request(site, [numbered(1)]);
    expect(diskFailure).toMatchObject({ name: 'ArchiveError', code: 'unavailable' });
    expect(fates(outcomes)).toEqual([FAILURE_REASON.outOfResources]);
  });
});

describe('InstanceStore, sent again what is indexed', () => {
  const large = ctFile({ Rows: 1024, Columns: 1024, PixelData: new Array<number>(1024 * 1024).fill(7) });

  it.each<[string, Buffer, (path: string) => Promise<void>]>([
    ['lost', numbered(1), (path) => rm(path)],
    ['cut short', numbered(1), (path) => truncate(path, 400)],
    ['lost and large', large, (path) => rm(path)],
    ['cut short and large', large, (path) => truncate(path, 400)],
  ])('replaces a file that is %s', async (_how, file, spoil) => {
    const fixture = await ArchiveFixture.open();
    const site = await fixture.addSite('Leeds');
    await fixture.store(site, file);
    const before = await fixture.content();
    const [key = ''] = await fixture.instanceKeys();
    await spoil(fixture.path(key));
    expect(fates(await fixture.store(site, file))).toEqual(['already-stored']);
    expect((await fixture.read(key)).equals(file)).toBe(true);
    expect(await fixture.content()).toEqual(before);
    expect(await readdir(fixture.path('incoming'))).toEqual([]);
  });

  it('replaces a file of the right size that was found damaged, and takes the mark away', async () => {
    const fixture = await ArchiveFixture.open();
    const site = await fixture.addSite('Leeds');
    await fixture.store(site, numbered(1), numbered(2));
    const [key = ''] = await fixture.instanceKeys();
    await writeFile(fixture.path(key), Buffer.alloc(numbered(1).length));
    await run(fixture, "update instance set damaged_at = '2020-04-01T00:00:00.000Z'");
    expect(fates(await fixture.store(site, numbered(1)))).toEqual(['already-stored']);
    expect((await fixture.read(key)).equals(numbered(1))).toBe(true);
    const { instances } = await fixture.content();
    expect(instances).toMatchObject([{ damaged_at: null }, { damaged_at: '2020-04-01T00:00:00.000Z' }]);
  });

  it('says that it could not keep it when the lost file can not be replaced', async () => {
    const fixture = await ArchiveFixture.open();
    const site = await fixture.addSite('Leeds');
    await fixture.store(site, numbered(1));
    const [key = ''] = await fixture.instanceKeys();
    await rm(fixture.path(key));
    await mkdir(fixture.path(key));
    const { outcomes, diskFailure } = await fixture.request(site, [numbered(1)]);
    expect(fates(outcomes)).toEqual([FAILURE_REASON.outOfResources]);
    expect(diskFailure).toMatchObject({ code: 'unavailable' });
  });
});
