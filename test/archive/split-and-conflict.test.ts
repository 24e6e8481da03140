import { readdir } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { reindexArchive } from '../../src/archive/reindex.js';
import type { StoreOutcome } from '../../src/archive/store-outcome.js';
import { FAILURE_REASON } from '../../src/dicom/failure-reasons.js';
import { ArchiveFixture } from '../support/archive-fixture.js';
import { ctFile } from '../support/part10.js';

const WRITERS = 32;

/** How often each thing became of an instance. */
function tally(outcomes: readonly StoreOutcome[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const outcome of outcomes) {
    const name = outcome.outcome === 'refused' ? `refused ${outcome.reason.toString(16)}` : outcome.outcome;
    counts[name] = (counts[name] ?? 0) + 1;
  }
  return counts;
}

/** Two archives over one folder, as two processes have them. */
async function twoArchives() {
  const one = await ArchiveFixture.open();
  const other = await ArchiveFixture.open(one.root);
  return { one, other, site: await one.addSite('Leeds', 50) };
}

describe('many writers at once', () => {
  it(`F24: make one instance of ${WRITERS} that are the same`, async () => {
    const { one, other, site } = await twoArchives();
    const results = await Promise.all(
      Array.from({ length: WRITERS }, (_, i) => (i % 2 === 0 ? one : other).store(site, ctFile())),
    );
    expect(tally(results.flat())).toEqual({ stored: 1, 'already-stored': WRITERS - 1 });
    const [key = '', ...others] = await one.instanceKeys();
    expect(others).toEqual([]);
    expect(await one.read(key)).toEqual(ctFile());
    expect((await one.content()).series).toMatchObject([{ instance_count: 1 }]);
    expect(await readdir(one.path('incoming'))).toEqual([]);
  });

  it(`F25: let one win of ${WRITERS} that conflict, and keep its bytes only`, async () => {
    const { one, other, site } = await twoArchives();
    const files = Array.from({ length: WRITERS }, (_, i) => ctFile({ StudyDescription: `Writer ${i}` }));
    const results = await Promise.all(files.map((file, i) => (i % 2 === 0 ? one : other).store(site, file)));
    const outcomes = results.flat();
    expect(tally(outcomes)).toEqual({
      stored: 1,
      [`refused ${FAILURE_REASON.duplicateSOPInstance.toString(16)}`]: WRITERS - 1,
    });
    const winner = outcomes.findIndex(({ outcome }) => outcome === 'stored');
    const [key = '', ...others] = await one.instanceKeys();
    expect(others).toEqual([]);
    expect(await one.read(key)).toEqual(files[winner]);
    expect((await one.content()).studies).toMatchObject([{ attributes: expect.stringContaining(`Writer ${winner}`) }]);
  });

  it('leave no file of a sender who took so long that another site was first', async () => {
    const { one, other, site: leeds } = await twoArchives();
    const bristol = await one.addSite('Bristol');
    const [ofBristol, sameUID] = ['1.2.3.9.1', '1.2.3.1.1'].map((SOPInstanceUID) =>
      ctFile({ SOPInstanceUID, StudyInstanceUID: '1.2.9', SeriesInstanceUID: '1.2.9.1', PatientID: 'Bristol1' }),
    );
    await one.store(bristol, ofBristol ?? Buffer.alloc(0));
    async function* slowly() {
      yield sameUID?.subarray(0, -10) ?? Buffer.alloc(0);
      expect(tally(await other.store(leeds, ctFile()))).toEqual({ stored: 1 });
      await sleep(200);
      yield sameUID?.subarray(-10) ?? Buffer.alloc(0);
    }
    const { outcomes } = await one.request(bristol, [slowly()]);
    expect(tally(outcomes)).toEqual({ [`refused ${FAILURE_REASON.dataSetDoesNotMatchSOPClass.toString(16)}`]: 1 });
    expect(await one.instanceKeys()).toHaveLength(2);
  });

  it('leave no file of a sender to whose study another site was faster, however little it was', async () => {
    const { one, other, site: leeds } = await twoArchives();
    const bristol = await one.addSite('Bristol');
    const late = ctFile({ SOPInstanceUID: '1.2.3.1.2' });
    async function* slowly() {
      yield late.subarray(0, -10);
      // So that the index has been asked about the header that has come.
      await sleep(20);
      expect(tally(await other.store(leeds, ctFile()))).toEqual({ stored: 1 });
      yield late.subarray(-10);
    }
    const { outcomes } = await one.request(bristol, [slowly()]);
    expect(tally(outcomes)).toEqual({ [`refused ${FAILURE_REASON.dataSetDoesNotMatchSOPClass.toString(16)}`]: 1 });
    expect(await one.instanceKeys()).toHaveLength(1);
  });

  it.each([
    ['Modality', { Modality: 'MR' }],
    ['patient', { PatientID: 'OTHER' }],
  ])('leave no file of a part that contradicts another of its request by its %s', async (_, other) => {
    const fixture = await ArchiveFixture.open();
    const site = await fixture.addSite('Leeds');
    const parts = [
      ctFile(),
      ctFile({ SOPInstanceUID: '1.2.3.1.2', ...other }),
      ctFile({ SOPInstanceUID: '1.2.3.1.3' }),
    ];
    const outcomes = await fixture.store(site, ...parts);
    const misfit = FAILURE_REASON.dataSetDoesNotMatchSOPClass;
    expect(outcomes.map((one) => (one.outcome === 'refused' ? one.reason : one.outcome))).toEqual([
      'stored',
      misfit,
      'stored',
    ]);
    expect(await fixture.instanceKeys()).toHaveLength(2);
    const before = await fixture.content();
    await fixture.loseIndex();
    const { done, value } = await reindexArchive(fixture.opened).next();
    expect([done, value]).toEqual([true, { studies: 1, instances: 2, removedRows: 0 }]);
    expect(await fixture.content()).toEqual(before);
  });

  it('never let the loser of two sites take away the file of the winner', async () => {
    const { one, other, site: leeds } = await twoArchives();
    const bristol = await one.addSite('Bristol');
    for (let study = 1; study <= 10; study += 1) {
      const uids = { StudyInstanceUID: `1.9.${study}`, SeriesInstanceUID: `1.9.${study}.1` };
      const file = ctFile({ ...uids, SOPInstanceUID: `1.9.${study}.1.1` });
      const results = await Promise.all([one.store(leeds, file), one.store(bristol, file), other.store(bristol, file)]);
      const won = results.flat().filter(({ outcome }) => outcome !== 'refused');
      expect(won.length).toBeGreaterThan(0);
    }
    const { instances } = await one.content();
    expect(instances).toHaveLength(10);
    expect(await one.instanceKeys()).toHaveLength(10);
  });

  it('give one patient one split, and each series its true count', async () => {
    const { one, other, site } = await twoArchives();
    const files = Array.from({ length: WRITERS }, (_, i) =>
      ctFile({
        StudyInstanceUID: `1.2.${i % 4}`,
        SeriesInstanceUID: `1.2.${i % 4}.1`,
        SOPInstanceUID: `1.2.${i % 4}.1.${i + 1}`,
      }),
    );
    const results = await Promise.all(files.map((file, i) => (i % 2 === 0 ? one : other).store(site, file)));
    expect(tally(results.flat())).toEqual({ stored: WRITERS });
    const { patients, series } = await one.content();
    expect(patients).toHaveLength(1);
    const [patient] = patients;
    expect(series).toHaveLength(4);
    expect(series).toEqual(Array.from({ length: 4 }, () => expect.objectContaining({ instance_count: WRITERS / 4 })));
    expect(patient).toMatchObject({ pseudonym: 'COVID001' });
    expect(new Set(series.map((row) => JSON.stringify(row).match(/"split":"\w+"/)?.[0])).size).toBe(1);
  });
});
