/** Retrieve one value that metadata refers to. PS3.18 §10.4.1.1.5 */
import type { LocatedInstance } from '../archive/index/locate.js';
import { readBulkdata } from '../archive/read/bulkdata.js';
import type { StoredBulkdata } from '../archive/read/stored-bulkdata.js';
import type { ScopedArchive } from '../archive/scoped-archive.js';
import { PIXEL_DATA_TAGS, TAG } from '../dicom/attributes.js';
import { tagText } from '../dicom/data-set.js';
import { kindOf } from '../dicom/instance-kinds.js';
import { EXPLICIT_VR_LITTLE_ENDIAN } from '../dicom/transfer-syntaxes.js';
import { invalidRequest, notFound } from '../errors.js';
import type { Representation } from './accept.js';
import { chooseRepresentation, type Exchange } from './exchange.js';
import { OCTETS } from './media-type-names.js';
import { sendMultipart } from './multipart-body.js';
import { sendFrames } from './retrieve-frames.js';
import { servedMediaType } from './served-media-type.js';
import { type Slice, sendSinglePart } from './single-part.js';
import { bulkdataURL, instancePath } from './urls.js';

const PIXEL_DATA = tagText(TAG.PixelData);
const PIXEL_DATA_PATHS: ReadonlySet<string> = new Set([...PIXEL_DATA_TAGS].map(tagText));
/** Attribute names with the numbers of sequence items between them. */
const BULKDATA_NAME = /^[0-9A-F]{8}(?:\/\d{1,6}\/[0-9A-F]{8}){0,64}$/;

export async function retrieveBulkdata(exchange: Exchange): Promise<void> {
  const name = exchange.variables['bulkdata'] ?? '';
  const path = instancePath(exchange.variables);
  if (!BULKDATA_NAME.test(name)) throw invalidRequest('The name of a value is made of attributes and item numbers.');
  const instance = await exchange.archive.instance(path);
  const value = await exchange.archive.findBulkdata(instance, name);
  if (value !== undefined) return sendValue(exchange, instance, value, offered(value));
  if (name !== PIXEL_DATA) throw notFound();
  // A player that follows this link asks for anything, and for its first bytes.
  await sendCompressedPixelData(exchange, instance, kindOf(instance) === 'video' ? 'alone' : 'parts');
}

/** The pixels of one instance, be it Pixel Data, Float or Double Float Pixel Data. PS3.18 §10.4.1.1.6 */
export async function retrievePixelData(exchange: Exchange): Promise<void> {
  const instance = await exchange.archive.instance(instancePath(exchange.variables));
  const values = await exchange.archive.bulkdata(instance);
  const value = values.find(({ path }) => PIXEL_DATA_PATHS.has(path));
  // Several parts is what a client expects of `/pixeldata` who does not say.
  if (value !== undefined) return sendValue(exchange, instance, value, offered(value).toReversed());
  await sendCompressedPixelData(exchange, instance, 'parts');
}

/** Compressed Pixel Data has no value to speak of: it is its frames, each under the URI that metadata has for all. */
async function sendCompressedPixelData(
  exchange: Exchange,
  instance: LocatedInstance,
  byDefault: 'parts' | 'alone',
): Promise<void> {
  if (instance.frameCount === 0) throw notFound();
  const location = bulkdataURL(exchange.base, instance, PIXEL_DATA);
  await sendFrames(exchange, instance, await exchange.archive.frames(instance, 'all'), () => location, byDefault);
}

async function sendValue(
  exchange: Exchange,
  instance: LocatedInstance,
  value: StoredBulkdata,
  forms: readonly Representation[],
): Promise<void> {
  const chosen = chooseRepresentation(exchange, forms);
  const contentLocation = bulkdataURL(exchange.base, instance, value.path);
  exchange.response.set('Content-Location', contentLocation);
  if (!chosen.multipart) return sendSingle(exchange, instance, value, chosen.mediaType);
  return sendMultipart(exchange, [
    {
      contentType: chosen.mediaType,
      contentLocation,
      lengthBytes: value.lengthBytes,
      digest: valueDigest(instance, value),
      bytes: () => valueBytes(exchange.archive, instance, value),
    },
  ]);
}

/** By itself first, so that a plain link works; a document as what it is before octets. */
function offered(value: StoredBulkdata): readonly Representation[] {
  const types = new Set([servedMediaType(value.mediaType), OCTETS]);
  return [...types].flatMap((mediaType) => {
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
  await sendSinglePart(exchange, {
    mediaType,
    headers: mediaType === OCTETS ? {} : { 'Content-Disposition': 'attachment' },
    digest: valueDigest(instance, value),
    lengthBytes: value.lengthBytes,
    bytes: (slice) => valueBytes(exchange.archive, instance, value, slice),
  });
}

/** Stands for the bytes of a value. */
export const valueDigest = ({ sha256 }: LocatedInstance, { path }: StoredBulkdata): string =>
  `${sha256}/bulkdata/${path}`;

const wholeOf = ({ lengthBytes }: StoredBulkdata): Slice => ({ first: 0, last: lengthBytes - 1 });

async function* valueBytes(
  archive: ScopedArchive,
  instance: LocatedInstance,
  value: StoredBulkdata,
  slice: Slice = wholeOf(value),
): AsyncGenerator<Buffer> {
  const file = await archive.open(instance);
  try {
    yield* readBulkdata(file, value, slice);
  } finally {
    await file.close();
  }
}
