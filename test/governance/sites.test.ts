import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Database } from '../../src/database/database.js';
import { addSite, findSite, listSites } from '../../src/governance/sites.js';
import { type IndexBench, openIndex } from './index-bench.js';

const NOW_MS = Date.UTC(2026, 2, 10);

let bench: IndexBench;
let database: Database;

beforeEach(async () => {
  bench = await openIndex();
  database = bench.database;
});

afterEach(() => bench.close());

describe('addSite', () => {
  it('adds a site, which is found again as it was given', async () => {
    const added = await addSite(database, { name: 'Ysbyty Gwynedd', splitPolicy: 70 }, NOW_MS);
    expect(await findSite(database, 'Ysbyty Gwynedd')).toEqual(added);
    expect(added).toMatchObject({ name: 'Ysbyty Gwynedd', splitPolicy: 70 });
  });

  it.each(['training', 'validation', 0, 100] as const)('keeps the split %s', async (splitPolicy) => {
    await addSite(database, { name: 'A', splitPolicy }, NOW_MS);
    expect((await findSite(database, 'A'))?.splitPolicy).toBe(splitPolicy);
  });

  it('refuses a second site of the same name', async () => {
    await addSite(database, { name: 'A', splitPolicy: 50 }, NOW_MS);
    const again = addSite(database, { name: 'A', splitPolicy: 60 }, NOW_MS);
    await expect(again).rejects.toMatchObject({ code: 'conflict' });
    expect((await findSite(database, 'A'))?.splitPolicy).toBe(50);
  });

  it('adds one of two sites of the same name that come at once', async () => {
    const both = [1, 2].map(() => addSite(database, { name: 'A', splitPolicy: 50 }, NOW_MS));
    const outcomes = await Promise.allSettled(both);
    expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  });

  it.each(['St Mary’s (Old Wing)', 'Łódź', '病院', '4', 'é'.repeat(64)])('takes the name %j', async (name) => {
    expect((await addSite(database, { name, splitPolicy: 50 }, NOW_MS)).name).toBe(name);
  });

  it.each([
    '',
    ' ',
    ' A',
    'A ',
    'A,B',
    'A\tB',
    'A\nB',
    'A\u0000',
    'A\u202eB',
    '*',
    '...',
    'all',
    'All',
    'a'.repeat(65),
  ])('refuses the name %j', async (name) => {
    const refused = addSite(database, { name, splitPolicy: 50 }, NOW_MS);
    await expect(refused).rejects.toMatchObject({ code: 'invalid-request' });
  });

  it.each([-1, 101, 0.5, Number.NaN])('refuses the split %d', async (splitPolicy) => {
    const refused = addSite(database, { name: 'A', splitPolicy }, NOW_MS);
    await expect(refused).rejects.toMatchObject({ code: 'invalid-request' });
  });
});

describe('findSite', () => {
  it('finds exactly the name, in its own case', async () => {
    await addSite(database, { name: 'Northwick', splitPolicy: 50 }, NOW_MS);
    expect(await findSite(database, 'northwick')).toBeUndefined();
    expect(await findSite(database, 'North%')).toBeUndefined();
  });
});

describe('listSites', () => {
  it('gives all sites by name', async () => {
    for (const name of ['C', 'A', 'B']) await addSite(database, { name, splitPolicy: 50 }, NOW_MS);
    expect((await listSites(database)).map(({ name }) => name)).toEqual(['A', 'B', 'C']);
  });
});
