/** The object store of a test: the server that `NCCID_TEST_S3` names, and in it a prefix that is the test's own. */
import { randomBytes } from 'node:crypto';
import {
  AbortMultipartUploadCommand,
  DeleteObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { onTestFinished } from 'vitest';
import type { S3Place } from '../../src/archive/blobs/s3/place.js';
import { S3BlobStore } from '../../src/archive/blobs/s3/store.js';
import { parseBlobsPlace } from '../../src/archive/places.js';

/** The bucket in which tests may do as they like; undefined when the environment names none. */
export function findTestBucket(): S3Place | undefined {
  const text = process.env['NCCID_TEST_S3'];
  if (!text) return undefined;
  const place = parseBlobsPlace(text);
  if (place.kind !== 's3') throw new Error('NCCID_TEST_S3 names no object store.');
  return place;
}

/** A prefix of a test's own, seen without the store that is tested. */
export class TestObjects {
  readonly place: S3Place;
  readonly client: S3Client;

  private constructor(bucket: S3Place) {
    this.place = { ...bucket, prefix: `${bucket.prefix}${randomBytes(8).toString('hex')}/` };
    this.client = new S3Client({
      ...(bucket.endpoint === undefined ? {} : { endpoint: bucket.endpoint }),
      ...(bucket.region === undefined ? {} : { region: bucket.region }),
      forcePathStyle: bucket.isPathStyle,
    });
  }

  /** An empty prefix, which is emptied again when the test has ended. */
  static make(bucket: S3Place): TestObjects {
    const objects = new TestObjects(bucket);
    onTestFinished(async () => {
      await objects.clear();
      objects.client.destroy();
    });
    return objects;
  }

  /** Open a store on them that is closed when the test has ended. */
  async open(changes: Partial<S3Place> = {}): Promise<S3BlobStore> {
    const store = await S3BlobStore.open({ ...this.place, ...changes });
    onTestFinished(() => store.close());
    return store;
  }

  async put(key: string, bytes: Buffer): Promise<void> {
    await this.client.send(new PutObjectCommand({ ...this.#at(key), Body: bytes }));
  }

  /** The keys of all objects, without the prefix. */
  async keys(): Promise<readonly string[]> {
    const { bucket: Bucket, prefix: Prefix } = this.place;
    const { Contents = [] } = await this.client.send(new ListObjectsV2Command({ Bucket, Prefix }));
    return Contents.map(({ Key = '' }) => Key.slice(Prefix.length));
  }

  /** The uploads that nobody has completed. */
  async uploads(): Promise<readonly { readonly Key?: string | undefined; readonly UploadId?: string | undefined }[]> {
    const { bucket: Bucket, prefix: Prefix } = this.place;
    return (await this.client.send(new ListMultipartUploadsCommand({ Bucket, Prefix }))).Uploads ?? [];
  }

  async clear(): Promise<void> {
    const { bucket: Bucket } = this.place;
    for (const { Key, UploadId } of await this.uploads()) {
      await this.client.send(new AbortMultipartUploadCommand({ Bucket, Key, UploadId }));
    }
    for (let keys = await this.keys(); keys.length > 0; keys = await this.keys()) {
      await Promise.all(keys.map((key) => this.client.send(new DeleteObjectCommand(this.#at(key)))));
    }
  }

  #at(key: string) {
    return { Bucket: this.place.bucket, Key: this.place.prefix + key };
  }
}
