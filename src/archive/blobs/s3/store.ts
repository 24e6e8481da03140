/** Blobs in an object store: a key is that of an object, below the archive's prefix. How a blob gets there is told in `staged-blob`. */
import { DeleteObjectCommand, ListObjectsV2Command } from '@aws-sdk/client-s3';
import { ArchiveError } from '../../../errors.js';
import { BufferPool } from '../../buffer-pool.js';
import { Turnstile } from '../../turnstile.js';
import type { BlobStore, OpenBlob, StagedBlob, StoredBlob } from '../blob-store.js';
import { S3Bucket } from './bucket.js';
import { complaintOf, inStore } from './errors.js';
import { findObject } from './head.js';
import { folderByFolder, listObjects } from './listing.js';
import { S3Object } from './object.js';
import type { S3Place } from './place.js';
import { putObject } from './put.js';
import { sizesOfObjects } from './sizes.js';
import { S3StagedBlob, type StagingArea } from './staged-blob.js';
import { StagingMemory } from './staging-memory.js';
import { sweep } from './sweep.js';

const STALE_MS = 3_600_000;
/** Parts of all uploads that are on their way at once: with what each upload gathers this is all that they hold in memory. */
const PARTS_AT_ONCE = 8;

export class S3BlobStore implements BlobStore {
  readonly isRemote = true;
  readonly filesAhead = 8;
  readonly #bucket: S3Bucket;
  readonly #area: StagingArea;

  private constructor(bucket: S3Bucket) {
    this.#bucket = bucket;
    this.#area = {
      bucket,
      memory: new StagingMemory(),
      buffers: new BufferPool(),
      turnstile: new Turnstile(PARTS_AT_ONCE),
    };
  }

  /** Open the store in a bucket that is there. @throws ArchiveError `unavailable`, saying what is wrong with it */
  static async open(place: S3Place): Promise<S3BlobStore> {
    const bucket = new S3Bucket(place);
    try {
      await bucket.client.send(
        new ListObjectsV2Command({ Bucket: bucket.name, Prefix: bucket.prefixOf(), MaxKeys: 1 }),
      );
      return new S3BlobStore(bucket);
    } catch (error) {
      bucket.close();
      const complaint = complaintOf(error);
      if (complaint === undefined) throw error;
      const where = place.endpoint === undefined ? '' : ` at ${place.endpoint}`;
      throw new ArchiveError('unavailable', `The bucket ${place.bucket}${where} can not be used: ${complaint}.`);
    }
  }

  async stage(): Promise<StagedBlob> {
    return new S3StagedBlob(this.#area);
  }

  async open(key: string): Promise<OpenBlob> {
    return new S3Object(this.#bucket, this.#bucket.keyOf(key));
  }

  async sizeOf(key: string): Promise<number | undefined> {
    return (await findObject(this.#bucket, this.#bucket.keyOf(key)))?.sizeBytes;
  }

  async sizesOf(keys: readonly string[]): Promise<readonly (number | undefined)[]> {
    const places = keys.map((key) => this.#bucket.keyOf(key));
    const sizes = await sizesOfObjects(this.#bucket, places);
    return places.map((place) => sizes.get(place));
  }

  async writtenAt(key: string): Promise<Date | undefined> {
    return (await findObject(this.#bucket, this.#bucket.keyOf(key)))?.writtenAt;
  }

  async writeText(key: string, text: string): Promise<void> {
    await putObject(this.#bucket, { key: this.#bucket.keyOf(key), bytes: Buffer.from(text) });
  }

  list(prefix: string): AsyncIterable<StoredBlob> {
    return folderByFolder(this.#blobsBelow(prefix));
  }

  async *#blobsBelow(prefix: string): AsyncGenerator<StoredBlob> {
    for await (const { key, sizeBytes } of listObjects(this.#bucket, { prefix: this.#bucket.prefixOf(prefix) })) {
      yield { key: this.#bucket.withoutPrefix(key), sizeBytes };
    }
  }

  async remove(key: string): Promise<void> {
    const command = new DeleteObjectCommand({ Bucket: this.#bucket.name, Key: this.#bucket.keyOf(key) });
    await inStore(() => this.#bucket.client.send(command));
  }

  sweepStaged(now: Date): Promise<number> {
    return sweep(this.#bucket, new Date(now.getTime() - STALE_MS));
  }

  async close(): Promise<void> {
    this.#bucket.close();
  }
}
