/** Reads metadata as it would be read from a Store request, and turns what comes of it into a plain data set. */
import type { AttributeSink } from '../../src/dicom/attribute-sink.js';
import type { DataElement, DataSet } from '../../src/dicom/data-set.js';
import { INSTANCE_URL_MARK, instanceMetadata } from '../../src/dicom/dicom-json.js';
import { DicomJSONReader } from '../../src/dicom/dicom-json-reader.js';
import { NativeXMLReader } from '../../src/dicom/native-xml-reader.js';
import { NativeXMLWriter } from '../../src/dicom/native-xml-writer.js';
import { isReference, isSentSequence, type SentDataSet, type SentInstance } from '../../src/dicom/sent-data-set.js';
import { SentInstances } from '../../src/dicom/sent-instances.js';
import { cutAt } from './read-in-chunks.js';

type Reader = new (sink: AttributeSink) => { write(chunk: Buffer): void; end(): void };

function read(Reader: Reader, text: string | Buffer, cuts: readonly number[]): readonly SentInstance[] {
  const sink = new SentInstances();
  const reader = new Reader(sink);
  const instances: SentInstance[] = [];
  for (const piece of cutAt(Buffer.from(text), cuts)) {
    reader.write(piece);
    instances.push(...sink.take());
  }
  reader.end();
  return [...instances, ...sink.take()];
}

/** The instances in DICOM JSON. */
export const readJSON = (text: string | Buffer, cuts: readonly number[] = []): readonly SentInstance[] =>
  read(DicomJSONReader, text, cuts);

/** The instance in DICOM XML. */
export const readXML = (text: string | Buffer, cuts: readonly number[] = []): readonly SentInstance[] =>
  read(NativeXMLReader, text, cuts);

/** One object of DICOM JSON as DICOM XML. */
export function xmlOf(json: string): string {
  const writer = new NativeXMLWriter();
  const reader = new DicomJSONReader(writer);
  reader.write(Buffer.from(json));
  reader.end();
  return writer.take();
}

/** The metadata of a data set, without values of their own: it must be too small for them. */
export function jsonOf(dataSet: DataSet): string {
  const { json } = instanceMetadata({ dataSet, pixelData: undefined, trailer: undefined });
  if (json.includes(INSTANCE_URL_MARK))
    throw new Error('A value of the data set is too long to stand in the metadata.');
  return json;
}

/** The data set of an instance that refers to no values apart. */
export function plainDataSet({ elements }: SentDataSet): DataSet {
  const found: DataElement[] = elements.map((each) => {
    if (isReference(each)) throw new Error('A value of the instance is not in its metadata.');
    return isSentSequence(each) ? { ...each, items: each.items.map(plainDataSet) } : each;
  });
  return { elements: found, byteOrder: 'little' };
}
