/** What the object store back end makes of a store's faults, in the words of the protocol. */
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { S3BlobStore } from '../../../../src/archive/blobs/s3/store.js';
import {
  failing,
  listing,
  type StoreAnswer,
  type StoreRequest,
  scriptedStore,
} from '../../../support/scripted-store.js';

const KEY = 'studies/1.2.3/1.2.3.4/1.2.3.4.5.0123456789abcdef.dcm';
const MEBIBYTE = 1 << 20;

const withCode = (code: string) => expect.objectContaining({ name: 'ArchiveError', code });

async function openScripted(answer: (request: StoreRequest) => StoreAnswer | Promise<StoreAnswer>) {
  const store = await S3BlobStore.open(await scriptedStore(answer));
  onTestFinished(() => store.close());
  return store;
}

async function publish(store: S3BlobStore, key: string, bytes: Buffer): Promise<void> {
  const staged = await store.stage();
  await staged.write(bytes);
  await staged.publish(key);
}

async function read(store: S3BlobStore, offset: number, lengthBytes: number): Promise<Buffer> {
  const blob = await store.open(KEY);
  const target = Buffer.alloc(lengthBytes);
  const got = await blob.readInto(target, offset).finally(() => blob.close());
  return target.subarray(0, got);
}

beforeEach(() => {
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'an-access-key');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'a-secret-key');
});

afterEach(() => {
  vi.unstubAllEnvs();
});

describe('an object store that takes no more', () => {
  it.each([
    [507, 'InsufficientStorage'],
    [403, 'QuotaExceeded'],
    [413, 'EntityTooLarge'],
    [503, 'XMinioStorageFull'],
  ])('is full when it answers %d %s', async (status, code) => {
    const store = await openScripted(() => failing(status, code));
    await expect(publish(store, KEY, Buffer.from('x'))).rejects.toThrow(withCode('storage-full'));
    await expect(store.writeText(KEY, 'x')).rejects.toThrow(withCode('storage-full'));
  });
});

describe('an object store that refuses', () => {
  it.each([
    [403, 'AccessDenied'],
    [403, 'SignatureDoesNotMatch'],
    [404, 'NoSuchBucket'],
    [400, 'BadDigest'],
    [501, 'NotImplemented'],
  ])('is unavailable when it answers %d %s, whatever is asked of it', async (status, code) => {
    const store = await openScripted(() => failing(status, code));
    const failures = await Promise.allSettled([
      publish(store, KEY, Buffer.from('x')),
      publish(store, KEY, Buffer.alloc(24 * MEBIBYTE)),
      read(store, 0, 10),
      store.sizeOf(KEY),
      store.sizesOf([KEY]),
      store.writtenAt(KEY),
      store.remove(KEY),
      store.list('studies')[Symbol.asyncIterator]().next(),
      store.sweepStaged(new Date()),
    ]);
    for (const failure of failures) {
      expect(failure).toEqual({ status: 'rejected', reason: withCode('unavailable') });
    }
  });

  it('is told of with its reason, and without anything of the keys', async () => {
    const store = await openScripted(() => failing(403, 'SignatureDoesNotMatch'));
    const failure = inspect(await store.remove(KEY).catch((error: unknown) => error), { depth: 10, showHidden: true });
    expect(failure).toContain('SignatureDoesNotMatch');
    expect(failure).not.toMatch(/an-access-key|a-secret-key|Signature=|AWS4/);
  });
});

describe('an object store that is busy', () => {
  it.each([
    [503, 'SlowDown'],
    [500, 'InternalError'],
    [429, 'TooManyRequests'],
    [409, 'OperationAborted'],
  ])('is asked again after %d %s', async (status, code) => {
    const bodies: Buffer[] = [];
    const store = await openScripted(({ body }) => (bodies.push(body) < 3 ? failing(status, code) : {}));
    const bytes = randomBytes(100_000);
    await publish(store, KEY, bytes);
    expect(bodies).toHaveLength(3);
    expect(bodies.every((body) => body.equals(bytes))).toBe(true);
  });

  it('is asked again for what is read', async () => {
    let asked = 0;
    const headers = { 'Content-Range': 'bytes 5-9/100' };
    const store = await openScripted(() =>
      ++asked < 3 ? failing(503, 'SlowDown') : { status: 206, headers, body: 'bytes' },
    );
    expect((await read(store, 5, 5)).toString()).toBe('bytes');
  });
});

describe('an object store with another clock', () => {
  it('is asked again by its own, and by that alone from then on', async () => {
    const signedAt: string[] = [];
    const headers = { Date: new Date('2099-12-31T12:00:00Z').toUTCString() };
    const store = await openScripted((request) => {
      const day = String(request.headers['x-amz-date']).slice(0, 8);
      signedAt.push(day);
      return day === '20991231' ? { headers } : { ...failing(403, 'RequestTimeTooSkewed'), headers };
    });
    await store.writeText(KEY, 'text');
    expect(signedAt.at(-1)).toBe('20991231');
    signedAt.length = 0;
    await store.writeText(KEY, 'text');
    expect(signedAt).toEqual(['20991231']);
  });
});

describe('an object store of which much is asked at once', () => {
  it('may take its time, as long as it answers', async () => {
    const store = await openScripted(async () => {
      await sleep(1_300);
      return {};
    });
    const writes = Array.from({ length: 256 }, (_, n) => store.writeText(`studies/${n}`, 'text'));
    expect(await Promise.all(writes)).toHaveLength(256);
  });

  it('is unavailable to all who wait once it has not answered for long', async () => {
    const never = new Promise<StoreAnswer>(() => undefined);
    const store = await openScripted(() => never);
    const begun = performance.now();
    const writes = Array.from({ length: 256 }, (_, n) => store.writeText(`studies/${n}`, 'text'));
    for (const write of await Promise.allSettled(writes)) {
      expect(write).toEqual({ status: 'rejected', reason: withCode('unavailable') });
    }
    expect(performance.now() - begun).toBeLessThan(13_000);
  });
});

describe('an object store that can not do anything now', () => {
  it('is asked so often, and no more', async () => {
    const asked: string[] = [];
    const store = await openScripted(({ method }) => {
      asked.push(method);
      return failing(503, 'SlowDown');
    });
    await expect(publish(store, KEY, Buffer.from('x'))).rejects.toThrow(withCode('unavailable'));
    expect(asked).toEqual(Array(6).fill('PUT'));
    asked.length = 0;
    await expect(read(store, 0, 10)).rejects.toThrow(withCode('unavailable'));
    expect(asked).toEqual(Array(6).fill('GET'));
  });

  it('keeps nobody waiting for longer the more come', async () => {
    const store = await openScripted(async () => {
      await sleep(300);
      return failing(503, 'SlowDown');
    });
    const waits: number[] = [];
    const write = async (): Promise<void> => {
      const begun = performance.now();
      await expect(store.writeText(KEY, 'x')).rejects.toThrow(withCode('unavailable'));
      waits.push(performance.now() - begun);
    };
    const writes: Promise<void>[] = [];
    for (let n = 0; n < 600; n++) {
      writes.push(write());
      await sleep(20);
    }
    await Promise.all(writes);
    expect(Math.max(...waits)).toBeLessThan(10_000);
  });
});

describe('an object that is not there', () => {
  it('is none when the store says so of the object', async () => {
    const store = await openScripted(() => failing(404, 'NoSuchKey'));
    expect(await store.sizeOf(KEY)).toBeUndefined();
    expect(await store.writtenAt(KEY)).toBeUndefined();
    await expect(read(store, 0, 1)).rejects.toThrow('The archive has lost the file of this instance.');
  });

  it('is not taken for lost when something else answers that nothing is found', async () => {
    const store = await openScripted(() => ({ status: 404, body: '<html>Not here</html>' }));
    await expect(store.sizeOf(KEY)).rejects.toThrow(withCode('unavailable'));
    await expect(read(store, 0, 1)).rejects.toThrow(withCode('unavailable'));
  });

  it('is asked for by itself when a listing does not know it', async () => {
    const store = await openScripted(({ method, key }) => {
      if (method !== 'HEAD') return key === '' ? listing({ 'a/1': 11 }) : failing(404, 'NoSuchKey');
      return key === 'a/2' ? { headers: { 'Content-Length': '22' } } : { status: 404 };
    });
    expect(await store.sizesOf(['a/1', 'a/2', 'a/3'])).toEqual([11, 22, undefined]);
  });
});

describe('an object store that gives other bytes than those asked for', () => {
  it.each([
    ['all of them', { status: 200, body: 'all of them' }],
    ['another range', { status: 206, headers: { 'Content-Range': 'bytes 0-4/11' }, body: 'other' }],
  ])('is unavailable: %s', async (_what, answer) => {
    const store = await openScripted(() => answer);
    await expect(read(store, 5, 5)).rejects.toThrow(withCode('unavailable'));
  });

  it('may give all of them when they are read from the first', async () => {
    const store = await openScripted(() => ({ status: 200, body: 'all of them' }));
    expect((await read(store, 0, 100)).toString()).toBe('all of them');
  });
});

describe('blobs that wait in memory for a slow store', () => {
  it('keep others from being received, once they are many, until they are gone', async () => {
    let answerAll: (answer: StoreAnswer) => void = () => undefined;
    const answered = new Promise<StoreAnswer>((resolve) => {
      answerAll = resolve;
    });
    const store = await openScripted(() => answered);
    const publishing = Array.from({ length: 14 }, (_, n) => publish(store, `studies/${n}`, Buffer.alloc(7 * MEBIBYTE)));
    await sleep(100);
    const next = await store.stage();
    let hasRoom = false;
    const writing = next.write(Buffer.from('next')).then(() => {
      hasRoom = true;
    });
    await sleep(100);
    expect(hasRoom).toBe(false);
    answerAll({});
    await Promise.all([...publishing, writing]);
    await next.discard();
  });

  it('are sent as they come, once those that are received are many and large', async () => {
    const asked: string[] = [];
    const store = await openScripted(({ method, query }) => {
      asked.push(`${method} ${[...query.keys()].filter((name) => name !== 'x-id').join(' ')}`);
      return query.has('uploads')
        ? { body: '<InitiateMultipartUploadResult><UploadId>1</UploadId></InitiateMultipartUploadResult>' }
        : {};
    });
    const waiting = await Promise.all(Array.from({ length: 12 }, () => store.stage()));
    for (const staged of waiting) await staged.write(Buffer.alloc(8 * MEBIBYTE));
    expect(asked).toContain('POST uploads');
    await waiting.at(-1)?.discard();
    expect(asked.sort()).toEqual(['DELETE uploadId', 'POST uploads', 'PUT partNumber uploadId']);
    await Promise.all(waiting.map((staged) => staged.discard()));
  });
});
