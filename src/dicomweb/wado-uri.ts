/**
 * The URI service, once called WADO: one instance, named by parameters of the query instead of by a path. It is the same
 * file as Retrieve Instance gives by itself, in every respect. PS3.18 Chapter 9
 */
import { chooseRepresentation, type Exchange } from './exchange.js';
import { parseMediaTypes } from './media-type.js';
import { DICOM } from './media-type-names.js';
import { sendInstance } from './retrieve-instances.js';
import { knownParameters, readURIRequest, type URIRequest } from './wado-uri-parameters.js';
import { accepting, renderByURI } from './wado-uri-rendered.js';
import { expectNoWindow, readRendering } from './wado-uri-rendering.js';

export async function retrieveByURI(exchange: Exchange): Promise<void> {
  const known = knownParameters(exchange.parameters);
  const { path, contentTypes, contentType, transferSyntax } = readURIRequest(known);
  if (!asksForDICOM(exchange, contentTypes)) {
    const rendering = readRendering(known);
    return renderByURI(exchange, await exchange.archive.instance(path), rendering, contentType);
  }
  expectNoWindow(known);
  const instance = await exchange.archive.instance(path);
  expectAcceptable(exchange, contentType);
  await sendInstance(exchange, instance, transferSyntax);
}

/**
 * Whether this is the transaction that gives the instance itself. Who names no media type and accepts anything wants an
 * image. PS3.18 §9.3
 */
function asksForDICOM({ request }: Exchange, contentTypes: URIRequest['contentTypes']): boolean {
  if (contentTypes !== undefined) return contentTypes.includes(DICOM);
  const accepted = parseMediaTypes(request.headers.accept ?? '');
  return accepted.some(({ essence }) => essence === DICOM || essence === 'application/*');
}

/** Only transferSyntax tells of transfer syntaxes. */
function expectAcceptable(exchange: Exchange, contentType: string | undefined): void {
  chooseRepresentation(accepting(exchange, contentType), [{ mediaType: DICOM, multipart: false }]);
}
