/** One upload never spoils the searches of everybody else. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TAG } from '../../src/dicom/attributes.js';
import { type CuratedArchive, startCuratedArchive } from './curated.js';
import { firstValue, found, items } from './dicom-json.js';
import { dataSet, element, makeInstance } from './instances.js';

let archive: CuratedArchive;

const requestWith = (...elements: Parameters<typeof dataSet>[0]) =>
  dataSet([element(TAG.RequestedProcedureID, 'R1'), ...elements]);
const SPACES = 70_000;

const innocent = makeInstance({ study: 'innocent' });
const binary = makeInstance({
  study: 'binary',
  attributes: { RequestAttributesSequence: [requestWith(element(0x00091001, Buffer.alloc(2_000), 'OB'))] },
});
const text = makeInstance({
  study: 'text',
  attributes: {
    RequestAttributesSequence: [requestWith(element(0x00321060, ' '.repeat(SPACES).replace(/^ /, 'x'), 'UT'))],
  },
});
const many = makeInstance({
  study: 'many',
  attributes: { RequestAttributesSequence: Array.from({ length: 20_000 }, () => requestWith()) },
});
const nested = makeInstance({
  study: 'nested',
  elements: [{ tag: TAG.PatientAge, vr: 'SQ', items: [requestWith(element(0x00091001, Buffer.alloc(2_000), 'OB'))] }],
});
const uploads = [binary, text, many, nested];

beforeAll(async () => {
  archive = await startCuratedArchive();
  await archive.add(innocent, ...uploads);
});
afterAll(() => archive.close());

const everySearch = [
  '/studies?includefield=all',
  '/series?includefield=all',
  '/instances?includefield=all',
  `/studies/${binary.studyInstanceUID}/series`,
  `/studies/${text.studyInstanceUID}/instances`,
];

describe('searches over what a hostile sender stored', () => {
  it.each(everySearch)('QR-02 answer without any reference to bulkdata: %s', async (target) => {
    const response = await archive.get(target);
    const body = await response.text();
    expect(response.status).toBe(200);
    expect(body).not.toContain('BulkDataURI');
    expect(body.length).toBeLessThan(100_000);
  });

  it.each(uploads.map((made) => [made.path, made]))('find each of them: %s', async (_, made) => {
    const [answer] = await found(await archive.get(`/series?SeriesInstanceUID=${made.seriesInstanceUID}`));
    expect(answer && firstValue(answer, '0020000D')).toBe(made.studyInstanceUID);
  });

  it('MA-13 answer with the items that are searched, 64 of them at most', async () => {
    const query = `RequestAttributesSequence.RequestedProcedureID=R1&SeriesInstanceUID=${many.seriesInstanceUID}`;
    const [answer] = await found(await archive.get(`/series?${query}`));
    const kept = answer === undefined ? [] : items(answer, '00400275');
    expect(kept).toEqual(Array.from({ length: 64 }, () => ({ '00401001': { vr: 'SH', Value: ['R1'] } })));
  });
});

describe('searches over an index that is not as it was written', () => {
  it.each([
    ['a mark of metadata', `{"00400275":{"vr":"SQ","Value":["\u0001/bulkdata"]}}`],
    ['text that breaks off', '{"0020'],
    ['no object', 'null'],
  ])('answer with what identifies the entity where they meet %s', async (_, spoilt) => {
    await archive.database.write(async (tx) => {
      for (const table of ['study', 'series', 'instance'] as const) {
        await tx.updateTable(table).set({ attributes: spoilt }).execute();
      }
    });
    for (const target of everySearch) expect((await archive.get(target)).status).toBe(200);
    const [answer] = await found(await archive.get(`/instances?SOPInstanceUID=${innocent.sopInstanceUID}`));
    const uids = ['0020000D', '0020000E', '00080018'].map((tag) => answer && firstValue(answer, tag));
    expect(uids).toEqual([innocent.studyInstanceUID, innocent.seriesInstanceUID, innocent.sopInstanceUID]);
  });
});
