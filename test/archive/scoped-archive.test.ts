import { describe, expect, it } from 'vitest';
import { removeInstances } from '../../src/archive/index/remove-instances.js';
import { ArchiveFixture } from '../support/archive-fixture.js';
import { ctFile } from '../support/part10.js';

const inSeries = (series: string): Buffer =>
  ctFile({ SeriesInstanceUID: series, SOPInstanceUID: `${series}.1`, SeriesNumber: Number(series.at(-1)) });

describe('ScopedArchive.metadata', () => {
  it.each([
    ['first', ['1.2.3.1']],
    ['last', ['1.2.3.3']],
    ['all', ['1.2.3.1', '1.2.3.2', '1.2.3.3']],
  ])('breaks off when series go after they were located, and their digest was told: %s', async (_which, gone) => {
    const fixture = await ArchiveFixture.open();
    const site = await fixture.addSite('Leeds');
    await fixture.store(site, inSeries('1.2.3.1'), inSeries('1.2.3.2'), inSeries('1.2.3.3'));
    const { database, archive } = fixture.opened;
    const { read } = await archive.as(site).metadata({ studyInstanceUID: '1.2.3' }, () => 'x:');
    const rows = await database.read
      .selectFrom('instance')
      .innerJoin('series', 'series.id', 'instance.series_row_id')
      .select('instance.id')
      .where('series_instance_uid', 'in', gone)
      .execute();
    await removeInstances(
      database,
      rows.map(({ id }) => id),
    );
    const all = async (): Promise<void> => {
      for await (const _piece of read());
    };
    await expect(all()).rejects.toMatchObject({ code: 'unavailable' });
  });
});
