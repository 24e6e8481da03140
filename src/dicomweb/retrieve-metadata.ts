/** Retrieve metadata: everything but the long values, as DICOM JSON or XML. PS3.18 §10.4.1.1.2 */
import type { InstanceText, InstanceURL } from '../archive/read/metadata.js';
import { answerNotModified } from './conditional.js';
import { acceptsGzip, gzipped } from './content-encoding.js';
import { boundaryOf, entityTag, RepresentationDigest } from './entity-tag.js';
import { chooseRepresentation, type Exchange, sendPieces } from './exchange.js';
import { DICOM_JSON, DICOM_XML } from './media-type-names.js';
import { type JSONOfDocument, sendNativeXML, sendNativeXMLParts } from './native-xml.js';
import { instanceURL, resourcePath, resourceURL } from './urls.js';

export async function retrieveMetadata(exchange: Exchange): Promise<void> {
  const path = resourcePath(exchange.variables);
  const { archive, base, request, response } = exchange;
  const urlOf: InstanceURL = (instance) => instanceURL(base, instance);
  const metadata = await archive.metadata(path, urlOf);
  const isOne = path.sopInstanceUID !== undefined;
  const { mediaType, multipart } = chooseRepresentation(exchange, [
    { mediaType: DICOM_JSON, multipart: false },
    { mediaType: DICOM_XML, multipart: true },
    ...(isOne ? [{ mediaType: DICOM_XML, multipart: false }] : []),
  ]);
  response.set('Content-Location', `${resourceURL(base, path)}/metadata`);
  const isGzip = acceptsGzip(request.headers['accept-encoding']);
  const form = [mediaType, multipart ? 'multipart' : 'single', isGzip ? 'gzip' : 'identity'];
  const digest = new RepresentationDigest().add(metadata.digest, base, ...form).end();
  if (answerNotModified(exchange, entityTag(digest))) return;
  if (mediaType === DICOM_XML) {
    const documents = documentsOf(await archive.metadataOfEach(path, urlOf), base);
    if (multipart) return sendNativeXMLParts(exchange, documents, boundaryOf(digest));
    return sendNativeXML(exchange, documents);
  }
  const coding = isGzip ? { 'Content-Encoding': 'gzip' } : {};
  const pieces = metadata.read();
  await sendPieces(exchange, { 'Content-Type': DICOM_JSON, ...coding }, isGzip ? gzipped(pieces) : pieces);
}

async function* documentsOf(texts: AsyncGenerator<InstanceText>, base: string): AsyncGenerator<JSONOfDocument> {
  for await (const { instance, pieces } of texts) {
    yield { json: pieces, location: `${instanceURL(base, instance)}/metadata` };
  }
}
