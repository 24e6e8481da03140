/**
 * Retrieve all values of a study, series or instance that its metadata refers to, or its pixels alone: one part for each
 * value, under the URI that metadata has for it; compressed Pixel Data in one part for each frame, all under the one URI.
 * PS3.18 §10.4.1.1.5, §10.4.1.1.6, §10.4.3.3.5, §10.4.3.3.6
 */
import type { LocatedInstance } from '../archive/index/locate.js';
import { readBulkdata } from '../archive/read/bulkdata.js';
import type { StoredBulkdata } from '../archive/read/stored-bulkdata.js';
import type { StoredFile } from '../archive/read/stored-file.js';
import { PIXEL_DATA_TAGS, TAG } from '../dicom/attributes.js';
import { tagText } from '../dicom/data-set.js';
import { EXPLICIT_VR_LITTLE_ENDIAN, findTransferSyntax } from '../dicom/transfer-syntaxes.js';
import type { Representation } from './accept.js';
import { chooseRepresentation, type Exchange } from './exchange.js';
import { FilesOfParts, type PartOfFile } from './files-of-parts.js';
import { OCTETS } from './media-type-names.js';
import { type BodyPart, sendMultipart } from './multipart-body.js';
import { valueDigest } from './retrieve-bulkdata.js';
import { frameDigest } from './retrieve-frames.js';
import { bulkdataURL, resourcePath, resourceURL } from './urls.js';

const PIXEL_DATA = tagText(TAG.PixelData);
const PIXEL_DATA_PATHS: ReadonlySet<string> = new Set([...PIXEL_DATA_TAGS].map(tagText));

/** Every value, or those of Pixel Data, Float Pixel Data and Double Float Pixel Data in the data set itself. */
export type Which = 'bulkdata' | 'pixeldata';

/** The handler of `/bulkdata` or `/pixeldata` under a study, series or instance. */
export const retrieveAll =
  (which: Which) =>
  async (exchange: Exchange): Promise<void> => {
    const path = resourcePath(exchange.variables);
    const instances = await exchange.archive.instances(path);
    const chosen = chooseRepresentation(exchange, which === 'pixeldata' ? pixelForms(instances) : octets(instances));
    exchange.response.set('Content-Location', `${resourceURL(exchange.base, path)}/${which}`);
    await sendAll(exchange, instances, which, chosen.mediaType);
  };

/**
 * All values as octets: in little endian, or as they are stored where Pixel Data is compressed, which only takes who names
 * that transfer syntax or takes any.
 */
export function octets(instances: readonly LocatedInstance[]): readonly [Representation] {
  const isNative = !instances.some(hasCompressedPixels);
  const transferSyntaxUID = isNative ? EXPLICIT_VR_LITTLE_ENDIAN : undefined;
  return [{ mediaType: OCTETS, multipart: true, stored: true, transferSyntaxUID }];
}

/** Pixels as octets, or where all are compressed in one way by the name of their code streams. */
function pixelForms(instances: readonly LocatedInstance[]): readonly Representation[] {
  const withPixels = instances.filter(({ frameCount }) => frameCount > 0);
  const syntaxes = new Set(withPixels.map(({ transferSyntaxUID }) => transferSyntaxUID));
  const mediaTypes = new Set([...syntaxes].map((uid) => findTransferSyntax(uid)?.mediaType));
  const [transferSyntaxUID] = syntaxes;
  const [mediaType] = mediaTypes;
  if (mediaType === undefined || mediaTypes.size > 1) return octets(withPixels);
  const common = syntaxes.size === 1 ? transferSyntaxUID : undefined;
  return [...new Set([OCTETS, mediaType])].map((name) => ({
    mediaType: name,
    multipart: true,
    stored: true,
    transferSyntaxUID: common,
  }));
}

const hasCompressedPixels = ({ frameCount, transferSyntaxUID }: LocatedInstance): boolean =>
  frameCount > 0 && findTransferSyntax(transferSyntaxUID)?.encapsulated === true;

/**
 * Send all values of these instances, in order.
 * @param frameType the media type of the parts that are compressed frames
 * @throws ArchiveError `not-found` when there are none
 */
export async function sendAll(
  exchange: Exchange,
  instances: readonly LocatedInstance[],
  which: Which,
  frameType: string,
): Promise<void> {
  const files = new FilesOfParts(exchange.archive);
  const parts = () => partsOf(exchange, instances, { which, frameType, files });
  try {
    await sendMultipart(exchange, { [Symbol.asyncIterator]: parts }, () => exchange.archive.expectFiles(instances));
  } finally {
    await files.close();
  }
}

interface Parts {
  readonly which: Which;
  readonly frameType: string;
  readonly files: FilesOfParts;
}

async function* partsOf(
  { archive, base }: Exchange,
  instances: readonly LocatedInstance[],
  { which, frameType, files }: Parts,
): AsyncGenerator<BodyPart> {
  const having = which === 'pixeldata' ? instances.filter(({ frameCount }) => frameCount > 0) : instances;
  for await (const { instance, values } of archive.bulkdataOfEach(having)) {
    let isFirst = true;
    const bytesOf = (lengthBytes: number, read: PartOfFile['read']): BodyPart['bytes'] => {
      const part = { instance, lengthBytes, read };
      const bytes = isFirst ? files.first(part) : files.further(part);
      isFirst = false;
      return bytes;
    };
    for (const value of values) {
      if (which === 'pixeldata' && !PIXEL_DATA_PATHS.has(value.path)) continue;
      yield {
        contentType: OCTETS,
        contentLocation: bulkdataURL(base, instance, value.path),
        lengthBytes: value.lengthBytes,
        digest: valueDigest(instance, value),
        bytes: bytesOf(value.lengthBytes, (file) => wholeValue(file, value)),
      };
    }
    if (!hasCompressedPixels(instance)) continue;
    for (const frame of await archive.frames(instance, 'all')) {
      yield {
        contentType: frameType,
        transferSyntaxUID: instance.transferSyntaxUID,
        contentLocation: bulkdataURL(base, instance, PIXEL_DATA),
        lengthBytes: frame.lengthBytes,
        digest: frameDigest(instance, frame),
        bytes: bytesOf(frame.lengthBytes, (file) => frame.bytes(file)),
      };
    }
  }
}

const wholeValue = (file: StoredFile, value: StoredBulkdata): AsyncGenerator<Buffer> =>
  readBulkdata(file, value, { first: 0, last: value.lengthBytes - 1 });
