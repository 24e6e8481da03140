/**
 * Makes pictures of stored images: read and checked, decoded and drawn in a thread, encoded by libvips. What has been made is
 * kept for a while. Only so many are made at once as there are processors, for each holds a whole image in memory.
 */
import type { LocatedInstance } from '../archive/index/locate.js';
import type { ScopedArchive } from '../archive/scoped-archive.js';
import type { DataSet } from '../dicom/data-set.js';
import { FAILURE_REASON, InvalidInstance } from '../dicom/failure-reasons.js';
import { imagePixelDescription } from '../dicom/image-pixel.js';
import { ArchiveError } from '../errors.js';
import type { Annotation } from '../pixels/render/annotate.js';
import { type FileBrand, jp2File } from '../pixels/render/jp2-file.js';
import { encodeAnimation, encodeImage, finishRaster } from '../pixels/render/present.js';
import type { Raster } from '../pixels/render/raster.js';
import { planRendering, type RenderPlan } from '../pixels/render/render-plan.js';
import type { ResultCache, ResultKey } from '../pixels/result-cache.js';
import { JobAbandoned, type WorkerPool } from '../pixels/worker-pool.js';
import { animationDelayMs } from './animation-delay.js';
import { annotationOf } from './annotation-lines.js';
import {
  type DrawnFrame,
  type FrameList,
  type PictureMediaType,
  type PictureStyle,
  pictureKey,
  viewportOf,
} from './picture-request.js';
import { readDrawnFrame } from './read-drawn-frame.js';
import { Turns } from './turns.js';

interface Drawn {
  readonly raster: Raster;
  readonly annotation: Annotation | undefined;
}

/** JPEG 2000 and HTJ2K are encoded in a thread. */
const CODE_STREAMS: Readonly<
  Record<'image/jp2' | 'image/jph', { readonly syntax: string; readonly brand: FileBrand }>
> = {
  'image/jp2': { syntax: '1.2.840.10008.1.2.4.90', brand: 'jp2 ' },
  'image/jph': { syntax: '1.2.840.10008.1.2.4.201', brand: 'jph ' },
};
/** Beyond these a request is told to come again. */
const MOST_WAITING = 500;
/** Each holds what it is made of between the turns of its frames. */
const ANIMATIONS_AT_ONCE = 2;
const MOST_ANIMATIONS_WAITING = 100;
const MOST_ANIMATED_FRAMES = 1_000;
const MOST_ANIMATED_BYTES = 64 * 1024 * 1024;

export class Renderer {
  readonly #pixels: WorkerPool;
  readonly #results: ResultCache;
  readonly #turns: Turns;
  readonly #animations = new Turns(ANIMATIONS_AT_ONCE, MOST_ANIMATIONS_WAITING);

  constructor({ pixels, results }: { readonly pixels: WorkerPool; readonly results: ResultCache }) {
    this.#pixels = pixels;
    this.#results = results;
    // While one is encoded the threads have another.
    this.#turns = new Turns(pixels.size + 1, MOST_WAITING);
  }

  /** Whether nobody waits, nor is anything being made. */
  get isIdle(): boolean {
    return this.#turns.isIdle && this.#animations.isIdle;
  }

  /**
   * Give a picture of a frame. The bytes are shared: nobody may change them. It is not made when nobody waits for it any more.
   * @throws ArchiveError `invalid-request` when the style makes no sense for the image; `not-acceptable` or `too-large` when
   *   it can not be drawn; `undecodable` or `corrupt` when it is damaged; `unavailable` when too many wait
   */
  picture(
    archive: ScopedArchive,
    frame: DrawnFrame,
    style: PictureStyle,
    mediaType: PictureMediaType,
    isAbandoned: () => boolean = () => false,
  ): Promise<Buffer> {
    return this.#wanted(pictureKey([frame], style, mediaType), isAbandoned, () =>
      this.makePicture(archive, frame, style, mediaType, isAbandoned),
    );
  }

  /** Make a picture, for whoever keeps it himself. @throws ArchiveError as `picture` */
  makePicture(
    archive: ScopedArchive,
    frame: DrawnFrame,
    style: PictureStyle,
    mediaType: PictureMediaType,
    isAbandoned?: () => boolean,
  ): Promise<Buffer> {
    return this.#turns.take(
      async () => this.#encode(await this.#draw(archive, frame, style), style, mediaType),
      isAbandoned,
    );
  }

  /** Give `animatedFrames` as one animated GIF. @throws ArchiveError as `picture`, and `too-large` */
  animation(
    archive: ScopedArchive,
    frames: readonly DrawnFrame[],
    style: PictureStyle,
    isAbandoned: () => boolean = () => false,
  ): Promise<Buffer> {
    return this.#wanted(pictureKey(frames, style, 'image/gif'), isAbandoned, () =>
      this.#animations.take(() => this.#animate(archive, frames, style, isAbandoned), isAbandoned),
    );
  }

  /** Whoever asked for the same first may have gone before it was made. */
  async #wanted(key: ResultKey, isAbandoned: () => boolean, make: () => Promise<Buffer>): Promise<Buffer> {
    for (;;) {
      try {
        return await this.#results.getOrMake(key, make);
      } catch (error) {
        if (!(error instanceof JobAbandoned) || isAbandoned()) throw error;
      }
    }
  }

  /** Whether a window changes what is drawn of an image: not that of colour. @throws ArchiveError as `picture` */
  async takesWindow(archive: ScopedArchive, instance: LocatedInstance): Promise<boolean> {
    const dataSet = await archive.header(instance);
    return asRequested(() => {
      const { samplesPerPixel, photometricInterpretation } = imagePixelDescription(dataSet);
      return samplesPerPixel === 1 && photometricInterpretation !== 'PALETTE COLOR';
    });
  }

  async #animate(
    archive: ScopedArchive,
    frames: readonly DrawnFrame[],
    style: PictureStyle,
    isAbandoned: () => boolean,
  ): Promise<Buffer> {
    const [first] = frames;
    if (first === undefined) throw new RangeError('An animation has one frame at least.');
    const rasters: Raster[] = [];
    let bytes = 0;
    for (const frame of frames) {
      const raster = await this.#turns.take(
        async () => finished(await this.#draw(archive, frame, style), style),
        isAbandoned,
      );
      bytes += raster.bytes.length;
      if (bytes > MOST_ANIMATED_BYTES) throw tooLongAnimation();
      rasters.push(raster);
    }
    const delayMs = animationDelayMs(await archive.header(first.instance));
    return this.#turns.take(() => encodeAnimation(rasters, { delayMs }));
  }

  async #draw(archive: ScopedArchive, frame: DrawnFrame, style: PictureStyle): Promise<Drawn> {
    const { instance, frameNumber, presentation } = frame;
    const dataSet = await archive.header(instance);
    const state = presentation && (await archive.header(presentation));
    const plan = asRequested(() => planOf(dataSet, frameNumber, state, style));
    const work = { sha256: instance.sha256, frameNumber, into: `picture/${presentation?.sha256}` };
    const raster = await this.#pixels.failedFrames.unlessFailed(work, async () =>
      this.#pixels.run('draw', { frame: await readDrawnFrame(archive, instance, frameNumber, dataSet), plan }),
    );
    return {
      raster,
      annotation: annotationOf(dataSet, style.annotations ?? [], { number: frameNumber, count: instance.frameCount }),
    };
  }

  async #encode(drawn: Drawn, style: PictureStyle, mediaType: PictureMediaType): Promise<Buffer> {
    if (mediaType !== 'image/jp2' && mediaType !== 'image/jph') {
      const { quality, iccProfile } = style;
      return encodeImage(drawn.raster, {
        ...finishing(drawn, style),
        mediaType,
        ...(quality === undefined ? {} : { quality }),
        ...(iccProfile === undefined ? {} : { iccProfile }),
      });
    }
    const { syntax, brand } = CODE_STREAMS[mediaType];
    const raster = await finished(drawn, style);
    const { rows, columns, samplesPerPixel } = raster;
    const codeStream = await this.#pixels.run('encodeRaster', { raster, transferSyntaxUID: syntax });
    return jp2File(brand, { rows, columns, samplesPerPixel }, codeStream);
  }
}

/** The frames of an animation. @throws ArchiveError `too-large`, before anything is made of them */
export function animatedFrames(frames: FrameList): readonly DrawnFrame[] {
  if (frames.length > MOST_ANIMATED_FRAMES) throw tooLongAnimation();
  return [...frames];
}

function planOf(
  dataSet: DataSet,
  frameNumber: number,
  presentation: DataSet | undefined,
  { window, isWithoutOverlays = false }: PictureStyle,
): RenderPlan {
  const plan = planRendering(dataSet, {
    frameNumber,
    ...(window === undefined ? {} : { window }),
    ...(presentation === undefined ? {} : { presentation }),
  });
  return isWithoutOverlays ? { ...plan, overlays: [] } : plan;
}

const finishing = ({ raster, annotation }: Drawn, { area }: PictureStyle) => {
  const viewport = viewportOf(raster, area);
  return {
    ...(viewport === undefined ? {} : { viewport }),
    ...(annotation === undefined ? {} : { annotation }),
  };
};

const finished = (drawn: Drawn, style: PictureStyle): Promise<Raster> =>
  finishRaster(drawn.raster, finishing(drawn, style));

/** What a data set says of its image makes no picture, or too large a one: that is found when it is asked for. */
function asRequested<Result>(read: () => Result): Result {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof InvalidInstance)) throw error;
    const code = error.reason === FAILURE_REASON.outOfResources ? 'too-large' : 'not-acceptable';
    throw new ArchiveError(code, `The image can not be rendered. ${error.message}`, { cause: error });
  }
}

const tooLongAnimation = (): ArchiveError =>
  new ArchiveError('too-large', 'The animation would be too large: ask for a smaller viewport, or for single frames.');
