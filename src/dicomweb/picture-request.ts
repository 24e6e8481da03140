/** One picture that can be made of an image: all that it depends on, and a key that stands for it. */
import { createHash } from 'node:crypto';
import type { LocatedInstance } from '../archive/index/locate.js';
import type { ICCProfileChoice } from '../pixels/render/colour-profile.js';
import type { PictureArea } from '../pixels/render/picture-area.js';
import type { PictureMediaType } from '../pixels/render/present.js';
import type { Window } from '../pixels/render/window.js';
import type { ResultKey } from '../pixels/result-cache.js';

/** Images as which images are rendered, the default first; those after the third are no need of the standard. PS3.18 Table 8.7.4-1 */
export const PICTURE_MEDIA_TYPES = [
  'image/jpeg',
  'image/png',
  'image/gif',
  'image/webp',
  'image/jp2',
  'image/jph',
] as const satisfies readonly PictureMediaType[];

/** Those that can say what their colours mean. */
const WITH_ICC_PROFILE: ReadonlySet<string> = new Set(['image/jpeg', 'image/png', 'image/webp']);

/** One frame of an image, as it is or as a presentation state shows it. */
export interface DrawnFrame {
  readonly instance: LocatedInstance;
  /** From 1. */
  readonly frameNumber: number;
  readonly presentation?: LocatedInstance | undefined;
}

/** Frames that may be far too many to be held in memory. */
export interface FrameList extends Iterable<DrawnFrame> {
  readonly length: number;
  readonly at: (index: number) => DrawnFrame | undefined;
}

export interface PictureStyle {
  readonly window?: Window | undefined;
  readonly area?: PictureArea | undefined;
  /** Of these, `patient` and `technique` are known. */
  readonly annotations?: readonly string[];
  readonly quality?: number | undefined;
  readonly iccProfile?: ICCProfileChoice;
  /** What lies over the image may say who the patient is. */
  readonly isWithoutOverlays?: boolean;
}

/** Raised when the same image comes to be rendered as other bytes: nobody may take the old for the new. */
const EDITION = 1;

export const mayHaveICCProfile = (mediaType: string): boolean => WITH_ICC_PROFILE.has(mediaType);

/** Stands for the bytes of a picture: no others have the same. */
export const pictureDigest = (
  frames: readonly DrawnFrame[],
  style: PictureStyle,
  mediaType: PictureMediaType,
): string => {
  const { window, area, annotations = [], quality, iccProfile = 'no', isWithoutOverlays = false } = style;
  const drawn = frames.map(({ instance, frameNumber, presentation }) => [
    instance.sha256,
    frameNumber,
    presentation?.sha256,
  ]);
  const all = [EDITION, drawn, window, area, annotations, quality, iccProfile, isWithoutOverlays, mediaType];
  return createHash('sha256').update(JSON.stringify(all)).digest('hex');
};

/** The key under which a picture is kept. */
export const pictureKey = (
  frames: readonly DrawnFrame[],
  style: PictureStyle,
  mediaType: PictureMediaType,
): ResultKey => ({
  key: pictureDigest(frames, style, mediaType),
  of: [
    ...new Set(
      frames.flatMap(({ instance, presentation }) => [
        pathOf(instance),
        ...(presentation === undefined ? [] : [pathOf(presentation)]),
      ]),
    ),
  ],
});

const pathOf = ({ studyInstanceUID, seriesInstanceUID, sopInstanceUID }: LocatedInstance): string =>
  `${studyInstanceUID}/${seriesInstanceUID}/${sopInstanceUID}`;
