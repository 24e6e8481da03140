import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CommandLine } from './command-line.js';

let nccid: CommandLine;

beforeEach(async () => {
  nccid = await CommandLine.open();
});

afterEach(() => nccid.close());

describe('nccid licence add', () => {
  it('prints the reference', async () => {
    expect(await nccid.run('licence', 'add', '--project', 'Triage')).toEqual({
      status: 0,
      printed: ['NCCID-00001-v1.0'],
      errors: [],
    });
  });

  it('takes every option, with spaces around names', async () => {
    await nccid.result('site', 'add', 'North');
    await nccid.result('site', 'add', 'South Wing');
    await nccid.result(
      ...['licence', 'add', '--project', 'Triage', '--modalities', 'xray, ct', '--splits', 'training,validation'],
      ...['--sites', 'South Wing, North', '--from', '2026-01-01', '--until', '2026-06-30'],
    );
    expect(await nccid.result('licence', 'list')).toBe(
      'NCCID-00001-v1.0\tactive\t2026-01-01\t2026-06-30\txray,ct\ttraining,validation\tNorth,South Wing\tTriage',
    );
  });

  it.each([
    [['--modalities', 'xray,us'], '--modalities takes xray, ct, mri, other, with commas between.'],
    [['--modalities', ''], '--modalities takes xray, ct, mri, other, with commas between.'],
    [['--splits', 'all'], '--splits takes training, validation, with commas between.'],
    [['--sites', 'Nowhere'], 'A site that the licence names is not there.'],
    [['--from', '2026-02-30'], 'A date of a licence is a day of the calendar, written YYYY-MM-DD.'],
    [['--from', '2026-03-10', '--until', '2026-03-09'], 'The licence would end before it begins.'],
  ])('refuses %j in one sentence', async (args, sentence) => {
    expect(await nccid.run('licence', 'add', '--project', 'P', ...args)).toEqual({
      status: 1,
      printed: [],
      errors: [sentence],
    });
  });

  it('calls a licence without a project misuse', async () => {
    expect(await nccid.run('licence', 'add')).toMatchObject({ status: 2, printed: [] });
  });
});

describe('nccid licence list', () => {
  it('prints nothing when there is none', async () => {
    expect(await nccid.run('licence', 'list')).toEqual({ status: 0, printed: [], errors: [] });
  });

  it('prints a line a licence, with all for every site', async () => {
    await nccid.result('licence', 'add', '--project', 'One');
    await nccid.result('licence', 'add', '--project', 'Two', '--sites', 'all');
    expect((await nccid.run('licence', 'list')).printed).toEqual([
      'NCCID-00001-v1.0\tactive\t2026-03-10\t2027-03-10\txray,ct,mri\ttraining\tall\tOne',
      'NCCID-00002-v1.0\tactive\t2026-03-10\t2027-03-10\txray,ct,mri\ttraining\tall\tTwo',
    ]);
  });
});

describe('nccid licence suspend, resume and revoke', () => {
  it('print what has become of the licence', async () => {
    const reference = await nccid.result('licence', 'add', '--project', 'P');
    expect(await nccid.result('licence', 'suspend', reference)).toBe(`${reference} suspended`);
    expect((await nccid.result('licence', 'list')).split('\t')[1]).toBe('suspended');
    expect(await nccid.result('licence', 'resume', reference)).toBe(`${reference} resumed`);
    expect((await nccid.result('licence', 'list')).split('\t')[1]).toBe('active');
    expect(await nccid.result('licence', 'revoke', reference)).toBe(`${reference} revoked`);
    expect((await nccid.result('licence', 'list')).split('\t')[1]).toBe('revoked');
  });

  it('refuse to wake a revoked licence', async () => {
    const reference = await nccid.result('licence', 'add', '--project', 'P');
    await nccid.result('licence', 'revoke', reference);
    expect(await nccid.run('licence', 'resume', reference)).toEqual({
      status: 1,
      printed: [],
      errors: ['The licence is revoked, and that is for ever.'],
    });
  });

  it.each(['suspend', 'resume', 'revoke'])('%s refuses an unknown reference', async (verb) => {
    expect(await nccid.run('licence', verb, 'NCCID-00404-v1.0')).toEqual({
      status: 1,
      printed: [],
      errors: ['There is no licence with this reference.'],
    });
  });
});
