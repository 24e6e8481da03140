import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { addAttributeCommand } from '../../src/cli/attribute.js';
import { addImportCommand } from '../../src/cli/import.js';
import { addSiteCommand } from '../../src/cli/site.js';
import { Database } from '../../src/database/database.js';
import { makeInstance } from '../http/instances.js';
import { CommandLine, type Outcome, runCommands } from './command-line.js';

const COMMANDS = [addAttributeCommand, addImportCommand, addSiteCommand];

let nccid: CommandLine;
const run = (...args: readonly string[]): Promise<Outcome> => runCommands(COMMANDS, [...args, '--data', nccid.folder]);

beforeEach(async () => {
  nccid = await CommandLine.open();
  await run('site', 'add', 'A');
  const folder = join(nccid.folder, '../files');
  await mkdir(folder);
  for (let n = 0; n < 3; n++) {
    const { file } = makeInstance({ study: `s${n}`, attributes: { KVP: String(100 + n) } });
    await writeFile(join(folder, `${n}.dcm`), file);
  }
  await run('import', folder, '--site', 'A');
});
afterEach(() => nccid.close());

async function values(): Promise<readonly (string | null)[]> {
  const database = await Database.open({ kind: 'sqlite', path: join(nccid.folder, 'index.sqlite') });
  try {
    const rows = await database.read.selectFrom('series_value').select('value').orderBy('value').execute();
    return rows.map(({ value }) => value);
  } finally {
    await database.close();
  }
}

describe('nccid attribute', () => {
  it('adds an attribute, indexes what is stored by it, and says how far it is', async () => {
    expect(await run('attribute', 'add', 'KVP', '--level', 'series')).toEqual({
      status: 0,
      printed: ['KVP\tseries\tDS\t-\tall'],
      errors: ['1 of 3 series', '2 of 3 series', '3 of 3 series'],
    });
    expect(await values()).toEqual(['100', '101', '102']);
  });

  it('lists what has been added, and removes it with its values', async () => {
    await run('attribute', 'add', '00180060', '--level', 'series');
    await run('attribute', 'add', '00231002', '--level', 'instance', '--creator', 'Acme', '--vr', 'SH');
    expect((await run('attribute', 'list')).printed).toEqual([
      'KVP\tseries\tDS\t-\tall',
      '0023xx02\tinstance\tSH\tAcme\tall',
    ]);
    for (const name of ['KVP', '00180060']) {
      if (name !== 'KVP') await run('attribute', 'add', 'KVP', '--level', 'series');
      expect(await run('attribute', 'remove', name, '--level', 'series')).toMatchObject({ status: 0 });
      expect(await values()).toEqual([]);
    }
    for (const name of ['00231002', '0023xx02']) {
      if (name !== '00231002') await run('attribute', 'add', '00231102', '--level', 'instance', '--creator', 'Acme');
      const removed = await run('attribute', 'remove', name, '--level', 'instance', '--creator', 'Acme');
      expect([name, removed.status]).toEqual([name, 0]);
    }
    expect((await run('attribute', 'list')).printed).toEqual([]);
  });

  it.each([
    [['add', 'Nothing', '--level', 'series'], 'An attribute is a keyword'],
    [['add', 'KVP', '--level', 'patient'], 'A level is study, series or instance.'],
    [['add', 'PatientID', '--level', 'study'], 'This attribute is searched at this level already.'],
    [['add', '00231002', '--level', 'study'], 'A private attribute is named with its Private Creator'],
    [['remove', 'KVP', '--level', 'study'], 'No such attribute has been added.'],
  ])('answers %j with one sentence', async (args, sentence) => {
    const { status, printed, errors } = await run('attribute', ...args);
    expect([status, printed, errors.length]).toEqual([1, [], 1]);
    expect(errors[0]).toContain(sentence);
  });
});
