import { createHash } from 'node:crypto';
import { copyFile, mkdir, rename, rm, utimes, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { crc32, deflateRawSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { AttributeIndexing } from '../../src/archive/query-attributes/attribute-indexing.js';
import { addQueryAttribute } from '../../src/archive/query-attributes/definitions.js';
import { defineAttribute } from '../../src/archive/query-attributes/query-attribute.js';
import type { Metadata } from '../../src/archive/read/metadata.js';
import { type ReindexSummary, reindexArchive, type UntakenFile } from '../../src/archive/reindex.js';
import { takeFolderLock } from '../../src/database/folder-lock.js';
import { dataSetOfKeywords } from '../../src/dicom/build-data-set.js';
import { ArchiveFixture } from '../support/archive-fixture.js';
import { ctFile, withPreamble } from '../support/part10.js';

async function reindex(
  fixture: ArchiveFixture,
): Promise<ReindexSummary & { readonly untaken: readonly UntakenFile[] }> {
  const untaken: UntakenFile[] = [];
  const run = reindexArchive(fixture.opened);
  for (let step = await run.next(); ; step = await run.next()) {
    if (step.done) return { ...step.value, untaken };
    untaken.push(step.value);
  }
}

/** Two sites; patients in both splits; two studies of one patient; a series with requests; a file whose start was changed. */
async function filledArchive(): Promise<ArchiveFixture> {
  const fixture = await ArchiveFixture.open();
  const leeds = await fixture.addSite('Leeds', 'training');
  const bristol = await fixture.addSite('Bristol', 'validation');
  const requests = [dataSetOfKeywords({ RequestedProcedureID: 'R1', ScheduledProcedureStepID: 'S1' })];
  await fixture.store(leeds, ctFile({ RequestAttributesSequence: requests }));
  await fixture.store(
    leeds,
    ctFile({ SOPInstanceUID: '1.2.3.1.2', InstanceNumber: 2, RequestAttributesSequence: requests }),
    withPreamble(ctFile({ SOPInstanceUID: '1.2.3.2.1', SeriesInstanceUID: '1.2.3.2', Modality: 'SR' }), 'MZ program'),
  );
  await fixture.store(
    leeds,
    ctFile({ StudyInstanceUID: '1.2.4', SeriesInstanceUID: '1.2.4.1', SOPInstanceUID: '1.2.4.1.1' }),
  );
  await fixture.store(
    bristol,
    ctFile({
      PatientID: 'COVID002',
      StudyInstanceUID: '1.2.5',
      SeriesInstanceUID: '1.2.5.1',
      SOPInstanceUID: '1.2.5.1.1',
      Modality: 'DX',
    }),
  );
  return fixture;
}

const AN_HOUR_AGO = new Date(Date.now() - 3_600_000);

describe('reindexArchive', () => {
  it('gives metadata that it writes anew another digest, and the same metadata the same one', async () => {
    const fixture = await filledArchive();
    const path = { studyInstanceUID: '1.2.4', seriesInstanceUID: '1.2.4.1', sopInstanceUID: '1.2.4.1.1' };
    const readAll = async (metadata: Metadata): Promise<string> => {
      const pieces: Buffer[] = [];
      for await (const piece of metadata.read()) pieces.push(piece);
      return `${metadata.digest} ${Buffer.concat(pieces).toString()}`;
    };
    const archive = fixture.opened.archive.as({ kind: 'everything' });
    const digest = async (): Promise<string> => (await archive.metadata(path, () => '')).digest;
    const { sopInstanceUID: _, ...series } = path;
    const ofSeries = async (): Promise<string> => readAll(await archive.metadata(series, () => ''));
    const asStored = await digest();
    const seriesAsStored = await ofSeries();
    await reindex(fixture);
    expect([await digest(), await ofSeries()]).toEqual([asStored, seriesAsStored]);
    const metadata = deflateRawSync('{"00080018":{"vr":"UI","Value":["1.2.4.1.1"]}}');
    for (const told of [crc32(metadata), null]) {
      await fixture.opened.database.write(async (tx) => {
        await tx.updateTable('instance_content').set({ metadata }).execute();
        await tx.updateTable('instance').set({ metadata_crc32: told }).execute();
      });
      await fixture.opened.database.write((tx) =>
        tx
          .updateTable('series')
          .set((eb) => ({ removals: eb('removals', '+', 1) }))
          .execute(),
      );
      const byOlderSoftware = await digest();
      expect(await ofSeries()).not.toBe(seriesAsStored);
      await reindex(fixture);
      expect([byOlderSoftware === asStored, await digest()]).toEqual([false, asStored]);
      expect(await ofSeries()).toBe(seriesAsStored);
    }
  });

  it('rebuilds a lost index from the folder alone, row by row as it was', async () => {
    const fixture = await filledArchive();
    const before = await fixture.content();
    expect(before.instances).toHaveLength(5);
    expect(before.requests).toHaveLength(1);
    await fixture.loseIndex();
    expect(await reindex(fixture)).toEqual({ studies: 3, instances: 5, removedRows: 0, untaken: [] });
    expect(await fixture.content()).toEqual(before);
  });

  it('rebuilds it in a folder without any index, where even the sites are found again', async () => {
    const fixture = await filledArchive();
    const before = await fixture.content();
    const moved = `${fixture.root}-restored`;
    await mkdir(moved);
    await rename(fixture.path('studies'), `${moved}/studies`);
    const restored = await ArchiveFixture.open(moved);
    expect(await reindex(restored)).toMatchObject({ studies: 3, instances: 5, untaken: [] });
    expect(await restored.content()).toEqual(before);
    await rm(moved, { recursive: true });
  });

  it('changes nothing of a right index, not even the ids of its rows, and may run again', async () => {
    const fixture = await filledArchive();
    const rows = () => fixture.opened.database.read.selectFrom('instance').selectAll().orderBy('id').execute();
    const [content, before] = [await fixture.content(), await rows()];
    await reindex(fixture);
    await reindex(fixture);
    expect(await rows()).toEqual(before);
    expect(await fixture.content()).toEqual(content);
  });

  it('corrects what the index has wrong', async () => {
    const fixture = await filledArchive();
    const before = await fixture.content();
    await fixture.opened.database.write(async (tx) => {
      await tx.updateTable('instance').set({ attributes: '{}', frame_count: 7, damaged_at: '2020-04-01' }).execute();
      await tx.updateTable('series').set({ instance_count: 9, series_description: 'x' }).execute();
      await tx.updateTable('study').set({ study_date: '', patient_id: 'x' }).execute();
      await tx.updateTable('instance_content').set({ bulkdata: '[]', frame_table: null }).execute();
      await tx.deleteFrom('series_request').execute();
    });
    await reindex(fixture);
    expect(await fixture.content()).toEqual(before);
  });

  it('keeps the split and the site of the record, whatever the policy of the site says by now', async () => {
    const fixture = await filledArchive();
    const before = await fixture.content();
    await fixture.opened.database.write((tx) =>
      tx.updateTable('site').set({ split_policy: 'validation' }).where('name', '=', 'Leeds').execute(),
    );
    await fixture.loseIndex();
    await reindex(fixture);
    expect(await fixture.content()).toEqual(before);
  });

  it('removes the rows of files that are gone, and series, studies and patients with nothing left', async () => {
    const fixture = await filledArchive();
    const before = await fixture.content();
    for (const key of await fixture.instanceKeys()) {
      if (key.includes('1.2.3.1.2.') || key.includes('1.2.5.')) await rm(fixture.path(key));
    }
    expect(await reindex(fixture)).toEqual({ studies: 2, instances: 3, removedRows: 2, untaken: [] });
    const after = await fixture.content();
    expect(after.instances).toHaveLength(3);
    const [shrunk, untouched] = before.studies;
    expect(after.studies).toEqual([
      Object.assign({}, shrunk, { series_counts: '[["ct","CT",1,1],["other","SR",1,1]]' }),
      untouched,
    ]);
    expect(after.patients).toEqual(before.patients.slice(0, 1));
    expect(after.series).toContainEqual(expect.objectContaining({ series_instance_uid: '1.2.3.1', instance_count: 1 }));
  });

  it.each<[string, (fixture: ArchiveFixture, key: string) => Promise<void>, string]>([
    [
      'whose bytes are not those of its name',
      async (fixture, key) => {
        const bytes = await fixture.read(key);
        bytes.writeUInt8(bytes.readUInt8(bytes.length - 1) ^ 1, bytes.length - 1);
        await writeFile(fixture.path(key), bytes);
      },
      'Its bytes are not those that were stored.',
    ],
    [
      'that is cut short',
      async (fixture, key) => writeFile(fixture.path(key), (await fixture.read(key)).subarray(0, 400)),
      'Its bytes are not those that were stored.',
    ],
    [
      'that moved to another study',
      async (fixture, key) => {
        const moved = fixture.path(key.replace('studies/1.2.4/', 'studies/1.2.3/'));
        await mkdir(dirname(moved), { recursive: true });
        await rename(fixture.path(key), moved);
      },
      'The instance belongs to another Study',
    ],
    [
      'that has another name than its UID',
      async (fixture, key) => rename(fixture.path(key), fixture.path(key.replace('1.2.4.1.1.', '1.2.4.1.9.'))),
      'Its UIDs are not those of its name.',
    ],
    [
      'that has no name of an instance',
      async (fixture, key) => rename(fixture.path(key), fixture.path(key.replace(/[^/]*$/, 'x.dcm'))),
      'Its name is not that of a stored instance.',
    ],
  ])('tells of a file %s, and takes the others', async (_, spoil, reason) => {
    const fixture = await filledArchive();
    const key = (await fixture.instanceKeys()).find((each) => each.includes('/1.2.4.1/')) ?? '';
    await fixture.loseIndex();
    await spoil(fixture, key);
    const { instances, untaken } = await reindex(fixture);
    expect(instances).toBe(4);
    expect(untaken).toEqual([{ key: expect.any(String), reason: expect.stringContaining(reason) }]);
  });

  it('tells of a file that is no instance, whatever its name', async () => {
    const fixture = await filledArchive();
    const bytes = Buffer.from('no Part 10 file');
    const start = createHash('sha256').update(bytes).digest('hex').slice(0, 16);
    const key = `studies/1.2.3/1.2.3.1/1.2.3.1.9.${start}.dcm`;
    await writeFile(fixture.path(key), bytes);
    const { instances, untaken } = await reindex(fixture);
    expect(instances).toBe(5);
    expect(untaken).toEqual([{ key, reason: expect.stringMatching(/^[A-Z].*\.$/) }]);
  });

  it('tells of files that somebody put beside the studies', async () => {
    const fixture = await filledArchive();
    await mkdir(fixture.path('studies/notes'));
    const keys = ['studies/README', 'studies/notes/x.txt'];
    for (const key of keys) await writeFile(fixture.path(key), 'x');
    const { instances, untaken } = await reindex(fixture);
    expect(instances).toBe(5);
    expect(untaken.map(({ key }) => key).sort()).toEqual(keys);
    expect(new Set(untaken.map(({ reason }) => reason))).toEqual(
      new Set(['Its name is not that of a stored instance.']),
    );
  });

  it('takes nothing of a study that nobody can tell the site and split of', async () => {
    const fixture = await filledArchive();
    await rm(fixture.path('studies/1.2.3/study.json'));
    await writeFile(fixture.path('studies/1.2.4/study.json'), '{"site":"Leeds","spl');
    await fixture.loseIndex();
    const { studies, instances, untaken } = await reindex(fixture);
    expect({ studies, instances }).toEqual({ studies: 1, instances: 1 });
    expect(untaken.map(({ key }) => key).sort()).toEqual(['studies/1.2.3/study.json', 'studies/1.2.4/study.json']);
  });

  it('writes a lost record anew while the index knows the study', async () => {
    const fixture = await filledArchive();
    const record = await fixture.read('studies/1.2.3/study.json');
    await rm(fixture.path('studies/1.2.3/study.json'));
    expect(await reindex(fixture)).toMatchObject({ instances: 5, untaken: [] });
    expect(await fixture.read('studies/1.2.3/study.json')).toEqual(record);
  });

  it('never lets a patient into both splits', async () => {
    const fixture = await filledArchive();
    await writeFile(fixture.path('studies/1.2.4/study.json'), '{"site":"Leeds","split":"validation"}\n');
    await fixture.loseIndex();
    const { untaken } = await reindex(fixture);
    expect(untaken).toHaveLength(untaken.some(({ key }) => key.startsWith('studies/1.2.4/')) ? 1 : 3);
    const { patients } = await fixture.content();
    expect(patients).toHaveLength(2);
  });

  it('leaves no study behind whose files are all misfits, nor its patient', async () => {
    const fixture = await filledArchive();
    const before = await fixture.content();
    // A series of another study: the study is known by this file only, and the file fits nowhere.
    const other = await ArchiveFixture.open();
    await other.store(
      await other.addSite('Leeds'),
      ctFile({ PatientID: 'COVID009', StudyInstanceUID: '1.2.9', SOPInstanceUID: '1.2.9.1.1' }),
    );
    await mkdir(fixture.path('studies/1.2.9/1.2.3.1'), { recursive: true });
    for (const key of await other.keys()) await copyFile(other.path(key), fixture.path(key));
    const { studies, untaken } = await reindex(fixture);
    expect({ studies, untaken }).toMatchObject({
      studies: 3,
      untaken: [{ reason: expect.stringContaining('Its patient') }],
    });
    expect(await fixture.content()).toEqual(before);
  });

  it('removes series and studies that the index had wrong when their files turn out to be of others', async () => {
    const fixture = await filledArchive();
    const before = await fixture.content();
    await fixture.opened.database.write(async (tx) => {
      const moved = await tx
        .selectFrom('instance')
        .innerJoin('series', 'series.id', 'instance.series_row_id')
        .select(['series.id', 'series.study_row_id'])
        .where('series_instance_uid', '=', '1.2.4.1')
        .executeTakeFirstOrThrow();
      await tx.updateTable('series').set({ series_instance_uid: '9.9' }).where('id', '=', moved.id).execute();
      await tx.updateTable('study').set({ study_instance_uid: '9' }).where('id', '=', moved.study_row_id).execute();
    });
    await reindex(fixture);
    expect(await fixture.content()).toEqual(before);
  });

  it('keeps the file that was acknowledged when another has the same SOP Instance UID', async () => {
    const fixture = await filledArchive();
    const before = await fixture.content();
    const other = await ArchiveFixture.open();
    await other.store(await other.addSite('Leeds'), ctFile({ StudyDescription: 'Other' }));
    const [key = ''] = await other.instanceKeys();
    await copyFile(other.path(key), fixture.path(key));
    await utimes(fixture.path(key), AN_HOUR_AGO, AN_HOUR_AGO);
    const { untaken } = await reindex(fixture);
    expect(untaken).toEqual([{ key, reason: 'Another file is indexed under the same SOP Instance UID.' }]);
    expect(await fixture.content()).toEqual(before);
  });

  it('leaves files without rows to the server that is about to index them, for a minute', async () => {
    const fixture = await filledArchive();
    const unlock = takeFolderLock(fixture.path('server.lock'));
    try {
      await fixture.loseIndex();
      expect(await reindex(fixture)).toMatchObject({ instances: 0, untaken: [] });
      for (const key of await fixture.instanceKeys()) await utimes(fixture.path(key), AN_HOUR_AGO, AN_HOUR_AGO);
      expect(await reindex(fixture)).toMatchObject({ instances: 5, untaken: [] });
    } finally {
      unlock();
    }
  });

  it('goes on where a run before it broke off', async () => {
    const fixture = await filledArchive();
    const before = await fixture.content();
    await writeFile(fixture.path('studies/1.2.3/1.2.3.1/x.dcm'), 'x');
    await fixture.loseIndex();
    const broken = reindexArchive(fixture.opened);
    await broken.next();
    await broken.return({ studies: 0, instances: 0, removedRows: 0 });
    expect(await reindex(fixture)).toMatchObject({ instances: 5 });
    expect(await fixture.content()).toEqual(before);
  });

  it('finds the values of attributes that curators have added, too', async () => {
    const fixture = await filledArchive();
    const { database } = fixture.opened;
    const definitions = [
      { attribute: 'BitsStored', level: 'instance' },
      { attribute: 'Rows', level: 'series' },
    ].map(defineAttribute);
    for (const definition of definitions) await addQueryAttribute(database, definition, new Date());
    for await (const _ of new AttributeIndexing({ database, now: () => new Date() }).run());
    const values = async () => [
      await database.read.selectFrom('instance_value').selectAll().orderBy('row_id').orderBy('position').execute(),
      await database.read.selectFrom('series_value').selectAll().orderBy('row_id').orderBy('position').execute(),
    ];
    const before = await values();
    expect(before.every((rows) => rows.length > 0)).toBe(true);
    await database.write(async (tx) => {
      await tx.updateTable('instance_value').set({ value: 'wrong' }).execute();
      await tx.deleteFrom('series_value').execute();
    });
    await reindex(fixture);
    expect(await values()).toEqual(before);
  });
});
