/**
 * A Part 10 file out of an instance that was sent as metadata and bulkdata: what the archive stores is what it would store
 * of that file. PS3.18 §10.5.1.4
 */
import { sentIdentity } from '../archive/admission.js';
import type { Spool } from '../archive/spool.js';
import { RefusedInstance } from '../archive/store-outcome.js';
import { PIXEL_DATA_TAGS, TAG } from '../dicom/attributes.js';
import { dataSet, element } from '../dicom/build-data-set.js';
import { type DataElement, type DataSet, findBytes, type Tag } from '../dicom/data-set.js';
import { encodeExplicitVRLittleEndian, encodeFileMeta } from '../dicom/data-set-writer.js';
import { cannotUnderstand, InvalidInstance, outOfResources } from '../dicom/failure-reasons.js';
import { PART10_LIMITS } from '../dicom/part10-limits.js';
import {
  type BulkdataReference,
  isReference,
  isSentSequence,
  type SentDataSet,
  type SentElement,
  type SentInstance,
} from '../dicom/sent-data-set.js';
import { EXPLICIT_VR_LITTLE_ENDIAN } from '../dicom/transfer-syntaxes.js';
import { readString } from '../dicom/values.js';
import { OCTETS } from './media-type-names.js';
import type { SentBulkdata } from './sent-bulkdata.js';
import { type SentPixelData, sentPixelData } from './sent-pixel-data.js';
import { unhurriedSlices } from './unhurried-slices.js';

/** What is before Pixel Data, Pixel Data when it was sent apart, and what follows it. */
interface Assembled {
  readonly header: DataSet;
  readonly pixelData: SentPixelData | undefined;
  readonly trailer: DataSet;
}

/**
 * The bytes of the file.
 * @throws RefusedInstance for an instance that can not be one, and ArchiveError when the spool can not be read
 */
export async function* sentPart10(
  instance: SentInstance,
  bulkdata: SentBulkdata,
  spool: Spool,
): AsyncGenerator<Buffer> {
  try {
    if (instance.failure !== undefined) throw instance.failure;
    const { header, pixelData, trailer } = await new Assembly(bulkdata, spool).assemble(instance.dataSet);
    yield encodeFileMeta({
      sopClassUID: readString(header, TAG.SOPClassUID) ?? '',
      sopInstanceUID: readString(header, TAG.SOPInstanceUID) ?? '',
      transferSyntaxUID: pixelData?.transferSyntaxUID ?? EXPLICIT_VR_LITTLE_ENDIAN,
    });
    yield* unhurriedSlices([encodeExplicitVRLittleEndian(header)]);
    if (pixelData !== undefined) yield* pixelData.bytes();
    yield* unhurriedSlices([encodeExplicitVRLittleEndian(trailer)]);
  } catch (error) {
    if (error instanceof InvalidInstance) throw new RefusedInstance(identityOf(instance.dataSet), error);
    throw error;
  }
}

function identityOf({ elements }: SentDataSet): ReturnType<typeof sentIdentity> {
  const known = elements.flatMap((each) => (isReference(each) || isSentSequence(each) ? [] : [each]));
  return sentIdentity({ elements: known, byteOrder: 'little' });
}

/** Puts the values that were sent apart in their places. */
class Assembly {
  readonly #bulkdata: SentBulkdata;
  readonly #spool: Spool;
  /** Of the values that are held in memory until the header has been written. */
  #heldBytes = 0;

  constructor(bulkdata: SentBulkdata, spool: Spool) {
    this.#bulkdata = bulkdata;
    this.#spool = spool;
  }

  async assemble({ elements }: SentDataSet): Promise<Assembled> {
    const pixelReference = elements.filter(isReference).find(({ tag }) => PIXEL_DATA_TAGS.has(tag));
    if (pixelReference === undefined) {
      return { header: await this.#dataSet(elements), pixelData: undefined, trailer: dataSet([]) };
    }
    const parts = this.#bulkdata.take(pixelReference.uri);
    const pixelData = await sentPixelData(pixelReference, parts, this.#spool);
    const header = await this.#dataSet(elements.filter(({ tag }) => tag < pixelReference.tag));
    const trailer = await this.#dataSet(elements.filter(({ tag }) => tag > pixelReference.tag));
    return { header: described(header, pixelData), pixelData, trailer };
  }

  async #dataSet(elements: readonly SentElement[]): Promise<DataSet> {
    const found: DataElement[] = [];
    for (const each of elements) {
      if (isReference(each)) found.push(...(await this.#value(each, elements)));
      else if (isSentSequence(each)) found.push({ ...each, items: await this.#items(each.items) });
      else found.push(each);
    }
    return dataSet(found);
  }

  async #items(items: readonly SentDataSet[]): Promise<readonly DataSet[]> {
    const found: DataSet[] = [];
    for (const { elements } of items) found.push(await this.#dataSet(elements));
    return found;
  }

  /** The element, and for a document what kind of one it is where the data set does not say. PS3.3 §C.24.2 */
  async #value({ tag, vr, uri }: BulkdataReference, around: readonly SentElement[]): Promise<readonly DataElement[]> {
    const [part, ...more] = this.#bulkdata.take(uri);
    if (part === undefined)
      throw cannotUnderstand('A value has a BulkDataURI, and no part of the request is of that name.');
    if (more.length > 0) throw cannotUnderstand('Several parts of the request are of the name of one value.');
    this.#heldBytes += part.bytes.lengthBytes;
    if (part.bytes.lengthBytes > PART10_LIMITS.valueBytes || this.#heldBytes > PART10_LIMITS.headerBytes) {
      throw outOfResources('A value that was sent apart is larger than this archive accepts.');
    }
    const pieces: Buffer[] = [];
    for await (const piece of this.#spool.read(part.bytes)) pieces.push(piece);
    const value = { tag, vr, bytes: Buffer.concat(pieces), valueOffset: 0 };
    const isUntold = tag === TAG.EncapsulatedDocument && part.mediaType !== OCTETS && !hasValue(around, MIME_TYPE);
    return isUntold ? [value, element(MIME_TYPE, part.mediaType)] : [value];
  }
}

const MIME_TYPE = TAG.MIMETypeOfEncapsulatedDocument;

const hasValue = (elements: readonly SentElement[], tag: Tag): boolean => elements.some((each) => each.tag === tag);

/** The data set with what it leaves out of its Image Pixel Description, when it does. PS3.18 Table 10.5.2-1 */
function described(header: DataSet, pixelData: SentPixelData): DataSet {
  const isWhole = DESCRIBING.every((tag) => (findBytes(header, tag)?.length ?? 0) > 0);
  if (isWhole) return header;
  const told = pixelData.description();
  const missing = told.filter(({ tag }) => (findBytes(header, tag)?.length ?? 0) === 0);
  const replaced = new Set(missing.map(({ tag }) => tag));
  return dataSet([...header.elements.filter(({ tag }) => !replaced.has(tag)), ...missing]);
}

/** Without these no image can be read; what is left out of the rest means something. */
const DESCRIBING: readonly Tag[] = [TAG.Rows, TAG.Columns, TAG.BitsAllocated];
