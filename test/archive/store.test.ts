import { createHash } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import type { StoreOutcome } from '../../src/archive/store-outcome.js';
import { FAILURE_REASON, WARNING_REASON } from '../../src/dicom/failure-reasons.js';
import { ArchiveFixture } from '../support/archive-fixture.js';
import { CT_IMAGE_STORAGE, ctFile, ctFileWithMeta, withPreamble } from '../support/part10.js';

const outcomesOf = (outcomes: readonly StoreOutcome[]): readonly string[] => outcomes.map(({ outcome }) => outcome);

const refusedAs = (reason: number) => expect.objectContaining({ outcome: 'refused', reason });

const sha256Of = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

describe('InstanceStore', () => {
  it('keeps the bytes as they were sent, under a name that tells their content', async () => {
    const fixture = await ArchiveFixture.open();
    const file = ctFile();
    const [outcome] = await fixture.store(await fixture.addSite('Leeds'), file);
    expect(outcome).toEqual({
      outcome: 'stored',
      identity: {
        studyInstanceUID: '1.2.3',
        seriesInstanceUID: '1.2.3.1',
        sopInstanceUID: '1.2.3.1.1',
        sopClassUID: CT_IMAGE_STORAGE,
      },
      warning: undefined,
    });
    const key = `studies/1.2.3/1.2.3.1/1.2.3.1.1.${sha256Of(file).slice(0, 16)}.dcm`;
    expect(await fixture.keys()).toEqual([key, 'studies/1.2.3/study.json']);
    expect(await fixture.read(key)).toEqual(file);
    expect(await readdir(fixture.path('incoming'))).toEqual([]);
  });

  it('writes down beside the files where a study came from, before it says that it is stored', async () => {
    const fixture = await ArchiveFixture.open();
    await fixture.store(await fixture.addSite('Leeds', 'validation'), ctFile());
    expect((await fixture.read('studies/1.2.3/study.json')).toString()).toBe('{"site":"Leeds","split":"validation"}\n');
  });

  it('says of the same bytes sent again that they are stored already', async () => {
    const fixture = await ArchiveFixture.open();
    const site = await fixture.addSite('Leeds');
    expect(outcomesOf(await fixture.store(site, ctFile(), ctFile()))).toEqual(['stored', 'already-stored']);
    expect(outcomesOf(await fixture.store(site, ctFile()))).toEqual(['already-stored']);
    expect(await fixture.instanceKeys()).toHaveLength(1);
  });

  it('T29: keeps the first of two instances with the same SOP Instance UID', async () => {
    const fixture = await ArchiveFixture.open();
    const site = await fixture.addSite('Leeds');
    await fixture.store(site, ctFile());
    const before = await fixture.content();
    const [outcome] = await fixture.store(site, ctFile({ PixelData: new Array<number>(16).fill(7) }));
    expect(outcome).toEqual(refusedAs(FAILURE_REASON.duplicateSOPInstance));
    expect(await fixture.content()).toEqual(before);
    expect(await fixture.instanceKeys()).toHaveLength(1);
  });

  it.each([
    ['another study', { StudyInstanceUID: '1.2.4' }],
    ['another study and series', { StudyInstanceUID: '1.2.4', SeriesInstanceUID: '1.2.4.1' }],
    ['another series', { SeriesInstanceUID: '1.2.3.2' }],
    ['a series of another study', { SOPInstanceUID: '1.2.3.1.2', StudyInstanceUID: '1.2.4' }],
    ['a study of another patient', { SOPInstanceUID: '1.2.3.1.2', PatientID: 'COVID002' }],
    ['a series of another Modality', { SOPInstanceUID: '1.2.3.1.2', Modality: 'MR' }],
  ])('T30: refuses what would move to %s', async (_, attributes) => {
    const fixture = await ArchiveFixture.open();
    const site = await fixture.addSite('Leeds');
    await fixture.store(site, ctFile());
    const before = await fixture.content();
    const [outcome] = await fixture.store(site, ctFile(attributes));
    expect(outcome).toEqual(refusedAs(FAILURE_REASON.dataSetDoesNotMatchSOPClass));
    expect(await fixture.content()).toEqual(before);
    expect(await fixture.instanceKeys()).toHaveLength(1);
  });

  it('takes the spelling of a Patient ID in another case or with spaces for the same patient', async () => {
    const fixture = await ArchiveFixture.open();
    const site = await fixture.addSite('Leeds');
    await fixture.store(site, ctFile());
    const [outcome] = await fixture.store(site, ctFile({ SOPInstanceUID: '1.2.3.1.2', PatientID: 'covid001 ' }));
    expect(outcome?.outcome).toBe('stored');
    expect((await fixture.content()).patients).toHaveLength(1);
  });

  it('T26, T31: refuses what another site sends into a study, the same whether the instance is there or not', async () => {
    const fixture = await ArchiveFixture.open();
    await fixture.store(await fixture.addSite('Leeds'), ctFile());
    const before = await fixture.content();
    const outcomes = await fixture.store(
      await fixture.addSite('Bristol'),
      ctFile(),
      ctFile({ StudyDescription: 'Other bytes' }),
      ctFile({ SOPInstanceUID: '1.2.3.1.2' }),
    );
    const answers = outcomes.map(({ identity: _, ...answer }) => answer);
    expect(answers[0]).toEqual(refusedAs(FAILURE_REASON.dataSetDoesNotMatchSOPClass));
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
    expect(await fixture.content()).toEqual(before);
    expect(await fixture.instanceKeys()).toHaveLength(1);
  });

  it('lets a curator add to the study of a site, which stays that of the site', async () => {
    const fixture = await ArchiveFixture.open();
    await fixture.store(await fixture.addSite('Leeds'), ctFile());
    const outcomes = await fixture.store(
      { kind: 'everything' },
      ctFile(),
      ctFile({ SOPInstanceUID: '1.2.3.9.1', SeriesInstanceUID: '1.2.3.9', Modality: 'SEG' }),
    );
    expect(outcomesOf(outcomes)).toEqual(['already-stored', 'stored']);
    const { series } = await fixture.content();
    expect(series).toMatchObject([{ name: 'Leeds' }, { name: 'Leeds' }]);
  });

  it.each([
    { kind: 'nothing' } as const,
    { kind: 'licence', predicate: { kinds: [], splits: [], siteIDs: undefined } } as const,
  ])('stores nothing for whoever may only read: $kind', async (scope) => {
    const fixture = await ArchiveFixture.open();
    await expect(fixture.store(scope, ctFile())).rejects.toMatchObject({ code: 'forbidden' });
    expect(await fixture.keys()).toEqual([]);
  });

  it('T32: takes only the study that the request is for', async () => {
    const fixture = await ArchiveFixture.open();
    const site = await fixture.addSite('Leeds');
    const other = ctFile({ StudyInstanceUID: '1.2.4', SeriesInstanceUID: '1.2.4.1', SOPInstanceUID: '1.2.4.1.1' });
    const { outcomes } = await fixture.request(site, [other, ctFile()], '1.2.3');
    expect(outcomes).toMatchObject([
      { outcome: 'refused', reason: FAILURE_REASON.dataSetDoesNotMatchSOPClass },
      { outcome: 'stored' },
    ]);
  });

  it('judges each part by itself: what is wrong with one is nothing to the others', async () => {
    const fixture = await ArchiveFixture.open();
    const whole = ctFile({ SOPInstanceUID: '1.2.3.1.2' });
    const outcomes = await fixture.store(
      await fixture.addSite('Leeds'),
      Buffer.alloc(0),
      Buffer.from('no DICOM at all'),
      ctFile().subarray(0, -1),
      ctFile({ StudyInstanceUID: '../../etc' }),
      ctFile({ SOPClassUID: '1.2.840.10008.1.1' }),
      ctFileWithMeta({ sopClassUID: CT_IMAGE_STORAGE, sopInstanceUID: '1.2.3.1.9' }),
      ctFileWithMeta({ sopClassUID: '1.2.840.10008.5.1.4.1.1.4', sopInstanceUID: '1.2.3.1.1' }),
      whole,
    );
    expect(outcomes.map((outcome) => (outcome.outcome === 'refused' ? outcome.reason : outcome.outcome))).toEqual([
      FAILURE_REASON.cannotUnderstand,
      FAILURE_REASON.cannotUnderstand,
      FAILURE_REASON.cannotUnderstand,
      FAILURE_REASON.dataSetDoesNotMatchSOPClass,
      FAILURE_REASON.sopClassNotSupported,
      FAILURE_REASON.dataSetDoesNotMatchSOPClass,
      FAILURE_REASON.dataSetDoesNotMatchSOPClass,
      'stored',
    ]);
    expect(await fixture.instanceKeys()).toHaveLength(1);
    expect(await readdir(fixture.path('incoming'))).toEqual([]);
  });

  it('F16: keeps the whole parts before one that breaks off, and nothing of that one', async () => {
    const fixture = await ArchiveFixture.open();
    const lost = new Error('The connection was lost.');
    async function* brokenOff(): AsyncGenerator<Buffer> {
      yield ctFile({ SOPInstanceUID: '1.2.3.1.2' }).subarray(0, 900);
      throw lost;
    }
    const parts = [ctFile(), brokenOff(), ctFile({ SOPInstanceUID: '1.2.3.1.3' })];
    const { outcomes, failure } = await fixture.request(await fixture.addSite('Leeds'), parts);
    expect(outcomesOf(outcomes)).toEqual(['stored']);
    expect(failure).toBe(lost);
    expect(await fixture.instanceKeys()).toHaveLength(1);
    expect(await readdir(fixture.path('incoming'))).toEqual([]);
  });

  it('answers more parts than are waited for together in their order', async () => {
    const fixture = await ArchiveFixture.open();
    const files = Array.from({ length: 150 }, (_, i) =>
      i % 10 === 3 ? Buffer.from('x') : ctFile({ SOPInstanceUID: `1.2.3.1.${i + 1}` }),
    );
    const outcomes = await fixture.store(await fixture.addSite('Leeds'), ...files);
    expect(outcomes.map(({ identity }) => identity.sopInstanceUID)).toEqual(
      files.map((_, i) => (i % 10 === 3 ? undefined : `1.2.3.1.${i + 1}`)),
    );
  });
});

describe('the start of a file', () => {
  it('T43: is emptied of a preamble that could be a program, with a warning', async () => {
    const fixture = await ArchiveFixture.open();
    const site = await fixture.addSite('Leeds');
    const [outcome] = await fixture.store(site, withPreamble(ctFile(), 'MZ program'));
    expect(outcome).toMatchObject({ outcome: 'stored', warning: WARNING_REASON.coercionOfDataElements });
    const [key = ''] = await fixture.instanceKeys();
    expect(await fixture.read(key)).toEqual(ctFile());
    const [again] = await fixture.store(site, ctFile());
    expect(again?.outcome).toBe('already-stored');
  });

  it('says nothing of where the file has been', async () => {
    const fixture = await ArchiveFixture.open();
    const [outcome] = await fixture.store(await fixture.addSite('Leeds'), withSourceTitle(ctFile(), 'HOSPITAL_AE'));
    expect(outcome).toMatchObject({ outcome: 'stored', warning: WARNING_REASON.coercionOfDataElements });
    const [key = ''] = await fixture.instanceKeys();
    expect(await fixture.read(key)).toEqual(ctFile());
  });
});

describe('the split of a patient', () => {
  it('is decided once: neither another policy nor a site that agrees moves him', async () => {
    const fixture = await ArchiveFixture.open();
    const leeds = await fixture.addSite('Leeds', 'validation');
    await fixture.store(leeds, ctFile());
    await fixture.opened.database.write((tx) => tx.updateTable('site').set({ split_policy: 'training' }).execute());
    const another = (study: string, attributes = {}) =>
      ctFile({
        StudyInstanceUID: study,
        SeriesInstanceUID: `${study}.1`,
        SOPInstanceUID: `${study}.1.1`,
        ...attributes,
      });
    await fixture.store(leeds, another('1.2.4'), another('1.2.5', { PatientID: 'COVID002' }));
    await fixture.store(await fixture.addSite('Bristol', 'validation'), another('1.2.6'));
    const { patients, series } = await fixture.content();
    expect(patients).toMatchObject([{ split: 'validation' }, { split: 'training' }]);
    expect(series).toMatchObject([
      { study_instance_uid: '1.2.3', split: 'validation' },
      { study_instance_uid: '1.2.4', split: 'validation' },
      { study_instance_uid: '1.2.5', split: 'training' },
      { study_instance_uid: '1.2.6', split: 'validation' },
    ]);
    expect((await fixture.read('studies/1.2.6/study.json')).toString()).toContain('validation');
  });
});

/** The file with a Source Application Entity Title in its File Meta Information. PS3.10 §7.1 */
function withSourceTitle(file: Buffer, title: string): Buffer {
  const groupLength = file.readUInt32LE(140);
  const header = Buffer.alloc(8);
  header.writeUInt16LE(0x0002, 0);
  header.writeUInt16LE(0x0016, 2);
  header.write('AE', 4, 'latin1');
  const value = Buffer.from(title.padEnd(title.length + (title.length % 2)));
  header.writeUInt16LE(value.length, 6);
  const end = 144 + groupLength;
  const changed = Buffer.concat([file.subarray(0, end), header, value, file.subarray(end)]);
  changed.writeUInt32LE(groupLength + header.length + value.length, 140);
  return changed;
}
