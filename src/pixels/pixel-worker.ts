/** The start of a worker thread: it does one job after the other, as they are sent. */
import { parentPort } from 'node:worker_threads';
import { ArchiveError } from '../errors.js';
import { JOBS, type Reply, type SentJob } from './jobs.js';
import { transferable } from './transferable.js';

if (parentPort === null) throw new Error('This file is the start of a worker thread.');
const port = parentPort;

port.on('message', (job: SentJob) => {
  void work(job).then(
    (result) => port.postMessage({ result } satisfies Reply, transferable(result)),
    (error: unknown) => port.postMessage({ failure: describe(error) } satisfies Reply),
  );
});

/** The names and inputs of jobs belong together, which only the pool can say. */
const work = ({ name, input }: SentJob): Promise<unknown> =>
  (JOBS[name] as (input: unknown) => Promise<unknown>)(input);

const describe = (error: unknown): Required<Reply>['failure'] =>
  error instanceof ArchiveError
    ? { code: error.code, message: error.message }
    : { message: error instanceof Error ? (error.stack ?? error.message) : String(error) };

port.postMessage({} satisfies Reply);
