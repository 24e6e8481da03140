import { rm, utimes, writeFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import type { AddCommand } from '../../src/cli/context.js';
import { addReindexCommand } from '../../src/cli/reindex.js';
import { addVerifyCommand } from '../../src/cli/verify.js';
import { ArchiveFixture } from '../support/archive-fixture.js';
import { ctFile } from '../support/part10.js';
import { type Outcome, runCommands } from './command-line.js';

const COMMANDS: readonly AddCommand[] = [addVerifyCommand, addReindexCommand];

const nccid = (fixture: ArchiveFixture, command: string): Promise<Outcome> =>
  runCommands(COMMANDS, [command, '--data', fixture.root], {}, Date.now);

/** An archive that stays open, as by a server, while commands run on its folder. */
async function filledArchive(): Promise<{ readonly fixture: ArchiveFixture; readonly keys: readonly string[] }> {
  const fixture = await ArchiveFixture.open();
  await fixture.store(await fixture.addSite('Leeds'), ctFile(), ctFile({ SOPInstanceUID: '1.2.3.1.2' }));
  return { fixture, keys: await fixture.instanceKeys() };
}

describe('nccid verify', () => {
  it('finds nothing in a whole archive', async () => {
    const { fixture } = await filledArchive();
    expect(await nccid(fixture, 'verify')).toEqual({
      status: 0,
      printed: [],
      errors: ['0 findings in 1 studies with 2 instances and 3 files.'],
    });
  });

  it('prints a line for each finding, and fails', async () => {
    const { fixture, keys } = await filledArchive();
    const [lost = '', damaged = ''] = keys;
    const abandoned = fixture.path('incoming/abandoned');
    await rm(fixture.path(lost));
    await writeFile(fixture.path(damaged), 'x');
    await writeFile(fixture.path('studies/stray'), 'x');
    await writeFile(abandoned, 'x');
    await utimes(abandoned, 1, 1);
    expect(await nccid(fixture, 'verify')).toEqual({
      status: 1,
      printed: [`missing-file\t${lost}`, `damaged-file\t${damaged}`, 'file-without-row\tstudies/stray'],
      errors: ['3 findings in 1 studies with 2 instances and 3 files. 1 abandoned uploads were removed.'],
    });
  });
});

describe('nccid reindex', () => {
  it('rebuilds a lost index, and says what of', async () => {
    const { fixture } = await filledArchive();
    const before = await fixture.content();
    await fixture.loseIndex();
    expect(await nccid(fixture, 'reindex')).toEqual({
      status: 0,
      printed: ['studies 1', 'instances 2', 'rows without a file, removed 0'],
      errors: [],
    });
    expect(await fixture.content()).toEqual(before);
  });

  it('tells which files it could not take, and why, and fails', async () => {
    const { fixture, keys } = await filledArchive();
    const [damaged = ''] = keys;
    await writeFile(fixture.path(damaged), 'x');
    expect(await nccid(fixture, 'reindex')).toEqual({
      status: 1,
      printed: ['studies 1', 'instances 1', 'rows without a file, removed 0'],
      errors: [
        `${damaged}\tIts bytes are not those that were stored.`,
        '1 files or studies could not be taken into the index.',
      ],
    });
  });
});
