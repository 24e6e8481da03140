/**
 * Small pictures that stand for instances: never with anything of a patient on them, and an icon where nothing can or may be
 * shown. PS3.18 §10.4.1.1.4, §10.4.3.3.4
 */
import type { LocatedInstance } from '../archive/index/locate.js';
import type { ScopedArchive } from '../archive/scoped-archive.js';
import { TAG } from '../dicom/attributes.js';
import { type InstanceKind, kindOf } from '../dicom/instance-kinds.js';
import { readString } from '../dicom/values.js';
import { ArchiveError, type ErrorCode } from '../errors.js';
import { iconRaster } from '../pixels/icons/icon-raster.js';
import type { IconKind } from '../pixels/icons/icon-shapes.js';
import { encodeImage } from '../pixels/render/present.js';
import type { Viewport } from '../pixels/render/viewport.js';
import type { ResultCache } from '../pixels/result-cache.js';
import { type DrawnFrame, type PictureStyle, pictureKey } from './picture-request.js';
import { middleFrame } from './rendered-items.js';
import type { Renderer } from './renderer.js';

export const THUMBNAIL_MEDIA_TYPES = ['image/jpeg', 'image/png', 'image/gif', 'image/webp'] as const;
export type ThumbnailMediaType = (typeof THUMBNAIL_MEDIA_TYPES)[number];

export interface Thumbnail {
  readonly bytes: Buffer;
  /** Stands for the bytes: no others have the same. */
  readonly digest: string;
}

export interface ThumbnailRequest {
  readonly frame: DrawnFrame;
  readonly viewport: Viewport;
  readonly mediaType: ThumbnailMediaType;
}

export const DEFAULT_VIEWPORT: Viewport = { width: 256, height: 256 };
const MOST_ICON_SIDE = 1_024;
/** What is the matter with the image, and not with the server: it has no picture, and an icon says so. */
const NOT_DRAWN: ReadonlySet<ErrorCode> = new Set(['undecodable', 'corrupt', 'not-acceptable', 'too-large']);

/** The frame that stands for an instance. */
export const frameFor = (instance: LocatedInstance): DrawnFrame => ({
  instance,
  frameNumber: middleFrame(instance),
});

/** Stands for the thumbnail of an image, once that has been drawn. */
export const thumbnailKey = ({ frame, viewport, mediaType }: ThumbnailRequest) =>
  pictureKey([frame], styleOf(viewport), mediaType);

/** An overlay may hold text; no annotation is written. */
const styleOf = (viewport: Viewport): PictureStyle => ({ area: viewport, isWithoutOverlays: true });

export class Thumbnails {
  readonly #renderer: Renderer;
  readonly #results: ResultCache;

  constructor({ renderer, results }: { readonly renderer: Renderer; readonly results: ResultCache }) {
    this.#renderer = renderer;
    this.#results = results;
  }

  /** Give the thumbnail of a frame, or an icon. @throws ArchiveError `unavailable`, `invalid-request` for the viewport */
  async of(archive: ScopedArchive, request: ThumbnailRequest): Promise<Thumbnail> {
    const { frame, viewport, mediaType } = request;
    const kind = kindOf(frame.instance);
    if (kind !== 'image') return this.#icon(kind, request);
    const key = thumbnailKey(request);
    try {
      const bytes = await this.#results.getOrMake(key, async () => {
        if (await isBurnedIn(archive, frame.instance)) return (await this.#icon('withheld', request)).bytes;
        return this.#renderer.makePicture(archive, frame, styleOf(viewport), mediaType);
      });
      return { bytes, digest: key.key };
    } catch (error) {
      if (!(error instanceof ArchiveError) || !NOT_DRAWN.has(error.code)) throw error;
      return this.#icon('image', request);
    }
  }

  async #icon(kind: InstanceKind | IconKind, { viewport, mediaType }: ThumbnailRequest): Promise<Thumbnail> {
    const side = Math.min(viewport.width, viewport.height, MOST_ICON_SIDE);
    const key = `icon ${kind} ${side} ${mediaType}`;
    const bytes = await this.#results.getOrMake({ key, of: [] }, async () =>
      encodeImage(await iconRaster(kind, { rows: side, columns: side }), { mediaType }),
    );
    return { bytes, digest: key };
  }
}

/** Whether the pixels may say who the patient is. PS3.3 §C.7.6.1.1.5 */
const isBurnedIn = async (archive: ScopedArchive, instance: LocatedInstance): Promise<boolean> =>
  readString(await archive.header(instance), TAG.BurnedInAnnotation)?.toUpperCase() === 'YES';
