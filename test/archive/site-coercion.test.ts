/** What a site's values do to what it sends, on the way to the disk and whenever the same comes again. */
import { mkdir, readdir, rename, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { constants, deflateRawSync, inflateRawSync } from 'node:zlib';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Archive } from '../../src/archive/archive.js';
import type { BlobStore } from '../../src/archive/blobs/blob-store.js';
import { backUpArchive } from '../../src/archive/copy/backup.js';
import type { UncopiedFile } from '../../src/archive/copy/copy-watch.js';
import { type OpenArchive, openArchive } from '../../src/archive/open-archive.js';
import { placesInFolder } from '../../src/archive/places.js';
import { reindexArchive } from '../../src/archive/reindex.js';
import type { Scope } from '../../src/archive/scope.js';
import type { StoreOutcome } from '../../src/archive/store-outcome.js';
import { verifyArchive } from '../../src/archive/verify.js';
import { TAG } from '../../src/dicom/attributes.js';
import { type DataSet, findElement, isSequence } from '../../src/dicom/data-set.js';
import { encodeExplicitVRLittleEndian, encodeFileMeta } from '../../src/dicom/data-set-writer.js';
import { INSTANCE_URL_MARK } from '../../src/dicom/dicom-json.js';
import { FAILURE_REASON, WARNING_REASON } from '../../src/dicom/failure-reasons.js';
import { readString } from '../../src/dicom/values.js';
import { readSiteAttributes, removeSiteAttributes, setSiteAttributes } from '../../src/governance/site-attributes.js';
import { silentLog } from '../../src/log.js';
import { makeInstance, SYNTAX } from '../http/instances.js';
import { ArchiveFixture } from '../support/archive-fixture.js';
import { withFaults } from '../support/faulty-blobs.js';
import { CT_IMAGE_STORAGE, ctFile, withPreamble } from '../support/part10.js';
import { readWhole } from '../support/read-in-chunks.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const SITE_ID = 0x00120030;
const COERCED = WARNING_REASON.coercionOfDataElements;
const stored = expect.objectContaining({ outcome: 'stored', warning: COERCED });
const storedAsSent = expect.objectContaining({ outcome: 'stored', warning: undefined });
const already = expect.objectContaining({ outcome: 'already-stored', warning: COERCED });
const alreadyAsSent = expect.objectContaining({ outcome: 'already-stored', warning: undefined });
const duplicate = expect.objectContaining({ outcome: 'refused', reason: FAILURE_REASON.duplicateSOPInstance });

class Sender {
  readonly fixture: ArchiveFixture;
  readonly site: Scope;

  private constructor(fixture: ArchiveFixture, site: Scope) {
    this.fixture = fixture;
    this.site = site;
  }

  /** An archive whose clock goes on by a second whenever it is looked at. */
  static async open(...values: readonly string[]): Promise<Sender> {
    let instant = Date.parse('2026-01-01T00:00:00.000Z');
    const fixture = await ArchiveFixture.open(undefined, () => {
      instant += 1_000;
      return new Date(instant);
    });
    const sender = new Sender(fixture, await fixture.addSite('Leeds'));
    if (values.length > 0) await sender.set(...values);
    return sender;
  }

  async set(...values: readonly string[]): Promise<void> {
    const written = values.map((text) => ({ attribute: text.split('=')[0] ?? '', value: text.split('=')[1] ?? '' }));
    await setSiteAttributes(this.fixture.opened.database, 'Leeds', written);
  }

  async unset(...names: readonly string[]): Promise<void> {
    await removeSiteAttributes(this.fixture.opened.database, 'Leeds', names);
  }

  send(...files: readonly Buffer[]): Promise<readonly StoreOutcome[]> {
    return this.fixture.store(this.site, ...files);
  }

  /** Another node on the same archive, whose store has faults. */
  node(faults: Partial<BlobStore>): OpenArchive {
    const { opened } = this.fixture;
    const { database, now } = opened;
    const blobs = withFaults(opened.blobs, faults);
    const archive = new Archive({ database, blobs, log: silentLog, now, spoolFolder: tmpdir() });
    return { ...opened, blobs, archive };
  }

  async sendTo({ archive }: OpenArchive, file: Buffer): Promise<StoreOutcome | undefined> {
    const { outcomes } = await archive.as(this.site).store({
      expectedStudy: undefined,
      parts: (async function* () {
        yield (async function* () {
          yield file;
        })();
      })(),
    });
    return outcomes[0];
  }

  /** Lose the one file there is; its bytes. */
  async loseFile(): Promise<Buffer> {
    const kept = await this.onlyFile();
    const [key = ''] = await this.fixture.instanceKeys();
    await rm(this.fixture.path(key));
    return kept;
  }

  async onlyFile(): Promise<Buffer> {
    const [key = '', ...others] = await this.fixture.instanceKeys();
    expect(others).toEqual([]);
    return this.fixture.read(key);
  }

  async dataSet(): Promise<DataSet> {
    return (await readWhole(await this.onlyFile())).header.dataSet;
  }
}

const originalsIn = (dataSet: DataSet): readonly DataSet[] => {
  const element = findElement(dataSet, TAG.OriginalAttributesSequence);
  return element !== undefined && isSequence(element) ? element.items : [];
};

async function drained<Item, Result>(run: AsyncGenerator<Item, Result>) {
  const items: Item[] = [];
  for (let step = await run.next(); ; step = await run.next()) {
    if (step.done) return { items, result: step.value };
    items.push(step.value);
  }
}

describe('a site that sets nothing', () => {
  it('stores byte for byte what it sends', async () => {
    const sender = await Sender.open();
    expect(await sender.send(ctFile())).toEqual([storedAsSent]);
    expect(await sender.onlyFile()).toEqual(ctFile());
  });
});

describe('a site that sets attributes', () => {
  it('stores what has the values already byte for byte, without a warning', async () => {
    const sender = await Sender.open('ClinicalTrialSiteID=SITE-A');
    const file = ctFile({ ClinicalTrialSiteID: 'SITE-A' });
    expect(await sender.send(file)).toEqual([storedAsSent]);
    expect(await sender.onlyFile()).toEqual(file);
    expect(await sender.send(file)).toEqual([alreadyAsSent]);
  });

  it.each(Object.entries(SYNTAX))('SW-21 stores %s with the values, and with what was there before', async (_, uid) => {
    const sender = await Sender.open('ClinicalTrialSiteID=SITE-A', 'InstitutionName=Leeds');
    const fragments = [[Buffer.from([1, 2, 3, 4])]];
    const isEncapsulated = !Object.values(SYNTAX)
      .slice(0, 4)
      .includes(uid as never);
    const made = makeInstance({
      study: 'any',
      attributes: { ClinicalTrialSiteID: 'OLD' },
      transferSyntaxUID: uid,
      ...(isEncapsulated ? { fragments } : {}),
    });
    expect(await sender.send(made.file)).toEqual([stored]);
    const [before, after] = [await readWhole(made.file), await readWhole(await sender.onlyFile())];
    expect(readString(after.header.dataSet, SITE_ID)).toBe('SITE-A');
    expect(readString(after.header.dataSet, TAG.InstitutionName)).toBe('Leeds');
    expect(originalsIn(after.header.dataSet)).toHaveLength(1);
    expect(after.pixels).toEqual(before.pixels);
    expect(after.header.transferSyntax).toBe(before.header.transferSyntax);
    const [row] = (await sender.fixture.content()).instances as [{ metadata: Buffer }];
    const metadata = JSON.parse(inflateRawSync(row.metadata).toString().replaceAll(INSTANCE_URL_MARK, ''));
    expect(metadata['00120030'].Value).toEqual(['SITE-A']);
    expect(metadata['04000561'].Value[0]['04000550'].Value[0]['00120030'].Value).toEqual(['OLD']);
    expect((await drained(verifyArchive(sender.fixture.opened))).items).toEqual([]);
  });

  it('stores a document without Pixel Data', async () => {
    const sender = await Sender.open('ClinicalTrialSiteID=SITE-A');
    for (const transferSyntaxUID of [SYNTAX.explicit, SYNTAX.deflated]) {
      const made = makeInstance({ study: transferSyntaxUID, modality: 'SR', transferSyntaxUID });
      expect(await sender.send(made.file)).toEqual([stored]);
    }
  });

  it('empties a preamble too, and tells of both as one', async () => {
    const sender = await Sender.open('ClinicalTrialSiteID=SITE-A');
    expect(await sender.send(withPreamble(ctFile(), 'MZ'))).toEqual([stored]);
    expect((await sender.onlyFile()).subarray(0, 2)).toEqual(Buffer.alloc(2));
    expect(await sender.send(ctFile())).toEqual([already]);
  });

  it('refuses what it refuses anyhow, and says whose it is', async () => {
    const sender = await Sender.open('ClinicalTrialSiteID=SITE-A');
    const file = ctFile();
    expect(await sender.send(file.subarray(0, file.length - 3))).toMatchObject([
      { outcome: 'refused', reason: FAILURE_REASON.cannotUnderstand, identity: { sopInstanceUID: '1.2.3.1.1' } },
    ]);
    expect(await sender.send(file.subarray(0, 300), Buffer.from('no DICOM'))).toMatchObject([
      { outcome: 'refused', reason: FAILURE_REASON.cannotUnderstand },
      { outcome: 'refused', reason: FAILURE_REASON.cannotUnderstand },
    ]);
    const made = makeInstance({ study: 'deflated', transferSyntaxUID: SYNTAX.deflated });
    expect(await sender.send(Buffer.concat([made.file, Buffer.from('hidden bytes')]))).toMatchObject([
      { outcome: 'refused', reason: FAILURE_REASON.cannotUnderstand },
    ]);
    expect(await sender.fixture.instanceKeys()).toEqual([]);
  });

  it('keeps a deflated data set within the limits of its own reader', async () => {
    const sender = await Sender.open('ClinicalTrialSiteID=SITE-A');
    const { dataSet, sopClassUID, sopInstanceUID } = makeInstance({
      study: 'blank',
      attributes: { Rows: 4_000, Columns: 4_000, PixelData: Buffer.alloc(2 * 4_000 * 4_000) },
    });
    const meta = encodeFileMeta({ sopClassUID, sopInstanceUID, transferSyntaxUID: SYNTAX.deflated });
    const options = { strategy: constants.Z_HUFFMAN_ONLY };
    const file = Buffer.concat([meta, deflateRawSync(encodeExplicitVRLittleEndian(dataSet), options)]);
    expect(await sender.send(file)).toEqual([stored]);
    expect((await drained(verifyArchive(sender.fixture.opened))).items).toEqual([]);
  });
});

describe('a site that sets what could be set once and can not any more', () => {
  const pairs = [
    ['00100020', 'P1'],
    ['00120030', 'SITE-A'],
  ];

  async function withFormerValues(): Promise<Sender> {
    const sender = await Sender.open();
    const values = { coerced_attributes: JSON.stringify(pairs) };
    await sender.fixture.opened.database.write((tx) => tx.updateTable('site').set(values).execute());
    return sender;
  }

  it('stores nothing without it, and the data controller is told what to do', async () => {
    const sender = await withFormerValues();
    const words =
      'The site gives PatientID a value that can not be given any more: take it back by nccid site uncoerce.';
    await expect(sender.send(ctFile())).rejects.toMatchObject({ code: 'corrupt', message: words });
  });

  it('has it taken back, beside others that are given and stay', async () => {
    const sender = await withFormerValues();
    const { database } = sender.fixture.opened;
    expect(await readSiteAttributes(database, 'Leeds')).toEqual([
      { tag: TAG.PatientID, value: 'P1' },
      { tag: SITE_ID, value: 'SITE-A' },
    ]);
    await sender.set('InstitutionName=Leeds');
    await sender.unset('PatientID');
    expect(await sender.send(ctFile())).toEqual([stored]);
    expect(readString(await sender.dataSet(), SITE_ID)).toBe('SITE-A');
    expect(readString(await sender.dataSet(), TAG.InstitutionName)).toBe('Leeds');
  });
});

describe('what is sent again', () => {
  it('SW-34 is the same, though it would be modified at another time', async () => {
    const sender = await Sender.open('ClinicalTrialSiteID=SITE-A');
    expect(await sender.send(ctFile())).toEqual([stored]);
    const before = await sender.onlyFile();
    expect(await sender.send(ctFile())).toEqual([already]);
    expect(await sender.onlyFile()).toEqual(before);
  });

  it('is the same under other values, and under none: those of the first time stay', async () => {
    const sender = await Sender.open('ClinicalTrialSiteID=SITE-A');
    await sender.send(ctFile());
    await sender.set('ClinicalTrialSiteID=SITE-B');
    expect(await sender.send(ctFile())).toEqual([already]);
    await sender.unset('ClinicalTrialSiteID');
    expect(await sender.send(ctFile())).toEqual([already]);
    expect(readString(await sender.dataSet(), SITE_ID)).toBe('SITE-A');
  });

  it('is the same, and as it was sent, where the site set nothing at first', async () => {
    const sender = await Sender.open();
    await sender.send(ctFile());
    await sender.set('ClinicalTrialSiteID=SITE-A');
    expect(await sender.send(ctFile())).toEqual([alreadyAsSent]);
    expect(await sender.onlyFile()).toEqual(ctFile());
  });

  it('is the same when it is the file of the archive itself', async () => {
    const sender = await Sender.open('ClinicalTrialSiteID=SITE-A');
    await sender.send(ctFile());
    const kept = await sender.onlyFile();
    expect(await sender.send(kept)).toEqual([alreadyAsSent]);
    await sender.set('ClinicalTrialSiteID=SITE-B');
    expect(await sender.send(kept)).toEqual([alreadyAsSent]);
    await sender.unset('ClinicalTrialSiteID');
    expect(await sender.send(kept)).toEqual([alreadyAsSent]);
  });

  it('is another where any byte is, in the header or behind it', async () => {
    const sender = await Sender.open('ClinicalTrialSiteID=SITE-A');
    await sender.send(ctFile());
    const changed = Buffer.from(ctFile());
    changed[changed.length - 1] = 0x7f;
    expect(await sender.send(changed, ctFile({ StudyDescription: 'Other' }))).toEqual([duplicate, duplicate]);
    // Of the very attribute that is set.
    expect(await sender.send(ctFile({ ClinicalTrialSiteID: 'OLD' }))).toEqual([duplicate]);
  });

  it('is the same when it comes twice at once, to two nodes', async () => {
    const sender = await Sender.open('ClinicalTrialSiteID=SITE-A');
    const now = () => new Date('2026-05-05T05:05:05.000Z');
    const other = await openArchive(placesInFolder(sender.fixture.root), { log: silentLog, now });
    onTestFinished(() => other.close());
    const files = Array.from({ length: 20 }, (_, i) => ctFile({ SOPInstanceUID: `1.2.3.1.${i}` }));
    const elsewhere = other.archive.as(sender.site).store({
      expectedStudy: undefined,
      parts: (async function* () {
        for (const file of files)
          yield (async function* () {
            yield file;
          })();
      })(),
    });
    const here = sender.send(...files.toReversed());
    const outcomes = [...(await here), ...(await elsewhere).outcomes];
    expect(outcomes.filter(({ outcome }) => outcome === 'stored')).toHaveLength(20);
    expect(outcomes.filter(({ outcome }) => outcome === 'already-stored')).toHaveLength(20);
    expect(await sender.fixture.instanceKeys()).toHaveLength(20);
    expect((await drained(verifyArchive(sender.fixture.opened))).items).toEqual([]);
  });

  it('is the same to an index that was rebuilt from the folder alone, which knows of no values', async () => {
    const sender = await Sender.open('ClinicalTrialSiteID=SITE-A');
    await sender.send(ctFile());
    const before = await sender.fixture.content();
    const moved = `${sender.fixture.root}-restored`;
    await mkdir(moved);
    onTestFinished(() => rm(moved, { recursive: true }));
    await rename(sender.fixture.path('studies'), `${moved}/studies`);
    const restored = await ArchiveFixture.open(moved);
    const { items } = await drained(reindexArchive(restored.opened));
    expect(items).toEqual([]);
    expect(await restored.content()).toEqual(before);
    expect(await restored.store({ kind: 'site', siteID: 1 }, ctFile())).toEqual([already]);
  });

  it('ST-04 is refused while it is deleted, and the same as what is stored after that was allowed', async () => {
    const sender = await Sender.open('ClinicalTrialSiteID=SITE-A');
    await sender.send(ctFile());
    const { archive } = sender.fixture.opened;
    await archive.as({ kind: 'everything' }).delete({ studyInstanceUID: '1.2.3' }, 'test');
    expect(await sender.send(ctFile())).toMatchObject([{ outcome: 'refused', reason: FAILURE_REASON.notAuthorized }]);
    await archive.deletions.allow({ level: 'study', uid: '1.2.3' });
    expect(await sender.send(ctFile())).toEqual([stored]);
    expect(await sender.send(ctFile())).toEqual([already]);
    expect(await sender.fixture.instanceKeys()).toEqual([expect.stringMatching(/\.[\da-f]{16}\.[\da-f]{64}-1\.dcm$/)]);
    expect((await drained(reindexArchive(sender.fixture.opened))).items).toEqual([]);
    expect((await drained(verifyArchive(sender.fixture.opened))).items).toEqual([]);
  });

  it.each(['lost', 'damaged'])('takes the place of a file that is %s, as it is to be by now', async (how) => {
    const sender = await Sender.open('ClinicalTrialSiteID=SITE-A');
    await sender.send(ctFile());
    const [key = ''] = await sender.fixture.instanceKeys();
    await rm(sender.fixture.path(key));
    if (how === 'damaged') await writeFile(sender.fixture.path(key), 'x');
    await sender.set('ClinicalTrialSiteID=SITE-B');
    expect(await sender.send(ctFile())).toEqual([already]);
    expect(readString(await sender.dataSet(), SITE_ID)).toBe('SITE-B');
    expect(await sender.fixture.instanceKeys()).not.toEqual([key]);
    expect((await drained(verifyArchive(sender.fixture.opened))).items).toEqual([]);
    expect(await sender.send(ctFile())).toEqual([already]);
  });

  it('is the same after a file of the archive has taken the place of itself, under other values', async () => {
    const sender = await Sender.open('ClinicalTrialSiteID=SITE-A');
    await sender.send(ctFile());
    const kept = await sender.loseFile();
    await sender.set('ClinicalTrialSiteID=SITE-B');
    expect(await sender.send(kept)).toEqual([already]);
    expect(readString(await sender.dataSet(), SITE_ID)).toBe('SITE-B');
    expect(await sender.send(ctFile())).toEqual([already]);
    await sender.loseFile();
    expect(await sender.send(ctFile())).toEqual([already]);
    expect((await drained(verifyArchive(sender.fixture.opened))).items).toEqual([]);
  });

  it.each<[string, (sender: Sender) => Promise<unknown>, unknown]>([
    ['was removed', (sender) => sender.fixture.loseIndex(), storedAsSent],
    ['was given another file', (sender) => sender.send(ctFile()), alreadyAsSent],
  ])('has one file, and a row that names it, though the row of a lost one %s meanwhile', async (_, meanwhile, told) => {
    const sender = await Sender.open('ClinicalTrialSiteID=SITE-A');
    await sender.send(ctFile());
    const kept = await sender.loseFile();
    const sizeOf = async (): Promise<undefined> => {
      await meanwhile(sender);
    };
    expect(await sender.sendTo(sender.node({ sizeOf }), kept)).toEqual(told);
    expect(readString(await sender.dataSet(), SITE_ID)).toBe('SITE-A');
    expect((await drained(verifyArchive(sender.fixture.opened))).items).toEqual([]);
    expect(await sender.send(ctFile())).toEqual([already]);
  });

  it('adopts what a crash left before its row was written, or leaves it to be swept', async () => {
    const sender = await Sender.open('ClinicalTrialSiteID=SITE-A');
    await sender.send(ctFile());
    const [left = ''] = await sender.fixture.instanceKeys();
    await sender.fixture.loseIndex();
    expect(await sender.send(ctFile())).toEqual([stored]);
    expect(await sender.fixture.instanceKeys()).toHaveLength(2);
    await utimes(sender.fixture.path(left), 0, 0);
    expect((await drained(verifyArchive(sender.fixture.opened))).items).toMatchObject([
      { kind: 'file-without-row', key: left },
    ]);
  });
});

describe('a lost file that is replaced', () => {
  const path = { studyInstanceUID: '1.2.3', seriesInstanceUID: '1.2.3.1', sopInstanceUID: '1.2.3.1.1' };

  /** A sender whose only file is lost; and the same archive, where the file is replaced as soon as it is missed. */
  async function replacedMeanwhile() {
    const sender = await Sender.open('ClinicalTrialSiteID=SITE-A');
    await sender.send(ctFile());
    await sender.loseFile();
    const open = sender.fixture.opened.blobs.open.bind(sender.fixture.opened.blobs);
    let misses = 0;
    const node = sender.node({
      open: async (key) => {
        misses += 1;
        if (misses === 1) expect(await sender.send(ctFile())).toEqual([already]);
        return open(key);
      },
    });
    return { sender, node };
  }

  async function expectUndamaged(sender: Sender): Promise<void> {
    // Damage is marked in the background, one transaction after the other.
    await sender.fixture.opened.database.write(async () => undefined);
    expect((await sender.fixture.content()).instances).toMatchObject([{ damaged_at: null }]);
  }

  it('is no damage to who knows the former file yet, but something to ask for again', async () => {
    const { sender, node } = await replacedMeanwhile();
    const archive = node.archive.as({ kind: 'everything' });
    const former = await archive.instance(path);
    await expect(archive.open(former)).rejects.toMatchObject({ code: 'unavailable' });
    await expectUndamaged(sender);
    await (await archive.open(await archive.instance(path))).close();
  });

  it('is no damage among files that are looked for together', async () => {
    const sender = await Sender.open('ClinicalTrialSiteID=SITE-A');
    await sender.send(ctFile());
    const archive = sender.fixture.opened.archive.as({ kind: 'everything' });
    const former = await archive.instance(path);
    await sender.loseFile();
    await sender.send(ctFile());
    await expect(archive.expectFiles([former, former])).rejects.toMatchObject({ code: 'unavailable' });
    await expectUndamaged(sender);
  });

  it('is no finding of a scrub that knew the former one', async () => {
    const { sender, node } = await replacedMeanwhile();
    expect((await drained(verifyArchive(node))).items).toEqual([]);
    await expectUndamaged(sender);
  });

  it('is committed to by who was about to read the former one', async () => {
    const { sender, node } = await replacedMeanwhile();
    const committed = await node.archive.as(sender.site).requestCommitment('1.2', [[CT_IMAGE_STORAGE, '1.2.3.1.1']]);
    expect(committed?.reasons).toEqual([0]);
    await expectUndamaged(sender);
  });

  async function backUp(node: OpenArchive, folder: string): Promise<readonly UncopiedFile[]> {
    const complaints: UncopiedFile[] = [];
    const watch = {
      begin: () => undefined,
      advance: () => undefined,
      complain: (file: UncopiedFile) => complaints.push(file),
    };
    await backUpArchive(node, folder, { log: silentLog, watch });
    return complaints;
  }

  async function expectWholeBackup(sender: Sender, folder: string): Promise<void> {
    const backup = await ArchiveFixture.open(folder);
    expect((await drained(verifyArchive(backup.opened))).items).toEqual([]);
    expect(await backup.content()).toEqual(await sender.fixture.content());
  }

  it('is in the backup that was about to copy the former one', async () => {
    const { sender, node } = await replacedMeanwhile();
    const folder = join(temporaryFolder(), 'backup');
    expect(await backUp(node, folder)).toEqual([]);
    await expectWholeBackup(sender, folder);
  });

  it.each([
    ['takes the place of the former one in a backup as well', false],
    ['leaves the former one in a backup where it is lost too before it is copied', true],
  ])('%s', async (_, isLostAgain) => {
    const sender = await Sender.open('ClinicalTrialSiteID=SITE-A');
    await sender.send(ctFile());
    const folder = join(temporaryFolder(), 'backup');
    await backUp(sender.fixture.opened, folder);
    const [former = ''] = await sender.fixture.instanceKeys();
    await sender.loseFile();
    await sender.send(ctFile());
    const [key = ''] = await sender.fixture.instanceKeys();
    if (isLostAgain) await sender.loseFile();
    const complaints = await backUp(sender.fixture.opened, folder);
    expect(complaints).toEqual(isLostAgain ? [{ kind: 'missing-file', key }] : []);
    const names = await readdir(join(folder, 'studies/1.2.3/1.2.3.1'));
    expect(names).toEqual([basename(isLostAgain ? former : key)]);
    if (!isLostAgain) await expectWholeBackup(sender, folder);
  });
});
