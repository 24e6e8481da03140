/** That what is made for every instance goes past the client's middleware, and comes back to it when it is not answered well. */
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { S3BlobStore } from '../../../../src/archive/blobs/s3/store.js';
import { failing, type StoreAnswer, type StoreRequest, scriptedStore } from '../../../support/scripted-store.js';

const KEY = "studies/1.2.3/with ü, (brackets) and *stars* that's all!.dcm";

beforeEach(() => {
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'an-access-key');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'a-secret-key');
  vi.stubEnv('AWS_SESSION_TOKEN', 'a-session');
});

afterEach(() => {
  vi.unstubAllEnvs();
});

/** Only what is asked by a client bears its mark. */
const isByClient = ({ headers }: StoreRequest): boolean => headers['amz-sdk-invocation-id'] !== undefined;

async function openScripted(answer: (request: StoreRequest) => StoreAnswer) {
  const asked: StoreRequest[] = [];
  const store = await S3BlobStore.open(
    await scriptedStore((request) => {
      asked.push(request);
      return answer(request);
    }),
  );
  onTestFinished(() => store.close());
  return { store, asked };
}

async function publish(store: S3BlobStore, text: string): Promise<void> {
  const staged = await store.stage();
  await staged.write(Buffer.from(text));
  await staged.publish(KEY);
}

async function read(store: S3BlobStore, lengthBytes: number): Promise<string> {
  const blob = await store.open(KEY);
  const target = Buffer.alloc(lengthBytes);
  await blob.readInto(target, 0).finally(() => blob.close());
  return target.toString();
}

describe('DirectRequests', () => {
  it('puts an object in one request, signed as the client signs', async () => {
    const { store, asked } = await openScripted(() => ({}));
    await publish(store, 'the bytes');
    expect(asked.map(isByClient)).toEqual([false]);
    expect(asked[0]).toMatchObject({ method: 'PUT', key: KEY });
    expect(asked[0]?.body.toString()).toBe('the bytes');
    expect(asked[0]?.headers['x-amz-security-token']).toBe('a-session');
    const signed = asked[0]?.headers.authorization?.match(/SignedHeaders=([^,]+)/)?.[1]?.split(';');
    expect(signed).toEqual(expect.arrayContaining(['host', 'x-amz-content-sha256', 'x-amz-date']));
  });

  it('gets an object once the client has found the way', async () => {
    const headers = { 'Content-Range': 'bytes 0-4/5' };
    const { store, asked } = await openScripted(() => ({ status: 206, headers, body: 'bytes' }));
    expect([await read(store, 5), await read(store, 5)]).toEqual(['bytes', 'bytes']);
    expect(asked.map(isByClient)).toEqual([true, false]);
    expect(asked.map(({ key }) => key)).toEqual([KEY, KEY]);
  });

  it('leaves to the client what is not answered well', async () => {
    const { store, asked } = await openScripted((request) =>
      isByClient(request) ? {} : failing(403, 'RequestTimeTooSkewed'),
    );
    await publish(store, 'the bytes');
    expect(asked.map(isByClient)).toEqual([false, true]);
    expect(asked.map(({ body }) => body.toString())).toEqual(['the bytes', 'the bytes']);
  });
});
