/** Small blobs are put together in memory that is used again: none may have bytes of another. */
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { S3BlobStore } from '../../../../src/archive/blobs/s3/store.js';
import { failing, type StoreAnswer, type StoreRequest, scriptedStore } from '../../../support/scripted-store.js';

beforeEach(() => {
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'an-access-key');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'a-secret-key');
});
afterEach(() => {
  vi.unstubAllEnvs();
});

async function openStore(answer: (request: StoreRequest) => StoreAnswer | Promise<StoreAnswer>) {
  const written = new Map<string, Buffer>();
  const place = await scriptedStore(async (request) => {
    const said = await answer(request);
    if (request.method === 'PUT' && (said.status ?? 200) === 200) written.set(request.key, request.body);
    return said;
  });
  const store = await S3BlobStore.open(place);
  onTestFinished(() => store.close());
  const put = async (key: string, content: Buffer): Promise<void> => {
    const staged = await store.stage();
    for (let at = 0; at < content.length; at += 60_000) await staged.write(content.subarray(at, at + 60_000));
    await staged.publish(key);
  };
  const bytesOf = (key: string) => [...written].find(([name]) => name.endsWith(key))?.[1];
  return { put, bytesOf };
}

/** So many bytes, of which no other blob has as many in a row. */
const content = (n: number, lengthBytes: number): Buffer => Buffer.alloc(lengthBytes, `blob ${n} `);

describe('small blobs', () => {
  it('have their own bytes only, one after the other and many at once, whatever their size', async () => {
    const { put, bytesOf } = await openStore(() => ({}));
    const sizes = [1_900_000, 300_000, 0, 1, 64 * 1024, 64 * 1024 + 1, 2_097_152, 2_097_153, 5_000_000, 700_000];
    const blobs = sizes.map((size, n) => content(n, size));
    for (const [n, blob] of blobs.entries()) await put(`one-${n}`, blob);
    await Promise.all(blobs.map((blob, n) => put(`all-${n}`, blob)));
    for (const [n, blob] of blobs.entries()) {
      expect(bytesOf(`one-${n}`)?.equals(blob)).toBe(true);
      expect(bytesOf(`all-${n}`)?.equals(blob)).toBe(true);
    }
  });

  it('have them when the store has failed some of them at first', async () => {
    const failed = new Set<string>();
    const { put, bytesOf } = await openStore(({ key }) => {
      if (failed.has(key)) return {};
      failed.add(key);
      return failing(503, 'SlowDown');
    });
    const blobs = Array.from({ length: 20 }, (_, n) => content(n, 400_000 + n * 1_000));
    await Promise.all(blobs.map((blob, n) => put(`key-${n}`, blob)));
    for (const [n, blob] of blobs.entries()) expect(bytesOf(`key-${n}`)?.equals(blob)).toBe(true);
  });
});
