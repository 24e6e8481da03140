/** Copies an object within its bucket, without its bytes passing here. */
import { CopyObjectCommand } from '@aws-sdk/client-s3';
import { ArchiveError } from '../../../errors.js';
import type { S3Bucket } from './bucket.js';
import { inStore } from './errors.js';
import { findObject } from './head.js';
import { MultipartUpload } from './multipart.js';
import { whileItAnswers } from './watch.js';

/** Stores copy five gigabytes at once; but the longer they are silent, the likelier somebody between takes them for dead. */
const RANGE_BYTES = 1024 ** 3;

export interface ObjectCopy {
  /** Keys in the bucket. */
  readonly from: string;
  readonly to: string;
  readonly sizeBytes: number;
  /** What is larger is copied in ranges of so many bytes. */
  readonly rangeBytes?: number;
}

/** Copy an object, and make sure that all of it is there. Nothing is seen under the new key before. */
export async function copyObject(bucket: S3Bucket, copy: ObjectCopy): Promise<void> {
  const { from, to, sizeBytes, rangeBytes = RANGE_BYTES } = copy;
  const source = [bucket.name, ...from.split('/')].map(encodeURIComponent).join('/');
  if (sizeBytes <= rangeBytes) await copyWhole(bucket, source, to);
  else await copyInRanges(bucket, source, { ...copy, rangeBytes });
  const written = await findObject(bucket, to);
  if (written?.sizeBytes !== sizeBytes) {
    throw new ArchiveError('unavailable', 'The object store has not copied all bytes of what it was given.');
  }
}

async function copyWhole(bucket: S3Bucket, source: string, key: string): Promise<void> {
  const command = new CopyObjectCommand({ Bucket: bucket.name, Key: key, CopySource: source });
  await inStore(() => whileItAnswers(bucket, (abortSignal) => bucket.working.send(command, { abortSignal })));
}

async function copyInRanges(
  bucket: S3Bucket,
  source: string,
  { to, sizeBytes, rangeBytes }: Required<ObjectCopy>,
): Promise<void> {
  const upload = await MultipartUpload.begin(bucket, to);
  try {
    for (let start = 0; start < sizeBytes; start += rangeBytes) {
      await upload.copyPart(source, `bytes=${start}-${Math.min(start + rangeBytes, sizeBytes) - 1}`);
    }
    await upload.complete(sizeBytes);
  } catch (error) {
    // What can not be given up now is swept away later.
    await upload.abort().catch(() => undefined);
    throw error;
  }
}
