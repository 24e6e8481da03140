/** Watches over a server that works in silence: nobody can tell from the silence whether it still does. */
import { setTimeout as sleep } from 'node:timers/promises';
import { HeadBucketCommand } from '@aws-sdk/client-s3';
import type { S3Bucket } from './bucket.js';

const PROBE_MS = 3_000;

/** Wait for `work` as long as the store answers anything else that it is asked; then give it up by the signal. */
export async function whileItAnswers<T>(bucket: S3Bucket, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const givenUp = new AbortController();
  const done = new AbortController();
  try {
    return await Promise.race([work(givenUp.signal), silence(bucket, done.signal)]);
  } finally {
    done.abort();
    givenUp.abort();
  }
}

/** Never resolves; rejects when the store answers no more, or when it is done with. */
async function silence(bucket: S3Bucket, signal: AbortSignal): Promise<never> {
  for (;;) {
    await sleep(PROBE_MS, undefined, { signal });
    await bucket.client.send(new HeadBucketCommand({ Bucket: bucket.name }), { abortSignal: signal });
  }
}
