/** Pictures of images as they are sent: by themselves, or as parts. PS3.18 §8.3.5.1, §8.7.4 */
import type { LocatedInstance } from '../archive/index/locate.js';
import { invalidRequest } from '../errors.js';
import type { PictureMediaType } from '../pixels/render/present.js';
import { answerNotModified } from './conditional.js';
import type { Exchange } from './exchange.js';
import {
  type DrawnFrame,
  type FrameList,
  mayHaveICCProfile,
  type PictureStyle,
  pictureDigest,
} from './picture-request.js';
import { type RenderedPart, wholePart } from './rendered-parts.js';
import { animatedFrames } from './renderer.js';
import { sendHeld, singlePartTag } from './single-part.js';

/** A picture by itself. @throws as `Renderer.picture` */
export function sendPicture(
  exchange: Exchange,
  frame: DrawnFrame,
  style: PictureStyle,
  mediaType: PictureMediaType,
): Promise<void> {
  const fitting = fitted(style, mediaType);
  const make = () => exchange.renderer.picture(exchange.archive, frame, fitting, mediaType, hasGone(exchange));
  return sendMade(exchange, mediaType, pictureDigest([frame], fitting, mediaType), make);
}

/** Frames as one picture that moves. @throws as `Renderer.animation` */
export function sendAnimation(exchange: Exchange, all: FrameList, style: PictureStyle): Promise<void> {
  const frames = animatedFrames(all);
  const fitting = fitted(style, 'image/gif');
  const make = () => exchange.renderer.animation(exchange.archive, frames, fitting, hasGone(exchange));
  return sendMade(exchange, 'image/gif', `animation ${pictureDigest(frames, fitting, 'image/gif')}`, make);
}

const hasGone =
  ({ response }: Pick<Exchange, 'response'>) =>
  (): boolean =>
    response.destroyed;

/** A picture as a part. */
export function picturePart(
  { archive, renderer, response }: Exchange,
  frame: DrawnFrame,
  style: PictureStyle,
  { mediaType, contentLocation }: { readonly mediaType: PictureMediaType; readonly contentLocation: string },
): RenderedPart {
  const fitting = fitted(style, mediaType);
  const make = async () => wholePart(await renderer.picture(archive, frame, fitting, mediaType, hasGone({ response })));
  return { mediaType, contentLocation, make };
}

/** The image is not read for who has the picture. */
async function sendMade(
  exchange: Exchange,
  mediaType: PictureMediaType,
  digest: string,
  make: () => Promise<Buffer>,
): Promise<void> {
  if (answerNotModified(exchange, singlePartTag({ digest, mediaType }))) return;
  exchange.held.expectRoom();
  await sendHeld(exchange, { bytes: await make(), mediaType, digest });
}

/** Without what is of no effect on the type. @throws ArchiveError `invalid-request` for a profile that it can not have */
function fitted(style: PictureStyle, mediaType: PictureMediaType): PictureStyle {
  if ((style.iccProfile ?? 'no') !== 'no' && !mayHaveICCProfile(mediaType)) {
    throw invalidRequest(`Images of the type ${mediaType} have no ICC profile here: see the parameter iccprofile.`);
  }
  const isLossy = mediaType === 'image/jpeg' || mediaType === 'image/webp';
  return isLossy ? style : { ...style, quality: undefined };
}

/**
 * Tell of what has been asked for and is of no effect: words of `annotation` that are none, and a window for colour.
 * PS3.18 §8.3.5.1.1
 * @param images those of which any may be of colour
 */
export async function warnOfIgnored(
  { archive, base, renderer, response }: Exchange,
  style: PictureStyle,
  unknownWords: readonly string[],
  images: readonly LocatedInstance[] = [],
): Promise<void> {
  const warnings: string[] = [];
  if (unknownWords.length > 0) {
    warnings.push(`The following annotation values are not supported: ${unknownWords.join()}`);
  }
  if (style.window !== undefined) {
    for (const image of images) {
      if (await renderer.takesWindow(archive, image)) continue;
      warnings.push('The window is of no effect on a color image');
      break;
    }
  }
  if (warnings.length > 0) response.set('Warning', warnings.map((text) => `299 ${base}: ${text}`).join(', '));
}
