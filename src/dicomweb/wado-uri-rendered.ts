/** Retrieve Rendered Instance by the URI service: the same pictures as the Studies Service gives, one at a time. PS3.18 §9.5 */
import type { LocatedInstance } from '../archive/index/locate.js';
import { kindOf } from '../dicom/instance-kinds.js';
import { ArchiveError, invalidRequest } from '../errors.js';
import type { Window } from '../pixels/render/window.js';
import { unknownAnnotations } from './annotation-lines.js';
import { chooseRepresentation, type Exchange, type Negotiation } from './exchange.js';
import type { DrawnFrame, FrameList, PictureStyle } from './picture-request.js';
import { framesOf, presentedFrames } from './rendered-items.js';
import { type Offer, offersOf, pictureOffers } from './rendered-offers.js';
import { warnOfIgnored } from './rendered-picture.js';
import { readRenderingParameters } from './rendering-parameters.js';
import type { PresentationReference, Rendering } from './wado-uri-rendering.js';

/** What the SOP Classes of all Presentation States begin with. PS3.4 Table B.5-1 */
const PRESENTATION_STATES = '1.2.840.10008.5.1.4.1.1.11.';

/** As much of an exchange as it takes to agree on a form, where `contentType` is the `accept` parameter. PS3.18 §8.3.3.1 */
export const accepting = ({ request, rules }: Exchange, contentType: string | undefined): Negotiation => ({
  request,
  rules,
  parameters: contentType === undefined ? [] : [{ name: 'accept', value: contentType, hasValue: true }],
});

/** Send what was asked for. @throws ProblemDetails 406, ArchiveError `invalid-request` and as `Renderer.picture` */
export async function renderByURI(
  exchange: Exchange,
  instance: LocatedInstance,
  rendering: Rendering,
  contentType: string | undefined,
): Promise<void> {
  const { frameNumber, presentation } = rendering;
  expectFrame(instance, frameNumber);
  const state = presentation && (await findPresentationState(exchange, instance, presentation));
  const offers = await offersFor(exchange, { instance, frameNumber, state }, rendering);
  const single = offers.filter(({ multipart }) => !multipart);
  const chosen = chooseRepresentation(accepting(exchange, contentType), single);
  await single.find((offer) => offer === chosen)?.send();
}

interface Target {
  readonly instance: LocatedInstance;
  readonly frameNumber: number | undefined;
  readonly state: LocatedInstance | undefined;
}

async function offersFor(exchange: Exchange, target: Target, rendering: Rendering): Promise<readonly Offer[]> {
  const { instance, frameNumber, state } = target;
  const style = styleOf(rendering);
  const kind = kindOf(instance);
  if (kind === 'presentation-state') {
    if (rendering.window !== undefined) throw invalidRequest('A window is not combined with a Presentation State.');
    return pictureOffers(exchange, await presentedFrames(exchange.archive, instance), style, { target: instance });
  }
  if (kind !== 'image') return offersOf(exchange, instance, readRenderingParameters([]));
  await warnOfIgnored(exchange, style, unknownAnnotations(rendering.annotations), [instance]);
  const frames = state === undefined ? framesOf(instance) : await presented(exchange, instance, state);
  if (frameNumber === undefined) return pictureOffers(exchange, frames, style, { whole: instance });
  const frame = state === undefined ? frames.at(frameNumber - 1) : findFrame(frames, frameNumber);
  if (frame === undefined) throw notPresented();
  return pictureOffers(exchange, [frame], style);
}

function findFrame(frames: FrameList, frameNumber: number): DrawnFrame | undefined {
  for (const frame of frames) if (frame.frameNumber === frameNumber) return frame;
  return undefined;
}

/** The frames of an image that a presentation state shows. */
async function presented(
  { archive }: Exchange,
  instance: LocatedInstance,
  state: LocatedInstance,
): Promise<readonly DrawnFrame[]> {
  const frames = await presentedFrames(archive, state);
  const ofImage = frames.filter((frame) => frame.instance.sopInstanceUID === instance.sopInstanceUID);
  if (ofImage.length === 0) throw notPresented();
  return ofImage;
}

const notPresented = (): ArchiveError =>
  invalidRequest('The Presentation State does not refer to the instance, or not to this frame of it.');

const styleOf = ({ annotations, imageQuality, rows, columns, region, window }: Rendering): PictureStyle => ({
  annotations,
  quality: imageQuality,
  window: window && linear(window),
  area: { rows, columns, region },
});

/** The service knows no other function; it is not defined for widths below 1, where this one is the same in all else. */
const linear = ({ center, width }: NonNullable<Rendering['window']>): Window => ({
  center,
  width,
  function: width >= 1 ? 'linear' : 'linear-exact',
});

/** PS3.18 §9.5.2.1 */
function expectFrame({ frameCount }: LocatedInstance, frameNumber: number | undefined): void {
  if (frameNumber === undefined) return;
  if (frameCount < 2) throw invalidRequest('The parameter frameNumber is for instances of several frames only.');
  if (frameNumber > frameCount) throw invalidRequest(`The instance has ${frameCount} frames only: see frameNumber.`);
}

/** One that the caller may not see is none. */
async function findPresentationState(
  { archive }: Exchange,
  { studyInstanceUID }: LocatedInstance,
  presentation: PresentationReference,
): Promise<LocatedInstance> {
  try {
    const state = await archive.instance({ studyInstanceUID, ...presentation });
    if (state.sopClassUID.startsWith(PRESENTATION_STATES)) return state;
  } catch (error) {
    if (!(error instanceof ArchiveError) || (error.code !== 'not-found' && error.code !== 'gone')) throw error;
  }
  throw invalidRequest('The study has no such Presentation State, or none that this caller may see.');
}
