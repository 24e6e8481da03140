/** Whoever goes away in the middle of an answer leaves nothing behind: no memory, no file, no socket. */
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { beginDownload, download, largeInstance, upload } from '../support/large-instance.js';
import { Seeded } from '../support/seeded.js';
import { ServedArchive } from '../support/served-archive.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const MIB = 1024 ** 2;
const DOWNLOADS = 24;
const INSTANCES = 4;
const INSTANCE_BYTES = 50e6;
/** The threads that make thumbnails of what has come, and what they draw with, are 100 MiB of it. */
const MOST_BYTES = 450 * MIB;
const MOST_KEPT_BYTES = 64 * MIB;
/** A slow reader takes this much and then waits. */
const SIP_BYTES = 256 * 1024;
const SIP_MS = 20;
const SETTLE_MS = 20_000;
const STUDY_PARTS = 'multipart/related; type="application/dicom"; transfer-syntax=*';

const inMiB = (bytes: number): string => `${Math.round(bytes / MIB)} MiB`;

/** Read so many bytes of an answer, fast or slowly, and break the connection. */
async function breakOff(archive: ServedArchive, path: string, afterBytes: number, isSlow: boolean): Promise<void> {
  const answer = await beginDownload(archive, path, STUDY_PARTS);
  let bytes = 0;
  let sip = 0;
  for await (const chunk of answer) {
    bytes += chunk.length;
    sip += chunk.length;
    if (bytes >= afterBytes) break;
    if (!isSlow || sip < SIP_BYTES) continue;
    sip = 0;
    await sleep(SIP_MS);
  }
  answer.socket.destroy();
}

describe('downloads that are broken off', () => {
  it(`F17 leave nothing behind, ${DOWNLOADS} of 200 MB at once`, async () => {
    const archive = await ServedArchive.make(temporaryFolder());
    const chance = new Seeded('broken downloads');
    await archive.start();
    try {
      const instances = Array.from({ length: INSTANCES }, (_, n) => largeInstance(1, n + 1, INSTANCE_BYTES));
      for (const instance of instances) await upload(archive, instance);
      const path = `/studies/${instances[0]?.studyInstanceUID}`;
      const sizeBytes = instances.reduce((sum, instance) => sum + instance.sizeBytes, 0);
      // What a server needs for as many at once it may keep; so it is made to need it before.
      await Promise.all(Array.from({ length: DOWNLOADS }, () => download(archive, path, STUDY_PARTS)));
      await sleep(1_000);
      const [memoryBefore, filesBefore] = [archive.memoryBytes, archive.openFiles];

      for (let round = 0; round < 2; round++) {
        await Promise.all(
          Array.from({ length: DOWNLOADS }, (_, n) => {
            const isSlow = n % 3 === 0;
            return breakOff(archive, path, chance.below(isSlow ? sizeBytes / 10 : sizeBytes), isSlow);
          }),
        );
      }
      const peak = archive.peakMemoryBytes;
      await expect.poll(() => archive.openFiles, { timeout: SETTLE_MS }).toBeLessThanOrEqual(filesBefore);
      await expect.poll(() => archive.memoryBytes, { timeout: SETTLE_MS }).toBeLessThan(memoryBefore + MOST_KEPT_BYTES);
      console.info(
        `broken downloads: memory ${inMiB(memoryBefore)} before, ${inMiB(peak)} at most, ${inMiB(archive.memoryBytes)} after; open files ${filesBefore} before, ${archive.openFiles} after`,
      );
      expect(peak).toBeLessThan(MOST_BYTES);
      expect(await download(archive, path, STUDY_PARTS)).toBeGreaterThan(sizeBytes);
    } finally {
      await archive.kill();
    }
  });
});
