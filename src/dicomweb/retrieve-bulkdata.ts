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
  await sendFrames(exchange, instance, await exchange.archive.frames(instance, allFrameNumbers(instance)));
}

async function sendValue(exchange: Exchange, instance: LocatedInstance, value: StoredBulkdata): Promise<void> {
  const chosen = chooseRepresentation(exchange, offered(value));
  const url = valueURL(exchange.base, instance, value);
  exchange.response.set('Content-Location', url);
  return chosen.multipart
    ? sendMultipart(exchange, [partOf(exchange, instance, value, chosen.mediaType)])
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
  { base, archive }: Exchange,
  instance: LocatedInstance,
  value: StoredBulkdata,
  contentType: string,
): BodyPart => ({
  contentType,
  contentLocation: valueURL(base, instance, value),
  lengthBytes: value.lengthBytes,
  bytes: () => valueBytes(archive, instance, value, { first: 0, last: value.lengthBytes - 1 }),
});

/** All the values that the metadata of these instances refers to, in order. @throws ArchiveError `not-found` when none */
export async function sendAllBulkdata(exchange: Exchange, instances: readonly LocatedInstance[]): Promise<void> {
  const parts: BodyPart[] = [];
  for (const instance of instances) {
    const values = await exchange.archive.bulkdata(instance);
    parts.push(...values.map((value) => partOf(exchange, instance, value, OCTETS)));
    const isCompressed = instance.frameCount > 0 && !values.some(({ path }) => PIXEL_DATA_PATHS.has(path));
    if (isCompressed) parts.push(...(await compressedFrameParts(exchange, instance)));
  }
  if (parts.length === 0) throw notFound();
  await sendMultipart(exchange, parts);
}

/** Compressed Pixel Data has no value to speak of: its frames go out one by one. */
async function compressedFrameParts(exchange: Exchange, instance: LocatedInstance): Promise<readonly BodyPart[]> {
  const frames = await exchange.archive.frames(instance, allFrameNumbers(instance));
  const mediaType = findTransferSyntax(instance.transferSyntaxUID)?.mediaType ?? OCTETS;
  return frames.map((frame) => ({
    contentType: mediaType,
    transferSyntaxUID: instance.transferSyntaxUID,
    contentLocation: `${instanceURL(exchange.base, instance)}/frames/${frame.frameNumber}`,
    lengthBytes: frame.lengthBytes,
    bytes: () => withFile(exchange.archive, instance, (file) => frame.bytes(file)),
  }));
}

const allFrameNumbers = ({ frameCount }: LocatedInstance): readonly number[] =>
  Array.from({ length: frameCount }, (_, index) => index + 1);

const valueURL = (base: string, instance: LocatedInstance, { path }: StoredBulkdata): string =>
  `${instanceURL(base, instance)}/bulkdata/${path}`;

const valueBytes = (
  archive: ScopedArchive,
  instance: LocatedInstance,
  value: StoredBulkdata,
  slice: { readonly first: number; readonly last: number },
): AsyncGenerator<Buffer> => withFile(archive, instance, (file) => readBulkdata(file, value, slice));

async function* withFile(
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
