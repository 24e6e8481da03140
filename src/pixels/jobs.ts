/** What workers do: each job is a function from plain data to plain data, so that both can be sent between threads. */
import { InvalidInstance } from '../dicom/failure-reasons.js';
import type { ErrorCode } from '../errors.js';
import { CodecFailure } from './codecs/codec-failure.js';
import { decodeFrame } from './decode.js';
import { encodeFrame } from './encode.js';
import type { Frame } from './frame.js';
import { FrameMemory } from './frame-memory.js';
import { drawFrame } from './render/draw.js';
import { encodeImage, type FinishOptions, finishRaster, type PictureOptions } from './render/present.js';
import type { Raster } from './render/raster.js';
import type { RenderPlan } from './render/render-plan.js';

export interface Transcoding {
  readonly frame: Frame;
  readonly transferSyntaxUID: string;
}

export interface Drawing {
  readonly frame: Frame;
  readonly plan: RenderPlan;
}

export interface RasterDrawing extends Drawing {
  readonly finish: FinishOptions;
}

export interface PictureDrawing extends Drawing {
  readonly picture: PictureOptions;
}

export interface MadePicture {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** The frame's memory, of which the picture holds nothing. */
  readonly spent: Uint8Array<ArrayBuffer>;
}

/** To be called when a job has decoded its frame: what fails after that is not the fault of the frame alone. */
export type TellDecoded = () => void;

/** Of this thread. */
const rasters = new FrameMemory();

export const JOBS = {
  decode: (frame: Frame): Promise<Frame> => decodeFrame(frame),
  transcode: async ({ frame, transferSyntaxUID }: Transcoding, tellDecoded: TellDecoded): Promise<Frame> => {
    const decoded = await decodeFrame(frame);
    tellDecoded();
    return encodeFrame(decoded, transferSyntaxUID);
  },
  raster: async ({ finish, ...drawing }: RasterDrawing, tellDecoded: TellDecoded): Promise<Raster> =>
    finishRaster(await drawn(drawing, tellDecoded), finish),
  picture: async ({ picture, ...drawing }: PictureDrawing, tellDecoded: TellDecoded): Promise<MadePicture> => {
    const raster = await drawn(drawing, tellDecoded, rasters);
    // A copy, for the memory of libvips can not be sent on.
    const bytes = new Uint8Array(await encodeImage(raster, picture));
    const spent = drawing.frame.bytes;
    if (raster.bytes.buffer !== spent.buffer) rasters.giveBack(raster.bytes);
    return { bytes, spent };
  },
} as const;

/** That pixels are not what their data set says is found where they are drawn. */
async function drawn({ frame, plan }: Drawing, tellDecoded: TellDecoded, memory?: FrameMemory): Promise<Raster> {
  const decoded = await decodeFrame(frame);
  tellDecoded();
  try {
    return drawFrame(decoded, plan, memory);
  } catch (error) {
    throw error instanceof InvalidInstance ? new CodecFailure(error.message, { cause: error }) : error;
  }
}

type Jobs = typeof JOBS;
export type JobName = keyof Jobs;
export type JobInput<Name extends JobName> = Parameters<Jobs[Name]>[0];
export type JobResult<Name extends JobName> = Awaited<ReturnType<Jobs[Name]>>;

/** As it is sent to a thread. */
export interface SentJob {
  readonly name: JobName;
  readonly input: unknown;
}

/** The first one, of neither, says that the thread has started. */
export interface Reply {
  /** Not the end of a job, but that it has decoded its frame. */
  readonly isDecoded?: boolean;
  readonly result?: unknown;
  /** Without a code it is a bug. */
  readonly failure?: { readonly code?: ErrorCode; readonly message: string };
  /** Whether the thread holds so much memory now that another is to take its place. */
  readonly isSpent?: boolean;
}
