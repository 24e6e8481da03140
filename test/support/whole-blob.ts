/** Blobs as whole buffers, as tests like to have them. */
import type { BlobStore } from '../../src/archive/blobs/blob-store.js';

export async function readBlob(blobs: BlobStore, key: string): Promise<Buffer> {
  const sizeBytes = await blobs.sizeOf(key);
  if (sizeBytes === undefined) throw new Error(`There is no blob ${key}.`);
  const blob = await blobs.open(key);
  try {
    const bytes = Buffer.alloc(sizeBytes);
    return bytes.subarray(0, await blob.readInto(bytes, 0));
  } finally {
    await blob.close();
  }
}

/** Put bytes under a key, in the place of what is there. */
export async function writeBlob(blobs: BlobStore, key: string, bytes: Buffer): Promise<void> {
  const staged = await blobs.stage();
  await staged.write(bytes);
  await staged.publish(key);
}

/** The keys below a prefix, in order. */
export async function keysBelow(blobs: BlobStore, prefix: string): Promise<readonly string[]> {
  const keys: string[] = [];
  for await (const { key } of blobs.list(prefix)) keys.push(key);
  return keys.sort();
}
