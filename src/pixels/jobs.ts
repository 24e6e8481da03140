/** What workers do: each job is a function from plain data to plain data, so that both can be sent between threads. */
import { InvalidInstance } from '../dicom/failure-reasons.js';
import { CodecFailure } from './codecs/codec-failure.js';
import { decodeFrame } from './decode.js';
import { encodeFrame } from './encode.js';
import type { Frame } from './frame.js';
import { drawFrame } from './render/draw.js';
import type { Raster } from './render/raster.js';
import { encodeRaster } from './render/raster-code-stream.js';
import type { RenderPlan } from './render/render-plan.js';

export interface Transcoding {
  readonly frame: Frame;
  readonly transferSyntaxUID: string;
}

export interface Drawing {
  readonly frame: Frame;
  readonly plan: RenderPlan;
}

export interface RasterEncoding {
  readonly raster: Raster;
  readonly transferSyntaxUID: string;
}

export const JOBS = {
  decode: decodeFrame,
  transcode: async ({ frame, transferSyntaxUID }: Transcoding): Promise<Frame> =>
    encodeFrame(await decodeFrame(frame), transferSyntaxUID),
  draw: async ({ frame, plan }: Drawing): Promise<Raster> => drawn(await decodeFrame(frame), plan),
  encodeRaster: ({ raster, transferSyntaxUID }: RasterEncoding): Promise<Uint8Array<ArrayBuffer>> =>
    encodeRaster(raster, transferSyntaxUID),
} as const;

/** That pixels are not what their data set says is found where they are drawn. */
function drawn(frame: Frame, plan: RenderPlan): Raster {
  try {
    return drawFrame(frame, plan);
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
  readonly result?: unknown;
  readonly failure?: { readonly isBug: boolean; readonly message: string };
  /** Whether the thread holds so much memory now that another is to take its place. */
  readonly isSpent?: boolean;
}
