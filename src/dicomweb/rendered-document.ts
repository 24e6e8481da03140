/**
 * Encapsulated documents and videos as they are: `rendered` gives the document, not pictures of its pages. PS3.18 Table 8.7.4-1,
 * PS3.3 §A.45
 */
import type { LocatedInstance } from '../archive/index/locate.js';
import { readBulkdata } from '../archive/read/bulkdata.js';
import { readHeader } from '../archive/read/header.js';
import type { StoredBulkdata } from '../archive/read/stored-bulkdata.js';
import type { StoredFile } from '../archive/read/stored-file.js';
import type { ScopedArchive } from '../archive/scoped-archive.js';
import { TAG } from '../dicom/attributes.js';
import { type DataSet, tagText } from '../dicom/data-set.js';
import { documentBytes, documentMediaType } from '../dicom/encapsulated-document.js';
import { notFound } from '../errors.js';
import { valueDigest } from './retrieve-bulkdata.js';
import { frameDigest } from './retrieve-frames.js';
import { servedMediaType } from './served-media-type.js';
import { type SinglePart, type Slice, sliced } from './single-part.js';

const DOCUMENT = tagText(TAG.EncapsulatedDocument);
/** What a browser shows in a viewer of its own. Whatever else strangers put into a document, it shall not show as a page of ours. */
const SHOWN_IN_PLACE: ReadonlySet<string> = new Set(['application/pdf']);

/** The document of an instance: its media type in lower case, and where to find its bytes. */
export interface EncapsulatedDocument {
  readonly mediaType: string;
  readonly lengthBytes: number;
  readonly bytes: (slice?: Slice) => AsyncGenerator<Buffer>;
  readonly digest: string;
}

/** Find the document of an instance. @throws ArchiveError `not-found` when it has none */
export async function findDocument(archive: ScopedArchive, instance: LocatedInstance): Promise<EncapsulatedDocument> {
  const value = await archive.findBulkdata(instance, DOCUMENT);
  if (value !== undefined) return longDocument(archive, instance, value);
  return shortDocument(instance, await withFile(archive, instance, readHeader));
}

/** Give a document as the media type that it is to be sent as. */
export const renderedDocument = ({ mediaType, lengthBytes, bytes, digest }: EncapsulatedDocument): SinglePart => ({
  mediaType,
  headers: SHOWN_IN_PLACE.has(mediaType) ? {} : { 'Content-Disposition': 'attachment' },
  digest,
  lengthBytes,
  bytes,
});

/** Give a video in the container it was stored in. @throws ArchiveError `not-found` when it has no frames */
export async function renderedVideo(
  archive: ScopedArchive,
  instance: LocatedInstance,
  mediaType: string,
): Promise<SinglePart> {
  const [only] = await archive.frames(instance, 'all');
  if (only === undefined) throw notFound();
  return {
    mediaType,
    digest: frameDigest(instance, only),
    lengthBytes: only.lengthBytes,
    bytes: (slice) => bytesOf(archive, instance, (file) => sliced(only.bytes(file), slice)),
  };
}

function longDocument(archive: ScopedArchive, instance: LocatedInstance, value: StoredBulkdata): EncapsulatedDocument {
  const whole: Slice = { first: 0, last: value.lengthBytes - 1 };
  return {
    mediaType: servedMediaType(value.mediaType).toLowerCase(),
    lengthBytes: value.lengthBytes,
    bytes: (slice = whole) => bytesOf(archive, instance, (file) => readBulkdata(file, value, slice)),
    digest: valueDigest(instance, value),
  };
}

/** Metadata holds a short value itself, so that nothing refers to it. */
function shortDocument(instance: LocatedInstance, dataSet: DataSet): EncapsulatedDocument {
  const document = documentBytes(dataSet);
  if (document === undefined) throw notFound();
  const bytes = async function* ({ first, last }: Slice = { first: 0, last: document.length - 1 }) {
    yield document.subarray(first, last + 1);
  };
  return {
    mediaType: servedMediaType(documentMediaType(dataSet)).toLowerCase(),
    lengthBytes: document.length,
    bytes,
    digest: `${instance.sha256}/document`,
  };
}

async function* bytesOf(
  archive: ScopedArchive,
  instance: LocatedInstance,
  read: (file: StoredFile) => AsyncGenerator<Buffer>,
): AsyncGenerator<Buffer> {
  const file = await archive.open(instance);
  try {
    yield* read(file);
  } finally {
    await file.close();
  }
}

/** Do something with the file of an instance. */
export async function withFile<Result>(
  archive: ScopedArchive,
  instance: LocatedInstance,
  use: (file: StoredFile) => Promise<Result>,
): Promise<Result> {
  const file = await archive.open(instance);
  try {
    return await use(file);
  } finally {
    await file.close();
  }
}
