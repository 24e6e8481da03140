/** Whoever goes away in the middle of what he sends leaves nothing behind: no memory, no file, no socket, no instance. */
import { readdirSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { type LargeInstance, largeInstance, upload } from '../support/large-instance.js';
import { Seeded } from '../support/seeded.js';
import { ServedArchive } from '../support/served-archive.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const MIB = 1024 ** 2;
const UPLOADS = 24;
const INSTANCE_BYTES = 100e6;
const MOST_BYTES = 300 * MIB;
const MOST_KEPT_BYTES = 40 * MIB;
const SETTLE_MS = 20_000;

const inMiB = (bytes: number): string => `${Math.round(bytes / MIB)} MiB`;

/** Send so many bytes of an instance, and break the connection. */
async function breakOff(archive: ServedArchive, instance: LargeInstance, afterBytes: number): Promise<void> {
  const request = httpRequest(`${archive.url}/dicom-web/studies`, {
    method: 'POST',
    agent: false,
    headers: {
      Authorization: `Bearer ${archive.siteToken}`,
      'Content-Type': 'application/dicom',
      'Content-Length': instance.sizeBytes,
    },
  });
  // The connection is broken by this side; what it says of it is no news.
  request.on('error', () => undefined);
  let left = afterBytes;
  for (const chunk of instance.bytes()) {
    await new Promise((resolve) => request.write(chunk.subarray(0, left), resolve));
    left -= chunk.length;
    if (left <= 0) break;
  }
  request.destroy();
}

describe('uploads that are broken off', () => {
  it(`F16 leave nothing behind, ${UPLOADS} of 100 MB at once`, async () => {
    const archive = await ServedArchive.make(temporaryFolder());
    const chance = new Seeded('broken uploads');
    const instances = Array.from({ length: UPLOADS }, (_, n) => largeInstance(1 + n, 1, INSTANCE_BYTES));
    const staged = (): readonly string[] => readdirSync(join(archive.folder, 'incoming'));
    await archive.start();
    try {
      await Promise.all(instances.map((_, n) => upload(archive, largeInstance(1_000 + n, 1, INSTANCE_BYTES))));
      await sleep(1_000);
      const [memoryBefore, filesBefore] = [archive.memoryBytes, archive.openFiles];
      await Promise.all(
        instances.map((instance) => breakOff(archive, instance, 1 + chance.below(instance.sizeBytes - 1))),
      );
      const peak = archive.peakMemoryBytes;
      await expect.poll(staged, { timeout: SETTLE_MS }).toEqual([]);
      await expect.poll(() => archive.openFiles, { timeout: SETTLE_MS }).toBeLessThanOrEqual(filesBefore);
      await expect.poll(() => archive.memoryBytes, { timeout: SETTLE_MS }).toBeLessThan(memoryBefore + MOST_KEPT_BYTES);
      console.info(
        `broken uploads: memory ${inMiB(memoryBefore)} before, ${inMiB(peak)} at most, ${inMiB(archive.memoryBytes)} after; open files ${filesBefore} before, ${archive.openFiles} after`,
      );
      expect(peak).toBeLessThan(MOST_BYTES);
      await archive.stop();
      expect(await archive.verify()).toMatchObject({
        status: 0,
        findings: [],
        sentence: expect.stringContaining(`${UPLOADS} instances`),
      });
    } finally {
      await archive.kill();
    }
  });
});
