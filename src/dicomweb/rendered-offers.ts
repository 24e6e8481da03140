/** The ways in which one instance can be rendered. PS3.18 §10.4.1.1.3, Table 8.7.4-1 */
import type { LocatedInstance } from '../archive/index/locate.js';
import { kindOf } from '../dicom/instance-kinds.js';
import { invalidRequest, notFound } from '../errors.js';
import type { PictureMediaType } from '../pixels/render/present.js';
import type { Representation } from './accept.js';
import { unknownAnnotations } from './annotation-lines.js';
import { chooseRepresentation, type Exchange } from './exchange.js';
import { type DrawnFrame, type FrameList, PICTURE_MEDIA_TYPES, type PictureStyle } from './picture-request.js';
import { ProblemDetails } from './problem.js';
import { framesOf, presentedFrames } from './rendered-items.js';
import { type NonImageRendering, nonImageRenderings } from './rendered-non-image.js';
import { type RenderedPart, sendRenderedParts } from './rendered-parts.js';
import { picturePart, sendAnimation, sendPicture, warnOfIgnored } from './rendered-picture.js';
import type { RenderingParameters } from './rendering-parameters.js';
import { sendSinglePart } from './single-part.js';
import { instanceURL } from './urls.js';

/** One way to answer. */
export interface Offer extends Representation {
  readonly send: () => Promise<void>;
}

export const styleOf = ({ window, viewport, annotations, quality, iccProfile }: RenderingParameters): PictureStyle => ({
  window,
  area: viewport,
  annotations,
  quality,
  iccProfile,
});

export const noPicture = (): ProblemDetails =>
  new ProblemDetails(
    'not-acceptable',
    'Nothing here can be rendered: there is no image that can be drawn, nor report, document or video.',
    { members: { available: [] } },
  );

/** Send what the client wants most. @throws ProblemDetails 406 */
export async function sendChosen(exchange: Exchange, offers: readonly Offer[]): Promise<void> {
  const chosen = chooseRepresentation(exchange, offers);
  await offers.find((offer) => offer === chosen)?.send();
}

/** All of them, the default first. @throws ArchiveError `not-acceptable` when there is none */
export async function offersOf(
  exchange: Exchange,
  instance: LocatedInstance,
  parameters: RenderingParameters,
): Promise<readonly Offer[]> {
  switch (kindOf(instance)) {
    case 'image':
      await warnOfIgnored(exchange, styleOf(parameters), unknownAnnotations(parameters.annotations), [instance]);
      return pictureOffers(exchange, framesOf(instance), styleOf(parameters), { whole: instance });
    case 'presentation-state':
      expectOfPresentation(parameters);
      await warnOfIgnored(exchange, {}, unknownAnnotations(parameters.annotations));
      return pictureOffers(exchange, await presentedFrames(exchange.archive, instance), styleOf(parameters), {
        target: instance,
      });
    default: {
      const renderings = await nonImageRenderings(exchange, instance);
      if (renderings.length === 0) throw noPicture();
      return nonImageOffers(exchange, instance, renderings);
    }
  }
}

/** A presentation state says itself what is seen of an image, and in what window. PS3.18 §8.3.5.1.6 */
function expectOfPresentation({ window, viewport }: RenderingParameters): void {
  if (window !== undefined)
    throw invalidRequest('A Presentation State has a window of its own: see the parameter window.');
  const { width: _width, height: _height, ...part } = viewport ?? { width: 0, height: 0 };
  if (Object.keys(part).length > 0) {
    throw invalidRequest('A Presentation State says which part is shown: the viewport is a width and a height alone.');
  }
}

interface OffersOf {
  /** The image of which these are all the frames. */
  readonly whole?: LocatedInstance;
  /** Whose resource a single picture is, when it is not that of its frame. */
  readonly target?: LocatedInstance;
}

/**
 * Pictures by themselves where there is one frame, and as parts. Of several frames of one image the middle one stands for all
 * to who asks for a single picture, or as GIF one that moves.
 */
export function pictureOffers(
  exchange: Exchange,
  frames: FrameList,
  style: PictureStyle,
  { whole, target }: OffersOf = {},
): readonly Offer[] {
  const { base, response, rules } = exchange;
  const first = frames.at(0);
  if (first === undefined) throw notFound();
  const isSingle = frames.length === 1;
  const locationOf = (frame: DrawnFrame): string =>
    whole?.frameCount === 1 || target !== undefined
      ? instanceURL(base, target ?? frame.instance)
      : frameURL(base, frame);
  const sendAlone = (frame: DrawnFrame, mediaType: PictureMediaType): Promise<void> => {
    response.set('Content-Location', locationOf(frame));
    return sendPicture(exchange, frame, style, mediaType);
  };
  const alone = (mediaType: PictureMediaType): (() => Promise<void>) | undefined => {
    if (isSingle) return () => sendAlone(first, mediaType);
    if (whole === undefined) return undefined;
    if (mediaType === 'image/gif') {
      return () => {
        response.set('Content-Location', instanceURL(base, whole));
        return sendAnimation(exchange, frames, style);
      };
    }
    const middle = frames.at(Math.floor(frames.length / 2)) ?? first;
    return rules.rendersAllFrames ? undefined : () => sendAlone(middle, mediaType);
  };
  return [
    ...PICTURE_MEDIA_TYPES.flatMap((mediaType) => {
      const send = alone(mediaType);
      return send === undefined ? [] : [{ mediaType, multipart: false, send }];
    }),
    ...PICTURE_MEDIA_TYPES.map((mediaType) => ({
      mediaType,
      multipart: true,
      send: () => sendRenderedParts(exchange, pictureParts(exchange, frames, style, mediaType)),
    })),
  ];
}

/** A picture of each frame, as a part. */
export function* pictureParts(
  exchange: Exchange,
  frames: FrameList,
  style: PictureStyle,
  mediaType: PictureMediaType,
): Generator<RenderedPart> {
  for (const frame of frames) {
    yield picturePart(exchange, frame, style, { mediaType, contentLocation: imageURL(exchange.base, frame) });
  }
}

const frameURL = (base: string, { instance, frameNumber }: DrawnFrame): string =>
  `${instanceURL(base, instance)}/frames/${frameNumber}`;

/** Of an image of one frame that of the image, else that of its frame. */
const imageURL = (base: string, frame: DrawnFrame): string =>
  frame.instance.frameCount === 1 ? instanceURL(base, frame.instance) : frameURL(base, frame);

function nonImageOffers(
  exchange: Exchange,
  instance: LocatedInstance,
  renderings: readonly NonImageRendering[],
): readonly Offer[] {
  const contentLocation = instanceURL(exchange.base, instance);
  const alone = renderings.map(({ mediaType, render }) => ({
    mediaType,
    multipart: false,
    send: async () => {
      exchange.response.set('Content-Location', contentLocation);
      await sendSinglePart(exchange, await render());
    },
  }));
  const inParts = renderings.map((rendering) => ({
    mediaType: rendering.mediaType,
    multipart: true,
    send: () => sendRenderedParts(exchange, [nonImagePart(rendering, contentLocation)]),
  }));
  return [...alone, ...inParts];
}

/** What is no picture, as a part. */
export const nonImagePart = ({ mediaType, render }: NonImageRendering, contentLocation: string): RenderedPart => ({
  mediaType,
  contentLocation,
  make: async () => {
    const { headers, lengthBytes, bytes } = await render();
    return { contentType: headers?.['Content-Type'], lengthBytes, bytes: () => bytes() };
  },
});
