/** Lists objects, in the order of their keys as the store has it, or folder by folder. */
import { ListObjectsV2Command } from '@aws-sdk/client-s3';
import type { StoredBlob } from '../blob-store.js';
import type { S3Bucket } from './bucket.js';
import { inStore } from './errors.js';

export interface ListedObject {
  /** In the bucket. */
  readonly key: string;
  readonly sizeBytes: number;
  readonly writtenAt: Date;
}

export interface Listing {
  /** What the keys begin with. */
  readonly prefix: string;
  /** A key that comes before the first. */
  readonly after?: string;
}

/** What is listed may lag behind what is there. The folders that people make in a console are no objects of ours. */
export async function* listObjects(bucket: S3Bucket, { prefix, after }: Listing): AsyncGenerator<ListedObject> {
  let next: string | undefined;
  do {
    const command = new ListObjectsV2Command({
      Bucket: bucket.name,
      Prefix: prefix,
      StartAfter: after,
      ContinuationToken: next,
    });
    const page = await inStore(() => bucket.client.send(command));
    for (const { Key = '', Size = 0, LastModified = new Date(0) } of page.Contents ?? []) {
      if (!Key.endsWith('/')) yield { key: Key, sizeBytes: Size, writtenAt: LastModified };
    }
    next = page.NextContinuationToken;
  } while (next !== undefined);
}

/** The folder that a key is in, with the slash at its end. */
export const folderOf = (key: string): string => key.slice(0, key.lastIndexOf('/') + 1);

/**
 * What comes in the order of keys, so that blobs of one folder come one after the other: in the order of keys the folders
 * below one stand among its blobs. Those of a folder are held until all of it has come.
 */
export async function* folderByFolder(blobs: AsyncIterable<StoredBlob>): AsyncGenerator<StoredBlob> {
  /** Each below the one before. */
  const open: { readonly folder: string; readonly blobs: StoredBlob[] }[] = [];
  for await (const blob of blobs) {
    const folder = folderOf(blob.key);
    let last = open.at(-1);
    for (; last !== undefined && !folder.startsWith(last.folder); last = open.at(-1)) {
      yield* last.blobs;
      open.pop();
    }
    if (last?.folder === folder) last.blobs.push(blob);
    else open.push({ folder, blobs: [blob] });
  }
  for (const { blobs: rest } of open.reverse()) yield* rest;
}
