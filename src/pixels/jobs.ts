/** What workers do: each job is a function from plain data to plain data, so that both can be sent between threads. */
import { decodeFrame } from './decode.js';
import { encodeFrame } from './encode.js';
import type { Frame } from './frame.js';

export interface Transcoding {
  readonly frame: Frame;
  readonly transferSyntaxUID: string;
}

export const JOBS = {
  decode: decodeFrame,
  transcode: async ({ frame, transferSyntaxUID }: Transcoding): Promise<Frame> =>
    encodeFrame(await decodeFrame(frame), transferSyntaxUID),
} as const;

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
}
