/** Retrieve what people can look at: images as pictures, reports as text, documents and videos as they are. PS3.18 §10.4.1.1.3 */
import type { LocatedInstance } from '../archive/index/locate.js';
import { kindOf } from '../dicom/instance-kinds.js';
import { ArchiveError, notFound } from '../errors.js';
import type { PictureMediaType } from '../pixels/render/present.js';
import { unknownAnnotations } from './annotation-lines.js';
import { chooseRepresentation, type Exchange } from './exchange.js';
import { OCTETS } from './media-type-names.js';
import { PICTURE_MEDIA_TYPES } from './picture-request.js';
import { framesOf } from './rendered-items.js';
import { type NonImageRendering, nonImageRenderings } from './rendered-non-image.js';
import {
  nonImagePart,
  noPicture,
  offersOf,
  pictureOffers,
  pictureParts,
  sendChosen,
  styleOf,
} from './rendered-offers.js';
import { type RenderedPart, sendRenderedParts } from './rendered-parts.js';
import { warnOfIgnored } from './rendered-picture.js';
import { type RenderingParameters, readRenderingParameters } from './rendering-parameters.js';
import { expectRising, parseFrameNumbers } from './retrieve-frames.js';
import { instancePath, instanceURL, resourcePath, resourceURL } from './urls.js';

/** Retrieve Rendered Instance. */
export async function retrieveRenderedInstance(exchange: Exchange): Promise<void> {
  const path = instancePath(exchange.variables);
  const parameters = readRenderingParameters(exchange.parameters);
  const instance = await exchange.archive.instance(path);
  await sendChosen(exchange, await offersOf(exchange, instance, parameters));
}

/** Retrieve Rendered Frames: one picture for each, in the order asked for. */
export async function retrieveRenderedFrames(exchange: Exchange): Promise<void> {
  const path = instancePath(exchange.variables);
  const frameNumbers = parseFrameNumbers(exchange.variables['frames'] ?? '');
  const parameters = readRenderingParameters(exchange.parameters);
  const instance = await exchange.archive.instance(path);
  if (frameNumbers.some((number) => number > instance.frameCount)) throw notFound();
  if (kindOf(instance) !== 'image') throw noPicture();
  expectRising(instance, frameNumbers);
  await warnOfIgnored(exchange, styleOf(parameters), unknownAnnotations(parameters.annotations), [instance]);
  const frames = frameNumbers.map((frameNumber) => ({ instance, frameNumber }));
  await sendChosen(exchange, pictureOffers(exchange, frames, styleOf(parameters)));
}

/** Retrieve Rendered Study and Series: a part for each frame, report, document and video; what is none of these is left out. */
export async function retrieveRenderedAll(exchange: Exchange): Promise<void> {
  const path = resourcePath(exchange.variables);
  const parameters = readRenderingParameters(exchange.parameters);
  const choice = new Choice(exchange);
  const parts: Iterable<RenderedPart>[] = [];
  for (const instance of await exchange.archive.instances(path)) {
    const ofInstance = await findParts(exchange, instance, parameters, choice);
    if (ofInstance !== undefined) parts.push(ofInstance);
  }
  if (parts.length === 0) throw choice.refusal();
  await warnOfIgnored(exchange, styleOf(parameters), unknownAnnotations(parameters.annotations));
  exchange.response.set('Content-Location', resourceURL(exchange.base, path));
  await sendRenderedParts(exchange, joined(parts));
}

/** What the client wants of instances of several kinds: chosen for each kind by itself. */
class Choice {
  readonly #exchange: Exchange;
  readonly #chosen = new Map<string, string | undefined>();
  #refusal: ArchiveError | undefined;

  constructor(exchange: Exchange) {
    this.#exchange = exchange;
  }

  /** The media type that the client wants most of these; undefined when it wants none. */
  of<MediaType extends string>(mediaTypes: readonly MediaType[]): MediaType | undefined {
    const kind = mediaTypes.join();
    if (!this.#chosen.has(kind)) this.#chosen.set(kind, this.#choose(mediaTypes));
    const chosen = this.#chosen.get(kind);
    return mediaTypes.find((mediaType) => mediaType === chosen);
  }

  /** Why nothing is sent. */
  refusal(): ArchiveError {
    return this.#refusal ?? noPicture();
  }

  #choose(mediaTypes: readonly string[]): string | undefined {
    const offered = mediaTypes.map((mediaType) => ({ mediaType, multipart: true }));
    try {
      return chooseRepresentation(this.#exchange, offered).mediaType;
    } catch (error) {
      if (!(error instanceof ArchiveError) || error.code !== 'not-acceptable') throw error;
      this.#refusal ??= error;
      return undefined;
    }
  }
}

function* joined(all: readonly Iterable<RenderedPart>[]): Generator<RenderedPart> {
  for (const parts of all) yield* parts;
}

/** The parts of an instance; undefined when there is none. */
async function findParts(
  exchange: Exchange,
  instance: LocatedInstance,
  parameters: RenderingParameters,
  choice: Choice,
): Promise<Iterable<RenderedPart> | undefined> {
  if (kindOf(instance) === 'image') {
    const mediaType: PictureMediaType | undefined = choice.of(PICTURE_MEDIA_TYPES);
    const frames = framesOf(instance);
    if (mediaType === undefined || frames.length === 0) return undefined;
    return pictureParts(exchange, frames, styleOf(parameters), mediaType);
  }
  const renderings = await renderingsIfAny(exchange, instance);
  if (renderings.length === 0) return undefined;
  const chosen = choice.of(renderings.map(({ mediaType }) => mediaType));
  const rendering = renderings.find(({ mediaType }) => mediaType === chosen);
  return rendering && [nonImagePart(rendering, instanceURL(exchange.base, instance))];
}

/** None for a document without one: it is no reason to give up the others. */
async function renderingsIfAny(exchange: Exchange, instance: LocatedInstance): Promise<readonly NonImageRendering[]> {
  try {
    return await nonImageRenderings(exchange, instance);
  } catch (error) {
    if (!(error instanceof ArchiveError)) throw error;
    if (error.code === 'not-found') return [];
    if (error.code !== 'corrupt') throw error;
    return [{ mediaType: OCTETS, render: () => Promise.reject(error) }];
  }
}
