/**
 * Makes pictures of stored images: read and checked, then decoded, drawn and encoded in a thread. What has been made is kept
 * for a while. Only so many are made at once as there are processors, for each holds a whole image in memory.
 */
import type { LocatedInstance } from '../archive/index/locate.js';
import type { ScopedArchive } from '../archive/scoped-archive.js';
import type { DataSet } from '../dicom/data-set.js';
import { FAILURE_REASON, InvalidInstance } from '../dicom/failure-reasons.js';
import { imagePixelDescription } from '../dicom/image-pixel.js';
import { ArchiveError } from '../errors.js';
import { CodecFailure } from '../pixels/codecs/codec-failure.js';
import type { FrameWork } from '../pixels/failed-frames.js';
import type { Frame } from '../pixels/frame.js';
import { FrameMemory } from '../pixels/frame-memory.js';
import { encodeAnimation, type FinishOptions, type PictureMediaType } from '../pixels/render/present.js';
import type { Raster } from '../pixels/render/raster.js';
import { planRendering, type RenderPlan } from '../pixels/render/render-plan.js';
import type { ResultCache, ResultKey } from '../pixels/result-cache.js';
import { JobAbandoned, type WorkerPool } from '../pixels/worker-pool.js';
import { animationDelayMs } from './animation-delay.js';
import { annotationOf } from './annotation-lines.js';
import { type DrawnFrame, type FrameList, type PictureStyle, pictureDigest, pictureKey } from './picture-request.js';
import { readDrawnFrame } from './read-drawn-frame.js';
import { Turns } from './turns.js';

/** A picture that is to be made, and what lies on it. */
interface Drawing {
  readonly plan: RenderPlan;
  readonly finish: FinishOptions;
  readonly read: () => Promise<Frame>;
  readonly work: Omit<FrameWork, 'into'>;
}

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
  readonly #memory = new FrameMemory();

  constructor({ pixels, results }: { readonly pixels: WorkerPool; readonly results: ResultCache }) {
    this.#pixels = pixels;
    this.#results = results;
    // While one is read the threads have another.
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
    return this.#turns.take(async () => {
      const { plan, finish, read, work } = await this.#drawing(archive, frame, style);
      const { quality, iccProfile } = style;
      const picture = { ...finish, mediaType, quality, iccProfile };
      const into = `picture/${pictureDigest([frame], style, mediaType)}`;
      const { bytes, spent } = await this.#unlessFailed({ ...work, into }, async () =>
        this.#pixels.run('picture', { frame: await read(), plan, picture }),
      );
      this.#memory.giveBack(spent);
      return Buffer.from(bytes.buffer);
    }, isAbandoned);
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
      const raster = await this.#turns.take(() => this.#raster(archive, frame, style), isAbandoned);
      bytes += raster.bytes.length;
      if (bytes > MOST_ANIMATED_BYTES) throw tooLongAnimation();
      rasters.push(raster);
    }
    const delayMs = animationDelayMs(await archive.header(first.instance));
    return this.#turns.take(() => encodeAnimation(rasters, { delayMs }));
  }

  async #raster(archive: ScopedArchive, frame: DrawnFrame, style: PictureStyle): Promise<Raster> {
    const { plan, finish, read, work } = await this.#drawing(archive, frame, style);
    const into = `raster/${pictureDigest([frame], style, 'image/gif')}`;
    return this.#unlessFailed({ ...work, into }, async () =>
      this.#pixels.run('raster', { frame: await read(), plan, finish }),
    );
  }

  /** That it can not be drawn, or encoded, is no damage of an image that has been decoded. */
  async #unlessFailed<Result>(work: FrameWork, make: () => Promise<Result>): Promise<Result> {
    try {
      return await this.#pixels.failedFrames.unlessFailed(work, make);
    } catch (error) {
      if (!(error instanceof CodecFailure) || !error.isOfDecoded) throw error;
      const advice = 'Ask for a smaller viewport, or for another type.';
      throw new ArchiveError('not-acceptable', `The image can not be rendered so. ${error.message} ${advice}`, {
        cause: error,
      });
    }
  }

  async #drawing(archive: ScopedArchive, frame: DrawnFrame, style: PictureStyle): Promise<Drawing> {
    const { instance, frameNumber, presentation } = frame;
    const dataSet = await archive.header(instance);
    const state = presentation && (await archive.header(presentation));
    const plan = asRequested(() => planOf(dataSet, frameNumber, state, style));
    const place = { number: frameNumber, count: instance.frameCount };
    return {
      plan,
      finish: { area: style.area, annotation: annotationOf(dataSet, style.annotations ?? [], place) },
      read: () => readDrawnFrame(archive, instance, frameNumber, dataSet, this.#memory),
      work: { sha256: instance.sha256, frameNumber },
    };
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
