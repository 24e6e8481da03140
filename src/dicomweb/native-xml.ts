/**
 * DICOM XML out of the DICOM JSON that this server keeps and writes: converted piece by piece on its way out, so that no
 * second form is stored and none is held whole. PS3.18 §8.7.3.2, PS3.19 §A.1
 */
import { DicomJSONReader } from '../dicom/dicom-json-reader.js';
import { NativeXMLWriter } from '../dicom/native-xml-writer.js';
import { acceptsGzip, gzipped } from './content-encoding.js';
import { type Exchange, sendPieces } from './exchange.js';
import { DICOM_XML } from './media-type-names.js';
import { type BodyPart, multipartPieces } from './multipart-body.js';
import { multipartContentType, newBoundary } from './multipart-writer.js';
import { unhurriedSlices } from './unhurried-slices.js';

/** One JSON object that is to be a document. */
export interface JSONOfDocument {
  readonly json: AsyncIterable<Buffer> | Iterable<Buffer>;
  /** The resource that the document is, where it is one. */
  readonly location?: string;
}

/** Send documents as the parts of one answer, each made when the one before has gone out; there must be one at least. */
export async function sendNativeXMLParts(
  exchange: Exchange,
  documents: AsyncIterable<JSONOfDocument>,
  boundary = newBoundary(),
): Promise<void> {
  const contentType = multipartContentType({ type: DICOM_XML, boundary });
  await sendText(exchange, contentType, multipartPieces(partsOf(documents), boundary));
}

/** Send the one document that there is, by itself. */
export async function sendNativeXML(
  exchange: Exchange,
  documents: AsyncIterable<JSONOfDocument> | Iterable<JSONOfDocument>,
  status = 200,
): Promise<void> {
  await sendText(exchange, DICOM_XML, joined(documents), status);
}

/** Convert one JSON object of this server's to a document. */
async function* nativeXML(json: JSONOfDocument['json']): AsyncGenerator<Buffer> {
  const writer = new NativeXMLWriter();
  const reader = new DicomJSONReader(writer);
  for await (const slice of unhurriedSlices(json)) {
    reader.write(slice);
    const text = writer.take();
    if (text !== '') yield Buffer.from(text);
  }
  reader.end();
  yield Buffer.from(writer.take());
}

async function* partsOf(documents: AsyncIterable<JSONOfDocument>): AsyncGenerator<BodyPart> {
  for await (const { json, location } of documents) {
    const contentLocation = location === undefined ? {} : { contentLocation: location };
    yield { contentType: DICOM_XML, ...contentLocation, lengthBytes: undefined, bytes: () => nativeXML(json) };
  }
}

async function* joined(documents: AsyncIterable<JSONOfDocument> | Iterable<JSONOfDocument>): AsyncGenerator<Buffer> {
  for await (const { json } of documents) yield* nativeXML(json);
}

async function sendText(
  exchange: Exchange,
  contentType: string,
  pieces: AsyncGenerator<Buffer>,
  status?: number,
): Promise<void> {
  if (!acceptsGzip(exchange.request.headers['accept-encoding'])) {
    return sendPieces(exchange, { 'Content-Type': contentType }, pieces, status);
  }
  await sendPieces(exchange, { 'Content-Type': contentType, 'Content-Encoding': 'gzip' }, gzipped(pieces), status);
}
