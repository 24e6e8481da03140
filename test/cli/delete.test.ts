import { describe, expect, it } from 'vitest';
import { addAllowCommand } from '../../src/cli/allow.js';
import type { AddCommand } from '../../src/cli/context.js';
import { addDeleteCommand } from '../../src/cli/delete.js';
import { ArchiveFixture } from '../support/archive-fixture.js';
import { ctFile } from '../support/part10.js';
import { type Outcome, runCommands } from './command-line.js';

const COMMANDS: readonly AddCommand[] = [addDeleteCommand, addAllowCommand];

/** An archive that stays open, as by a server, while commands run on its folder. */
async function filledArchive() {
  const fixture = await ArchiveFixture.open();
  const site = await fixture.addSite('Leeds');
  await fixture.store(
    site,
    ctFile(),
    ctFile({ SOPInstanceUID: '1.2.3.1.2' }),
    ctFile({ SeriesInstanceUID: '1.2.3.2', SOPInstanceUID: '1.2.3.2.1' }),
  );
  const nccid = (...args: readonly string[]): Promise<Outcome> =>
    runCommands(COMMANDS, [...args, '--data', fixture.root], {}, Date.now);
  return { fixture, site, nccid };
}

describe('nccid delete', () => {
  it('says without --yes what would be deleted, and does nothing', async () => {
    const { fixture, nccid } = await filledArchive();
    expect(await nccid('delete', 'study', '1.2.3')).toEqual({
      status: 1,
      printed: [],
      errors: ['3 instances would be deleted for good: say --yes to do it.'],
    });
    expect(await fixture.instanceKeys()).toHaveLength(3);
  });

  it.each([
    ['study', '1.2.3', 3],
    ['series', '1.2.3.1', 2],
    ['instance', '1.2.3.1.2', 1],
  ] as const)('deletes a %s by its UID, once', async (level, uid, instances) => {
    const { fixture, nccid } = await filledArchive();
    expect(await nccid('delete', level, uid, '--yes')).toEqual({
      status: 0,
      printed: [`instances deleted ${instances}`],
      errors: [],
    });
    expect(await fixture.instanceKeys()).toHaveLength(3 - instances);
    expect(await nccid('delete', level, uid, '--yes')).toEqual({
      status: 1,
      printed: [],
      errors: ['It was in this archive, and has been deleted.'],
    });
  });

  it('knows nothing of a UID that never was, and no other levels', async () => {
    const { nccid } = await filledArchive();
    for (const level of ['study', 'series', 'instance']) {
      expect(await nccid('delete', level, '1.2.9', '--yes')).toMatchObject({
        status: 1,
        errors: [expect.stringContaining('There is no such resource')],
      });
    }
    expect((await nccid('delete', 'patient', '1.2.3', '--yes')).status).toBe(2);
  });
});

describe('nccid allow', () => {
  it('lets what was deleted be sent again', async () => {
    const { fixture, site, nccid } = await filledArchive();
    await nccid('delete', 'series', '1.2.3.1', '--yes');
    expect(await fixture.store(site, ctFile())).toMatchObject([{ outcome: 'refused', reason: 0x0124 }]);
    expect(await nccid('allow', 'instance', '1.2.3.1.1')).toMatchObject({
      status: 1,
      errors: ['It was deleted with its series 1.2.3.1: that is what to allow.'],
    });
    expect(await nccid('allow', 'series', '1.2.3.1')).toEqual({
      status: 0,
      printed: ['series 1.2.3.1 may be stored again'],
      errors: [],
    });
    expect(await fixture.store(site, ctFile())).toMatchObject([{ outcome: 'stored' }]);
    expect((await nccid('allow', 'series', '1.2.3.1')).status).toBe(1);
  });
});
