import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Database } from '../../src/database/database.js';
import {
  addLicence,
  type Licence,
  listLicences,
  type NewLicence,
  resumeLicence,
  revokeLicence,
  suspendLicence,
} from '../../src/governance/licences.js';
import { addSite } from '../../src/governance/sites.js';
import { type IndexBench, openIndex } from './index-bench.js';

const NOW_MS = Date.UTC(2026, 2, 10, 23, 59);

let bench: IndexBench;
let database: Database;

beforeEach(async () => {
  bench = await openIndex();
  database = bench.database;
});

afterEach(() => bench.close());

const add = (licence: Partial<NewLicence> = {}): Promise<string> =>
  addLicence(database, { project: 'Severity from radiographs', ...licence }, NOW_MS);

const addSiteNamed = (name: string) => addSite(database, { name, splitPolicy: 50 }, NOW_MS);

async function only(): Promise<Licence> {
  const [licence, ...others] = await listLicences(database);
  if (licence === undefined || others.length > 0) throw new Error('There is not exactly one licence.');
  return licence;
}

describe('addLicence', () => {
  it('numbers licences from 1', async () => {
    expect(await add()).toBe('NCCID-00001-v1.0');
    expect(await add()).toBe('NCCID-00002-v1.0');
  });

  it('never gives a number twice, however many come at once', async () => {
    const references = await Promise.all(Array.from({ length: 10 }, () => add()));
    expect(new Set(references).size).toBe(10);
  });

  it('covers the training images of every site for a year, unless told otherwise', async () => {
    await add();
    expect(await only()).toEqual({
      reference: 'NCCID-00001-v1.0',
      project: 'Severity from radiographs',
      kinds: ['xray', 'ct', 'mri'],
      splits: ['training'],
      sites: undefined,
      from: '2026-03-10',
      until: '2027-03-10',
      status: 'active',
    });
  });

  it('keeps what it is told', async () => {
    await addSiteNamed('B');
    await addSiteNamed('A');
    await add({ kinds: ['ct'], splits: ['validation'], sites: ['B', 'A'], from: '2026-01-01', until: '2026-01-01' });
    expect(await only()).toMatchObject({
      kinds: ['ct'],
      splits: ['validation'],
      sites: ['A', 'B'],
      from: '2026-01-01',
      until: '2026-01-01',
    });
  });

  it('ends on 28 February when it begins on a 29th', async () => {
    await add({ from: '2028-02-29' });
    expect((await only()).until).toBe('2029-02-28');
  });

  it('refuses a site that is not there, and leaves nothing behind', async () => {
    await addSiteNamed('A');
    await expect(add({ sites: ['A', 'B'] })).rejects.toMatchObject({ code: 'not-found' });
    expect(await listLicences(database)).toEqual([]);
    expect(await add({ sites: ['A'] })).toBe('NCCID-00001-v1.0');
  });

  it.each<[string, Partial<NewLicence>]>([
    ['no title', { project: '' }],
    ['a title of 251 characters', { project: 'a'.repeat(251) }],
    ['a title on two lines', { project: 'a\nb' }],
    ['a title with a tab', { project: 'a\tb' }],
    ['no kinds', { kinds: [] }],
    ['a kind twice', { kinds: ['ct', 'ct'] }],
    ['no splits', { splits: [] }],
    ['no sites', { sites: [] }],
    ['a 30 February', { from: '2026-02-30' }],
    ['a 29 February of a common year', { from: '2027-02-29' }],
    ['a date in another form', { from: '01/02/2026' }],
    ['a date with a time', { from: '2026-01-01T00:00' }],
    ['a month 13', { until: '2026-13-01' }],
    ['no date', { until: '' }],
    ['a year of five digits', { until: '10000-01-01' }],
    ['an end before the beginning', { from: '2026-03-10', until: '2026-03-09' }],
    ['an end before today, when it begins today', { until: '2026-03-09' }],
  ])('refuses %s', async (_name, licence) => {
    await expect(add(licence)).rejects.toMatchObject({ code: 'invalid-request' });
  });

  it('takes a title of 250 characters', async () => {
    await add({ project: 'é'.repeat(250) });
    expect((await only()).project).toBe('é'.repeat(250));
  });
});

describe('suspendLicence, resumeLicence and revokeLicence', () => {
  const statusAfter = async (...changes: readonly ((database: Database, reference: string) => Promise<void>)[]) => {
    const reference = await add();
    for (const change of changes) await change(database, reference);
    return (await listLicences(database)).find((licence) => licence.reference === reference)?.status;
  };

  it('change the status, and may be repeated', async () => {
    expect(await statusAfter(suspendLicence)).toBe('suspended');
    expect(await statusAfter(suspendLicence, suspendLicence)).toBe('suspended');
    expect(await statusAfter(suspendLicence, resumeLicence)).toBe('active');
    expect(await statusAfter(resumeLicence)).toBe('active');
    expect(await statusAfter(suspendLicence, revokeLicence, revokeLicence)).toBe('revoked');
  });

  it('leave other licences as they are', async () => {
    const [one, two] = [await add(), await add()];
    await suspendLicence(database, two);
    expect((await listLicences(database)).map(({ reference, status }) => [reference, status])).toEqual([
      [one, 'active'],
      [two, 'suspended'],
    ]);
  });

  it.each([
    ['resumed', resumeLicence],
    ['suspended', suspendLicence],
  ])('never let a revoked licence be %s', async (_name, change) => {
    const reference = await add();
    await revokeLicence(database, reference);
    await expect(change(database, reference)).rejects.toMatchObject({ code: 'conflict' });
    expect((await only()).status).toBe('revoked');
  });

  it.each([suspendLicence, resumeLicence, revokeLicence])('say when there is no such licence (%o)', async (change) => {
    await expect(change(database, 'NCCID-00009-v1.0')).rejects.toMatchObject({ code: 'not-found' });
  });
});
