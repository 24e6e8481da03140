/** The suite against the archive itself: what does not hold yet is told here, and nothing else. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { conduct } from '../../conformance/conduct.js';
import type { RunReport } from '../../conformance/report/summary.js';
import type { Verdict } from '../../conformance/result.js';
import { NOT_HELD, NOT_HELD_STRICTLY, NOT_JUDGED, NOTED } from '../conformance/own-server-lists.js';
import { addSearchedAttributes } from '../conformance/searched-attributes.js';
import { type RunningArchive, startArchive } from '../support/running-archive.js';
import { makeInstance } from './instances.js';

let archive: RunningArchive;
let report: RunReport;

beforeAll(async () => {
  archive = await startArchive({ corsOrigins: new Set(['https://viewer.example']) });
  await archive.addSite('Elsewhere');
  const licence = { project: 'Nothing of this', kinds: ['xray'], splits: ['training'], sites: ['Elsewhere'] } as const;
  const reference = await archive.addLicence(licence);
  const token = await archive.token({ kind: 'curator' });
  await addSearchedAttributes(archive, token);
  report = await conduct({
    url: archive.base,
    token,
    storeToken: token,
    outsiderToken: await archive.token({ kind: 'licence', reference, person: 'ada@example.org' }),
    wadoURI: undefined,
    only: undefined,
    isReadOnly: false,
  });
});
afterAll(() => archive.close());

const detailed = (verdict: Verdict): Readonly<Record<string, string>> =>
  Object.fromEntries(
    report.results
      .filter((one) => one.verdict === verdict)
      .map(({ id, expected, came, why }) => [id, why ?? `expected ${expected}; came ${came}`]),
  );

it('stores every fixture of the suite', () => {
  expect(report.refused).toEqual({});
});

it('holds every requirement but those that are listed, and each of these does not hold', () => {
  const failed = detailed('fail');
  expect(Object.keys(failed).sort(), JSON.stringify(failed, undefined, 2)).toEqual([...NOT_HELD].sort());
});

it('has everything that can be judged but what is listed', () => {
  const skipped = detailed('skipped');
  expect(Object.keys(skipped).sort(), JSON.stringify(skipped, undefined, 2)).toEqual([...NOT_JUDGED].sort());
});

it('leaves nothing to be noted but what is listed', () => {
  const noted = report.results.filter(({ notes }) => notes.length > 0);
  const told = Object.fromEntries(noted.map(({ id, notes }) => [id, notes.join('; ')]));
  expect(told).toEqual(NOTED);
});

it('is judged as well when nothing may be stored', async () => {
  const token = await archive.token({ kind: 'curator' });
  const stored = [makeInstance({ study: 'left alone' }), makeInstance({ study: 'left alone too', modality: 'DX' })];
  for (const { file } of stored) expect((await archive.store(token, [file])).status).toBe(200);
  const readOnly = await conduct({
    url: archive.base,
    token,
    storeToken: undefined,
    outsiderToken: undefined,
    wadoURI: undefined,
    only: undefined,
    isReadOnly: true,
  });
  const failed = readOnly.results.filter(({ verdict }) => verdict === 'fail').map(({ id }) => id);
  expect(failed.filter((id) => !NOT_HELD.includes(id))).toEqual([]);
  expect(readOnly.results.filter(({ verdict }) => verdict === 'pass').length).toBeGreaterThan(60);
  expect(readOnly.left).toEqual([]);
});

it('holds as much in strict mode, but for what is listed', async () => {
  const strict = await startArchive({ isStrict: true });
  try {
    const token = await strict.token({ kind: 'curator' });
    const judged = await conduct({
      url: strict.base,
      token,
      storeToken: token,
      outsiderToken: undefined,
      wadoURI: undefined,
      only: undefined,
      isReadOnly: false,
    });
    // Implicit VR and Big Endian are refused with C122H: SW-23.
    expect(Object.keys(judged.refused)).toEqual(['CR', 'BE', 'LONGDS', 'PRIVI']);
    const failed = judged.results.filter(({ verdict }) => verdict === 'fail').map(({ id }) => id);
    expect(failed.sort()).toEqual([...NOT_HELD, ...NOT_HELD_STRICTLY].sort());
  } finally {
    await strict.close();
  }
});
