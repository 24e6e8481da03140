/** Whose split decides over whom: the hold-out rule across sites. */
import { describe, expect, it } from 'vitest';
import { reindexArchive } from '../../src/archive/reindex.js';
import type { StoreOutcome } from '../../src/archive/store-outcome.js';
import { FAILURE_REASON } from '../../src/dicom/failure-reasons.js';
import { ArchiveFixture } from '../support/archive-fixture.js';
import { type Attributes, ctFile } from '../support/part10.js';

const study = (uid: string, attributes: Attributes = {}): Buffer =>
  ctFile({ StudyInstanceUID: uid, SeriesInstanceUID: `${uid}.1`, SOPInstanceUID: `${uid}.1.1`, ...attributes });

const became = (outcomes: readonly StoreOutcome[]): readonly (string | number)[] =>
  outcomes.map((outcome) => (outcome.outcome === 'refused' ? outcome.reason : outcome.outcome));

async function splitsOf(fixture: ArchiveFixture): Promise<readonly unknown[]> {
  const rows = await fixture.opened.database.read
    .selectFrom('series')
    .innerJoin('study', 'study.id', 'series.study_row_id')
    .select(['study_instance_uid', 'series.split'])
    .orderBy('study_instance_uid')
    .execute();
  return rows.map((row) => `${row.study_instance_uid} ${row.split}`);
}

const setPolicies = (fixture: ArchiveFixture, policy: string): Promise<unknown> =>
  fixture.opened.database.write((tx) => tx.updateTable('site').set({ split_policy: policy }).execute());

describe('a patient without a Patient ID', () => {
  it.each([undefined, '', '   '])(
    'is one for each study, so no site decides over that of another: %j',
    async (PatientID) => {
      const fixture = await ArchiveFixture.open();
      const leeds = await fixture.addSite('Leeds', 'training');
      const bristol = await fixture.addSite('Bristol', 'validation');
      const outcomes = [
        ...(await fixture.store(leeds, study('1.2.4', { PatientID }), study('1.2.5', { PatientID }))),
        ...(await fixture.store(bristol, study('1.2.6', { PatientID }))),
      ];
      expect(became(outcomes)).toEqual(['stored', 'stored', 'stored']);
      expect(await splitsOf(fixture)).toEqual(['1.2.4 training', '1.2.5 training', '1.2.6 validation']);
      expect((await fixture.content()).patients).toHaveLength(3);
    },
  );

  it('is never one with an ID, whatever the ID', async () => {
    const fixture = await ArchiveFixture.open();
    const leeds = await fixture.addSite('Leeds');
    await fixture.store(leeds, study('1.2.4', { PatientID: '' }));
    const { patients } = await fixture.content();
    const [row] = await fixture.opened.database.read.selectFrom('patient').select('pseudonym').execute();
    expect(patients).toHaveLength(1);
    await fixture.store(leeds, study('1.2.5', { PatientID: row?.pseudonym ?? '' }));
    expect((await fixture.content()).patients).toHaveLength(2);
  });

  it('gets no ID by a second instance of his study', async () => {
    const fixture = await ArchiveFixture.open();
    const leeds = await fixture.addSite('Leeds');
    const outcomes = await fixture.store(
      leeds,
      study('1.2.4', { PatientID: '' }),
      study('1.2.4', { PatientID: ' ', SOPInstanceUID: '1.2.4.1.2' }),
      study('1.2.4', { SOPInstanceUID: '1.2.4.1.3' }),
    );
    expect(became(outcomes)).toEqual(['stored', 'stored', FAILURE_REASON.dataSetDoesNotMatchSOPClass]);
  });

  it('comes back from the folder as he was', async () => {
    const fixture = await ArchiveFixture.open();
    await fixture.store(await fixture.addSite('Leeds', 'training'), study('1.2.4', { PatientID: '' }));
    await fixture.store(await fixture.addSite('Bristol', 'validation'), study('1.2.5', { PatientID: '' }));
    const before = await fixture.content();
    await fixture.loseIndex();
    const { value, done } = await reindexArchive(fixture.opened).next();
    expect([done, value]).toEqual([true, { studies: 2, instances: 2, removedRows: 0 }]);
    expect(await fixture.content()).toEqual(before);
  });
});

describe('a patient of two sites', () => {
  it('is refused where the second would give him another split, in the same request or a later one', async () => {
    const fixture = await ArchiveFixture.open();
    const leeds = await fixture.addSite('Leeds', 'training');
    const bristol = await fixture.addSite('Bristol', 'validation');
    await fixture.store(leeds, study('1.2.4'));
    const before = await fixture.content();
    const misfit = FAILURE_REASON.dataSetDoesNotMatchSOPClass;
    expect(became(await fixture.store(bristol, study('1.2.5'), study('1.2.6')))).toEqual([misfit, misfit]);
    expect(await fixture.content()).toEqual(before);
    expect(await fixture.instanceKeys()).toHaveLength(1);
  });

  it('keeps the sites apart that send him at the same instant', async () => {
    const fixture = await ArchiveFixture.open();
    const leeds = await fixture.addSite('Leeds', 'training');
    const bristol = await fixture.addSite('Bristol', 'validation');
    const outcomes = await Promise.all([fixture.store(leeds, study('1.2.4')), fixture.store(bristol, study('1.2.5'))]);
    expect(became(outcomes.flat()).filter((one) => one === 'stored')).toHaveLength(1);
    const splits = await splitsOf(fixture);
    expect(splits).toHaveLength(1);
    expect(['1.2.4 training', '1.2.5 validation']).toContain(splits[0]);
  });

  it('is stored where both agree', async () => {
    const fixture = await ArchiveFixture.open();
    await fixture.store(await fixture.addSite('Leeds', 'validation'), study('1.2.4'));
    const outcomes = await fixture.store(await fixture.addSite('Bristol', 0), study('1.2.5'));
    expect(became(outcomes)).toEqual(['stored']);
    expect(await splitsOf(fixture)).toEqual(['1.2.4 validation', '1.2.5 validation']);
  });

  it('goes on in the study that was stored, when the second site changes its policy', async () => {
    const fixture = await ArchiveFixture.open();
    await fixture.store(await fixture.addSite('Leeds', 'validation'), study('1.2.4'));
    const bristol = await fixture.addSite('Bristol', 'validation');
    await fixture.store(bristol, study('1.2.5'));
    await setPolicies(fixture, 'training');
    const more = study('1.2.5', { SOPInstanceUID: '1.2.5.1.2' });
    expect(became(await fixture.store(bristol, more))).toEqual(['stored']);
    expect(await splitsOf(fixture)).toEqual(['1.2.4 validation', '1.2.5 validation']);
  });

  it('stays in his split when a curator adds a study, for curators have no rule of their own', async () => {
    const fixture = await ArchiveFixture.open();
    await fixture.store(await fixture.addSite('Leeds', 'training'), study('1.2.4'));
    await fixture.store(await fixture.addSite('Bristol', 'validation'), study('1.2.5', { PatientID: 'COVID002' }));
    const everything = { kind: 'everything' } as const;
    const outcomes = await fixture.store(everything, study('1.2.6'), study('1.2.7', { PatientID: 'COVID002' }));
    expect(became(outcomes)).toEqual(['stored', 'stored']);
    expect((await splitsOf(fixture)).slice(2)).toEqual(['1.2.6 training', '1.2.7 validation']);
  });
});
