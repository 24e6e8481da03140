/** The object store back end against a real server: its promises as a BlobStore, and what only a network can do to it. */
import { createHash, randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { CreateMultipartUploadCommand, UploadPartCommand } from '@aws-sdk/client-s3';
import { describe, expect, it, vi } from 'vitest';
import type { OpenBlob, StagedBlob } from '../../../../src/archive/blobs/blob-store.js';
import { S3Bucket } from '../../../../src/archive/blobs/s3/bucket.js';
import { copyObject } from '../../../../src/archive/blobs/s3/copy.js';
import type { S3Place } from '../../../../src/archive/blobs/s3/place.js';
import { S3BlobStore } from '../../../../src/archive/blobs/s3/store.js';
import { ArchiveError } from '../../../../src/errors.js';
import { describeBlobStore } from '../../../contracts/blob-store.js';
import { findTestBucket, TestObjects } from '../../../support/test-object-store.js';
import { Wire } from '../../../support/wire.js';

const KEY = 'studies/1.2.3/1.2.3.4/1.2.3.4.5.0123456789abcdef.dcm';
const LARGE_BYTES = 24 * 1024 * 1024;
const AN_HOUR_MS = 3_600_000;
/** How long a store may stay away before whoever asks is told so. */
const PATIENCE_MS = 14_500;

const withCode = (code: string) => expect.objectContaining({ name: 'ArchiveError', code });

const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

async function stageOf(store: S3BlobStore, bytes: Buffer): Promise<StagedBlob> {
  const staged = await store.stage();
  await staged.write(bytes);
  return staged;
}

const publish = async (store: S3BlobStore, key: string, bytes: Buffer): Promise<void> =>
  (await stageOf(store, bytes)).publish(key);

async function readRange(blob: OpenBlob, start: number, end: number, runEnd?: number): Promise<Buffer> {
  const target = Buffer.alloc(end - start);
  return target.subarray(0, await blob.readInto(target, start, runEnd));
}

async function readAll(store: S3BlobStore, key: string, sizeBytes: number): Promise<Buffer> {
  const blob = await store.open(key);
  try {
    return await readRange(blob, 0, sizeBytes + 1);
  } finally {
    await blob.close();
  }
}

/** What a promise is rejected with, and after how long. */
async function failureOf(promise: Promise<unknown>): Promise<{ readonly error: unknown; readonly afterMs: number }> {
  const begun = performance.now();
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  return { error, afterMs: performance.now() - begun };
}

const bucket = findTestBucket();

if (bucket === undefined) {
  describe('S3BlobStore', () => {
    it('is tested where NCCID_TEST_S3 names a bucket, as deploy/object-store/swift.sh prints it', () => {
      console.info('Tests of the object store did not run: NCCID_TEST_S3 names no bucket.');
    });
  });
} else {
  describeBlobStore('S3BlobStore', async () => {
    const objects = TestObjects.make(bucket);
    return {
      store: await objects.open(),
      another: await objects.open(),
      largeBytes: LARGE_BYTES,
      plant: (key, bytes) => objects.put(key, bytes),
    };
  });
  describeWriting(bucket);
  describeSweeping(bucket);
  describeNetwork(bucket, bucket.endpoint ?? '');
  describeOpening(bucket, bucket.endpoint ?? '');
}

function describeWriting(place: S3Place): void {
  describe('S3BlobStore, writing', () => {
    it('writes what is small in one request, under its key below the prefix', async () => {
      const objects = TestObjects.make(place);
      const store = await objects.open();
      const staged = await stageOf(store, randomBytes(LARGE_BYTES - 1));
      expect(await objects.uploads()).toEqual([]);
      await staged.publish(KEY);
      expect(await objects.keys()).toEqual([KEY]);
    });

    it('sends what is large as it comes, below incoming/, and leaves nothing there', async () => {
      const objects = TestObjects.make(place);
      const store = await objects.open();
      const bytes = randomBytes(LARGE_BYTES + 3_000_000);
      const staged = await stageOf(store, bytes);
      const [upload, ...more] = await objects.uploads();
      expect(upload?.Key).toMatch(/\/incoming\/[0-9a-f-]{36}$/);
      expect(more).toEqual([]);
      await staged.publish(KEY, sha256(bytes));
      expect(await objects.uploads()).toEqual([]);
      expect(await objects.keys()).toEqual([KEY]);
      expect((await readAll(store, KEY, bytes.length)).equals(bytes)).toBe(true);
    });

    it('leaves nothing of what is discarded, while its parts are on their way', async () => {
      const objects = TestObjects.make(place);
      const store = await objects.open();
      const staged = await stageOf(store, randomBytes(LARGE_BYTES));
      await staged.discard();
      expect(await objects.uploads()).toEqual([]);
      expect(await objects.keys()).toEqual([]);
    });

    it('has the server refuse bytes that are not those that it was told of', async () => {
      const objects = TestObjects.make(place);
      const store = await objects.open();
      const staged = await stageOf(store, Buffer.from('these'));
      await expect(staged.publish(KEY, sha256(Buffer.from('others')))).rejects.toThrow(withCode('unavailable'));
      await staged.discard();
      expect(await objects.keys()).toEqual([]);
    });

    it('holds little in memory of many large blobs that come at once', async () => {
      const objects = TestObjects.make(place);
      const store = await objects.open();
      const chunk = randomBytes(1 << 20);
      const before = process.memoryUsage().arrayBuffers;
      let peak = 0;
      const sendOne = async (key: string): Promise<void> => {
        const staged = await store.stage();
        for (let n = 0; n < 48; n++) {
          // A buffer of its own, as they come from a network.
          await staged.write(Buffer.from(chunk));
          peak = Math.max(peak, process.memoryUsage().arrayBuffers - before);
        }
        await staged.publish(key);
      };
      await Promise.all(Array.from({ length: 10 }, (_, n) => sendOne(`studies/${n}`)));
      expect(await store.sizesOf(['studies/0', 'studies/9'])).toEqual([48 << 20, 48 << 20]);
      expect(peak).toBeLessThan(300 << 20);
    });

    it('writes and reads under a key of any characters, the first time and later', async () => {
      const objects = TestObjects.make(place);
      const store = await objects.open();
      const key = "studies/ä b+c/(d)!*~,;=@$&'e%20?#.dcm";
      for (const text of ['first', 'later']) {
        await (await stageOf(store, Buffer.from(text))).publish(key);
        expect((await readAll(store, key, 5)).toString()).toBe(text);
      }
      expect(await objects.keys()).toEqual([key]);
    });

    it('copies in ranges what is larger than one copy may be', async () => {
      const objects = TestObjects.make(place);
      const opened = new S3Bucket(objects.place);
      const bytes = randomBytes(13_000_000);
      await objects.put('a copy & its source', bytes);
      const [from, to] = [`${objects.place.prefix}a copy & its source`, opened.keyOf(KEY)];
      await copyObject(opened, { from, to, sizeBytes: bytes.length, rangeBytes: 6_000_000 });
      opened.close();
      expect((await readAll(await objects.open(), KEY, bytes.length)).equals(bytes)).toBe(true);
      expect(await objects.uploads()).toEqual([]);
    });

    it('says so when not all was copied, and leaves no upload', async () => {
      const objects = TestObjects.make(place);
      const opened = new S3Bucket(objects.place);
      await objects.put('source', randomBytes(6_000_000));
      const copy = { from: `${objects.place.prefix}source`, to: opened.keyOf(KEY) };
      await expect(copyObject(opened, { ...copy, sizeBytes: 6_000_001 })).rejects.toThrow(withCode('unavailable'));
      const beyond = { ...copy, sizeBytes: 20_000_000, rangeBytes: 5_500_000 };
      await expect(copyObject(opened, beyond)).rejects.toThrow(withCode('unavailable'));
      opened.close();
      expect(await objects.uploads()).toEqual([]);
    });
  });
}

function describeSweeping(place: S3Place): void {
  describe('S3BlobStore, sweepStaged', () => {
    it('keeps an upload that began long ago, as long as parts come', async () => {
      const objects = TestObjects.make(place);
      const store = await objects.open();
      const target = { Bucket: objects.place.bucket, Key: `${objects.place.prefix}incoming/slow` };
      const begun = Date.now();
      const { UploadId } = await objects.client.send(new CreateMultipartUploadCommand(target));
      await sleep(3_000);
      const part = { ...target, UploadId, PartNumber: 1, Body: randomBytes(10) };
      await objects.client.send(new UploadPartCommand(part));
      expect(await store.sweepStaged(new Date(begun + AN_HOUR_MS + 1_500))).toBe(0);
      expect(await objects.uploads()).toHaveLength(1);
      expect(await store.sweepStaged(new Date(Date.now() + AN_HOUR_MS + 1_500))).toBe(1);
      expect(await objects.uploads()).toEqual([]);
    });

    it('removes what was put together and never published, and copies that were never finished', async () => {
      const objects = TestObjects.make(place);
      const store = await objects.open();
      await objects.put('incoming/whole', Buffer.from('whole'));
      await objects.put(KEY, Buffer.from('published'));
      const target = { Bucket: objects.place.bucket, Key: `${objects.place.prefix}${KEY}` };
      await objects.client.send(new CreateMultipartUploadCommand(target));
      expect(await store.sweepStaged(new Date())).toBe(0);
      expect(await store.sweepStaged(new Date(Date.now() + AN_HOUR_MS + 1_500))).toBe(2);
      expect(await objects.keys()).toEqual([KEY]);
      expect(await objects.uploads()).toEqual([]);
    });
  });
}

function describeNetwork(place: S3Place, endpoint: string): void {
  describe('S3BlobStore, over a network that fails', () => {
    const openOverWire = async () => {
      const objects = TestObjects.make(place);
      const wire = await Wire.to(endpoint);
      return { objects, wire, store: await objects.open({ endpoint: wire.url }) };
    };

    it('takes a stream up again where it breaks, as often as it gets on', async () => {
      const { objects, wire, store } = await openOverWire();
      const bytes = randomBytes(5_000_000);
      await objects.put(KEY, bytes);
      const blob = await store.open(KEY);
      wire.cutAfter(1_000_000, 300, 70_000, 500_000, 10, 100_000, 100_000, 0, 100_000, 100_000);
      expect((await readRange(blob, 0, 2_500_000, bytes.length)).equals(bytes.subarray(0, 2_500_000))).toBe(true);
      wire.cutAfter(1_000_000);
      expect((await readRange(blob, 2_500_000, 5_000_000, bytes.length)).equals(bytes.subarray(2_500_000))).toBe(true);
      await blob.close();
    });

    it('takes a stream up again on which nothing comes any more', async () => {
      const { objects, wire, store } = await openOverWire();
      const bytes = randomBytes(20_000_000);
      await objects.put(KEY, bytes);
      const blob = await store.open(KEY);
      expect((await readRange(blob, 0, 1_000, bytes.length)).equals(bytes.subarray(0, 1_000))).toBe(true);
      wire.goDead();
      const reading = readRange(blob, 1_000, bytes.length, bytes.length);
      await sleep(1_000);
      await wire.restore();
      expect((await reading).equals(bytes.subarray(1_000))).toBe(true);
      await blob.close();
    });

    it('reads on after a reader has let its connection go cold', async () => {
      const { objects, store } = await openOverWire();
      const bytes = randomBytes(20_000_000);
      await objects.put(KEY, bytes);
      const blob = await store.open(KEY);
      expect((await readRange(blob, 0, 1_000_000, bytes.length)).equals(bytes.subarray(0, 1_000_000))).toBe(true);
      await sleep(6_500);
      expect((await readRange(blob, 1_000_000, bytes.length, bytes.length)).equals(bytes.subarray(1_000_000))).toBe(
        true,
      );
      await blob.close();
    });

    it('writes although every connection breaks once', async () => {
      const { objects, wire, store } = await openOverWire();
      const [small, large] = [randomBytes(500_000), randomBytes(LARGE_BYTES)];
      wire.cutAfter(0, 10);
      await publish(store, 'studies/small', small);
      const staged = await stageOf(store, large);
      wire.cutAfter(0, 0, 0);
      await staged.publish('studies/large');
      const reader = await objects.open();
      expect((await readAll(reader, 'studies/small', small.length)).equals(small)).toBe(true);
      expect((await readAll(reader, 'studies/large', large.length)).equals(large)).toBe(true);
    });

    it('uses few connections again and again', async () => {
      const { wire, store } = await openOverWire();
      const bytes = randomBytes(100_000);
      for (let n = 0; n < 20; n++) {
        await publish(store, KEY, bytes);
        expect((await readAll(store, KEY, bytes.length)).equals(bytes)).toBe(true);
        const blob = await store.open(KEY);
        expect((await readRange(blob, 0, bytes.length, bytes.length)).equals(bytes)).toBe(true);
        await blob.close();
      }
      expect(wire.connections).toBeLessThan(5);
    });

    it.each([
      ['refuses connections', (wire: Wire) => wire.takeAway()],
      ['never answers', async (wire: Wire) => wire.goDead()],
    ])('tells in good time that a store is unavailable that %s, and serves when it is back', async (_what, fail) => {
      const { objects, wire, store } = await openOverWire();
      // More than is on its way when the network fails.
      const bytes = randomBytes(20_000_000);
      await objects.put(KEY, bytes);
      const large = await stageOf(store, randomBytes(LARGE_BYTES));
      const complete = await stageOf(store, randomBytes(LARGE_BYTES));
      const blob = await store.open(KEY);
      await readRange(blob, 0, 1_000, bytes.length);
      await fail(wire);
      const failures = await Promise.all(
        [
          store.sizeOf(KEY),
          store.sizesOf([KEY, 'studies/a', 'studies/b', 'studies/c']),
          store.writtenAt(KEY),
          store.writeText('studies/text', 'text'),
          store.remove(KEY),
          store.sweepStaged(new Date()),
          store.list('studies')[Symbol.asyncIterator]().next(),
          publish(store, 'studies/small', randomBytes(500_000)),
          publish(store, 'studies/large', randomBytes(LARGE_BYTES)),
          large.write(randomBytes(LARGE_BYTES)).then(() => large.publish('studies/large')),
          complete.publish('studies/complete'),
          readRange(blob, 1_000, bytes.length, bytes.length),
          readRange(blob, 0, 1_000_000),
          S3BlobStore.open({ ...objects.place, endpoint: wire.url }),
        ].map(failureOf),
      );
      for (const { error, afterMs } of failures) {
        expect(error).toEqual(withCode('unavailable'));
        expect(afterMs).toBeLessThan(PATIENCE_MS);
      }
      await wire.restore();
      await Promise.all([large.discard(), complete.discard(), blob.close()]);
      await publish(store, 'studies/small', bytes.subarray(0, 1_000));
      expect((await readAll(store, 'studies/small', 1_000)).equals(bytes.subarray(0, 1_000))).toBe(true);
      expect((await readAll(store, KEY, bytes.length)).equals(bytes)).toBe(true);
    });
  });
}

function describeOpening(place: S3Place, endpoint: string): void {
  describe('S3BlobStore.open', () => {
    const complaintOf = async (changes: Partial<S3Place>): Promise<string> => {
      const { error, afterMs } = await failureOf(S3BlobStore.open({ ...place, ...changes }));
      expect(error).toEqual(withCode('unavailable'));
      expect(afterMs).toBeLessThan(PATIENCE_MS);
      return error instanceof ArchiveError ? error.message : '';
    };

    it('names the bucket and where it should be when there is none', async () => {
      expect(await complaintOf({ bucket: 'nccid-no-such' })).toBe(
        `The bucket nccid-no-such at ${endpoint} can not be used: there is no such bucket.`,
      );
    });

    it('says that credentials are wrong, and tells none of them', async () => {
      vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'not-the-secret-key');
      const complaint = await complaintOf({});
      vi.unstubAllEnvs();
      expect(complaint).toMatch(/can not be used: (?:it does not know|access is denied to) these credentials\.$/);
      expect(complaint).not.toContain('not-the-secret-key');
      expect(complaint).not.toContain(process.env['AWS_ACCESS_KEY_ID']);
    });

    it('says that there are no credentials', async () => {
      for (const name of ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY']) vi.stubEnv(name, undefined);
      for (const name of ['AWS_SHARED_CREDENTIALS_FILE', 'AWS_CONFIG_FILE']) vi.stubEnv(name, '/dev/null');
      vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true');
      const complaint = await complaintOf({});
      vi.unstubAllEnvs();
      expect(complaint).toMatch(/: no credentials were found\.$/);
    });

    it('says that no region is given', async () => {
      for (const name of ['AWS_REGION', 'AWS_DEFAULT_REGION']) vi.stubEnv(name, undefined);
      vi.stubEnv('AWS_CONFIG_FILE', '/dev/null');
      const complaint = await complaintOf({ region: undefined });
      vi.unstubAllEnvs();
      expect(complaint).toMatch(/: no region is given\.$/);
    });

    it.each([
      ['in another region', { region: 'mars-north-1' }, 'it is in another region'],
      ['where nothing listens', { endpoint: 'http://127.0.0.1:1' }, 'nothing listens there'],
      ['at a host that is not', { endpoint: 'http://nccid.invalid' }, 'the name of its host is not known'],
    ])('says that it looked for the bucket %s', async (_where, changes, complaint) => {
      expect(await complaintOf(changes)).toContain(`can not be used: ${complaint}.`);
    });

    it('says that there is no secure connection to a server that has none', async () => {
      const complaint = await complaintOf({ endpoint: endpoint.replace('http:', 'https:') });
      expect(complaint).toMatch(/: there is no secure connection to it\.$/);
    });
  });
}
