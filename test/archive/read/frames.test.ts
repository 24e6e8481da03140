/** Frames as they leave the archive, from files of every size and encoding. */
import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import type { LocatedInstance } from '../../../src/archive/index/locate.js';
import type { ScopedArchive } from '../../../src/archive/scoped-archive.js';
import { type MadeInstance, makeInstance, SYNTAX } from '../../http/instances.js';
import { ArchiveFixture } from '../../support/archive-fixture.js';
import { Seeded } from '../../support/seeded.js';

const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

/** An instance of so many frames of so many rows of 1024 pixels. */
const imageOf = (count: number, rows: number, transferSyntaxUID: string): { made: MadeInstance; pixels: Buffer } => {
  const pixels = new Seeded(`${count} ${rows}`).bytes(count * rows * 2_048);
  const attributes = { NumberOfFrames: String(count), Rows: rows, Columns: 1_024, PixelData: pixels };
  return { made: makeInstance({ study: 'frames', attributes, transferSyntaxUID }), pixels };
};

/** An archive that holds one instance, and that instance in it. */
async function archiveOf({ studyInstanceUID, seriesInstanceUID, sopInstanceUID, file }: MadeInstance) {
  const fixture = await ArchiveFixture.open();
  const { failure } = await fixture.request(await fixture.addSite('Site A'), [wholeFile(file)]);
  if (failure !== undefined) throw failure;
  const archive = fixture.opened.archive.as({ kind: 'everything' });
  const instance = await archive.instance({ studyInstanceUID, seriesInstanceUID, sopInstanceUID });
  return { fixture, archive, instance };
}

async function* wholeFile(file: Buffer): AsyncGenerator<Buffer> {
  yield file;
}

/** Digests of frames that are read one after the other from one open file, each piece taken before the next is asked for. */
async function digestsOf(archive: ScopedArchive, instance: LocatedInstance, frameNumbers: readonly number[]) {
  const frames = await archive.frames(instance, frameNumbers);
  const file = await archive.open(instance);
  try {
    const digests: string[] = [];
    for (const frame of frames) {
      const hash = createHash('sha256');
      for await (const piece of frame.bytes(file)) hash.update(piece);
      digests.push(hash.digest('hex'));
    }
    return digests;
  } finally {
    await file.close();
  }
}

describe('frames', () => {
  it.each([
    ['little endian', SYNTAX.explicit],
    ['big endian', SYNTAX.bigEndian],
  ])('gives a %s frame of more bytes than are held at once', async (_what, transferSyntaxUID) => {
    const { made, pixels } = imageOf(2, 9_001, transferSyntaxUID);
    const { archive, instance } = await archiveOf(made);
    const [first, second] = [pixels.subarray(0, pixels.length / 2), pixels.subarray(pixels.length / 2)];
    expect(await digestsOf(archive, instance, [2, 1])).toEqual([sha256(second), sha256(first)]);
  });

  it('gives frames of a deflated file in any order', async () => {
    const { made, pixels } = imageOf(40, 512, SYNTAX.deflated);
    const { archive, instance } = await archiveOf(made);
    const digestOf = (frameNumber: number): string =>
      sha256(pixels.subarray((frameNumber - 1) * 1_048_576, frameNumber * 1_048_576));
    for (const frameNumbers of [[3, 1, 2, 2, 40, 39], Array.from({ length: 40 }, (_, n) => n + 1)]) {
      expect(await digestsOf(archive, instance, frameNumbers)).toEqual(frameNumbers.map(digestOf));
    }
  });

  it('gives many frames from one open file in memory for one', async () => {
    const { made, pixels } = imageOf(64, 1_024, SYNTAX.explicit);
    const { archive, instance } = await archiveOf(made);
    const before = process.memoryUsage().arrayBuffers;
    const frames = await archive.frames(
      instance,
      Array.from({ length: 64 }, (_, n) => n + 1),
    );
    const file = await archive.open(instance);
    let most = 0;
    const hash = createHash('sha256');
    for (const frame of frames) {
      for await (const piece of frame.bytes(file)) hash.update(piece);
      most = Math.max(most, process.memoryUsage().arrayBuffers - before);
    }
    await file.close();
    expect(hash.digest('hex')).toBe(sha256(pixels));
    expect(most).toBeLessThan(16 * 1024 * 1024);
  });

  it.each([
    ['whose data set can not be inflated any more', (file: Buffer) => file.fill(0xff, 144 + file.readUInt32LE(140))],
    ['whose File Meta seems to be 4 GB long', (file: Buffer) => file.fill(0xff, 140, 144)],
    ['that ends within its File Meta', (file: Buffer) => file.subarray(0, 200)],
    ['that ends before it', (file: Buffer) => file.subarray(0, 100)],
  ])('F11 calls a deflated file %s damaged, and marks it', async (_what, damage) => {
    const { made } = imageOf(1, 200, SYNTAX.deflated);
    const { fixture, archive, instance } = await archiveOf(made);
    const path = fixture.path(instance.blobKey);
    await writeFile(path, damage(await readFile(path)));
    await expect(digestsOf(archive, instance, [1])).rejects.toThrow(
      expect.objectContaining({ name: 'ArchiveError', code: 'corrupt' }),
    );
    await expect.poll(() => markOf(fixture, instance)).not.toBeNull();
  });
});

async function markOf({ opened }: ArchiveFixture, { rowID }: LocatedInstance): Promise<string | null> {
  const row = await opened.database.read
    .selectFrom('instance')
    .select('damaged_at')
    .where('id', '=', rowID)
    .executeTakeFirstOrThrow();
  return row.damaged_at;
}
