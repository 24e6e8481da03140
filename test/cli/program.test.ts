import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { describePlaces } from '../../src/archive/places.js';
import type { AddCommand } from '../../src/cli/context.js';
import { addKeyCommand } from '../../src/cli/key.js';
import { ArchiveError } from '../../src/errors.js';
import { runCommands } from './command-line.js';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nccid-program-'));
});

afterEach(() => rm(folder, { recursive: true }));

const showConfig: AddCommand = (program, context) => {
  program
    .command('show')
    .option('--port <port>')
    .action(({ port }: { port?: string }) => {
      const { places, port: used } = context.config({ port });
      context.print(`${describePlaces(places)} ${used}`);
    });
};

const failWith =
  (error: Error): AddCommand =>
  (program) => {
    program.command('fail').action(async () => {
      throw error;
    });
  };

describe('buildProgram', () => {
  it.each([[['show', '--data', '/a']], [['--data', '/a', 'show']], [['show', '--data=/a']]])(
    'takes --data anywhere: %j',
    async (args) => {
      expect((await runCommands([showConfig], args)).printed).toEqual(['/a/index.sqlite and /a 8080']);
    },
  );

  it('takes settings from the environment, and flags before them', async () => {
    const env = { NCCID_DATA: '/srv/archive', NCCID_PORT: '81' };
    expect((await runCommands([showConfig], ['show'], env)).printed).toEqual([
      '/srv/archive/index.sqlite and /srv/archive 81',
    ]);
    expect((await runCommands([showConfig], ['show', '--port', '82'], env)).printed).toEqual([
      '/srv/archive/index.sqlite and /srv/archive 82',
    ]);
  });

  it('names a setting that is bad', async () => {
    const { status, errors } = await runCommands([showConfig], ['show'], { NCCID_PORT: 'x' });
    expect({ status, errors }).toEqual({
      status: 1,
      errors: ['The port (NCCID_PORT, --port) is not a number from 1 to 65535.'],
    });
  });
});

describe('runProgram', () => {
  it('prints the help on standard output when asked, with the options of the whole program', async () => {
    const { status, printed, errors } = await runCommands([showConfig], ['show', '--help']);
    expect({ status, errors }).toEqual({ status: 0, errors: [] });
    expect(printed.join('\n')).toContain('--data <folder>');
  });

  it.each([[[]], [['bogus']], [['show', '--bogus']], [['show', 'bogus']], [['show', '--data']]])(
    'calls %j misuse',
    async (args) => {
      expect(await runCommands([showConfig], args)).toMatchObject({ status: 2, printed: [] });
    },
  );

  it('says in one sentence what the archive refuses', async () => {
    const fail = failWith(new ArchiveError('conflict', 'Another server already serves this archive folder.'));
    expect(await runCommands([fail], ['fail'])).toEqual({
      status: 1,
      printed: [],
      errors: ['Another server already serves this archive folder.'],
    });
  });

  it('shows where a bug is', async () => {
    const { status, errors } = await runCommands([failWith(new TypeError('Boom'))], ['fail']);
    expect(status).toBe(1);
    expect(errors.join('\n')).toMatch(/^TypeError: Boom\n +at /);
  });

  it('says in one sentence that the archive folder is a file', async () => {
    const path = join(folder, 'file');
    await writeFile(path, '');
    expect(await runCommands([addKeyCommand], ['key', 'rotate', '--data', path])).toEqual({
      status: 1,
      printed: [],
      errors: [`The archive folder ${path} can not be made or opened.`],
    });
  });
});

describe('nccid key rotate', () => {
  it('prints the id of a key that it made, in an index that only its owner can read', async () => {
    const { status, printed } = await runCommands([addKeyCommand], ['key', 'rotate', '--data', folder]);
    const [kid] = printed;
    expect({ status, lines: printed.length }).toEqual({ status: 0, lines: 1 });
    expect(kid).toMatch(/^[0-9a-f]{8}-0002$/);
    expect((await stat(join(folder, 'index.sqlite'))).mode & 0o777).toBe(0o600);
  });
});
