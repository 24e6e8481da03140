/** An object that is put together from parts: nothing is seen under its key before all of them are there. */
import {
  AbortMultipartUploadCommand,
  type CompletedPart,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  UploadPartCommand,
  UploadPartCopyCommand,
} from '@aws-sdk/client-s3';
import { ArchiveError } from '../../../errors.js';
import type { S3Bucket } from './bucket.js';
import { asArchiveError, inStore, isNoSuchUpload } from './errors.js';
import { findObject } from './head.js';
import { whileItAnswers } from './watch.js';

export class MultipartUpload {
  readonly #bucket: S3Bucket;
  readonly #target: { readonly Bucket: string; readonly Key: string; readonly UploadId: string | undefined };
  readonly #parts: CompletedPart[] = [];
  #begunParts = 0;

  private constructor(bucket: S3Bucket, key: string, uploadID: string | undefined) {
    this.#bucket = bucket;
    this.#target = { Bucket: bucket.name, Key: key, UploadId: uploadID };
  }

  /** Begin an object under its key in the bucket. */
  static async begin(bucket: S3Bucket, key: string): Promise<MultipartUpload> {
    const command = new CreateMultipartUploadCommand({ Bucket: bucket.name, Key: key });
    const { UploadId } = await inStore(() => bucket.client.send(command));
    return new MultipartUpload(bucket, key, UploadId);
  }

  /** Send the next part. It is signed by its SHA-256, so that the server takes no other bytes for it. Fails as the client does. */
  async sendPart(bytes: Buffer): Promise<void> {
    const PartNumber = ++this.#begunParts;
    const command = new UploadPartCommand({ ...this.#target, PartNumber, Body: bytes });
    const { ETag } = await this.#bucket.client.send(command);
    this.#parts.push({ PartNumber, ETag });
  }

  /** Take the next part from a range of another object, as headers name both. */
  async copyPart(CopySource: string, CopySourceRange: string): Promise<void> {
    const PartNumber = ++this.#begunParts;
    const command = new UploadPartCopyCommand({ ...this.#target, PartNumber, CopySource, CopySourceRange });
    const { CopyPartResult } = await inStore(() =>
      whileItAnswers(this.#bucket, (abortSignal) => this.#bucket.working.send(command, { abortSignal })),
    );
    this.#parts.push({ PartNumber, ETag: CopyPartResult?.ETag });
  }

  /** Put the parts together, none of which may be on its way any more. */
  async complete(sizeBytes: number): Promise<void> {
    const Parts = this.#parts.sort((a, b) => Number(a.PartNumber) - Number(b.PartNumber));
    const command = new CompleteMultipartUploadCommand({ ...this.#target, MultipartUpload: { Parts } });
    try {
      await whileItAnswers(this.#bucket, (abortSignal) => this.#bucket.working.send(command, { abortSignal }));
    } catch (error) {
      if (!isNoSuchUpload(error)) throw asArchiveError(error);
      // Completed by an attempt whose answer was lost it is no upload any more; swept away it is none either.
      const written = await findObject(this.#bucket, this.#target.Key);
      if (written?.sizeBytes === sizeBytes) return;
      throw new ArchiveError('unavailable', 'The object store has lost what was being written to it.');
    }
  }

  /** Give the parts up. @throws ArchiveError `unavailable` */
  async abort(): Promise<void> {
    const command = new AbortMultipartUploadCommand(this.#target);
    await inStore(() => this.#bucket.client.send(command));
  }
}
