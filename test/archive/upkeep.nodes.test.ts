/** What keeps an archive in order, where its index and its blobs are shared by nodes. */
import { describe, expect, it, onTestFinished } from 'vitest';
import { type OpenArchive, openArchive } from '../../src/archive/open-archive.js';
import { reindexArchive } from '../../src/archive/reindex.js';
import { verifyArchive } from '../../src/archive/verify.js';
import { silentLog } from '../../src/log.js';
import { type Attributes, ctFile } from '../support/part10.js';
import { newPlaces } from '../support/test-places.js';
import { keysBelow, readBlob, writeBlob } from '../support/whole-blob.js';

const AN_HOUR_MS = 3_600_000;

/** An archive as it is an hour after all that is done to it: whatever was on its way has settled. */
async function open(): Promise<OpenArchive> {
  const { places, drop } = await newPlaces();
  const opened = await openArchive(places, { log: silentLog, now: () => new Date() });
  onTestFinished(async () => {
    await opened.close();
    await drop();
  });
  return { ...opened, now: () => new Date(Date.now() + AN_HOUR_MS) };
}

async function store({ archive, database }: OpenArchive, ...files: readonly Buffer[]) {
  const site = { name: `Site ${Math.random()}`, split_policy: 'training', created_at: '2020-04-01T00:00:00.000Z' };
  const { id } = await database.write((tx) =>
    tx.insertInto('site').values(site).returning('id').executeTakeFirstOrThrow(),
  );
  const { outcomes } = await archive.as({ kind: 'site', siteID: id }).store({
    expectedStudy: undefined,
    parts: (async function* () {
      for (const file of files)
        yield (async function* () {
          yield file;
        })();
    })(),
  });
  return outcomes.map(({ outcome }) => outcome);
}

const instance = (study: string, more: Attributes = {}): Buffer =>
  ctFile({ StudyInstanceUID: study, SeriesInstanceUID: `${study}.1`, SOPInstanceUID: `${study}.1.1`, ...more });

async function drained<Item, Result>(run: AsyncGenerator<Item, Result>) {
  const items: Item[] = [];
  for (let step = await run.next(); ; step = await run.next()) {
    if (step.done) return { items, result: step.value };
    items.push(step.value);
  }
}

const findingsOf = async (opened: OpenArchive) =>
  (await drained(verifyArchive(opened))).items.map(({ kind, key }) => [kind, key]);

describe('verify', () => {
  it('finds nothing in an archive that is empty, or whole', async () => {
    const opened = await open();
    expect(await findingsOf(opened)).toEqual([]);
    expect(await store(opened, instance('1.2.3'), instance('1.2.4'))).toEqual(['stored', 'stored']);
    expect(await findingsOf(opened)).toEqual([]);
  });

  it('F11 F12 F13 finds what is lost, damaged, or without a row, and writes a lost record anew', async () => {
    const opened = await open();
    await store(opened, instance('1.2.3'), instance('1.2.4'), instance('1.2.5'));
    const [lost = '', damaged = ''] = (await keysBelow(opened.blobs, 'studies')).filter((key) => key.endsWith('.dcm'));
    const other = damaged.replace(/[^/]*$/, '1.2.9.0123456789abcdef.dcm');
    await opened.blobs.remove(lost);
    await writeBlob(opened.blobs, damaged, (await readBlob(opened.blobs, damaged)).subarray(0, 300));
    await writeBlob(opened.blobs, other, Buffer.from('x'));
    await opened.blobs.remove('studies/1.2.5/study.json');
    expect((await findingsOf(opened)).sort()).toEqual([
      ['damaged-file', damaged],
      ['file-without-row', other],
      ['missing-file', lost],
      ['missing-study-record', 'studies/1.2.5/study.json'],
    ]);
    expect((await readBlob(opened.blobs, 'studies/1.2.5/study.json')).toString()).toContain('"split":"training"');
  });
});

describe('reindex', () => {
  it('makes the index anew from the blobs, and goes on where one of them is damaged', async () => {
    const opened = await open();
    await store(opened, instance('1.2.3'), instance('1.2.4'), instance('1.2.5'));
    const [damaged = ''] = (await keysBelow(opened.blobs, 'studies/1.2.3')).filter((key) => key.endsWith('.dcm'));
    await writeBlob(opened.blobs, damaged, Buffer.from('not what was stored'));
    await opened.database.write(async (tx) => {
      for (const table of ['instance_content', 'instance', 'series', 'study', 'patient'] as const) {
        await tx.deleteFrom(table).execute();
      }
    });
    const { items, result } = await drained(reindexArchive(opened));
    expect(items.map(({ key }) => key)).toEqual([damaged]);
    expect(result).toEqual({ studies: 2, instances: 2, removedRows: 0 });
  });

  it('removes the rows whose blobs are gone, but not all of them', async () => {
    const opened = await open();
    await store(opened, instance('1.2.3'), instance('1.2.4'));
    const keys = await keysBelow(opened.blobs, 'studies');
    for (const key of keys.filter((one) => one.startsWith('studies/1.2.3/'))) await opened.blobs.remove(key);
    expect((await drained(reindexArchive(opened))).result).toMatchObject({ studies: 1, removedRows: 1 });
    for (const key of keys) await opened.blobs.remove(key);
    await expect(drained(reindexArchive(opened))).rejects.toMatchObject({ code: 'conflict' });
    expect(await opened.database.read.selectFrom('instance').select('id').execute()).toHaveLength(1);
  });
});

describe('store', () => {
  it('T37 keeps an instance whose code strings hold a NUL, and the others that come with it', async () => {
    const opened = await open();
    const outcomes = await store(opened, instance('1.2.3', { Modality: 'C\0T' }), instance('1.2.4'));
    expect(outcomes).toEqual(['stored', 'stored']);
  });
});
