/** What searches know of an instance, read out of its metadata as it was finished when it was stored; its file is not touched. */
import { TAG } from '../../dicom/attributes.js';
import { type DataElement, type DataSet, tagText } from '../../dicom/data-set.js';
import { INSTANCE_URL_MARK } from '../../dicom/dicom-json.js';
import { DicomJSONReader } from '../../dicom/dicom-json-reader.js';
import { JSONMembers } from '../../dicom/json-members.js';
import { QUERYABLE_ATTRIBUTES } from '../../dicom/queryable-attributes.js';
import { isReference, isSentSequence, type SentDataSet } from '../../dicom/sent-data-set.js';
import { SentInstances } from '../../dicom/sent-instances.js';
import { inflated } from '../query-attributes/attribute-values.js';

/** Of one element in JSON; only a flood of items in Request Attributes Sequence has more. */
const MAX_ELEMENT_BYTES = 256 * 1024;

const SEARCHED: ReadonlySet<string> = new Set(
  [TAG.SpecificCharacterSet, ...QUERYABLE_ATTRIBUTES.map(({ tag }) => tag)].map(tagText),
);

/**
 * The attributes that a search can match or answer, as a data set of Unicode text, little endian. An element of more than
 * 256 KiB in JSON, or that was kept as bulkdata, is left out.
 * @param metadata DICOM JSON, raw deflated, as the index keeps it
 */
export async function storedDataSet(metadata: Buffer): Promise<DataSet> {
  const members = new JSONMembers((tag) => SEARCHED.has(tag), MAX_ELEMENT_BYTES);
  for await (const piece of inflated(metadata)) members.write(piece);
  const sink = new SentInstances();
  const reader = new DicomJSONReader(sink);
  const texts = [...members.found].map(([tag, text]) => `"${tag}":${text.replaceAll(INSTANCE_URL_MARK, '')}`);
  reader.write(Buffer.from(`{${texts.join()}}`));
  reader.end();
  const [instance] = sink.take();
  if (instance === undefined) throw new Error('The metadata of an instance is an object.');
  return withoutReferences(instance.dataSet);
}

function withoutReferences({ elements }: SentDataSet): DataSet {
  const own = elements.flatMap((element): readonly DataElement[] => {
    if (isReference(element)) return [];
    return isSentSequence(element) ? [{ ...element, items: element.items.map(withoutReferences) }] : [element];
  });
  return { elements: own, byteOrder: 'little' };
}
