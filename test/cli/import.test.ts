import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { AddCommand } from '../../src/cli/context.js';
import { addImportCommand } from '../../src/cli/import.js';
import { addSiteCommand } from '../../src/cli/site.js';
import { addVerifyCommand } from '../../src/cli/verify.js';
import { ctFile } from '../support/part10.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { CommandLine, runCommands } from './command-line.js';

const COMMANDS: readonly AddCommand[] = [addSiteCommand, addImportCommand, addVerifyCommand];

let archive: CommandLine;

beforeEach(async () => {
  archive = await CommandLine.open();
});

afterEach(() => archive.close());

const nccid = (...args: readonly string[]) => runCommands(COMMANDS, [...args, '--data', archive.folder]);

/** A folder of files, some of them deep down. */
async function folderOf(files: Readonly<Record<string, Buffer | string>>): Promise<string> {
  const folder = temporaryFolder();
  for (const [path, content] of Object.entries(files)) {
    await mkdir(join(folder, path, '..'), { recursive: true });
    await writeFile(join(folder, path), content);
  }
  return folder;
}

const slices = (count: number): Record<string, Buffer> =>
  Object.fromEntries(
    Array.from({ length: count }, (_, i) => [`a/b${i % 3}/${i}.dcm`, ctFile({ SOPInstanceUID: `1.2.3.1.${i + 1}` })]),
  );

describe('nccid import', () => {
  it('stores all files of a folder and of those in it, and says how many', async () => {
    await archive.run('site', 'add', 'Leeds');
    const { status, printed, errors } = await nccid('import', await folderOf(slices(40)), '--site', 'Leeds');
    expect({ status, printed }).toEqual({ status: 0, printed: ['stored 40', 'already-stored 0', 'refused 0'] });
    expect(errors.at(-1)).toBe('40 of 40 files');
    expect(await nccid('verify')).toMatchObject({
      status: 0,
      errors: ['0 findings in 1 studies with 40 instances and 41 files.'],
    });
  });

  it('passes over what is stored already when it runs again', async () => {
    await archive.run('site', 'add', 'Leeds');
    await nccid('import', await folderOf(slices(5)), '--site', 'Leeds');
    const { status, printed } = await nccid('import', await folderOf(slices(7)), '--site', 'Leeds');
    expect({ status, printed }).toEqual({ status: 0, printed: ['stored 2', 'already-stored 5', 'refused 0'] });
  });

  it('SW-21 sets what the site sets, and finds nothing wrong with it', async () => {
    await archive.run('site', 'add', 'Leeds');
    await archive.run('site', 'coerce', 'Leeds', 'InstitutionName=Leeds');
    const folder = await folderOf(slices(5));
    expect((await nccid('import', folder, '--site', 'Leeds')).printed[0]).toBe('stored 5');
    expect((await nccid('import', folder, '--site', 'Leeds')).printed[1]).toBe('already-stored 5');
    expect(await nccid('verify')).toMatchObject({
      status: 0,
      errors: ['0 findings in 1 studies with 5 instances and 6 files.'],
    });
  });

  it('tells of each file that was refused, and why, and stores the others', async () => {
    await archive.run('site', 'add', 'Leeds');
    const folder = await folderOf({
      ...slices(2),
      'README.txt': 'no image',
      'strange\nname': '',
      'z/other.dcm': ctFile({ StudyDescription: 'Other bytes' }),
    });
    const { status, printed, errors } = await nccid('import', folder, '--site', 'Leeds');
    expect({ status, printed }).toEqual({ status: 1, printed: ['stored 2', 'already-stored 0', 'refused 3'] });
    const refusals = errors.filter((line) => line.includes('\t'));
    expect(refusals).toHaveLength(3);
    expect(refusals).toContainEqual(expect.stringMatching(/README\.txt\tC000H [A-Z].*\.$/));
    expect(refusals).toContainEqual(expect.stringMatching(/^".*strange\\nname"\tC000H /));
    expect(refusals).toContainEqual(expect.stringMatching(/(?:other|0)\.dcm\t0111H /));
    expect(errors.at(-1)).toBe('3 files were refused.');
  });

  it('passes over links, which could lead round in a circle', async () => {
    await archive.run('site', 'add', 'Leeds');
    const folder = await folderOf(slices(1));
    await symlink('..', join(folder, 'a', 'up'));
    await symlink('b0/0.dcm', join(folder, 'a', 'again.dcm'));
    expect((await nccid('import', folder, '--site', 'Leeds')).printed[0]).toBe('stored 1');
  });

  it.each([
    ['there is no such site', ['--site', 'Leeds'], 1, 'There is no site of this name.'],
    ['no site is named', [], 2, "error: required option '--site <name>' not specified"],
  ])('stores nothing when %s', async (_, args, status, sentence) => {
    const outcome = await nccid('import', await folderOf(slices(1)), ...args);
    expect(outcome).toMatchObject({ status, printed: [], errors: [sentence] });
  });

  it('says in one sentence that there is no such folder', async () => {
    await archive.run('site', 'add', 'Leeds');
    const { status, errors } = await nccid('import', '/nowhere', '--site', 'Leeds');
    expect({ status, errors }).toEqual({ status: 1, errors: [expect.stringContaining('ENOENT')] });
  });
});
