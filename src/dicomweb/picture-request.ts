/** One picture that can be made of an image: all that it depends on, and a key that stands for it. */
import { createHash } from 'node:crypto';
import type { LocatedInstance } from '../archive/index/locate.js';
import type { ICCProfileChoice } from '../pixels/render/colour-profile.js';
import type { Extent, Viewport } from '../pixels/render/viewport.js';
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
] as const;
export type PictureMediaType = (typeof PICTURE_MEDIA_TYPES)[number];

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

/** A size that the picture shall not be larger than, and a part of the image by fractions. PS3.18 §9.5.1.2.4, §9.5.1.2.5 */
export interface FractionalArea {
  readonly rows: number | undefined;
  readonly columns: number | undefined;
  readonly region:
    | { readonly xMin: number; readonly yMin: number; readonly xMax: number; readonly yMax: number }
    | undefined;
}

export interface PictureStyle {
  readonly window?: Window | undefined;
  readonly area?: Viewport | FractionalArea | undefined;
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

/** Of pictures of a size that has not been asked for in one direction. */
const FREE_SIDE = 16_383;
const MOST_PIXELS = 64 * 1024 * 1024;

/** The viewport of an image that has been drawn; undefined for all of it as it is. */
export function viewportOf(image: Extent, area: PictureStyle['area']): Viewport | undefined {
  if (area === undefined || 'width' in area) return area;
  const { rows, columns, region } = area;
  if (rows === undefined && columns === undefined && region === undefined) return undefined;
  const part = partOf(image, region);
  const isSized = rows !== undefined || columns !== undefined;
  const width = Math.min(columns ?? (isSized ? FREE_SIDE : part.regionWidth), FREE_SIDE);
  const height = Math.min(rows ?? (isSized ? FREE_SIDE : part.regionHeight), FREE_SIDE);
  // Nobody has asked for so large a side, so that it may be a shorter one.
  const isFreeWidth = columns === undefined && isSized;
  return {
    ...part,
    width: isFreeWidth ? Math.min(width, Math.floor(MOST_PIXELS / height)) : width,
    height: rows === undefined && isSized ? Math.min(height, Math.floor(MOST_PIXELS / width)) : height,
  };
}

function partOf({ rows, columns }: Extent, region: FractionalArea['region']) {
  const { xMin, yMin, xMax, yMax } = region ?? { xMin: 0, yMin: 0, xMax: 1, yMax: 1 };
  const x = Math.min(Math.round(xMin * columns), columns - 1);
  const y = Math.min(Math.round(yMin * rows), rows - 1);
  return {
    x,
    y,
    regionWidth: Math.max(Math.round(xMax * columns) - x, 1),
    regionHeight: Math.max(Math.round(yMax * rows) - y, 1),
  };
}
