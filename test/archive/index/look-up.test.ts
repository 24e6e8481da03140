import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { LookUp } from '../../../src/archive/index/look-up.js';
import { ArchiveFixture } from '../../support/archive-fixture.js';
import { ctFile } from '../../support/part10.js';

const KEYS = {
  patientID: 'P1',
  identity: {
    sopClassUID: '1.2.840.10008.5.1.4.1.1.2',
    sopInstanceUID: '1.2.3.1.1',
    seriesInstanceUID: '1.2.3.1',
    studyInstanceUID: '1.2.3',
  },
};

async function openLookUp() {
  const fixture = await ArchiveFixture.open();
  const { database } = fixture.opened;
  const site = await fixture.addSite('Leeds');
  const lookUp = new LookUp(database);
  const asked = vi.spyOn(database.read, 'executeQuery');
  onTestFinished(() => asked.mockRestore());
  return { fixture, site, lookUp, asked };
}

describe('LookUp', () => {
  it('asks once for what is new in a series and comes fast', async () => {
    const { fixture, site, lookUp, asked } = await openLookUp();
    await fixture.store(site, ctFile({ SOPInstanceUID: '1.2.3.1.2' }));
    asked.mockClear();
    const answer = lookUp.begin(KEYS);
    expect(await answer()).toMatchObject({ history: { generation: 0 }, same: undefined });
    expect(asked).toHaveBeenCalledTimes(1);
  });

  it('finds whose a series has become meanwhile, however little that is', async () => {
    const { fixture, site, lookUp } = await openLookUp();
    const clock = vi.spyOn(performance, 'now').mockReturnValue(1_000);
    onTestFinished(() => clock.mockRestore());
    const answer = lookUp.begin(KEYS);
    await fixture.store(site, ctFile({ SOPInstanceUID: '1.2.3.1.2' }));
    expect((await answer()).known.studies.has('1.2.3')).toBe(true);
  });

  it('finds what has come meanwhile, when it has taken a while', async () => {
    const { fixture, site, lookUp } = await openLookUp();
    const answer = lookUp.begin(KEYS);
    await fixture.store(site, ctFile());
    await sleep(150);
    expect((await answer()).same).toMatchObject({ studyInstanceUID: '1.2.3' });
  });

  it('does not find what has gone meanwhile', async () => {
    const { fixture, site, lookUp } = await openLookUp();
    await fixture.store(site, ctFile());
    const answer = lookUp.begin(KEYS);
    await fixture.opened.archive.as({ kind: 'everything' }).delete({ studyInstanceUID: '1.2.3' }, 'test');
    expect(await answer()).toMatchObject({ history: { generation: 1, isRefused: true }, same: undefined });
  });

  it('asks again when the index did not answer, and fails when it still does not', async () => {
    const { lookUp, asked } = await openLookUp();
    asked.mockRejectedValueOnce(new Error('away'));
    expect((await lookUp.begin(KEYS)()).same).toBeUndefined();
    asked.mockRejectedValue(new Error('away'));
    await expect(lookUp.begin(KEYS)()).rejects.toThrow('away');
  });
});
