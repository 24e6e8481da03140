/** A large blob on its way to where it waits to be published: its parts are sent as they come, a few at a time. */
import { DeleteObjectCommand } from '@aws-sdk/client-s3';
import type { Turnstile } from '../../turnstile.js';
import type { S3Bucket } from './bucket.js';
import { asArchiveError, inStore, isPassing } from './errors.js';
import { MultipartUpload } from './multipart.js';

const PART_BYTES = 8 * 1024 * 1024;
/** Some stores take a thousand parts at most: with larger ones after these that makes twenty gigabytes. */
const SMALLER_PARTS = 200;
const LARGER_PART_BYTES = 24 * 1024 * 1024;

export interface UploadPlaces {
  readonly bucket: S3Bucket;
  /** The key in the bucket, of which nobody else knows. */
  readonly key: string;
  /** Where the parts of all uploads pass. */
  readonly turnstile: Turnstile;
}

export class S3Upload {
  readonly key: string;
  readonly #bucket: S3Bucket;
  readonly #turnstile: Turnstile;
  readonly #upload: MultipartUpload;
  readonly #sending = new Set<Promise<void>>();
  /** The part that is being filled, and how far it is. */
  #part: Buffer | undefined;
  #filledBytes = 0;
  #parts = 0;
  #sizeBytes = 0;
  /** What a part failed with: there is a hole where it should be. */
  #failure: unknown;
  #mayBeComplete = false;
  #isComplete = false;

  private constructor({ bucket, key, turnstile }: UploadPlaces, upload: MultipartUpload) {
    this.key = key;
    this.#bucket = bucket;
    this.#turnstile = turnstile;
    this.#upload = upload;
  }

  static async begin(places: UploadPlaces): Promise<S3Upload> {
    return new S3Upload(places, await MultipartUpload.begin(places.bucket, places.key));
  }

  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  /** Append bytes; resolves when they are copied or on their way. */
  async write(chunk: Buffer): Promise<void> {
    this.#sizeBytes += chunk.length;
    for (let at = 0; at < chunk.length; ) {
      this.#part ??= Buffer.allocUnsafeSlow(this.#parts < SMALLER_PARTS ? PART_BYTES : LARGER_PART_BYTES);
      const copied = chunk.copy(this.#part, this.#filledBytes, at);
      at += copied;
      this.#filledBytes += copied;
      if (this.#filledBytes === this.#part.length) await this.#sendPart();
    }
  }

  /** Put all together under its key. */
  async complete(): Promise<void> {
    if (this.#filledBytes > 0) await this.#sendPart();
    await Promise.all(this.#sending);
    if (this.#failure !== undefined) throw this.#failure;
    this.#mayBeComplete = true;
    await this.#upload.complete(this.#sizeBytes);
    this.#isComplete = true;
  }

  /** Remove whatever there is of it. Never rejects: what the store does not let go of now is swept away later. */
  async discard(): Promise<void> {
    await Promise.all(this.#sending);
    if (!this.#isComplete) await this.#upload.abort().catch(() => undefined);
    if (this.#mayBeComplete) await this.#removeObject().catch(() => undefined);
  }

  /** Resolves when what the part holds is on its way. */
  async #sendPart(): Promise<void> {
    const bytes = this.#part?.subarray(0, this.#filledBytes) ?? Buffer.alloc(0);
    await inStore(() => this.#turnstile.enter());
    if (this.#failure !== undefined) {
      this.#turnstile.leave();
      throw this.#failure;
    }
    this.#part = undefined;
    this.#filledBytes = 0;
    this.#parts += 1;
    const sending = this.#send(bytes);
    this.#sending.add(sending);
    sending.finally(() => this.#sending.delete(sending));
  }

  /** Never rejects. */
  async #send(bytes: Buffer): Promise<void> {
    try {
      await this.#upload.sendPart(bytes);
    } catch (error) {
      this.#failure ??= asArchiveError(error);
      // With all the patience there is: the parts that wait would wait for nothing.
      if (isPassing(error)) this.#turnstile.turnAway(error);
    } finally {
      this.#turnstile.leave();
    }
  }

  async #removeObject(): Promise<void> {
    const command = new DeleteObjectCommand({ Bucket: this.#bucket.name, Key: this.key });
    await inStore(() => this.#bucket.client.send(command));
  }
}
