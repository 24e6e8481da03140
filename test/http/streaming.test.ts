/** Answers on their way: side by side, to readers who are slow, and to readers who go away. */
import { readdir } from 'node:fs/promises';
import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CuratedArchive, startCuratedArchive } from './curated.js';
import { bytesOf, digest, type MadeInstance, makeInstance } from './instances.js';
import { partsOf } from './parts.js';
import { ask } from './wire.js';

const STORED = 'multipart/related; type="application/dicom"; transfer-syntax=*';
const FRAME_BYTES = 512 * 1024;

/** Six instances of very different lengths in one study. */
const study: readonly MadeInstance[] = [1, 2, 8, 3, 1, 12].map((frames, i) =>
  makeInstance({
    study: 'streamed',
    instance: `streamed/${i}`,
    attributes: {
      InstanceNumber: String(i),
      Rows: 512,
      Columns: 512,
      NumberOfFrames: String(frames),
      PixelData: bytesOf(`streamed ${i}`, frames * FRAME_BYTES),
    },
  }),
);
/** Many instances that are each shorter than what waits for more. */
const tiny = Array.from({ length: 120 }, (_, i) =>
  makeInstance({ study: 'tiny', instance: `tiny/${i}`, attributes: { InstanceNumber: String(i) } }),
);

let archive: CuratedArchive;
beforeAll(async () => {
  archive = await startCuratedArchive();
  await archive.add(...study);
  await archive.add(...tiny);
});
afterAll(() => archive.close());

const pathOf = ([first]: readonly MadeInstance[]): string => `/studies/${first?.studyInstanceUID}`;
const digestsOf = async (path: string): Promise<readonly string[]> =>
  (await partsOf(await archive.get(path, { Accept: STORED }))).parts.map(({ body }) => digest(body));
const expected = (made: readonly MadeInstance[]): readonly string[] => made.map(({ file }) => digest(file));

const openFiles = async (): Promise<number> => (await readdir('/proc/self/fd')).length;

/** Begin to read an answer, and go away after its first bytes. */
const hangUp = (path: string): Promise<void> =>
  new Promise((resolve, reject) => {
    const headers = { Authorization: `Bearer ${archive.curatorToken}`, Accept: STORED };
    const asking = request(`${archive.base}${path}`, { headers, agent: false }, (response) => {
      response.once('data', () => {
        response.destroy();
        resolve();
      });
      response.on('error', () => undefined);
    });
    asking.on('error', reject);
    asking.end();
  });

describe('answers side by side', () => {
  it('RI-07 are whole and their own, however many there are', async () => {
    const answers = await Promise.all(
      Array.from({ length: 12 }, (_, i) => digestsOf(pathOf(i % 3 === 0 ? tiny : study))),
    );
    for (const [i, digests] of answers.entries()) expect(digests).toEqual(expected(i % 3 === 0 ? tiny : study));
  });

  it('RI-07 are whole while others break off', async () => {
    const [digests] = await Promise.all([
      digestsOf(pathOf(study)),
      ...Array.from({ length: 10 }, () => hangUp(pathOf(study))),
    ]);
    expect(digests).toEqual(expected(study));
  });

  it('RF-01 of many frames are each their own', async () => {
    const longest = study.at(-1);
    const path = `${longest?.path}/frames/${Array.from({ length: 12 }, (_, i) => 12 - i).join()}`;
    const answers = await Promise.all([1, 2, 3, 4].map(async () => (await partsOf(await archive.get(path))).parts));
    const frame = (number: number): Buffer =>
      bytesOf('streamed 5', 12 * FRAME_BYTES).subarray((number - 1) * FRAME_BYTES, number * FRAME_BYTES);
    const frames = Array.from({ length: 12 }, (_, i) => digest(frame(12 - i)));
    for (const parts of answers) expect(parts.map(({ body }) => digest(body))).toEqual(frames);
  });
});

describe('readers who go away', () => {
  it('F17 MP-19 leave no file open', async () => {
    await hangUp(pathOf(study));
    await archive.get('/studies');
    const before = await openFiles();
    for (let i = 0; i < 40; i++) await hangUp(i % 2 === 0 ? pathOf(study) : (study.at(-1)?.path ?? ''));
    await expect.poll(openFiles, { timeout: 5_000 }).toBeLessThanOrEqual(before + 2);
  });
});

describe('readers who are slow', () => {
  it('T53 get all of it, and hold up nobody', async () => {
    const headers = { Authorization: `Bearer ${archive.curatorToken}`, Accept: STORED };
    const slow = new Promise<number>((resolve, reject) => {
      const asking = request(`${archive.base}${pathOf(study)}`, { headers, agent: false }, (response) => {
        let received = 0;
        response.on('data', (chunk: Buffer) => {
          received += chunk.length;
          response.pause();
          setTimeout(() => response.resume(), 1);
        });
        response.on('end', () => resolve(received));
        response.on('error', reject);
      });
      asking.end();
    });
    expect((await ask(archive.url, `/dicom-web${pathOf(tiny)}`, { headers })).status).toBe(200);
    expect(await slow).toBeGreaterThan(27 * FRAME_BYTES);
  });
});
