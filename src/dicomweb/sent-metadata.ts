/**
 * Store of metadata and bulkdata: the parts wait in a spool until the body has ended, for metadata may refer to any of the
 * parts that come after it; then each instance is put together and handed on as the Part 10 file that it would be. Of a
 * request one data set at a time is held in memory, and of all requests those of the few whose turn it is. PS3.18 §10.5.1.4
 */
import { setImmediate } from 'node:timers/promises';
import type { Spool, SpooledBytes } from '../archive/spool.js';
import type { Turnstile } from '../archive/turnstile.js';
import type { AttributeSink } from '../dicom/attribute-sink.js';
import { DicomJSONReader } from '../dicom/dicom-json-reader.js';
import { cannotUnderstand } from '../dicom/failure-reasons.js';
import { NativeXMLReader } from '../dicom/native-xml-reader.js';
import type { SentInstance } from '../dicom/sent-data-set.js';
import { SentInstances } from '../dicom/sent-instances.js';
import { ArchiveError, invalidRequest } from '../errors.js';
import { standardName } from './accept.js';
import { DICOM_JSON, DICOM_XML } from './media-type-names.js';
import { type MultipartPart, readMultipart } from './multipart-reader.js';
import { SentBulkdata } from './sent-bulkdata.js';
import { sentPart10 } from './sent-part10.js';
import { unhurriedSlices } from './unhurried-slices.js';

/** Of all metadata in one request. */
export const MAX_METADATA_BYTES = 64 * 1024 * 1024;

/** Of the metadata of one instance: no archive has more. */
export const MAX_INSTANCE_METADATA_BYTES = 16 * 1024 * 1024;

/** Of which there is metadata in one request. */
export const MAX_INSTANCES = 10_000;

/** What reads metadata of a media type into a sink. */
type MetadataReader = new (sink: AttributeSink) => { write(chunk: Buffer): void; end(): void };

const READERS: ReadonlyMap<string, MetadataReader> = new Map<string, MetadataReader>([
  [DICOM_JSON, DicomJSONReader],
  [DICOM_XML, NativeXMLReader],
]);

/** The media types that metadata is sent in. */
export const METADATA_TYPES: readonly string[] = [...READERS.keys()];

/** Making so many of the smallest takes a few milliseconds. */
const FILES_AT_ONCE = 50;

interface SentText {
  readonly reader: MetadataReader;
  readonly bytes: SpooledBytes;
}

export interface SentMetadataOptions {
  readonly boundary: string;
  /** What relative names of values are relative to. */
  readonly requestURL: string;
  readonly openSpool: () => Promise<Spool>;
  /** Lets some requests at once hold a data set in memory. */
  readonly spoolReaders: Turnstile;
}

/**
 * The instances of a body as Part 10 files, once all of the body has come.
 * @throws ArchiveError `invalid-request` for a body without metadata or with such as can not be read, `too-large` for more
 * than 64 MiB of it, and what the spool throws
 */
export async function* sentInstances(
  body: AsyncGenerator<Buffer>,
  { boundary, requestURL, openSpool, spoolReaders }: SentMetadataOptions,
): AsyncGenerator<AsyncIterable<Buffer>> {
  const spool = await openSpool();
  try {
    const parts = new SpooledParts(spool, requestURL);
    for await (const part of readMultipart(body, { boundary })) await parts.take(part);
    yield* unhurried(parts.instances(spoolReaders));
  } finally {
    await spool.close();
    await body.return(undefined);
  }
}

class SpooledParts {
  readonly #spool: Spool;
  readonly #bulkdata: SentBulkdata;
  readonly #texts: SentText[] = [];
  readonly #count = new InstanceCount();
  #metadataBytes = 0;

  constructor(spool: Spool, requestURL: string) {
    this.#spool = spool;
    this.#bulkdata = new SentBulkdata(requestURL);
  }

  async take(part: MultipartPart): Promise<void> {
    const reader = READERS.get(standardName(part.contentType?.essence ?? ''));
    if (reader === undefined) this.#bulkdata.add(part, await this.#spool.append(part.body));
    else this.#texts.push({ reader, bytes: await this.#spool.append(this.#lawful(part.body, reader)) });
  }

  async *instances(readers: Turnstile): AsyncGenerator<AsyncIterable<Buffer>> {
    if (this.#texts.length === 0) throw invalidRequest('The body holds no metadata.');
    for (const text of this.#texts) yield* inTurn(this.#filesOf(text), readers);
    for (let i = this.#bulkdata.unusedCount; i > 0; i -= 1) yield UNUSED;
  }

  /** The text, read once as it comes: what is wrong with it is told before anything has been stored. */
  async *#lawful(body: AsyncIterable<Buffer>, Reader: MetadataReader): AsyncGenerator<Buffer> {
    const reader = new Reader(this.#count);
    for await (const chunk of unhurriedSlices(body)) {
      this.#metadataBytes += chunk.length;
      if (this.#metadataBytes > MAX_METADATA_BYTES) throw tooLarge(`${MAX_METADATA_BYTES} bytes of metadata`);
      this.#count.expectRoom(chunk.length);
      reader.write(chunk);
      yield chunk;
    }
    reader.end();
  }

  async *#filesOf(text: SentText): AsyncGenerator<AsyncIterable<Buffer>> {
    for await (const instance of this.#instancesOf(text)) yield sentPart10(instance, this.#bulkdata, this.#spool);
  }

  async *#instancesOf({ reader: Reader, bytes }: SentText): AsyncGenerator<SentInstance> {
    const sink = new SentInstances();
    const reader = new Reader(sink);
    for await (const slice of unhurriedSlices(this.#spool.read(bytes))) {
      reader.write(slice);
      yield* sink.take();
    }
    reader.end();
    yield* sink.take();
  }
}

/** The same files, with room for other requests between them. */
async function* unhurried(files: AsyncGenerator<AsyncIterable<Buffer>>): typeof files {
  let count = 0;
  for await (const file of files) {
    yield file;
    count += 1;
    if (count % FILES_AT_ONCE === 0) await setImmediate();
  }
}

/** Files one by one, each made and taken while it is one's turn; others have theirs between two of them. */
async function* inTurn(files: AsyncGenerator<AsyncIterable<Buffer>>, readers: Turnstile): typeof files {
  await readers.enter();
  try {
    for await (const file of files) {
      yield file;
      readers.leave();
      await readers.enter();
    }
  } finally {
    readers.leave();
  }
}

/** A part that is of no use is one that failed: its sender meant it for something. */
const UNUSED: AsyncIterable<Buffer> = {
  [Symbol.asyncIterator]: () => ({
    next: () => Promise.reject(cannotUnderstand('No metadata refers to a part that is neither JSON nor XML.')),
  }),
};

/** Counts the instances of a request and the bytes of each; what is wrong with one of them is told when it is made. */
class InstanceCount implements AttributeSink {
  #count = 0;
  #bytes = 0;

  /** Count bytes that are read next: those of the instance that is open, but for the one that ends within them. */
  expectRoom(bytes: number): void {
    this.#bytes += bytes;
    if (this.#bytes > MAX_INSTANCE_METADATA_BYTES)
      throw tooLarge(`${MAX_INSTANCE_METADATA_BYTES} bytes for an instance`);
  }

  openInstance(): void {
    this.#count += 1;
    if (this.#count > MAX_INSTANCES) throw tooLarge(`the metadata of ${MAX_INSTANCES} instances`);
  }

  closeInstance(): void {
    this.#bytes = 0;
  }

  openAttribute(): void {}
  closeAttribute(): void {}
  value(): void {}
  inlineBinary(): void {}
  bulkdata(): void {}
  openItem(): void {}
  closeItem(): void {}
  refuse(): void {}
}

const tooLarge = (what: string): ArchiveError => new ArchiveError('too-large', `A request holds ${what} at most.`);
