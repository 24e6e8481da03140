import { describe, expect, it } from 'vitest';
import type { KnownRows } from '../../../src/archive/index/known-rows.js';
import { NewRows } from '../../../src/archive/index/new-rows.js';
import { ArchiveFixture } from '../../support/archive-fixture.js';
import { madeUpRecord } from '../../support/index-records.js';

const SITE = { id: 1, name: 'Leeds', splitPolicy: 50, mayJoinAnyStudy: false } as const;

const record = (study: number, series: number, instance: number) =>
  madeUpRecord({
    study: `1.${study}`,
    series: `1.${study}.${series}`,
    instance: `1.${study}.${series}.${instance}`,
    site: SITE,
    patientID: `P${study}`,
  });

/** Of a study that is there with one series. */
const knownOf = (study: number): KnownRows => ({
  instances: new Map(),
  series: new Map([[`1.${study}.1`, { studyInstanceUID: `1.${study}`, modality: 'CT' }]]),
  studies: new Map([[`1.${study}`, { rowID: study, siteID: 1, pseudonym: `P${study}` }]]),
  patients: new Map([[`P${study}`, { split: 'training', firstSiteID: 1 }]]),
});

describe('NewRows', () => {
  it('makes instances of known and new series by the same statements, for each kept one costs every connection', async () => {
    const { read } = (await ArchiveFixture.open()).opened.database;
    const orders = [
      [record(1, 1, 1), record(1, 2, 1), record(2, 1, 1)],
      [record(2, 1, 1), record(1, 1, 1), record(1, 1, 2)],
      [record(1, 2, 1), record(1, 2, 2), record(1, 1, 1)],
    ];
    const texts = orders.map((records) => {
      const rows = new NewRows(read, knownOf(1), '2026');
      for (const each of records) rows.add(each);
      return rows
        .statements()
        .map(({ sql }) => sql)
        .filter((sql) => /insert into "instance/.test(sql));
    });
    expect(texts[0]).toHaveLength(2);
    expect(texts).toEqual([texts[0], texts[0], texts[0]]);
  });

  it('tells of the row of a study that is there, and of which series an instance is the first', async () => {
    const { read } = (await ArchiveFixture.open()).opened.database;
    const rows = new NewRows(read, knownOf(7), '2026');
    const added = [record(7, 1, 1), record(7, 2, 1), record(7, 2, 2), record(8, 1, 1)].map((each) => rows.add(each));
    expect(added.map(({ study, isFirstOfSeries }) => [study.rowID, isFirstOfSeries])).toEqual([
      [7, false],
      [7, true],
      [7, false],
      [undefined, true],
    ]);
    expect(rows.instances).toEqual(added);
  });
});
