/** Writes an object in one request, whose bytes the server checks before it keeps them. */
import { PutObjectCommand } from '@aws-sdk/client-s3';
import type { S3Bucket } from './bucket.js';
import { PAYLOAD_HASH } from './direct-requests.js';
import { inStore } from './errors.js';
import { patiently } from './patience.js';

interface WrittenObject {
  /** In the bucket. */
  readonly key: string;
  readonly bytes: Buffer;
  /** Of the bytes, where it is known: to make it takes as long as all else that is done for them here. */
  readonly sha256?: string | undefined;
}

/** Write all bytes of an object under its key, in the place of what is there. */
export async function putObject(bucket: S3Bucket, object: WrittenObject): Promise<void> {
  const { gate, direct } = bucket;
  await inStore(async () => {
    const isWritten = await gate.pass(() => patiently(() => direct.put(object.key, object.bytes, object.sha256)));
    if (!isWritten) await putByClient(bucket, object);
  });
}

async function putByClient({ client, name }: S3Bucket, { key, bytes, sha256 }: WrittenObject): Promise<void> {
  const command = new PutObjectCommand({ Bucket: name, Key: key, Body: bytes });
  if (sha256 !== undefined) {
    command.middlewareStack.add(
      (next) => (args) => {
        if (hasHeaders(args.request)) args.request.headers[PAYLOAD_HASH] = sha256;
        return next(args);
      },
      { step: 'build', name: 'knownPayloadHash' },
    );
  }
  await client.send(command);
}

const hasHeaders = (request: unknown): request is { readonly headers: Record<string, string> } =>
  typeof request === 'object' && request !== null && 'headers' in request;
