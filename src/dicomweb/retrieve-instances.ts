/** Retrieve studies, series and instances as Part 10 files, as stored or in another transfer syntax. PS3.18 §10.4.1.1.1 */
import type { LocatedInstance } from '../archive/index/locate.js';
import { isNative } from '../archive/read/explicit-little-endian.js';
import { EXPLICIT_VR_LITTLE_ENDIAN, isLossy, NEVER_NEGOTIATED } from '../dicom/transfer-syntaxes.js';
import { encodings, isNativelyAvailable } from '../pixels/available-syntaxes.js';
import { ENCODED_SYNTAXES } from '../pixels/encode.js';
import { describeOffered, negotiate, type Representation } from './accept.js';
import { chooseRepresentation, type Exchange } from './exchange.js';
import { DICOM, OCTETS, ZIP } from './media-type-names.js';
import { type BodyPart, sendMultipart } from './multipart-body.js';
import { ProblemDetails } from './problem.js';
import { ReadAhead } from './read-ahead.js';
import { octets, sendAll } from './retrieve-all-bulkdata.js';
import { sendZip } from './retrieve-zip.js';
import { sendSinglePart, sliced } from './single-part.js';
import { bytesIn } from './transcoded-file.js';
import { instanceURL, resourcePath, resourceURL } from './urls.js';

/** How many instances a 406 names. */
const MOST_NAMED = 100;

export async function retrieveInstances(exchange: Exchange): Promise<void> {
  const path = resourcePath(exchange.variables);
  const instances = await exchange.archive.instances(path);
  const isOneInstance = path.sopInstanceUID !== undefined;
  const chosen = namingOthers(instances, () => chooseRepresentation(exchange, offered(instances, isOneInstance)));
  exchange.response.set('Content-Location', resourceURL(exchange.base, path));
  if (chosen.mediaType === ZIP) return sendZip(exchange, path, instances);
  if (chosen.mediaType === OCTETS) return sendAll(exchange, instances, 'bulkdata', OCTETS);
  const { form } = chosen;
  if (!chosen.multipart) return sendOne(exchange, at(instances, 0), form);
  const files = new ReadAhead({
    sizesBytes: instances.map(({ sizeBytes }) => sizeBytes),
    open: (index) => fileBytes(exchange, at(instances, index), form),
    ahead: exchange.archive.filesAhead,
  });
  try {
    await sendMultipart(
      exchange,
      instances.map((instance, index) => partOf(exchange, instance, form, () => files.pieces(index))),
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
  const chosen = namingOthers([instance], () => {
    const offers = filesOffered([instance]).map((file) => ({ ...file, multipart: false }));
    const found = negotiate({ acceptHeader: wanted, acceptParameters: [] }, offers);
    if (found !== undefined) return found;
    throw new ProblemDetails('not-acceptable', 'The instance is not available in that transfer syntax.', {
      members: { available: describeOffered(offers) },
    });
  });
  exchange.response.set('Content-Location', instanceURL(exchange.base, instance));
  await sendOne(exchange, instance, chosen.form);
}

/** @throws ProblemDetails 406, naming the instances that can be had as they are stored only, too */
function namingOthers<Offer>(instances: readonly LocatedInstance[], choose: () => Offer): Offer {
  try {
    return choose();
  } catch (error) {
    const compressed = instances.filter((instance) => !isNativelyAvailable(instance));
    if (!(error instanceof ProblemDetails) || compressed.length === 0) throw error;
    const uids = compressed.slice(0, MOST_NAMED).map(({ sopInstanceUID }) => sopInstanceUID);
    throw new ProblemDetails(error.code, error.message, {
      headers: error.headers,
      members: { ...error.members, compressed: uids },
    });
  }
}

/** `uncompressed` is Explicit VR Little Endian but for what is lossy; otherwise the UID of the one transfer syntax of all. */
type Form = 'stored' | 'uncompressed' | string;

interface OfferedFiles extends Representation {
  readonly form: Form;
}

function offered(instances: readonly LocatedInstance[], isOneInstance: boolean): readonly OfferedFiles[] {
  const files = filesOffered(instances);
  return [
    ...files.map((file) => ({ ...file, multipart: true })),
    ...(isOneInstance ? files.map((file) => ({ ...file, multipart: false })) : []),
    ...octets(instances).map((values) => ({ ...values, form: 'stored' })),
    ...files.filter(({ stored }) => stored).map((file) => ({ ...file, mediaType: ZIP, multipart: false })),
  ];
}

/**
 * Explicit VR Little Endian, where all can be given in it, or all but those whose pixels are lossy anyway; as they are; and
 * what they can be compressed into.
 */
function filesOffered(instances: readonly LocatedInstance[]): readonly Omit<OfferedFiles, 'multipart'>[] {
  const syntaxes = new Set(instances.map(({ transferSyntaxUID }) => transferSyntaxUID));
  const [first] = syntaxes;
  const common = syntaxes.size === 1 && first !== undefined && !NEVER_NEGOTIATED.has(first) ? first : undefined;
  const stored = {
    mediaType: DICOM,
    form: 'stored',
    stored: true,
    lossyOnly: [...syntaxes].every(isLossy),
    ...(common === undefined ? {} : { transferSyntaxUID: common }),
  };
  const kinds = kindsOfPixels(instances);
  const hasLossy = [...syntaxes].some(isLossy);
  const decoded =
    common !== EXPLICIT_VR_LITTLE_ENDIAN && kinds.every(isNativelyAvailable)
      ? [{ ...inSyntax(EXPLICIT_VR_LITTLE_ENDIAN), isDecodedLossy: hasLossy }]
      : [];
  const encoded = kinds.map(encodings).reduce((all, some) => all.filter((uid) => some.includes(uid)), ENCODED_SYNTAXES);
  return [
    // Who takes anything does not make the server decode what is compressed.
    ...([...syntaxes].every(isNative) ? [...decoded, stored] : [stored, ...decoded]),
    ...(hasLossy ? besideLossy(instances) : []),
    ...encoded.filter((uid) => uid !== common).map(inSyntax),
  ];
}

/** One instance for all whose pixels are alike, as those of a series are: it is asked of it alone what they can be given in. */
function kindsOfPixels(instances: readonly LocatedInstance[]): readonly LocatedInstance[] {
  if (instances.length < 2) return instances;
  const kinds = new Map<string, LocatedInstance>();
  for (const instance of instances) {
    const { transferSyntaxUID, pixelFormat, frameCount } = instance;
    kinds.set(JSON.stringify([transferSyntaxUID, pixelFormat, frameCount]), instance);
  }
  return [...kinds.values()];
}

const inSyntax = (uid: string) => ({ mediaType: DICOM, transferSyntaxUID: uid, form: uid });

/** What is not lossy as Explicit VR Little Endian, where there is any, beside what is, as it is stored. */
function besideLossy(instances: readonly LocatedInstance[]): readonly Omit<OfferedFiles, 'multipart'>[] {
  const others = instances.filter(({ transferSyntaxUID }) => !isLossy(transferSyntaxUID));
  if (others.length === 0 || !others.every(isNativelyAvailable)) return [];
  return [{ mediaType: DICOM, lossyOnly: true, form: 'uncompressed' }];
}

async function sendOne(exchange: Exchange, instance: LocatedInstance, form: Form): Promise<void> {
  await sendSinglePart(exchange, {
    mediaType: DICOM,
    transferSyntaxUID: syntaxSent(instance, form),
    headers: { 'Content-Disposition': `attachment; filename="${instance.sopInstanceUID}.dcm"` },
    digest: instance.sha256,
    lengthBytes: lengthSent(instance, form),
    bytes: (slice) => sliced(fileBytes(exchange, instance, form), slice),
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
  form: Form,
  bytes: () => AsyncGenerator<Buffer>,
): BodyPart => ({
  contentType: DICOM,
  transferSyntaxUID: syntaxSent(instance, form),
  contentLocation: instanceURL(base, instance),
  lengthBytes: lengthSent(instance, form),
  digest: instance.sha256,
  bytes,
});

const lengthSent = (instance: LocatedInstance, form: Form): number | undefined =>
  syntaxSent(instance, form) === instance.transferSyntaxUID ? instance.sizeBytes : undefined;

function syntaxSent({ transferSyntaxUID }: LocatedInstance, form: Form): string {
  if (form === 'stored') return transferSyntaxUID;
  if (form !== 'uncompressed') return form;
  return isLossy(transferSyntaxUID) ? transferSyntaxUID : EXPLICIT_VR_LITTLE_ENDIAN;
}

async function* fileBytes(exchange: Exchange, instance: LocatedInstance, form: Form): AsyncGenerator<Buffer> {
  const file = await exchange.archive.open(instance);
  try {
    yield* bytesIn(exchange, file, syntaxSent(instance, form));
  } finally {
    await file.close();
  }
}
