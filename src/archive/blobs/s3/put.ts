/** Writes an object in one request, whose bytes the server checks before it keeps them. */
import { PutObjectCommand } from '@aws-sdk/client-s3';
import type { S3Bucket } from './bucket.js';
import { inStore } from './errors.js';

const PAYLOAD_HASH = 'x-amz-content-sha256';

/**
 * Write all bytes of an object under its key in the bucket, in the place of what is there.
 * @param sha256 of the bytes, where it is known: to make it takes as long as all else that is done for them here
 */
export async function putObject(bucket: S3Bucket, key: string, bytes: Buffer, sha256?: string): Promise<void> {
  const command = new PutObjectCommand({ Bucket: bucket.name, Key: key, Body: bytes });
  if (sha256 !== undefined) {
    command.middlewareStack.add(
      (next) => (args) => {
        if (hasHeaders(args.request)) args.request.headers[PAYLOAD_HASH] = sha256;
        return next(args);
      },
      { step: 'build', name: 'knownPayloadHash' },
    );
  }
  await inStore(() => bucket.client.send(command));
}

const hasHeaders = (request: unknown): request is { readonly headers: Record<string, string> } =>
  typeof request === 'object' && request !== null && 'headers' in request;
