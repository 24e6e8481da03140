import { openSync } from 'node:fs';
import { crc32 } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import type { OpenBlob } from '../../../src/archive/blobs/blob-store.js';
import { OpenFile } from '../../../src/archive/blobs/open-file.js';
import { BufferPool } from '../../../src/archive/buffer-pool.js';
import { InflatedBlob } from '../../../src/archive/read/inflated-blob.js';
import { RecentReads } from '../../../src/archive/read/recent-reads.js';
import { StoredFile } from '../../../src/archive/read/stored-file.js';
import { makeInstance, SYNTAX } from '../../http/instances.js';
import { Seeded } from '../../support/seeded.js';

const instance = {
  rowID: 1,
  studyInstanceUID: '1.2',
  seriesInstanceUID: '1.2.3',
  sopInstanceUID: '1.2.3.4',
  sopClassUID: '1.2.840.10008.5.1.4.1.1.2',
  blobKey: 'studies/1.2/1.2.3/1.2.3.4.dcm',
  sizeBytes: 1_000,
  sha256: '',
  crc32: 0,
  frameCount: 1,
  pixelFormat: undefined,
  metadataCRC32: undefined,
};

describe('StoredFile', () => {
  it.each([SYNTAX.explicit, SYNTAX.deflated])(
    'F10 tells a disk that can not read as unavailable: %s',
    async (syntax) => {
      // Reading its first page is an input/output error by the kernel's own word.
      const blob = new OpenFile(openSync('/proc/self/mem', 'r'));
      const surroundings = {
        pool: new BufferPool(),
        recent: undefined,
        mark: () => undefined,
        miss: (error: unknown) => Promise.reject(error),
      };
      const file = new StoredFile(blob, { ...instance, transferSyntaxUID: syntax }, surroundings);
      await expect(file.bytes().next()).rejects.toMatchObject({ code: 'unavailable' });
      const range = file.checkedBytes({ offset: 0, lengthBytes: 10, crc32: 0 });
      await expect(range.next()).rejects.toMatchObject({ code: 'unavailable' });
      await file.close();
    },
  );
});

describe('StoredFile, of what has been read more than once', () => {
  const bytes = new Seeded('recent').bytes(10_000);
  const range = { offset: 100, lengthBytes: 5_000, crc32: crc32(bytes.subarray(100, 5_100)) };

  /** Files of one instance, as requests one after another open them, and what is said of damage. */
  function openFiles(stored: Buffer) {
    const marked: string[] = [];
    const blob = new CountedBlob(stored);
    const surroundings = {
      pool: new BufferPool(),
      recent: new RecentReads(),
      mark: (finding: string) => void marked.push(finding),
      miss: (error: unknown) => Promise.reject(error),
    };
    const whole = { ...instance, transferSyntaxUID: SYNTAX.explicit, sizeBytes: bytes.length, crc32: crc32(bytes) };
    return { blob, marked, open: () => new StoredFile(blob, whole, surroundings) };
  }

  const ways: readonly (readonly [string, (file: StoredFile) => Promise<Buffer>, Buffer])[] = [
    ['the whole file', (file) => copied(file.bytes()), bytes],
    ['a range', (file) => copied(file.checkedBytes(range)), bytes.subarray(100, 5_100)],
    [
      'a range into a buffer',
      async (file) => {
        const target = Buffer.alloc(range.lengthBytes);
        await file.readChecked(range, target);
        return target;
      },
      bytes.subarray(100, 5_100),
    ],
  ];

  it.each(ways)('gives %s without reading it a third time', async (_, read, expected) => {
    const { blob, open } = openFiles(bytes);
    for (let n = 0; n < 5; n++) {
      const file = open();
      expect((await read(file)).equals(expected)).toBe(true);
      await file.close();
    }
    expect(blob.bytesRead).toBe(2 * expected.length);
  });

  it.each(ways)('keeps nothing of %s that is wrong, so that it is right as soon as it is mended', async (_, read) => {
    const spoilt = Buffer.from(bytes);
    spoilt[2_000] = (bytes[2_000] ?? 0) ^ 1;
    const { marked, open } = openFiles(spoilt);
    for (let n = 0; n < 3; n++) await expect(read(open())).rejects.toMatchObject({ code: 'corrupt' });
    expect(marked).toHaveLength(3);
    spoilt[2_000] = bytes[2_000] ?? 0;
    for (let n = 0; n < 3; n++) await read(open());
    expect(marked).toHaveLength(3);
  });
});

async function copied(pieces: AsyncIterable<Buffer>): Promise<Buffer> {
  const copies: Buffer[] = [];
  for await (const piece of pieces) copies.push(Buffer.from(piece));
  return Buffer.concat(copies);
}

/** A blob in memory that counts what is read of it. */
class CountedBlob implements OpenBlob {
  bytesRead = 0;
  readonly #bytes: Buffer;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  async readInto(target: Buffer, offset: number): Promise<number> {
    const got = this.#bytes.copy(target, 0, offset);
    this.bytesRead += got;
    return got;
  }

  async close(): Promise<void> {}
}

describe('InflatedBlob', () => {
  const pixels = new Seeded('inflated').bytes(3_000_000);
  const { file } = makeInstance({
    study: 'inflated',
    transferSyntaxUID: SYNTAX.deflated,
    attributes: { Rows: 1_000, Columns: 1_500, PixelData: pixels },
  });

  it('reads runs that share a byte with the one before in one pass', async () => {
    const counted = new CountedBlob(file);
    const blob = new InflatedBlob(counted);
    const target = Buffer.alloc(10_001);
    const start = await startOf(file, pixels);
    for (let at = 0; at + 10_001 <= pixels.length; at += 10_000) {
      await blob.readInto(target, start + at);
      expect(target.equals(pixels.subarray(at, at + 10_001))).toBe(true);
    }
    await blob.close();
    expect(counted.bytesRead).toBeLessThan(1.1 * file.length);
  });

  it('goes back to the start for what lies far behind', async () => {
    const blob = new InflatedBlob(new CountedBlob(file));
    const target = Buffer.alloc(1_000);
    const start = await startOf(file, pixels);
    for (const at of [2_000_000, 5, 2_500_000, 2_400_000, 0]) {
      expect(await blob.readInto(target, start + at)).toBe(1_000);
      expect(target.equals(pixels.subarray(at, at + 1_000))).toBe(true);
    }
    await blob.close();
  });
});

/** Where the pixels begin in the inflated stream. */
async function startOf(file: Buffer, pixels: Buffer): Promise<number> {
  const whole = Buffer.alloc(pixels.length + 10_000);
  const blob = new InflatedBlob(new CountedBlob(file));
  const got = await blob.readInto(whole, 0);
  await blob.close();
  return whole.subarray(0, got).indexOf(pixels.subarray(0, 64));
}
