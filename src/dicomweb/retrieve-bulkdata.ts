/** Retrieve the values that metadata refers to, one by one or all of a resource. PS3.18 §10.4.1.1.5 */
import type { LocatedInstance } from '../archive/index/locate.js';
import { readBulkdata } from '../archive/read/bulkdata.js';
import type { StoredBulkdata } from '../archive/read/stored-bulkdata.js';
import type { StoredFile } from '../archive/read/stored-file.js';
import type { ScopedArchive } from '../archive/scoped-archive.js';
import { PIXEL_DATA_TAGS } from '../dicom/attributes.js';
import { tagText } from '../dicom/data-set.js';
import { EXPLICIT_VR_LITTLE_ENDIAN, findTransferSyntax } from '../dicom/transfer-syntaxes.js';
import { invalidRequest, notFound } from '../errors.js';
import type { Representation } from './accept.js';
import { parseByteRange } from './byte-range.js';
import { chooseRepresentation, type Exchange, sendPieces } from './exchange.js';
import { type BodyPart, sendMultipart } from './multipart-body.js';
import { ProblemDetails } from './problem.js';
import { sendFrames } from './retrieve-frames.js';
import { instancePath, instanceURL } from './urls.js';

const OCTETS = 'application/octet-stream';
/** Attribute names with the numbers of sequence items between them. */
const BULKDATA_NAME = /^[0-9A-F]{8}(?:\/\d{1,6}\/[0-9A-F]{8}){0,64}$/;
const ENCAPSULATED_PIXEL_DATA = '7FE00010';
const PIXEL_DATA_PATHS: ReadonlySet<string> = new Set([...PIXEL_DATA_TAGS].map(tagText));

export async function retrieveBulkdata(exchange: Exchange): Promise<void> {
  const name = exchange.variables['bulkdata'] ?? '';
  const path = instancePath(exchange.variables);
  if (!BULKDATA_NAME.test(name)) throw invalidRequest('The name of a value is made of attributes and item numbers.');
  const instance = await exchange.archive.instance(path);
  const value = await exchange.archive.findBulkdata(instance, name);
  if (value !== undefined) return sendValue(exchange, instance, value);
  if (name !== ENCAPSULATED_PIXEL_DATA || instance.frameCount === 0) throw notFound();
  await sendFrames(exchange, instance, await exchange.archive.frames(instance, 'all'));
}

async function sendValue(exchange: Exchange, instance: LocatedInstance, value: StoredBulkdata): Promise<void> {
  const chosen = chooseRepresentation(exchange, offered(value));
  const url = valueURL(exchange.base, instance, value);
  exchange.response.set('Content-Location', url);
  const whole = () => valueBytes(exchange.archive, instance, value, { first: 0, last: value.lengthBytes - 1 });
  return chosen.multipart
    ? sendMultipart(exchange, [partOf(exchange.base, instance, value, chosen.mediaType, whole)])
    : sendSingle(exchange, instance, value, chosen.mediaType);
}

/** By itself first, so that a plain link works; a document as what it is before octets. */
function offered(value: StoredBulkdata): readonly Representation[] {
  const types = value.mediaType === undefined ? [OCTETS] : [value.mediaType, OCTETS];
  return types.flatMap((mediaType) => {
    const form =
      mediaType === OCTETS ? { mediaType, transferSyntaxUID: EXPLICIT_VR_LITTLE_ENDIAN, stored: true } : { mediaType };
    return [
      { ...form, multipart: false },
      { ...form, multipart: true },
    ];
  });
}

async function sendSingle(
  exchange: Exchange,
  instance: LocatedInstance,
  value: StoredBulkdata,
  mediaType: string,
): Promise<void> {
  const sizeBytes = value.lengthBytes;
  const { method, headers: asked } = exchange.request;
  // A range is of GET alone. RFC 9110 §14.2
  const range = parseByteRange(method === 'GET' ? asked.range : undefined, sizeBytes);
  if (range.kind === 'unsatisfiable') {
    throw new ProblemDetails('range-not-satisfiable', 'The range lies outside of the value.', {
      headers: { 'Content-Range': `bytes */${sizeBytes}` },
    });
  }
  const isPart = range.kind === 'part';
  const slice = isPart ? range : { first: 0, last: sizeBytes - 1 };
  const headers = {
    'Content-Type': mediaType,
    'Content-Length': slice.last - slice.first + 1,
    'Accept-Ranges': 'bytes',
    ...(isPart ? { 'Content-Range': `bytes ${slice.first}-${slice.last}/${sizeBytes}` } : {}),
    ...(mediaType === OCTETS ? {} : { 'Content-Disposition': 'attachment' }),
  };
  await sendPieces(exchange, headers, valueBytes(exchange.archive, instance, value, slice), isPart ? 206 : 200);
}

const partOf = (
  base: string,
  instance: LocatedInstance,
  value: StoredBulkdata,
  contentType: string,
  bytes: BodyPart['bytes'],
): BodyPart => ({
  contentType,
  contentLocation: valueURL(base, instance, value),
  lengthBytes: value.lengthBytes,
  bytes,
});

/** All the values that the metadata of these instances refers to, in order. @throws ArchiveError `not-found` when none */
export async function sendAllBulkdata(exchange: Exchange, instances: readonly LocatedInstance[]): Promise<void> {
  const files = new OneFile(exchange.archive);
  try {
    await sendMultipart(exchange, { [Symbol.asyncIterator]: () => allParts(exchange, instances, files) });
  } finally {
    await files.close();
  }
}

async function* allParts(
  { archive, base }: Exchange,
  instances: readonly LocatedInstance[],
  files: OneFile,
): AsyncGenerator<BodyPart> {
  for (const instance of instances) {
    const values = await archive.bulkdata(instance);
    for (const value of values) {
      yield partOf(base, instance, value, OCTETS, () => files.read(instance, (file) => wholeValue(file, value)));
    }
    const isCompressed = instance.frameCount > 0 && !values.some(({ path }) => PIXEL_DATA_PATHS.has(path));
    if (!isCompressed) continue;
    // Compressed Pixel Data has no value to speak of: its frames go out one by one.
    const mediaType = findTransferSyntax(instance.transferSyntaxUID)?.mediaType ?? OCTETS;
    for (const frame of await archive.frames(instance, 'all')) {
      yield {
        contentType: mediaType,
        transferSyntaxUID: instance.transferSyntaxUID,
        contentLocation: `${instanceURL(base, instance)}/frames/${frame.frameNumber}`,
        lengthBytes: frame.lengthBytes,
        bytes: () => files.read(instance, (file) => frame.bytes(file)),
      };
    }
  }
}

/**
 * Keeps the file open that was read last: to open it anew for every value would cost more than to read most of them, and
 * a deflated one could be read from its start only.
 */
class OneFile {
  readonly #archive: ScopedArchive;
  #file: StoredFile | undefined;

  constructor(archive: ScopedArchive) {
    this.#archive = archive;
  }

  async *read(instance: LocatedInstance, read: (file: StoredFile) => AsyncGenerator<Buffer>): AsyncGenerator<Buffer> {
    if (this.#file?.instance.rowID !== instance.rowID) {
      await this.close();
      this.#file = await this.#archive.open(instance);
    }
    yield* read(this.#file);
  }

  async close(): Promise<void> {
    const file = this.#file;
    this.#file = undefined;
    await file?.close();
  }
}

const valueURL = (base: string, instance: LocatedInstance, { path }: StoredBulkdata): string =>
  `${instanceURL(base, instance)}/bulkdata/${path}`;

const wholeValue = (file: StoredFile, value: StoredBulkdata): AsyncGenerator<Buffer> =>
  readBulkdata(file, value, { first: 0, last: value.lengthBytes - 1 });

async function* valueBytes(
  archive: ScopedArchive,
  instance: LocatedInstance,
  value: StoredBulkdata,
  slice: { readonly first: number; readonly last: number },
): AsyncGenerator<Buffer> {
  const file = await archive.open(instance);
  try {
    yield* readBulkdata(file, value, slice);
  } finally {
    await file.close();
  }
}
