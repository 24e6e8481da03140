/** Retrieve the thumbnail of a study, series, instance or frame: one small picture. PS3.18 §10.4.1.1.4 */
import { kindOf } from '../dicom/instance-kinds.js';
import { ArchiveError, notFound } from '../errors.js';
import { negotiate } from './accept.js';
import { answerNotModified } from './conditional.js';
import { chooseRepresentation, type Exchange } from './exchange.js';
import { OCTETS } from './media-type-names.js';
import type { DrawnFrame } from './picture-request.js';
import { sendRenderedParts, wholePart } from './rendered-parts.js';
import { readViewportSize } from './rendering-parameters.js';
import { parseFrameNumbers } from './retrieve-frames.js';
import { sendHeld, singlePartTag } from './single-part.js';
import {
  DEFAULT_VIEWPORT,
  frameFor,
  THUMBNAIL_MEDIA_TYPES,
  type ThumbnailMediaType,
  type ThumbnailRequest,
  thumbnailKey,
} from './thumbnails.js';
import { instanceURL, resourcePath } from './urls.js';

const DEFAULT_TYPE: ThumbnailMediaType = 'image/jpeg';

export async function retrieveThumbnail(exchange: Exchange): Promise<void> {
  const { archive, base, response, variables } = exchange;
  const path = resourcePath(variables);
  const list = variables['frames'];
  const frameNumbers = list === undefined ? undefined : parseFrameNumbers(list);
  const viewport = readViewportSize(exchange.parameters) ?? DEFAULT_VIEWPORT;
  const instance = await archive.representative(path);
  const frame = { instance, frameNumber: middleOf(frameNumbers) ?? frameFor(instance).frameNumber };
  if (frameNumbers?.some((number) => number > instance.frameCount)) throw notFound();
  const { mediaType, isInParts } = chosenForm(exchange);
  response.set('Content-Location', locationOf(base, frame));
  const request = { frame, viewport, mediaType };
  await (isInParts ? sendInParts(exchange, request) : sendAlone(exchange, request));
}

/** Of several the middle one: a thumbnail is one picture. */
const middleOf = (numbers: readonly number[] | undefined): number | undefined =>
  numbers?.[Math.floor(numbers.length / 2)];

interface Form {
  readonly mediaType: ThumbnailMediaType;
  readonly isInParts: boolean;
}

function chosenForm(exchange: Exchange): Form {
  const offered = [false, true].flatMap((multipart) =>
    THUMBNAIL_MEDIA_TYPES.map((mediaType) => ({ mediaType, multipart })),
  );
  try {
    const chosen = chooseRepresentation(exchange, offered);
    const mediaType = THUMBNAIL_MEDIA_TYPES.find((type) => type === chosen.mediaType) ?? DEFAULT_TYPE;
    return { mediaType, isInParts: chosen.multipart };
  } catch (error) {
    if (!(error instanceof ArchiveError) || error.code !== 'not-acceptable' || !takesOctets(exchange)) throw error;
    return { mediaType: DEFAULT_TYPE, isInParts: false };
  }
}

/** Viewers that ask for what a URL of Bulkdata gives ask so for a thumbnail too: they get the picture. */
function takesOctets({ request, parameters }: Exchange): boolean {
  const acceptParameters = parameters.filter(({ name }) => name === 'accept').map(({ value }) => value);
  if (request.headers.accept === undefined && acceptParameters.length === 0) return false;
  const octets = [true, false].map((multipart) => ({ mediaType: OCTETS, multipart }));
  return negotiate({ acceptHeader: request.headers.accept, acceptParameters }, octets) !== undefined;
}

const locationOf = (base: string, { instance, frameNumber }: DrawnFrame): string =>
  instance.frameCount > 1 && kindOf(instance) === 'image'
    ? `${instanceURL(base, instance)}/frames/${frameNumber}`
    : instanceURL(base, instance);

async function sendAlone(exchange: Exchange, request: ThumbnailRequest): Promise<void> {
  const { mediaType } = request;
  if (answerNotModified(exchange, singlePartTag({ digest: thumbnailKey(request).key, mediaType }))) return;
  exchange.held.expectRoom();
  await sendHeld(exchange, { ...(await exchange.thumbnails.of(exchange.archive, request)), mediaType });
}

async function sendInParts(exchange: Exchange, request: ThumbnailRequest): Promise<void> {
  const make = async () => wholePart((await exchange.thumbnails.of(exchange.archive, request)).bytes);
  const contentLocation = locationOf(exchange.base, request.frame);
  await sendRenderedParts(exchange, [{ mediaType: request.mediaType, contentLocation, make }]);
}
