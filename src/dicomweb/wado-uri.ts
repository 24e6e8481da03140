/**
 * The URI service, once called WADO: one instance, named by parameters of the query instead of by a path. It is the same
 * file as Retrieve Instance gives by itself, in every respect. PS3.18 Chapter 9
 */
import type { LocatedInstance } from '../archive/index/locate.js';
import { ArchiveError, invalidRequest } from '../errors.js';
import { chooseRepresentation, type Exchange } from './exchange.js';
import { parseMediaTypes } from './media-type.js';
import { ProblemDetails } from './problem.js';
import { sendInstance } from './retrieve-instances.js';
import { DICOM, knownParameters, readURIRequest, type URIRequest } from './wado-uri-parameters.js';
import { expectNoWindow, type PresentationReference, type Rendering, readRendering } from './wado-uri-rendering.js';

/** What the SOP Classes of all Presentation States begin with. PS3.4 Table B.5-1 */
const PRESENTATION_STATES = '1.2.840.10008.5.1.4.1.1.11.';

export async function retrieveByURI(exchange: Exchange): Promise<void> {
  const known = knownParameters(exchange.parameters);
  const { path, contentTypes, transferSyntax } = readURIRequest(known);
  if (!asksForDICOM(exchange, contentTypes)) {
    const rendering = readRendering(known);
    return render(exchange, await exchange.archive.instance(path), rendering);
  }
  expectNoWindow(known);
  const instance = await exchange.archive.instance(path);
  expectAcceptable(exchange, contentTypes);
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

/** `contentType` is the `accept` parameter of this service (§8.3.3.1). Only transferSyntax tells of transfer syntaxes. */
function expectAcceptable({ request, rules }: Exchange, contentTypes: URIRequest['contentTypes'] = []): void {
  const parameters = contentTypes.map((value) => ({ name: 'accept', value, hasValue: true }));
  chooseRepresentation({ request, rules, parameters }, [{ mediaType: DICOM, multipart: false }]);
}

/**
 * Retrieve Rendered Instance (§9.5), so far as it goes without a renderer: what is asked for has to make sense.
 * @throws ProblemDetails 406, ArchiveError `invalid-request`
 */
async function render(exchange: Exchange, instance: LocatedInstance, rendering: Rendering): Promise<never> {
  expectFrame(instance, rendering.frameNumber);
  if (rendering.presentation !== undefined) {
    await expectPresentationState(exchange, instance, rendering.presentation);
  }
  throw new ProblemDetails(
    'not-acceptable',
    `Nothing is rendered here: with contentType=${DICOM} the URI service gives the instance itself.`,
    { members: { available: [DICOM] } },
  );
}

/** PS3.18 §9.5.2.1 */
function expectFrame({ frameCount }: LocatedInstance, frameNumber: number | undefined): void {
  if (frameNumber === undefined) return;
  if (frameCount < 2) throw invalidRequest('The parameter frameNumber is for instances of several frames only.');
  if (frameNumber > frameCount) throw invalidRequest(`The instance has ${frameCount} frames only: see frameNumber.`);
}

/** One that the caller may not see is none. */
async function expectPresentationState(
  { archive }: Exchange,
  { studyInstanceUID }: LocatedInstance,
  presentation: PresentationReference,
): Promise<void> {
  try {
    const { sopClassUID } = await archive.instance({ studyInstanceUID, ...presentation });
    if (sopClassUID.startsWith(PRESENTATION_STATES)) return;
  } catch (error) {
    if (!(error instanceof ArchiveError) || (error.code !== 'not-found' && error.code !== 'gone')) throw error;
  }
  throw invalidRequest('The study has no such Presentation State, or none that this caller may see.');
}
