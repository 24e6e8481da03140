/** Retrieve studies, series and instances as Part 10 files: as stored, or as Explicit VR Little Endian. PS3.18 §10.4.1.1.1 */
import type { LocatedInstance } from '../archive/index/locate.js';
import { asExplicitLittleEndian, isNative } from '../archive/read/explicit-little-endian.js';
import type { ScopedArchive } from '../archive/scoped-archive.js';
import { EXPLICIT_VR_LITTLE_ENDIAN, isLossy, NEVER_NEGOTIATED } from '../dicom/transfer-syntaxes.js';
import { describeOffered, negotiate, type Representation } from './accept.js';
import { chooseRepresentation, type Exchange } from './exchange.js';
import { type BodyPart, sendMultipart } from './multipart-body.js';
import { ProblemDetails } from './problem.js';
import { ReadAhead } from './read-ahead.js';
import { octets, sendAll } from './retrieve-all-bulkdata.js';
import { sendZip, ZIP } from './retrieve-zip.js';
import { sendSinglePart, sliced } from './single-part.js';
import { instanceURL, resourcePath, resourceURL } from './urls.js';

const DICOM = 'application/dicom';
const OCTETS = 'application/octet-stream';
/** How many instances a 406 names. */
const MOST_NAMED = 100;

export async function retrieveInstances(exchange: Exchange): Promise<void> {
  const path = resourcePath(exchange.variables);
  const instances = await exchange.archive.instances(path);
  const isOneInstance = path.sopInstanceUID !== undefined;
  const chosen = namingCompressed(instances, () => chooseRepresentation(exchange, offered(instances, isOneInstance)));
  exchange.response.set('Content-Location', resourceURL(exchange.base, path));
  if (chosen.mediaType === ZIP) return sendZip(exchange, path, instances);
  if (chosen.mediaType === OCTETS) return sendAll(exchange, instances, 'bulkdata', OCTETS);
  const isAsStored = chosen.stored === true;
  if (!chosen.multipart) return sendOne(exchange, at(instances, 0), isAsStored);
  const files = new ReadAhead({
    sizesBytes: instances.map(({ sizeBytes }) => sizeBytes),
    open: (index) => fileBytes(exchange.archive, at(instances, index), isAsStored),
    ahead: exchange.archive.filesAhead,
  });
  try {
    await sendMultipart(
      exchange,
      instances.map((instance, index) => partOf(exchange, instance, isAsStored, () => files.pieces(index))),
      () => exchange.archive.expectFiles(instances),
    );
  } finally {
    await files.close();
  }
}

/**
 * Send one instance by itself, in the transfer syntax of this UID; `*` is the one it is stored in. Undefined is Explicit VR
 * Little Endian, or for what is lossy the stored one. @throws ProblemDetails 406, naming the transfer syntaxes that there are
 */
export async function sendInstance(
  exchange: Exchange,
  instance: LocatedInstance,
  transferSyntax: string | undefined,
): Promise<void> {
  const wanted = transferSyntax === undefined ? DICOM : `${DICOM}; transfer-syntax=${transferSyntax}`;
  const chosen = namingCompressed([instance], () => {
    const offers = filesOffered([instance]).map((file) => ({ ...file, multipart: false }));
    const found = negotiate({ acceptHeader: wanted, acceptParameters: [] }, offers);
    if (found !== undefined) return found;
    throw new ProblemDetails('not-acceptable', 'The instance is not available in that transfer syntax.', {
      members: { available: describeOffered(offers) },
    });
  });
  exchange.response.set('Content-Location', instanceURL(exchange.base, instance));
  await sendOne(exchange, instance, chosen.stored === true);
}

/** @throws ProblemDetails 406, naming the instances that can be had in one transfer syntax only, too */
function namingCompressed(instances: readonly LocatedInstance[], choose: () => Representation): Representation {
  try {
    return choose();
  } catch (error) {
    const compressed = instances.filter(({ transferSyntaxUID }) => isLosslesslyCompressed(transferSyntaxUID));
    if (!(error instanceof ProblemDetails) || compressed.length === 0) throw error;
    const uids = compressed.slice(0, MOST_NAMED).map(({ sopInstanceUID }) => sopInstanceUID);
    throw new ProblemDetails(error.code, error.message, {
      headers: error.headers,
      members: { ...error.members, compressed: uids },
    });
  }
}

const isLosslesslyCompressed = (uid: string): boolean => !isNative(uid) && !isLossy(uid);

function offered(instances: readonly LocatedInstance[], isOneInstance: boolean): readonly Representation[] {
  const files = filesOffered(instances);
  return [
    ...files.map((file) => ({ ...file, multipart: true })),
    ...(isOneInstance ? files.map((file) => ({ ...file, multipart: false })) : []),
    ...octets(instances),
    ...files.filter(({ stored }) => stored).map((file) => ({ ...file, mediaType: ZIP, multipart: false })),
  ];
}

/**
 * What there is without decoding pixels; Explicit VR Little Endian first where all can be given in it, or all but those
 * whose pixels are lossy anyway.
 */
function filesOffered(instances: readonly LocatedInstance[]): readonly Omit<Representation, 'multipart'>[] {
  const syntaxes = new Set(instances.map(({ transferSyntaxUID }) => transferSyntaxUID));
  const [first] = syntaxes;
  const common = syntaxes.size === 1 && first !== undefined && !NEVER_NEGOTIATED.has(first) ? first : undefined;
  const stored = {
    mediaType: DICOM,
    stored: true,
    lossyOnly: [...syntaxes].every(isLossy),
    ...(common === undefined ? {} : { transferSyntaxUID: common }),
  };
  return [...uncompressed(syntaxes), stored];
}

/** Native instances as Explicit VR Little Endian, beside lossy ones as they are. */
function uncompressed(syntaxes: ReadonlySet<string>): readonly Omit<Representation, 'multipart'>[] {
  const compressed = [...syntaxes].filter((uid) => !isNative(uid));
  if (compressed.length === syntaxes.size || !compressed.every(isLossy)) return [];
  if (compressed.length > 0) return [{ mediaType: DICOM, lossyOnly: true }];
  return syntaxes.size === 1 && syntaxes.has(EXPLICIT_VR_LITTLE_ENDIAN)
    ? []
    : [{ mediaType: DICOM, transferSyntaxUID: EXPLICIT_VR_LITTLE_ENDIAN }];
}

async function sendOne(exchange: Exchange, instance: LocatedInstance, isAsStored: boolean): Promise<void> {
  await sendSinglePart(exchange, {
    mediaType: DICOM,
    transferSyntaxUID: syntaxSent(instance, isAsStored),
    headers: { 'Content-Disposition': `attachment; filename="${instance.sopInstanceUID}.dcm"` },
    digest: instance.sha256,
    lengthBytes: lengthSent(instance, isAsStored),
    bytes: (slice) => sliced(fileBytes(exchange.archive, instance, isAsStored), slice),
  });
}

function at(instances: readonly LocatedInstance[], index: number): LocatedInstance {
  const instance = instances[index];
  if (instance === undefined) throw new Error('A file that is read is that of an instance.');
  return instance;
}

const partOf = (
  { base }: Exchange,
  instance: LocatedInstance,
  isAsStored: boolean,
  bytes: () => AsyncGenerator<Buffer>,
): BodyPart => ({
  contentType: DICOM,
  transferSyntaxUID: syntaxSent(instance, isAsStored),
  contentLocation: instanceURL(base, instance),
  lengthBytes: lengthSent(instance, isAsStored),
  digest: instance.sha256,
  bytes,
});

const lengthSent = (instance: LocatedInstance, isAsStored: boolean): number | undefined =>
  isUnchanged(instance, isAsStored) ? instance.sizeBytes : undefined;

const isUnchanged = (instance: LocatedInstance, isAsStored: boolean): boolean =>
  syntaxSent(instance, isAsStored) === instance.transferSyntaxUID;

const syntaxSent = ({ transferSyntaxUID }: LocatedInstance, isAsStored: boolean): string =>
  isAsStored || isLossy(transferSyntaxUID) ? transferSyntaxUID : EXPLICIT_VR_LITTLE_ENDIAN;

async function* fileBytes(
  archive: ScopedArchive,
  instance: LocatedInstance,
  isAsStored: boolean,
): AsyncGenerator<Buffer> {
  const file = await archive.open(instance);
  try {
    yield* isUnchanged(instance, isAsStored) ? file.bytes() : asExplicitLittleEndian(file);
  } finally {
    await file.close();
  }
}
