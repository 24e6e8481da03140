import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Database } from '../../src/database/database.js';
import { listSites } from '../../src/governance/sites.js';
import { CommandLine } from './command-line.js';

let nccid: CommandLine;

beforeEach(async () => {
  nccid = await CommandLine.open();
});

afterEach(() => nccid.close());

async function sites(): Promise<readonly (readonly [string, string | number])[]> {
  const database = await Database.open({ kind: 'sqlite', path: join(nccid.folder, 'index.sqlite') });
  try {
    return (await listSites(database)).map(({ name, splitPolicy }) => [name, splitPolicy]);
  } finally {
    await database.close();
  }
}

describe('nccid site add', () => {
  it('adds a site to an archive folder that is not there yet, and prints its name', async () => {
    expect(await nccid.run('site', 'add', 'St Mary’s')).toEqual({ status: 0, printed: ['St Mary’s'], errors: [] });
    expect(await sites()).toEqual([['St Mary’s', 50]]);
  });

  it.each([
    ['70', 70],
    ['training', 'training'],
    ['validation', 'validation'],
  ])('takes --split %s', async (text, splitPolicy) => {
    expect(await nccid.result('site', 'add', 'A', '--split', text)).toBe('A');
    expect(await sites()).toEqual([['A', splitPolicy]]);
  });

  it('answers a second site of the same name with one sentence', async () => {
    await nccid.result('site', 'add', 'A');
    expect(await nccid.run('site', 'add', 'A')).toEqual({
      status: 1,
      printed: [],
      errors: ['There is a site of this name already.'],
    });
  });

  it.each(['101', 'half', ''])('refuses --split %j', async (split) => {
    await nccid.result('site', 'add', 'First');
    expect(await nccid.run('site', 'add', 'A', '--split', split)).toEqual({
      status: 1,
      printed: [],
      errors: ['--split takes training, validation, or 0 to 100.'],
    });
    expect(await sites()).toEqual([['First', 50]]);
  });

  it.each([[[]], [['A', 'B']], [['A', '--colour', 'red']]])('calls %j misuse', async (args) => {
    const { status, printed, errors } = await nccid.run('site', 'add', ...args);
    expect({ status, printed }).toEqual({ status: 2, printed: [] });
    expect(errors).toHaveLength(1);
  });
});

describe('nccid site list', () => {
  it('prints each site and its split, by name', async () => {
    await nccid.result('site', 'add', 'South', '--split', 'validation');
    await nccid.result('site', 'add', 'North', '--split', '30');
    expect(await nccid.run('site', 'list')).toEqual({
      status: 0,
      printed: ['North\t30', 'South\tvalidation'],
      errors: [],
    });
  });
});
