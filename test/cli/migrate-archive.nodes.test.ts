/** A whole archive from one machine to PostgreSQL and an object store, and back. */
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { KeyStore } from '../../src/access/keys.js';
import { issueToken } from '../../src/access/tokens.js';
import type { BlobStore, StagedBlob } from '../../src/archive/blobs/blob-store.js';
import { copyArchive } from '../../src/archive/copy/copy-archive.js';
import type { CopyWatch } from '../../src/archive/copy/copy-watch.js';
import { type OpenArchive, openArchive, takeServerLock } from '../../src/archive/open-archive.js';
import { type ArchivePlaces, placesInFolder } from '../../src/archive/places.js';
import { type Finding, verifyArchive } from '../../src/archive/verify.js';
import { addBackupCommand } from '../../src/cli/backup.js';
import { addMigrateArchiveCommand } from '../../src/cli/migrate-archive.js';
import { addRestoreCommand } from '../../src/cli/restore.js';
import { dataSetOfKeywords } from '../../src/dicom/build-data-set.js';
import { ArchiveError } from '../../src/errors.js';
import { addLicence } from '../../src/governance/licences.js';
import { setSiteAttributes } from '../../src/governance/site-attributes.js';
import { silentLog } from '../../src/log.js';
import { ArchiveFixture } from '../support/archive-fixture.js';
import { type Attributes, ctFile } from '../support/part10.js';
import { settingsOf } from '../support/settings-of.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { clearBlobs, dropDatabase, newBlobsPlace, newDatabase } from '../support/test-places.js';
import { readBlob } from '../support/whole-blob.js';
import { wholeIndex } from '../support/whole-index.js';
import { type Outcome, runCommands } from './command-line.js';

const nccid = (args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Outcome> =>
  runCommands([addBackupCommand, addRestoreCommand, addMigrateArchiveCommand], args, env, Date.now);

const migrate = (from: ArchivePlaces, to: ArchivePlaces): Promise<Outcome> =>
  nccid(['migrate-archive', '--from', ...wordsOf(from), '--to', ...wordsOf(to)]);

const wordsOf = (places: ArchivePlaces): readonly string[] => {
  const { NCCID_DATABASE_URL: database = '', NCCID_BLOBS: blobs = '' } = settingsOf(places);
  return [database, blobs];
};

const newFolderPlaces = (): ArchivePlaces => placesInFolder(join(temporaryFolder(), 'archive'));

/** Places that many nodes could share, empty; they are removed when the test ends. */
async function newNodesPlaces(): Promise<ArchivePlaces> {
  const places = { database: await newDatabase(), blobs: newBlobsPlace(temporaryFolder()) };
  onTestFinished(async () => {
    await dropDatabase(places.database);
    await clearBlobs(places.blobs);
  });
  return places;
}

/** Open an archive; it is closed when the test ends, or before. */
async function open(places: ArchivePlaces): Promise<OpenArchive> {
  const opened = await openArchive(places, { log: silentLog, now: () => new Date() });
  let closing: Promise<void> | undefined;
  const close = (): Promise<void> => {
    closing ??= opened.close();
    return closing;
  };
  onTestFinished(close);
  return { ...opened, close };
}

const CHEST_RADIOGRAPH = '1.2.840.10008.5.1.4.1.1.1';

/** More instances than a page of any table holds, and at least one of everything that rows and files can be. */
function filesOfArchive(count: number): readonly Buffer[] {
  const slice = (n: number): Attributes => ({
    StudyInstanceUID: `1.2.${n % 5}`,
    SeriesInstanceUID: `1.2.${n % 5}.1`,
    SOPInstanceUID: `1.2.${n % 5}.1.${n}`,
    PatientID: `P${(n % 5) % 4}`,
    StudyDate: `20200${1 + (n % 5)}01`,
    InstanceNumber: n,
  });
  const others: readonly Attributes[] = [
    {
      SOPClassUID: CHEST_RADIOGRAPH,
      Modality: 'CR',
      StudyInstanceUID: '1.2.0',
      SeriesInstanceUID: '1.2.0.2',
      SOPInstanceUID: '1.2.0.2.1',
      PatientID: 'P0',
      StudyDate: '20200101',
      SeriesNumber: undefined,
      RequestAttributesSequence: [
        dataSetOfKeywords({ RequestedProcedureID: 'R1' }),
        dataSetOfKeywords({ ScheduledProcedureStepID: 'S1' }),
      ],
      InstanceNumber: undefined,
    },
    {
      SpecificCharacterSet: 'ISO_IR 192',
      StudyInstanceUID: '1.2.90',
      SeriesInstanceUID: '1.2.90.1',
      SOPInstanceUID: '1.2.90.1.1',
      PatientID: undefined,
      PatientName: 'Åström^Zoë=山田^太郎=やまだ^たろう',
      StudyDate: undefined,
      Rows: 1024,
      Columns: 1024,
      PixelData: Array.from({ length: 1024 * 1024 }, (_, i) => i % 4096),
    },
  ];
  return [...Array.from({ length: count }, (_, n) => slice(n)), ...others].map(ctFile);
}

/** An archive on one machine with sites, a licence, tokens and images; closed. */
async function filledArchive(count: number): Promise<{ readonly places: ArchivePlaces; readonly root: string }> {
  const fixture = await ArchiveFixture.open(join(temporaryFolder(), 'archive'));
  const { database } = fixture.opened;
  await fixture.addSite('Aberdeen', 50);
  const scope = await fixture.addSite('Leeds', 50);
  await setSiteAttributes(database, 'Leeds', [{ attribute: 'InstitutionName', value: 'Leeds' }]);
  await fixture.store(scope, ...filesOfArchive(count));
  const reference = await addLicence(
    database,
    {
      project: 'Lungs',
      kinds: ['ct'],
      splits: ['training'],
      sites: ['Leeds'],
    },
    Date.now(),
  );
  const keys = await KeyStore.open({ database, now: Date.now });
  const issuer = { keys, database, now: Date.now };
  await issueToken(issuer, { kind: 'licence', reference, person: 'a@b.org' });
  await issueToken(issuer, { kind: 'curator' });
  await keys.rotate();
  // Row ids have gaps where rows were lost.
  const [lost] = await database.read.selectFrom('instance').selectAll().orderBy('id').limit(1).execute();
  await fixture.opened.blobs.remove(lost?.blob_key ?? '');
  await database.write(async (tx) => {
    await tx
      .deleteFrom('instance_content')
      .where('instance_row_id', '=', lost?.id ?? 0)
      .execute();
    await tx
      .deleteFrom('instance')
      .where('id', '=', lost?.id ?? 0)
      .execute();
    await tx
      .updateTable('series')
      .set((eb) => ({ instance_count: eb('instance_count', '-', 1) }))
      .where('id', '=', lost?.series_row_id ?? 0)
      .execute();
  });
  await fixture.opened.close();
  return { places: placesInFolder(fixture.root), root: fixture.root };
}

async function findingsOf(opened: OpenArchive): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  for await (const finding of verifyArchive(opened)) findings.push(finding);
  return findings;
}

/** The bytes of every file that is named in the index, by its key. */
async function filesOf({ database, blobs }: OpenArchive): Promise<ReadonlyMap<string, Buffer>> {
  const instances = await database.read.selectFrom('instance').select('blob_key').orderBy('blob_key').execute();
  const studies = await database.read
    .selectFrom('study')
    .select('study_instance_uid')
    .orderBy('study_instance_uid')
    .execute();
  const keys = [
    ...instances.map((row) => row.blob_key),
    ...studies.map((row) => `studies/${row.study_instance_uid}/study.json`),
  ];
  const files = new Map<string, Buffer>();
  for (const key of keys) files.set(key, await readBlob(blobs, key));
  return files;
}

/** Expect two archives to be the same, down to the row ids, with nothing wrong in either. */
async function expectSame(from: OpenArchive, to: OpenArchive): Promise<void> {
  expect(await wholeIndex(to.database)).toEqual(await wholeIndex(from.database));
  const [own, copied] = [await filesOf(from), await filesOf(to)];
  expect([...copied.keys()]).toEqual([...own.keys()]);
  expect([...own].filter(([key, bytes]) => copied.get(key)?.equals(bytes) !== true).map(([key]) => key)).toEqual([]);
  expect([await findingsOf(from), await findingsOf(to)]).toEqual([[], []]);
}

/** Store a new study in every table; what became of it. */
async function storeMore({ archive, database }: OpenArchive, study: string): Promise<unknown> {
  const { id } = await database.read
    .selectFrom('site')
    .select('id')
    .where('name', '=', 'Leeds')
    .executeTakeFirstOrThrow();
  const file = ctFile({
    StudyInstanceUID: study,
    SeriesInstanceUID: `${study}.1`,
    SOPInstanceUID: `${study}.1.1`,
    PatientID: `P${study}`,
  });
  async function* chunks() {
    yield file;
  }
  async function* parts() {
    yield chunks();
  }
  const { outcomes } = await archive
    .as({ kind: 'site', siteID: id })
    .store({ expectedStudy: undefined, parts: parts() });
  return outcomes[0]?.outcome;
}

const highestIDs = async ({ database }: OpenArchive): Promise<readonly number[]> =>
  Promise.all(
    (['patient', 'study', 'series', 'instance'] as const).map(async (table) => {
      const { id } = await database.read
        .selectFrom(table)
        .select('id')
        .orderBy('id', 'desc')
        .limit(1)
        .executeTakeFirstOrThrow();
      return id;
    }),
  );

const blind: CopyWatch = { begin: () => undefined, advance: () => undefined, complain: () => undefined };

/** A store that takes so many blobs, and is away then. */
function failingAfter(blobs: BlobStore, count: number): BlobStore {
  let left = count;
  const stage = async (): Promise<StagedBlob> => {
    left -= 1;
    if (left < 0) throw new ArchiveError('unavailable', 'The store is away.');
    return blobs.stage();
  };
  return new Proxy(blobs, {
    get: (target, name) => {
      if (name === 'stage') return stage;
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

describe('nccid migrate-archive', () => {
  it('F27: moves a whole archive to a database and a store, and back, row by row and byte by byte', async () => {
    const { places: here } = await filledArchive(140);
    const there = await newNodesPlaces();
    const { status, printed, errors } = await migrate(here, there);
    expect({ status, printed }).toEqual({
      status: 0,
      printed: ['patient 5', 'study 6', 'series 7', 'instance 141', 'files copied 147', 'files already there 0'],
    });
    expect(errors.at(-1)).toBe('147 of 147 files compared');
    const [own, copied] = [await open(here), await open(there)];
    await expectSame(own, copied);

    const before = await highestIDs(copied);
    expect(await storeMore(copied, '1.2.91')).toBe('stored');
    expect(await highestIDs(copied)).toEqual(before.map((id) => id + 1));
    expect(await findingsOf(copied)).toEqual([]);

    const back = newFolderPlaces();
    const home = await migrate(there, back);
    expect({ status: home.status, errors: home.errors.slice(0, 1) }).toEqual({
      status: 0,
      errors: [
        'Whether nodes serve from that database can not be told: see to it that none does until this has ended.',
      ],
    });
    const again = await open(back);
    await expectSame(copied, again);
    expect(await storeMore(again, '1.2.92')).toBe('stored');
    expect(await highestIDs(again)).toEqual(before.map((id) => id + 2));
  });

  it('does nothing to a copy that is whole', async () => {
    const { places: here } = await filledArchive(3);
    const there = await newNodesPlaces();
    await migrate(here, there);
    const before = await wholeIndex((await open(there)).database);
    expect(await migrate(here, there)).toMatchObject({
      status: 0,
      printed: expect.arrayContaining(['files copied 0', 'files already there 8']),
    });
    expect(await wholeIndex((await open(there)).database)).toEqual(before);
  });

  it('goes on where it was when the store was away in between', async () => {
    const { places: here } = await filledArchive(40);
    const there = await newNodesPlaces();
    const [from, to] = [await open(here), await open(there)];
    const failing = { ...to, blobs: failingAfter(to.blobs, 20) };
    await expect(copyArchive(from, failing, { watch: blind, revokesTokens: false })).rejects.toMatchObject({
      code: 'unavailable',
    });
    expect(await to.database.read.selectFrom('instance').select('id').execute()).toEqual([]);
    const { files, differences } = await copyArchive(from, to, { watch: blind, revokesTokens: false });
    expect(differences).toEqual([]);
    expect(files).toEqual({ copied: 27, alreadyThere: 20, uncopied: 0, gone: 0 });
    await expectSame(from, to);
  });

  it.each([1, 150, 280])('goes on where it was when it broke off after %i rows', async (count) => {
    const { places: here } = await filledArchive(140);
    const there = await newNodesPlaces();
    const [from, to] = [await open(here), await open(there)];
    let left = Number.POSITIVE_INFINITY;
    const breaking: CopyWatch = {
      ...blind,
      begin: (_, what) => {
        left = what === 'rows' ? count : Number.POSITIVE_INFINITY;
      },
      advance: (rows) => {
        left -= rows;
        if (left <= 0) throw new Error('broken off');
      },
    };
    await expect(copyArchive(from, to, { watch: breaking, revokesTokens: false })).rejects.toThrow('broken off');
    const { differences } = await copyArchive(from, to, { watch: blind, revokesTokens: false });
    expect(differences).toEqual([]);
    expect(await wholeIndex(to.database)).toEqual(await wholeIndex(from.database));
    expect(await storeMore(to, '1.2.91')).toBe('stored');
  });

  it('refuses a copy that broke off, when the archive has changed since in what was copied', async () => {
    const { places: here } = await filledArchive(3);
    const there = await newNodesPlaces();
    await migrate(here, there);
    const from = await open(here);
    await from.database.write((tx) => tx.updateTable('licence').set({ status: 'revoked' }).execute());
    await from.close();
    expect(await migrate(here, there)).toMatchObject({
      status: 1,
      errors: expect.arrayContaining([expect.stringMatching(/its table licence differs\. Begin with an empty index/)]),
    });
  });

  it('moves the index alone, and the files alone', async () => {
    const { places: here } = await filledArchive(3);
    const elsewhere = await newNodesPlaces();
    const indexAlone = { database: elsewhere.database, blobs: here.blobs };
    expect(await migrate(here, indexAlone)).toMatchObject({
      status: 0,
      printed: expect.arrayContaining(['files copied 0', 'files already there 8']),
    });
    expect(await migrate(indexAlone, elsewhere)).toMatchObject({
      status: 0,
      printed: expect.arrayContaining(['files copied 8', 'files already there 0']),
    });
    await expectSame(await open(here), await open(elsewhere));
  });

  it('names the files that are damaged or missing at the source, copies the others, and fails', async () => {
    const { places: here, root } = await filledArchive(5);
    const there = await newNodesPlaces();
    const from = await open(here);
    const [damaged = '', lost = ''] = [...(await filesOf(from)).keys()];
    await from.close();
    await writeFile(join(root, damaged), 'x');
    await rm(join(root, lost));
    const { status, printed, errors } = await migrate(here, there);
    expect({ status, printed: printed.slice(-2) }).toEqual({
      status: 1,
      printed: ['files copied 10', 'files already there 0'],
    });
    expect(errors).toContain(`damaged-file\t${damaged}`);
    expect(errors).toContain(`missing-file\t${lost}`);
    expect(errors.at(-1)).toBe('2 files are damaged or missing at the source.');
    expect((await findingsOf(await open(there))).map(({ kind, key }) => `${kind} ${key}`).sort()).toEqual(
      [`missing-file ${damaged}`, `missing-file ${lost}`].sort(),
    );
  });

  it('refuses places that hold another archive, and leaves them as they were', async () => {
    const [{ places: one }, { places: other }] = [await filledArchive(3), await filledArchive(4)];
    const there = await newNodesPlaces();
    await migrate(one, there);
    const before = await wholeIndex((await open(there)).database);
    expect(await migrate(other, there)).toMatchObject({ status: 1, errors: ['The target holds another archive.'] });
    expect(await wholeIndex((await open(there)).database)).toEqual(before);
  });

  it('refuses an archive that is served, and places that are none', async () => {
    const { places: here, root } = await filledArchive(1);
    const there = await newNodesPlaces();
    const release = await takeServerLock(here);
    expect(await migrate(here, there)).toMatchObject({
      status: 1,
      errors: [expect.stringMatching(/^The archive at .* is in use: stop its server first\.$/)],
    });
    release();
    const nothing = await newNodesPlaces();
    expect(await migrate(nothing, there)).toMatchObject({
      status: 1,
      errors: [expect.any(String), 'There is no archive to copy.'],
    });
    expect(await migrate(here, here)).toMatchObject({
      status: 1,
      errors: ['An archive is not copied to where it is.'],
    });
    for (const words of [
      ['s3://bucket'],
      ['postgres://host/name'],
      ['sqlite:x'],
      [root, root],
      ['sqlite:x', root, root],
    ]) {
      expect(await nccid(['migrate-archive', '--from', ...words, '--to', root])).toMatchObject({
        status: 1,
        errors: [expect.stringMatching(/\(--from\)$/)],
      });
    }
  });
});

describe('nccid backup and restore', () => {
  it('sends those whose index is in PostgreSQL to the means of the engines', async () => {
    const [database = '', blobs = ''] = wordsOf(await newNodesPlaces());
    const args = ['backup', temporaryFolder(), '--database', database, '--blobs', blobs];
    expect(await nccid(args)).toMatchObject({
      status: 1,
      errors: [expect.stringMatching(/^This index is in PostgreSQL: .* docs\/deployment\.md /)],
    });
  });

  it('F27 T75: make an archive of many nodes from the backup of one machine, in which no token lives', async () => {
    const { root } = await filledArchive(10);
    const backup = join(temporaryFolder(), 'backup');
    expect(await nccid(['backup', backup, '--data', root])).toMatchObject({ status: 0 });
    const there = await newNodesPlaces();
    const [database = '', blobs = ''] = wordsOf(there);
    expect(await nccid(['restore', backup, '--database', database, '--blobs', blobs])).toMatchObject({ status: 0 });
    const opened = await open(there);
    expect(await findingsOf(opened)).toEqual([]);
    const tokens = await opened.database.read.selectFrom('token').select('revoked_at').execute();
    expect(tokens.map((row) => row.revoked_at !== null)).toEqual([true, true]);
    expect(await storeMore(opened, '1.2.91')).toBe('stored');
  });

  it('backs up files from where many nodes could have them', async () => {
    const { places } = await filledArchive(10);
    const there = await newNodesPlaces();
    const mixed = { database: newFolderPlaces().database, blobs: there.blobs };
    await migrate(places, mixed);
    const [database = '', blobs = ''] = wordsOf(mixed);
    const backup = join(temporaryFolder(), 'backup');
    const { status, printed } = await nccid(['backup', backup, '--database', database, '--blobs', blobs]);
    expect({ status, printed }).toEqual({ status: 0, printed: ['files copied 17', 'files already there 0'] });
    await expectSame(await open(mixed), await open(placesInFolder(backup)));
  });
});
