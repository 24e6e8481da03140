import { mkdir, rm, stat, symlink, truncate, utimes, writeFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { type Finding, type VerifySummary, verifyArchive } from '../../src/archive/verify.js';
import { takeFolderLock } from '../../src/database/folder-lock.js';
import { ArchiveFixture } from '../support/archive-fixture.js';
import { ctFile } from '../support/part10.js';

async function verify(fixture: ArchiveFixture): Promise<VerifySummary & { readonly findings: readonly Finding[] }> {
  const findings: Finding[] = [];
  const run = verifyArchive(fixture.opened);
  for (let step = await run.next(); ; step = await run.next()) {
    if (step.done) return { ...step.value, findings };
    findings.push(step.value);
  }
}

async function filledArchive(): Promise<ArchiveFixture> {
  const fixture = await ArchiveFixture.open();
  const slices = Array.from({ length: 3 }, (_, i) => ctFile({ SOPInstanceUID: `1.2.3.1.${i}`, InstanceNumber: i }));
  await fixture.store(await fixture.addSite('Leeds'), ...slices);
  return fixture;
}

async function firstInstance(fixture: ArchiveFixture) {
  const [row] = await fixture.opened.database.read.selectFrom('instance').selectAll().orderBy('id').execute();
  if (row === undefined) throw new Error('The archive is empty.');
  return row;
}

async function flipLastBit(fixture: ArchiveFixture, key: string): Promise<void> {
  const bytes = await fixture.read(key);
  bytes.writeUInt8(bytes.readUInt8(bytes.length - 1) ^ 1, bytes.length - 1);
  await writeFile(fixture.path(key), bytes);
}

const AN_HOUR_AGO = new Date(Date.now() - 3_601_000);

describe('verifyArchive', () => {
  it('finds nothing in an archive that is as it was stored', async () => {
    const fixture = await filledArchive();
    expect(await verify(fixture)).toEqual({
      instances: 3,
      files: 4,
      studies: 1,
      sweptStaged: 0,
      finishedDeletions: 0,
      findings: [],
    });
  });

  it('finds nothing in an archive that is empty', async () => {
    const fixture = await ArchiveFixture.open();
    expect(await verify(fixture)).toEqual({
      instances: 0,
      files: 0,
      studies: 0,
      sweptStaged: 0,
      finishedDeletions: 0,
      findings: [],
    });
  });

  it.each<[string, 'missing-file' | 'damaged-file', (fixture: ArchiveFixture, key: string) => Promise<void>]>([
    ['F11: a bit that flipped', 'damaged-file', flipLastBit],
    ['F13: a file that was cut', 'damaged-file', (fixture, key) => truncate(fixture.path(key), 300)],
    [
      'a file that grew',
      'damaged-file',
      (fixture, key) => writeFile(fixture.path(key), Buffer.alloc(2), { flag: 'a' }),
    ],
    ['F12: a file that is gone', 'missing-file', (fixture, key) => rm(fixture.path(key))],
    [
      'a folder in the place of a file',
      'damaged-file',
      async (fixture, key) => {
        await rm(fixture.path(key));
        await mkdir(fixture.path(key));
      },
    ],
    [
      'a link in the place of a file',
      'damaged-file',
      async (fixture, key) => {
        await rm(fixture.path(key));
        await symlink(fixture.path('index.sqlite'), fixture.path(key));
      },
    ],
  ])('finds %s, and marks the instance', async (_, kind, spoil) => {
    const fixture = await filledArchive();
    const { blob_key: key, sop_instance_uid: sopInstanceUID } = await firstInstance(fixture);
    await spoil(fixture, key);
    expect((await verify(fixture)).findings).toEqual([{ kind, key, sopInstanceUID }]);
    expect((await firstInstance(fixture)).damaged_at).not.toBeNull();
    expect((await verify(fixture)).findings).toEqual([{ kind, key, sopInstanceUID }]);
  });

  it('clears the mark when the file has been put right again', async () => {
    const fixture = await filledArchive();
    const { blob_key: key } = await firstInstance(fixture);
    await flipLastBit(fixture, key);
    await verify(fixture);
    await flipLastBit(fixture, key);
    expect((await verify(fixture)).findings).toEqual([]);
    expect((await firstInstance(fixture)).damaged_at).toBeNull();
  });

  it('F12: finds files that no row names, and removes none of them', async () => {
    const fixture = await filledArchive();
    const instance = 'studies/1.2.3/1.2.3.1/1.2.3.1.9.0123456789abcdef.dcm';
    const other = 'studies/1.2.9/notes.txt';
    await mkdir(fixture.path('studies/1.2.9'));
    for (const key of [instance, other]) await writeFile(fixture.path(key), 'x');
    const { findings } = await verify(fixture);
    expect(findings).toHaveLength(2);
    expect(findings).toContainEqual({ kind: 'file-without-row', key: instance, sopInstanceUID: '1.2.3.1.9' });
    expect(findings).toContainEqual({ kind: 'file-without-row', key: other, sopInstanceUID: undefined });
    expect(await fixture.keys()).toEqual(expect.arrayContaining([instance, other]));
  });

  it('finds the second file of an instance', async () => {
    const fixture = await filledArchive();
    const { blob_key: key, sop_instance_uid: sopInstanceUID } = await firstInstance(fixture);
    const second = key.replace(/[\da-f]{16}\.dcm$/, '0123456789abcdef.dcm');
    await writeFile(fixture.path(second), 'x');
    expect((await verify(fixture)).findings).toEqual([{ kind: 'file-without-row', key: second, sopInstanceUID }]);
  });

  it('leaves a file without a row to the server that may be about to index it, for a minute', async () => {
    const fixture = await filledArchive();
    const key = 'studies/1.2.3/1.2.3.1/1.2.3.1.9.0123456789abcdef.dcm';
    await writeFile(fixture.path(key), 'x');
    const unlock = takeFolderLock(fixture.path('server.lock'));
    try {
      expect((await verify(fixture)).findings).toEqual([]);
      await utimes(fixture.path(key), AN_HOUR_AGO, AN_HOUR_AGO);
      expect((await verify(fixture)).findings).toMatchObject([{ kind: 'file-without-row', key }]);
    } finally {
      unlock();
    }
  });

  it.each([
    ['is gone', undefined],
    ['is torn', '{"site":"Leeds","spl'],
    ['names no split', '{"site":"Leeds","split":"both"}'],
  ])('finds that the record of a study %s, and writes it anew', async (_, text) => {
    const fixture = await filledArchive();
    const key = 'studies/1.2.3/study.json';
    const record = await fixture.read(key);
    if (text === undefined) await rm(fixture.path(key));
    else await writeFile(fixture.path(key), text);
    expect((await verify(fixture)).findings).toEqual([
      { kind: 'missing-study-record', key, sopInstanceUID: undefined },
    ]);
    expect(await fixture.read(key)).toEqual(record);
    expect((await verify(fixture)).findings).toEqual([]);
  });

  it.each(['{"site":"Bristol","split":"training"}', '{"site":"Leeds","split":"validation"}'])(
    'finds that the record %s says otherwise than the index, and leaves it',
    async (text) => {
      const fixture = await filledArchive();
      const key = 'studies/1.2.3/study.json';
      await writeFile(fixture.path(key), text);
      expect((await verify(fixture)).findings).toEqual([
        { kind: 'contradicting-study-record', key, sopInstanceUID: undefined },
      ]);
      expect((await fixture.read(key)).toString()).toBe(text);
    },
  );

  it('F12: sweeps what dead writers left, when it is older than an hour', async () => {
    const fixture = await filledArchive();
    const [old, young] = [fixture.path('incoming/old'), fixture.path('incoming/young')];
    for (const path of [old, young]) await writeFile(path, 'x');
    await utimes(old, AN_HOUR_AGO, AN_HOUR_AGO);
    expect(await verify(fixture)).toMatchObject({ sweptStaged: 1, findings: [] });
    await expect(stat(old)).rejects.toThrow('ENOENT');
    expect((await stat(young)).size).toBe(1);
  });

  it('reads more rows than one page holds', async () => {
    const fixture = await ArchiveFixture.open();
    const scope = await fixture.addSite('Leeds');
    const files = Array.from({ length: 520 }, (_, i) => ctFile({ SOPInstanceUID: `1.2.3.1.${i + 1}` }));
    await fixture.store(scope, ...files);
    const [key = ''] = (await fixture.instanceKeys()).slice(-1);
    await flipLastBit(fixture, key);
    const { findings, ...summary } = await verify(fixture);
    expect(summary).toEqual({ instances: 520, files: 521, studies: 1, sweptStaged: 0, finishedDeletions: 0 });
    expect(findings).toMatchObject([{ kind: 'damaged-file', key }]);
  });
});
