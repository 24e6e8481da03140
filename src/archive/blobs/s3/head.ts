/** What an object store knows of an object without its bytes. */
import { GetObjectCommand, HeadObjectCommand } from '@aws-sdk/client-s3';
import type { S3Bucket } from './bucket.js';
import { inStore, isBeyondEnd, isNoSuchKey, isNotFound } from './errors.js';

export interface ObjectHead {
  readonly sizeBytes: number;
  readonly writtenAt: Date;
}

/** What is known of an object by its key in the bucket; undefined when there is none. */
export async function findObject(bucket: S3Bucket, key: string): Promise<ObjectHead | undefined> {
  return inStore(async () => {
    try {
      const { ContentLength = 0, LastModified = new Date(0) } = await bucket.client.send(
        new HeadObjectCommand({ Bucket: bucket.name, Key: key }),
      );
      return { sizeBytes: ContentLength, writtenAt: LastModified };
    } catch (error) {
      if (!isNotFound(error)) throw error;
      await expectMissing(bucket, key);
      return undefined;
    }
  });
}

/**
 * Make sure that it is the object that is not there. The answer to HEAD has no body that could tell it from a bucket that is
 * away, whose blobs are not lost.
 */
async function expectMissing(bucket: S3Bucket, key: string): Promise<void> {
  try {
    const { Body } = await bucket.client.send(
      new GetObjectCommand({ Bucket: bucket.name, Key: key, Range: 'bytes=0-0' }),
    );
    // Written since: it was missing when that was asked.
    await Body?.transformToByteArray();
  } catch (error) {
    if (!isNoSuchKey(error) && !isBeyondEnd(error)) throw error;
  }
}
