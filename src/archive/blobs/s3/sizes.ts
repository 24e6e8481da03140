/** The sizes of many objects: one listing tells those of a folder, for which each alone would cost a request. */

import { Turnstile } from '../../turnstile.js';
import type { S3Bucket } from './bucket.js';
import { findObject } from './head.js';
import { folderOf, listObjects } from './listing.js';

const AT_ONCE = 16;
/** So many objects of one folder are worth a listing. */
const WORTH_LISTING = 3;

/** The size of each of the keys in the bucket; of those that are not there, none. */
export async function sizesOfObjects(bucket: S3Bucket, keys: readonly string[]): Promise<ReadonlyMap<string, number>> {
  const turnstile = new Turnstile(AT_ONCE);
  const listed = new Map<string, number>();
  const folders = byFolder(keys).filter((folder) => folder.length >= WORTH_LISTING);
  await turnstile.forEach(folders, (folder) => listFolder(bucket, folder, listed));
  const sizes = new Map<string, number>();
  // A listing may not know yet of what was written last.
  await turnstile.forEach([...new Set(keys)], async (key) => {
    const sizeBytes = listed.get(key) ?? (await findObject(bucket, key))?.sizeBytes;
    if (sizeBytes !== undefined) sizes.set(key, sizeBytes);
  });
  return sizes;
}

/** The keys of each folder, in order. */
function byFolder(keys: readonly string[]): readonly (readonly string[])[] {
  const folders = new Map<string, string[]>();
  for (const key of [...keys].sort()) {
    const folder = folders.get(folderOf(key));
    if (folder === undefined) folders.set(folderOf(key), [key]);
    else folder.push(key);
  }
  return [...folders.values()];
}

/** List a folder from the first to the last of the keys. */
async function listFolder(bucket: S3Bucket, keys: readonly string[], sizes: Map<string, number>): Promise<void> {
  const [first = '', last = ''] = [keys[0], keys.at(-1)];
  for await (const { key, sizeBytes } of listObjects(bucket, { prefix: folderOf(first), after: first.slice(0, -1) })) {
    if (key > last) return;
    sizes.set(key, sizeBytes);
  }
}
