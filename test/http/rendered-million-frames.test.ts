/** Images of as many frames as there may be are rendered without a list of all of them. */
import { get } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { dataSetOfKeywords } from '../../src/dicom/build-data-set.js';
import { MOST_FRAMES } from '../../src/dicom/frame-table.js';
import { type CuratedArchive, startCuratedArchive } from './curated.js';
import { makeInstance } from './instances.js';

const PR = '1.2.840.10008.5.1.4.1.1.11.1';
/** With such lists it takes from 8 s to minutes; without, what it takes to get the table of frames out of the index. */
const MOST_MS = 6_000;

const million = makeInstance({
  study: 'a million frames',
  modality: 'OT',
  attributes: {
    ...{ BitsAllocated: 8, BitsStored: 8, HighBit: 7, Rows: 1, Columns: 1 },
    NumberOfFrames: String(MOST_FRAMES),
    PixelData: Buffer.alloc(MOST_FRAMES, 7),
  },
});
const reference = dataSetOfKeywords({
  ReferencedSOPClassUID: million.sopClassUID,
  ReferencedSOPInstanceUID: million.sopInstanceUID,
});
const state = makeInstance({
  study: 'a million frames',
  series: 'a million frames/pr',
  modality: 'SR',
  fileMeta: { sopClassUID: PR },
  attributes: {
    Modality: 'PR',
    SOPClassUID: PR,
    ReferencedSeriesSequence: [
      dataSetOfKeywords({
        SeriesInstanceUID: million.seriesInstanceUID,
        ReferencedImageSequence: Array.from({ length: 30 }, () => reference),
      }),
    ],
  },
});

let archive: CuratedArchive;
beforeAll(async () => {
  archive = await startCuratedArchive();
  await archive.add(million);
  await archive.add(state);
}, 60_000);
afterAll(() => archive.close());

/** The status, as soon as the first bytes of the answer have come. */
async function statusOf(path: string, accept: string): Promise<number> {
  const before = performance.now();
  const status = await new Promise<number>((resolve, reject) => {
    const headers = { Authorization: `Bearer ${archive.curatorToken}`, Accept: accept };
    const request = get(archive.base + path, { headers, agent: false }, (response) => {
      response.once('data', () => {
        resolve(response.statusCode ?? 0);
        request.destroy();
      });
    });
    request.once('error', reject);
  });
  expect(performance.now() - before).toBeLessThan(MOST_MS);
  return status;
}

const IN_PARTS = 'multipart/related; type="image/png"';

describe('RR-20 a million frames', { timeout: 120_000 }, () => {
  it('are one picture at once', async () => {
    expect(await statusOf(`${million.path}/rendered`, 'image/png')).toBe(200);
    expect(await statusOf(`${million.path}/thumbnail`, 'image/png')).toBe(200);
  });

  it('are no animation', async () => {
    const windows = [1, 2, 3, 4];
    const statuses = windows.map((width) => statusOf(`${million.path}/rendered?window=1,${width},linear`, 'image/gif'));
    expect(await Promise.all(statuses)).toEqual([413, 413, 413, 413]);
  });

  it('begin to come as parts, of the instance and of its study', async () => {
    expect(await statusOf(`${million.path}/rendered`, IN_PARTS)).toBe(200);
    const studies = Array.from({ length: 3 }, () =>
      statusOf(`/studies/${million.studyInstanceUID}/rendered`, IN_PARTS),
    );
    expect(await Promise.all(studies)).toEqual([200, 200, 200]);
  });

  it('are too many for a presentation state, however often it refers to them', async () => {
    expect(await statusOf(`${state.path}/rendered`, IN_PARTS)).toBe(413);
  });
});
