/** Memory stays where it is, however much goes in and out at once, and however large a single instance is. */
import { describe, expect, it } from 'vitest';
import { download, FRAME_BYTES, type LargeInstance, largeInstance, upload } from '../support/large-instance.js';
import { LoadWriters } from '../support/load-writers.js';
import { ServedArchive } from '../support/served-archive.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const MIB = 1024 ** 2;
/** The threads that make thumbnails of what has come, and what they draw with, are 100 MiB of it. */
const MOST_BYTES = 450 * MIB;
const UPLOADS = 16;
const DOWNLOADS = 8;
const LARGE_BYTES = 200e6;
const LARGEST_BYTES = 1024 * MIB;
/** What a server's memory differs by from one run to another. */
const NOISE_BYTES = 32 * MIB;
const FRAMES_AT_ONCE = 1_000;
const STORED = 'application/dicom; transfer-syntax=*';
const STORED_PARTS = `multipart/related; type="application/dicom"; transfer-syntax=*`;
const FRAME_PARTS = 'multipart/related; type="application/octet-stream"';

const inMiB = (bytes: number): string => `${Math.round(bytes / MIB)} MiB`;

/** Do something on a server of its own over a new archive. */
async function onServer(work: (archive: ServedArchive) => Promise<void>): Promise<void> {
  const archive = await ServedArchive.make(temporaryFolder());
  await archive.start();
  try {
    await work(archive);
  } finally {
    await archive.kill();
  }
}

const uploadAll = (archive: ServedArchive, instances: readonly LargeInstance[]): Promise<unknown> =>
  Promise.all(instances.map((instance) => upload(archive, instance)));

describe('the memory of a server', () => {
  it(`F20 stays below ${inMiB(MOST_BYTES)} with ${UPLOADS} uploads and ${DOWNLOADS} downloads of 200 MB at once`, () =>
    onServer(async (archive) => {
      const first = largeInstance(1, 1, LARGE_BYTES);
      await upload(archive, first);
      const downloads = Array.from({ length: DOWNLOADS }, async (_, n) => {
        const isStudy = n % 2 === 0;
        const path = isStudy ? `/studies/${first.studyInstanceUID}` : first.path;
        expect(await download(archive, path, isStudy ? STORED_PARTS : STORED)).toBeGreaterThanOrEqual(first.sizeBytes);
      });
      const uploads = Array.from({ length: UPLOADS }, (_, n) => largeInstance(2 + n, 1, LARGE_BYTES));
      await Promise.all([uploadAll(archive, uploads), ...downloads]);
      const peak = archive.peakMemoryBytes;
      console.info(`memory: ${UPLOADS} uploads and ${DOWNLOADS} downloads of 200 MB at once: ${inMiB(peak)} at most`);
      expect(peak).toBeLessThan(MOST_BYTES);
    }));

  it('MP-19 needs no more for an instance of 1 GiB than for small ones', () =>
    onServer(async (archive) => {
      for (let n = 1; n <= 100; n++) await upload(archive, largeInstance(1, n, 2 * FRAME_BYTES));
      const small = archive.peakMemoryBytes;
      const largest = largeInstance(2, 1, LARGEST_BYTES);
      await upload(archive, largest);
      const taken = archive.peakMemoryBytes;
      expect(await download(archive, largest.path, STORED)).toBe(largest.sizeBytes);
      expect(await download(archive, largest.path, 'application/zip')).toBeGreaterThan(largest.sizeBytes);
      const given = archive.peakMemoryBytes;
      console.info(
        `memory: ${inMiB(small)} for small instances, ${inMiB(taken)} with 1 GiB in, ${inMiB(given)} and out`,
      );
      expect(given).toBeLessThan(small + NOISE_BYTES);
    }));

  it(`gives ${FRAMES_AT_ONCE} frames of 0.5 MiB in one answer, to each of ${DOWNLOADS} who ask`, () =>
    onServer(async (archive) => {
      const instance = largeInstance(1, 1, FRAMES_AT_ONCE * FRAME_BYTES);
      await upload(archive, instance);
      const path = `${instance.path}/frames/${Array.from({ length: FRAMES_AT_ONCE }, (_, n) => n + 1)}`;
      const sizes = await Promise.all(Array.from({ length: DOWNLOADS }, () => download(archive, path, FRAME_PARTS)));
      for (const size of sizes) expect(size).toBeGreaterThan(FRAMES_AT_ONCE * FRAME_BYTES);
      const peak = archive.peakMemoryBytes;
      console.info(`memory: ${DOWNLOADS} answers of ${FRAMES_AT_ONCE} frames at once: ${inMiB(peak)} at most`);
      expect(peak).toBeLessThan(MOST_BYTES);
    }));

  it('stays there while forty writers send small instances', () =>
    onServer(async (archive) => {
      const ending = new AbortController();
      setTimeout(() => ending.abort(), 20_000);
      const writers = new LoadWriters('memory', 40);
      await writers.run(archive, ending.signal);
      const peak = archive.peakMemoryBytes;
      console.info(`memory: 40 writers, ${writers.acknowledged.length} small instances: ${inMiB(peak)} at most`);
      expect(peak).toBeLessThan(MOST_BYTES);
    }));
});
