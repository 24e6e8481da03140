/** Removes what writers that died left behind: uploads that nobody goes on with, and objects that nobody publishes. */
import {
  AbortMultipartUploadCommand,
  DeleteObjectCommand,
  ListMultipartUploadsCommand,
  ListPartsCommand,
} from '@aws-sdk/client-s3';
import type { S3Bucket } from './bucket.js';
import { inStore, isNoSuchUpload } from './errors.js';
import { listObjects } from './listing.js';
import { INCOMING } from './staged-blob.js';

interface Upload {
  readonly Bucket: string;
  readonly Key: string | undefined;
  readonly UploadId: string | undefined;
}

/** Remove all to which nothing was written since `before`. Returns how many. */
export async function sweep(bucket: S3Bucket, before: Date): Promise<number> {
  let swept = 0;
  for await (const upload of uploadsBegun(bucket, before)) {
    if ((await isGivenUp(bucket, upload, before)) && (await isAborted(bucket, upload))) swept += 1;
  }
  for await (const { key, writtenAt } of listObjects(bucket, { prefix: bucket.prefixOf(INCOMING) })) {
    if (writtenAt > before) continue;
    await inStore(() => bucket.client.send(new DeleteObjectCommand({ Bucket: bucket.name, Key: key })));
    swept += 1;
  }
  return swept;
}

/** Those to wherever in the archive: the largest blobs are copied to their places in an upload of their own. */
async function* uploadsBegun(bucket: S3Bucket, before: Date): AsyncGenerator<Upload> {
  let next: { readonly KeyMarker: string | undefined; readonly UploadIdMarker: string | undefined } | undefined;
  do {
    const command = new ListMultipartUploadsCommand({ Bucket: bucket.name, Prefix: bucket.prefixOf(), ...next });
    const page = await inStore(() => bucket.client.send(command));
    for (const { Key, UploadId, Initiated } of page.Uploads ?? []) {
      if (Initiated !== undefined && Initiated <= before) yield { Bucket: bucket.name, Key, UploadId };
    }
    next = page.IsTruncated ? { KeyMarker: page.NextKeyMarker, UploadIdMarker: page.NextUploadIdMarker } : undefined;
  } while (next !== undefined);
}

/** Whether no part has come since. */
async function isGivenUp(bucket: S3Bucket, upload: Upload, before: Date): Promise<boolean> {
  let next: string | undefined;
  do {
    const command = new ListPartsCommand({ ...upload, PartNumberMarker: next });
    const page = await unlessGone(() => bucket.client.send(command));
    if (page?.Parts?.some(({ LastModified }) => LastModified !== undefined && LastModified > before)) return false;
    next = page?.IsTruncated ? page.NextPartNumberMarker : undefined;
  } while (next !== undefined);
  return true;
}

async function isAborted(bucket: S3Bucket, upload: Upload): Promise<boolean> {
  return (await unlessGone(() => bucket.client.send(new AbortMultipartUploadCommand(upload)))) !== undefined;
}

/** Ask something of an upload; undefined when somebody has completed or aborted it meanwhile. */
function unlessGone<T>(ask: () => Promise<T>): Promise<T | undefined> {
  return inStore(() =>
    ask().catch((error: unknown) => {
      if (isNoSuchUpload(error)) return undefined;
      throw error;
    }),
  );
}
