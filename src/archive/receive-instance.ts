/**
 * One instance from the first byte to the last: read while it arrives, held back until its header has been admitted,
 * then written, digested and described as the bytes go by. Nothing is buffered whole.
 */
import type { CoercedAttribute } from '../dicom/coerce-header.js';
import { FAILURE_REASON, InvalidInstance } from '../dicom/failure-reasons.js';
import type { Part10Header } from '../dicom/part10-reader.js';
import { admit, sentIdentity } from './admission.js';
import type { BlobStore, StagedBlob } from './blobs/blob-store.js';
import { CoercedBody } from './coerced-body.js';
import { type Coercion, coercionOf } from './coercion.js';
import { ContentDigest, type Digest } from './content-digest.js';
import type { HeaderBudget, HeaderShare } from './header-budget.js';
import { HeldBack } from './held-back.js';
import { type InstanceDescription, sentPatientID } from './index/describe-instance.js';
import type { SentKeys } from './index/known-rows.js';
import type { LookedUp } from './index/look-up.js';
import { InstanceDescriber } from './instance-describer.js';
import { type Refused, RefusedInstance, refused, type SentIdentity } from './store-outcome.js';

export interface ReceivedInstance extends Digest {
  readonly outcome: 'received';
  readonly identity: Required<SentIdentity>;
  readonly staged: StagedBlob;
  /** As it stands in the data set; empty when there is none. */
  readonly patientID: string;
  readonly description: InstanceDescription;
  /** SHA-256 of the file as it would be kept if its site had no values that its instances are to have. */
  readonly sha256AsSent: string;
  /** Whether what comes before the data set is kept otherwise than it was sent. */
  readonly isFileStartCoerced: boolean;
  /** What the index knows of it now. @throws ArchiveError when the index does not answer */
  readonly lookUp: () => Promise<LookedUp>;
}

interface Admission extends SentKeys {
  readonly coercion: Coercion | undefined;
  readonly lookUp: () => Promise<LookedUp>;
}

export interface ReceiveOptions {
  readonly blobs: BlobStore;
  /** Of all instances that are received at once. */
  readonly headers: HeaderBudget;
  /** The only study that is accepted. */
  readonly expectedStudy: string | undefined;
  readonly refusedTransferSyntaxes?: ReadonlySet<string | undefined> | undefined;
  /** The largest instance that is accepted. */
  readonly maxInstanceBytes: number;
  /** What some of its attributes are to be, whatever they are. */
  readonly coercedAttributes: readonly CoercedAttribute[];
  /** Told of the instance as soon as its header has been admitted: the index can answer while the rest comes. */
  readonly beginLookUp: (keys: SentKeys) => () => Promise<LookedUp>;
  readonly now: () => Date;
}

/**
 * Take one instance in. What it returns as received is staged, not yet stored: publish it or discard it.
 * @throws whatever `body` throws when it breaks off, and ArchiveError when the disk fails; nothing stays behind then
 */
export async function receiveInstance(
  body: AsyncIterable<Buffer>,
  options: ReceiveOptions,
): Promise<ReceivedInstance | Refused> {
  const reception = new Reception(options);
  const { coercedAttributes: attributes, headers, now } = options;
  const coerced = attributes.length === 0 ? undefined : new CoercedBody(body, { attributes, headers, now: now() });
  try {
    for await (const chunk of coerced?.bytes() ?? body) await reception.take(chunk);
    const received = await reception.finish();
    return { ...received, sha256AsSent: coerced?.sha256AsSent ?? received.sha256 };
  } catch (error) {
    await reception.discard();
    if (error instanceof RefusedInstance) return refused(error.identity, error.reason, error.message);
    if (error instanceof InvalidInstance) return refused(reception.sentIdentity(), error.reason, error.message);
    throw error;
  } finally {
    reception.release();
  }
}

class Reception {
  readonly #options: ReceiveOptions;
  readonly #describer: InstanceDescriber;
  readonly #digest = new ContentDigest();
  #receivedBytes = 0;
  /** What arrived before the header had been admitted; on no disk. */
  readonly #heldBack = new HeldBack();
  readonly #header: HeaderShare;
  #admission: Admission | undefined;
  #staged: StagedBlob | undefined;

  constructor(options: ReceiveOptions) {
    this.#options = options;
    this.#header = options.headers.share();
    this.#describer = new InstanceDescriber({
      admit: (header) => this.#admit(header).coercion?.shiftBytes ?? 0,
      holdHeaderBytes: (bytes) => this.#header.grow(bytes),
    });
  }

  async take(chunk: Buffer): Promise<void> {
    if (chunk.length === 0) return;
    this.#receivedBytes += chunk.length;
    if (this.#receivedBytes > this.#options.maxInstanceBytes) {
      throw new InvalidInstance(FAILURE_REASON.outOfResources, 'The instance is larger than this archive accepts.');
    }
    await this.#describer.write(chunk);
    if (this.#staged !== undefined) return this.#keep(chunk, this.#staged);
    this.#heldBack.add(chunk);
    if (this.#describer.header !== undefined) await this.#startKeeping(this.#describer.header);
  }

  async finish(): Promise<Omit<ReceivedInstance, 'sha256AsSent'>> {
    const description = await this.#describer.end();
    const header = this.#describer.header;
    if (header === undefined) throw new Error('An instance that has been described has a header.');
    const staged = this.#staged ?? (await this.#startKeeping(header));
    const { identity, patientID, coercion, lookUp } = this.#admit(header);
    return {
      outcome: 'received',
      identity,
      patientID,
      lookUp,
      staged,
      ...this.#digest.finish(this.#describer.pixelDataCRC32),
      description,
      isFileStartCoerced: coercion !== undefined,
    };
  }

  async discard(): Promise<void> {
    this.#describer.destroy();
    await this.#staged?.discard();
  }

  /** To be called at the end, whatever that was. */
  release(): void {
    this.#header.shrinkTo(0);
  }

  sentIdentity(): SentIdentity {
    const dataSet = this.#describer.header?.dataSet;
    return dataSet === undefined ? {} : sentIdentity(dataSet);
  }

  /** Judged once, as soon as the header is there: before its Pixel Data is looked at, before a byte is on disk. */
  #admit(header: Part10Header): Admission {
    if (this.#admission === undefined) {
      const identity = admit(header, this.#options);
      const keys = { identity, patientID: sentPatientID(header.dataSet) };
      this.#admission = { ...keys, coercion: coercionOf(header), lookUp: this.#options.beginLookUp(keys) };
    }
    return this.#admission;
  }

  async #startKeeping(header: Part10Header): Promise<StagedBlob> {
    const { coercion } = this.#admit(header);
    const { pixelData, transferSyntax } = header;
    if (pixelData?.lengthBytes !== undefined && !transferSyntax.deflated) {
      const offset = pixelData.valueOffset + (coercion?.shiftBytes ?? 0);
      this.#digest.leaveOut({ offset, lengthBytes: pixelData.lengthBytes });
    }
    const staged = await this.#options.blobs.stage();
    this.#staged = staged;
    const held = this.#heldBack.take();
    for (const chunk of coercion === undefined ? held : replaceStart(held, coercion.fileStart, header.dataSetOffset)) {
      await this.#keep(chunk, staged);
    }
    // Its elements are held until the instance has been described.
    if (pixelData !== undefined) this.#header.shrinkTo(pixelData.valueOffset);
    return staged;
  }

  async #keep(chunk: Buffer, staged: StagedBlob): Promise<void> {
    this.#digest.take(chunk);
    await staged.write(chunk);
  }
}

function replaceStart(chunks: readonly Buffer[], start: Buffer, replacedBytes: number): Buffer[] {
  const kept = [start];
  let skip = replacedBytes;
  for (const chunk of chunks) {
    if (skip < chunk.length) kept.push(chunk.subarray(skip));
    skip = Math.max(0, skip - chunk.length);
  }
  return kept;
}
