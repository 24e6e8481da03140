/** Retrieve metadata: everything but the long values, as DICOM JSON. PS3.18 §10.4.1.1.2 */

import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { answerNotModified } from './conditional.js';
import { acceptsGzip } from './content-encoding.js';
import { entityTag, RepresentationDigest } from './entity-tag.js';
import { chooseRepresentation, type Exchange, sendPieces } from './exchange.js';
import { instanceURL, resourcePath, resourceURL } from './urls.js';

const JSON_TYPE = 'application/dicom+json';

export async function retrieveMetadata(exchange: Exchange): Promise<void> {
  const path = resourcePath(exchange.variables);
  const { archive, base, request, response } = exchange;
  const { digest, read } = await archive.metadata(path, (instance) => instanceURL(base, instance));
  chooseRepresentation(exchange, [{ mediaType: JSON_TYPE, multipart: false }]);
  response.set('Content-Location', `${resourceURL(base, path)}/metadata`);
  const isGzip = acceptsGzip(request.headers['accept-encoding']);
  const tag = entityTag(new RepresentationDigest().add(digest, base, JSON_TYPE, isGzip ? 'gzip' : 'identity').end());
  if (answerNotModified(exchange, tag)) return;
  const coding = isGzip ? { 'Content-Encoding': 'gzip' } : {};
  await sendPieces(exchange, { 'Content-Type': JSON_TYPE, ...coding }, isGzip ? gzipped(read()) : read());
}

/** Fast rather than small: the text shrinks to a tenth even so. */
async function* gzipped(pieces: AsyncGenerator<Buffer>): AsyncGenerator<Buffer> {
  const gzip = createGzip({ level: 1 });
  const fed = pipeline(pieces, gzip);
  fed.catch(() => undefined);
  for await (const chunk of gzip) yield chunk;
  await fed;
}
