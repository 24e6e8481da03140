/** What every BlobStore keeps to, whatever it keeps its blobs in: one suite, run for each back end. */
import { createHash, randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { BlobStore, OpenBlob, StagedBlob, StoredBlob } from '../../src/archive/blobs/blob-store.js';

export interface BlobStoreUnderTest {
  readonly store: BlobStore;
  /** A second store on the same blobs, as another process has it. */
  readonly another: BlobStore;
  /** From so many bytes on, a blob does not wait in memory to be published. */
  readonly largeBytes: number;
  /** Put bytes under a key as a writer leaves them that died half way, or a disk that lost some. */
  plant(key: string, bytes: Buffer): Promise<void>;
}

const KEY = 'studies/1.2.3/1.2.3.4/1.2.3.4.5.0123456789abcdef.dcm';
const AN_HOUR_MS = 3_600_000;
/** How far the clock of a disk or a bucket may be from ours. */
const CLOCK_ACCURACY_MS = 2_000;
const WRITERS = 32;
const UNTOUCHED = 0xa5;

const corrupt = expect.objectContaining({ name: 'ArchiveError', code: 'corrupt' });

async function stageOf(store: BlobStore, ...chunks: readonly Buffer[]): Promise<StagedBlob> {
  const staged = await store.stage();
  for (const chunk of chunks) await staged.write(chunk);
  return staged;
}

async function publish(store: BlobStore, key: string, ...chunks: readonly Buffer[]): Promise<void> {
  await (await stageOf(store, ...chunks)).publish(key);
}

/** What `lengthBytes` at `offset` give; the rest of the target keeps what it held. */
async function readRange(blob: OpenBlob, offset: number, lengthBytes: number, runEnd?: number): Promise<Buffer> {
  const target = Buffer.alloc(lengthBytes, UNTOUCHED);
  const got = await blob.readInto(target, offset, runEnd);
  expect(target.subarray(got).every((byte) => byte === UNTOUCHED)).toBe(true);
  return target.subarray(0, got);
}

/** All of a blob; one byte more is asked for, so that a blob that is too long shows. */
async function read(store: BlobStore, key: string): Promise<Buffer> {
  const sizeBytes = (await store.sizeOf(key)) ?? 0;
  const blob = await store.open(key);
  try {
    return await readRange(blob, 0, sizeBytes + 1);
  } finally {
    await blob.close();
  }
}

/** Find that there is no such blob, at the latest when it is read. */
async function expectLost(store: BlobStore, key: string): Promise<void> {
  const readFirst = async (): Promise<void> => {
    const blob = await store.open(key);
    try {
      await blob.readInto(Buffer.alloc(1), 0);
    } finally {
      await blob.close();
    }
  };
  await expect(readFirst()).rejects.toThrow(corrupt);
}

async function listAsItComes(store: BlobStore, prefix: string): Promise<readonly StoredBlob[]> {
  const blobs: StoredBlob[] = [];
  for await (const blob of store.list(prefix)) blobs.push(blob);
  return blobs;
}

/** What is listed below a prefix, in the order of the keys. */
const list = async (store: BlobStore, prefix: string): Promise<readonly StoredBlob[]> =>
  [...(await listAsItComes(store, prefix))].sort((a, b) => (a.key < b.key ? -1 : 1));

/** How many staged blobs the store holds that no writer has published or discarded; they are gone then. */
const sweepAll = (store: BlobStore): Promise<number> => store.sweepStaged(new Date(Date.now() + 2 * AN_HOUR_MS));

/** Describe the promises of a BlobStore; `open` gives a new and empty one for each test, and clears up after it. */
export function describeBlobStore(name: string, open: () => Promise<BlobStoreUnderTest>): void {
  describe(`${name} as a BlobStore`, () => {
    describePublishing(open);
    describeTakenKeys(open);
    describeReading(open);
    describeListing(open);
    describeStaging(open);
    describeKeys(open);
  });
}

function describePublishing(open: () => Promise<BlobStoreUnderTest>): void {
  describe('publish', () => {
    it.each(['small', 'large'])(
      'shows nothing of a %s blob before, and all of it after, to every store',
      async (size) => {
        const { store, another, largeBytes } = await open();
        const bytes = randomBytes(size === 'small' ? 100_000 : largeBytes + 1_000_001);
        const staged = await stageOf(store, bytes);
        for (const seen of [store, another]) {
          await expectLost(seen, KEY);
          expect(await list(seen, 'studies')).toEqual([]);
        }
        await staged.publish(KEY);
        for (const seen of [store, another]) {
          expect((await read(seen, KEY)).equals(bytes)).toBe(true);
          expect(await list(seen, 'studies')).toEqual([{ key: KEY, sizeBytes: bytes.length }]);
        }
      },
    );

    it('keeps the bytes in order, however they were cut', async () => {
      const { store } = await open();
      const sizes = fc.array(fc.oneof(fc.nat(20), fc.nat(100_000), fc.nat(1_500_000)), { maxLength: 12 });
      let count = 0;
      await fc.assert(
        fc.asyncProperty(sizes, async (chunkSizes) => {
          const chunks = chunkSizes.map((size) => randomBytes(size));
          const key = `studies/cut/${count++}`;
          await publish(store, key, ...chunks);
          expect((await read(store, key)).equals(Buffer.concat(chunks))).toBe(true);
        }),
        { numRuns: 30 },
      );
    });

    it('keeps thousands of small chunks in order', async () => {
      const { store } = await open();
      const chunks = Array.from({ length: 10_000 }, (_, n) => Buffer.from(`${n},`));
      await publish(store, KEY, ...chunks);
      expect((await read(store, KEY)).equals(Buffer.concat(chunks))).toBe(true);
    });

    it('keeps a blob of no bytes', async () => {
      const { store } = await open();
      await publish(store, KEY);
      expect(await list(store, 'studies')).toEqual([{ key: KEY, sizeBytes: 0 }]);
      expect(await read(store, KEY)).toHaveLength(0);
    });

    it('keeps what is large in order, however it was cut', async () => {
      const { store, largeBytes } = await open();
      const bytes = randomBytes(largeBytes + 5_000_000);
      const cuts = [0, 1, 65_536, 1_900_000, largeBytes - 1, largeBytes, largeBytes + 1, bytes.length];
      await publish(store, KEY, ...cuts.map((cut, n) => bytes.subarray(cuts[n - 1] ?? 0, cut)));
      expect((await read(store, KEY)).equals(bytes)).toBe(true);
    });

    it('takes the SHA-256 of the bytes from a writer who knows it', async () => {
      const { store, largeBytes } = await open();
      for (const sizeBytes of [0, 1, 500_000, largeBytes]) {
        const bytes = randomBytes(sizeBytes);
        const staged = await stageOf(store, bytes);
        await staged.publish(`studies/${sizeBytes}`, createHash('sha256').update(bytes).digest('hex'));
        expect((await read(store, `studies/${sizeBytes}`)).equals(bytes)).toBe(true);
      }
    });

    it('leaves nothing staged', async () => {
      const { store, largeBytes } = await open();
      await publish(store, KEY, randomBytes(10));
      await publish(store, KEY, randomBytes(largeBytes));
      expect(await sweepAll(store)).toBe(0);
    });
  });
}

function describeTakenKeys(open: () => Promise<BlobStoreUnderTest>): void {
  describe('publish under a key that is taken', () => {
    it('takes the same bytes as published already', async () => {
      const { store, another } = await open();
      const bytes = randomBytes((2 << 20) + 1);
      await publish(store, KEY, bytes);
      await publish(store, KEY, bytes);
      await publish(another, KEY, bytes);
      expect((await read(store, KEY)).equals(bytes)).toBe(true);
      expect(await list(store, 'studies')).toHaveLength(1);
      expect(await sweepAll(store)).toBe(0);
    });

    const whole = randomBytes((2 << 20) + 1);
    const flipped = Buffer.from(whole);
    flipped.writeUInt8(whole.readUInt8(whole.length - 1) ^ 1, whole.length - 1);
    it.each([
      ['none of the bytes', Buffer.alloc(0)],
      ['a beginning of them', whole.subarray(0, 1 << 20)],
      ['zeros in their place', Buffer.alloc(whole.length)],
      ['all but the last bit', flipped],
      ['more than them', Buffer.concat([whole, Buffer.from([0])])],
    ])('replaces a torn blob that holds %s', async (_what, torn) => {
      const { store, plant } = await open();
      await plant(KEY, torn);
      await publish(store, KEY, whole);
      expect((await read(store, KEY)).equals(whole)).toBe(true);
      expect(await list(store, 'studies')).toEqual([{ key: KEY, sizeBytes: whole.length }]);
      expect(await sweepAll(store)).toBe(0);
    });

    it.each([
      ['a free key', undefined],
      ['a key with a torn blob', Buffer.from('torn')],
    ])(`leaves one blob, intact, when ${WRITERS} writers publish the same at once under %s`, async (_what, torn) => {
      for (const sizeBytes of [300_000, 3_000_000]) {
        const { store, another, plant } = await open();
        const bytes = randomBytes(sizeBytes);
        if (torn !== undefined) await plant(KEY, torn);
        const writers = Array.from({ length: WRITERS }, (_, n) => publish(n % 2 === 0 ? store : another, KEY, bytes));
        await Promise.all(writers);
        expect(await list(store, 'studies')).toEqual([{ key: KEY, sizeBytes }]);
        expect((await read(store, KEY)).equals(bytes)).toBe(true);
        expect(await sweepAll(store)).toBe(0);
      }
    });

    it('shows every writer his bytes from the moment his publish resolves, though others still publish the same', async () => {
      const { store, another } = await open();
      const bytes = randomBytes(300_000);
      const publishAndRead = async (n: number): Promise<boolean> => {
        await publish(n % 2 === 0 ? store : another, KEY, bytes);
        return (await read(store, KEY)).equals(bytes);
      };
      const seen = await Promise.all(Array.from({ length: WRITERS }, (_, n) => publishAndRead(n)));
      expect(seen).toEqual(Array.from({ length: WRITERS }, () => true));
    });
  });

  describe('writeText', () => {
    it('writes a text, and replaces it by the next', async () => {
      const { store } = await open();
      await store.writeText('records/one.json', '{"café":1}');
      await store.writeText('records/one.json', '{}');
      expect((await read(store, 'records/one.json')).toString()).toBe('{}');
      expect(await sweepAll(store)).toBe(0);
    });

    it('leaves one whole text when many write at once', async () => {
      const { store, another } = await open();
      const texts = Array.from({ length: WRITERS }, (_, n) => String(n).repeat(1_000));
      await Promise.all(texts.map((text, n) => (n % 2 === 0 ? store : another).writeText('records/one', text)));
      expect(texts).toContain((await read(store, 'records/one')).toString());
      expect(await sweepAll(store)).toBe(0);
    });
  });
}

function describeReading(open: () => Promise<BlobStoreUnderTest>): void {
  describe('open', () => {
    it('reads any range, and fewer bytes only where the blob ends', async () => {
      const { store } = await open();
      const bytes = randomBytes(10_000);
      await publish(store, KEY, bytes);
      const blob = await store.open(KEY);
      await fc.assert(
        fc.asyncProperty(fc.nat(11_000), fc.nat(11_000), async (offset, lengthBytes) => {
          const got = await readRange(blob, offset, lengthBytes);
          expect(got.equals(bytes.subarray(offset, offset + lengthBytes))).toBe(true);
        }),
        { numRuns: 200 },
      );
      await blob.close();
    });

    it('reads nothing beyond the end, however far', async () => {
      const { store } = await open();
      await publish(store, KEY, Buffer.from('small'));
      const blob = await store.open(KEY);
      expect(await readRange(blob, 5, 10)).toHaveLength(0);
      expect(await readRange(blob, 2 ** 40, 10)).toHaveLength(0);
      await blob.close();
    });

    it('reads many ranges at once', async () => {
      const { store } = await open();
      const bytes = randomBytes(64_000);
      await publish(store, KEY, bytes);
      const blob = await store.open(KEY);
      const ranges = await Promise.all(Array.from({ length: 64 }, (_, n) => readRange(blob, n * 1_000, 1_000)));
      expect(Buffer.concat(ranges).equals(bytes)).toBe(true);
      await blob.close();
    });

    it('never reads from, nor closes, what was opened after it was closed', async () => {
      const { store } = await open();
      await publish(store, 'studies/one', Buffer.from('one'));
      await publish(store, 'studies/two', Buffer.from('two'));
      const closed = await store.open('studies/one');
      await closed.close();
      const other = await store.open('studies/two');
      await expect(closed.readInto(Buffer.alloc(3), 0)).rejects.toThrow();
      await closed.close();
      expect((await readRange(other, 0, 10)).toString()).toBe('two');
      await other.close();
    });

    it('lets a read that has begun come to its end when it is closed', async () => {
      const { store } = await open();
      const bytes = randomBytes(4 << 20);
      await publish(store, KEY, bytes);
      const blob = await store.open(KEY);
      const reads = Array.from({ length: 8 }, () => readRange(blob, 0, bytes.length));
      await blob.close();
      for (const got of await Promise.all(reads)) expect(got.equals(bytes)).toBe(true);
    });

    it('goes on reading a blob that is removed meanwhile, or calls it corrupt', async () => {
      const { store } = await open();
      await publish(store, KEY, Buffer.from('still here'));
      const blob = await store.open(KEY);
      await store.remove(KEY);
      const seen = await readRange(blob, 0, 10).catch((error: unknown) => error);
      if (seen instanceof Buffer) expect(seen.toString()).toBe('still here');
      else expect(seen).toEqual(corrupt);
      await blob.close();
    });

    it('calls a blob that is not there corrupt, for the index knew of it', async () => {
      const { store } = await open();
      await expectLost(store, 'studies/none');
    });
  });

  describe('readInto, of a run that is read in order', () => {
    it('gives the bytes in order, in pieces of any size, and none beyond the end', async () => {
      const { store } = await open();
      const bytes = randomBytes(3_000_000);
      await publish(store, KEY, bytes);
      const starts = fc.nat(bytes.length);
      const pieces = fc.array(fc.oneof(fc.nat(100), fc.nat(1_000_000)), { minLength: 1, maxLength: 8 });
      const ends = fc.constantFrom(2_000_000, 3_000_000, 4_000_000, Number.POSITIVE_INFINITY);
      await fc.assert(
        fc.asyncProperty(starts, pieces, ends, async (start, sizes, runEnd) => {
          const blob = await store.open(KEY);
          let offset = start;
          for (const size of sizes) {
            expect((await readRange(blob, offset, size, runEnd)).equals(bytes.subarray(offset, offset + size))).toBe(
              true,
            );
            offset += size;
          }
          await blob.close();
        }),
        { numRuns: 20 },
      );
    });

    it('reads elsewhere when it is asked to, and goes on from there', async () => {
      const { store } = await open();
      const bytes = randomBytes(400_000);
      await publish(store, KEY, bytes);
      const blob = await store.open(KEY);
      for (const offset of [0, 100_000, 300_000, 350_000, 0, 100_000, 100_000, 399_999, 400_000, 500_000, 0]) {
        const got = await readRange(blob, offset, 100_000, Number.POSITIVE_INFINITY);
        expect(got.equals(bytes.subarray(offset, offset + 100_000))).toBe(true);
        expect((await readRange(blob, 7, 10)).equals(bytes.subarray(7, 17))).toBe(true);
      }
      await blob.close();
    });

    it('takes the next reads before the first has ended, and other runs at once', async () => {
      const { store } = await open();
      const bytes = randomBytes(1_000_000);
      await publish(store, KEY, bytes);
      const blob = await store.open(KEY);
      const offsets = [...Array.from({ length: 10 }, (_, n) => n * 100_000), 50_000, 150_000, 0];
      const got = await Promise.all(offsets.map((offset) => readRange(blob, offset, 100_000, bytes.length)));
      for (const [n, offset] of offsets.entries()) {
        expect(got[n]?.equals(bytes.subarray(offset, offset + 100_000))).toBe(true);
      }
      await blob.close();
    });

    it('may be given up at any point', async () => {
      const { store } = await open();
      const bytes = randomBytes(2_000_000);
      await publish(store, KEY, bytes);
      for (let n = 0; n < 40; n++) {
        const blob = await store.open(KEY);
        const first = readRange(blob, 0, 1_000 + n, Number.POSITIVE_INFINITY);
        if (n % 2 === 0) await first;
        await blob.close();
        expect((await first).equals(bytes.subarray(0, 1_000 + n))).toBe(true);
        await expect(blob.readInto(Buffer.alloc(10), 1_000 + n, Number.POSITIVE_INFINITY)).rejects.toThrow();
      }
    });

    it('calls a blob that is not there corrupt', async () => {
      const { store } = await open();
      const readFirst = async () => (await store.open(KEY)).readInto(Buffer.alloc(1), 0, Number.POSITIVE_INFINITY);
      await expect(readFirst()).rejects.toThrow(corrupt);
    });
  });
}

function describeListing(open: () => Promise<BlobStoreUnderTest>): void {
  describe('list', () => {
    it('gives every blob below a prefix, with its size, and none beside it', async () => {
      const { store } = await open();
      const keys = ['studies/1/a', 'studies/1/b', 'studies/1/2/c', 'studies/10/d', 'records/e'];
      for (const [n, key] of keys.entries()) await publish(store, key, randomBytes(n));
      expect(await list(store, 'studies/1')).toEqual([
        { key: 'studies/1/2/c', sizeBytes: 2 },
        { key: 'studies/1/a', sizeBytes: 0 },
        { key: 'studies/1/b', sizeBytes: 1 },
      ]);
      expect(await list(store, 'studies')).toHaveLength(4);
      expect(await list(store, 'none')).toEqual([]);
    });

    it('gives all blobs of one folder one after the other', async () => {
      const { store } = await open();
      for (const key of ['a/1', 'a/b/1', 'a/2', 'c/1', 'a/b/2'])
        await publish(store, `studies/${key}`, Buffer.from('x'));
      const folders: string[] = [];
      for await (const { key } of store.list('studies')) folders.push(key.slice(0, key.lastIndexOf('/')));
      const beginnings = folders.filter((folder, n) => folder !== folders[n - 1]);
      expect(beginnings.sort()).toEqual(['studies/a', 'studies/a/b', 'studies/c']);
    });
  });

  describe('list, of folders in folders', () => {
    it('gives every blob once, and all blobs of one folder one after the other', async () => {
      const { store } = await open();
      const steps = fc.array(fc.constantFrom('a', 'b', 'b.', 'c-'), { minLength: 1, maxLength: 4 });
      const files = fc.uniqueArray(
        steps.map((path) => `${path.join('/')}/file`),
        { maxLength: 6 },
      );
      let count = 0;
      await fc.assert(
        fc.asyncProperty(files, async (keys) => {
          const prefix = `studies/${count++}`;
          for (const key of keys) {
            await store.writeText(`${prefix}/${key}`, '');
            await store.writeText(`${prefix}/${key}.json`, '');
          }
          const listed = (await listAsItComes(store, prefix)).map(({ key }) => key);
          const folders = listed.map((key) => key.slice(0, key.lastIndexOf('/')));
          expect(folders.filter((folder, n) => folder !== folders[n - 1])).toHaveLength(new Set(folders).size);
          expect(listed.sort()).toEqual(keys.flatMap((key) => [`${prefix}/${key}`, `${prefix}/${key}.json`]).sort());
        }),
        { numRuns: 15 },
      );
    });
  });

  describe('sizeOf', () => {
    it('tells the bytes of a blob, and nothing of one that is not there', async () => {
      const { store } = await open();
      expect(await store.sizeOf(KEY)).toBeUndefined();
      await publish(store, KEY, randomBytes(1_234));
      expect(await store.sizeOf(KEY)).toBe(1_234);
    });
  });

  describe('sizesOf', () => {
    it('tells the sizes in the order of the keys, of few and many in one folder and in several', async () => {
      const { store } = await open();
      const inOne = Array.from({ length: 30 }, (_, n) => `studies/1/many/${n}`);
      const keys = [...inOne, 'studies/1/study.json', 'studies/2/study.json', 'studies/2/few/a', 'studies/2/few/b'];
      await Promise.all(keys.map((key, n) => publish(store, key, randomBytes(n))));
      const asked = keys.flatMap((key, n) => [
        { key, size: n },
        { key: `${key}.none`, size: undefined },
      ]);
      const shuffled = asked.sort((a, b) => a.key.length - b.key.length);
      expect(await store.sizesOf(shuffled.map(({ key }) => key))).toEqual(shuffled.map(({ size }) => size));
      expect(await store.sizesOf([...inOne, ...inOne])).toEqual([...inOne.keys(), ...inOne.keys()]);
      expect(await store.sizesOf(['studies/none/1', 'studies/none/2'])).toEqual([undefined, undefined]);
      expect(await store.sizesOf([])).toEqual([]);
    });

    it('knows of what was written or removed a moment ago', async () => {
      const { store, another } = await open();
      const keys = Array.from({ length: 8 }, (_, n) => `studies/1/2/${n}`);
      await Promise.all(keys.map((key) => publish(another, key, Buffer.from('x'))));
      expect(await store.sizesOf(keys)).toEqual(keys.map(() => 1));
      await another.remove('studies/1/2/3');
      expect(await store.sizesOf(keys)).toEqual(keys.map((_, n) => (n === 3 ? undefined : 1)));
    });
  });

  describe('writtenAt', () => {
    it('tells when a blob was written, and nothing of one that is not there', async () => {
      const { store } = await open();
      expect(await store.writtenAt(KEY)).toBeUndefined();
      const before = Date.now();
      await publish(store, KEY, Buffer.from('a'));
      const writtenAt = (await store.writtenAt(KEY))?.getTime();
      expect(writtenAt).toBeGreaterThan(before - CLOCK_ACCURACY_MS);
      expect(writtenAt).toBeLessThan(Date.now() + CLOCK_ACCURACY_MS);
    });
  });

  describe('remove', () => {
    it('removes that blob and no other', async () => {
      const { store } = await open();
      await publish(store, 'studies/a', Buffer.from('a'));
      await publish(store, 'studies/b', Buffer.from('b'));
      await store.remove('studies/a');
      await expectLost(store, 'studies/a');
      expect(await list(store, 'studies')).toEqual([{ key: 'studies/b', sizeBytes: 1 }]);
    });

    it('is harmless when there is no such blob', async () => {
      const { store } = await open();
      await store.remove(KEY);
      await publish(store, KEY, Buffer.from('a'));
      await store.remove(KEY);
      await store.remove(KEY);
      expect(await list(store, 'studies')).toEqual([]);
    });

    it('frees the key', async () => {
      const { store } = await open();
      await publish(store, KEY, Buffer.from('one'));
      await store.remove(KEY);
      await publish(store, KEY, Buffer.from('two'));
      expect((await read(store, KEY)).toString()).toBe('two');
    });
  });
}

function describeStaging(open: () => Promise<BlobStoreUnderTest>): void {
  describe('discard', () => {
    it.each(['small', 'large'])('gives the bytes of a %s blob up, also when called twice', async (size) => {
      const { store, largeBytes } = await open();
      const staged = await stageOf(store, randomBytes(size === 'small' ? 100_000 : largeBytes));
      await staged.discard();
      await staged.discard();
      await expect(staged.publish(KEY)).rejects.toThrow();
      expect(await list(store, 'studies')).toEqual([]);
      expect(await sweepAll(store)).toBe(0);
    });

    it('leaves a published blob where it is', async () => {
      const { store } = await open();
      const staged = await stageOf(store, Buffer.from('kept'));
      await staged.publish(KEY);
      await staged.discard();
      await staged.discard();
      expect((await read(store, KEY)).toString()).toBe('kept');
    });
  });

  describe('sweepStaged', () => {
    it('removes what is staged for more than an hour, and nothing younger', async () => {
      const { store, another, largeBytes } = await open();
      const young = await stageOf(store, randomBytes(largeBytes));
      expect(await another.sweepStaged(new Date())).toBe(0);
      expect(await another.sweepStaged(new Date(Date.now() + AN_HOUR_MS - 60_000))).toBe(0);
      await young.publish(KEY);
      await stageOf(store, randomBytes(largeBytes));
      expect(await another.sweepStaged(new Date(Date.now() + AN_HOUR_MS + 60_000))).toBe(1);
      expect(await sweepAll(another)).toBe(0);
    });

    it('touches no published blob', async () => {
      const { store } = await open();
      await publish(store, KEY, Buffer.from('kept'));
      expect(await sweepAll(store)).toBe(0);
      expect((await read(store, KEY)).toString()).toBe('kept');
    });

    it('makes the publishing of a swept blob fail, not succeed without its bytes', async () => {
      const { store, largeBytes } = await open();
      const staged = await stageOf(store, randomBytes(largeBytes));
      await sweepAll(store);
      await expect(staged.publish(KEY)).rejects.toThrow();
      await staged.discard();
      expect(await list(store, 'studies')).toEqual([]);
    });
  });
}

function describeKeys(open: () => Promise<BlobStoreUnderTest>): void {
  describe('a key that leads out of the store', () => {
    it.each(['..', '../x', '../../etc/passwd', '/etc/passwd', 'studies/../../x', '.', '', 'studies/..', 'a\0b'])(
      'is refused everywhere: %j',
      async (key) => {
        const { store } = await open();
        const staged = await stageOf(store, Buffer.from('x'));
        await expect(staged.publish(key)).rejects.toThrow();
        await staged.discard();
        await expect(store.open(key)).rejects.toThrow();
        await expect(store.sizeOf(key)).rejects.toThrow();
        await expect(store.sizesOf(['studies/a', key])).rejects.toThrow();
        await expect(store.writtenAt(key)).rejects.toThrow();
        await expect(store.remove(key)).rejects.toThrow();
        await expect(store.writeText(key, 'x')).rejects.toThrow();
        await expect(list(store, key)).rejects.toThrow();
        expect(await sweepAll(store)).toBe(0);
      },
    );
  });
}
