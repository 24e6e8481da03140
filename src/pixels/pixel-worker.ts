/** The start of a worker thread: it does one job after the other, as they are sent. */
import { parentPort } from 'node:worker_threads';
import { ArchiveError } from '../errors.js';
import { JOBS, type Reply, type SentJob, type TellDecoded } from './jobs.js';
import { transferable } from './transferable.js';

if (parentPort === null) throw new Error('This file is the start of a worker thread.');
const port = parentPort;

/** Memory outside of the heap that a thread keeps after a job: of codecs, which never shrinks, and of pixels that nobody has collected. */
const MOST_KEPT_BYTES = 384 * 1024 * 1024;

port.on('message', (job: SentJob) => {
  void work(job).then(
    (result) => reply({ result }),
    (error: unknown) => reply({ failure: describe(error) }),
  );
});

function reply(outcome: Omit<Reply, 'isSpent'>): void {
  const transferred = transferable(outcome.result);
  const leaving = transferred.reduce((sum, { byteLength }) => sum + byteLength, 0);
  const isSpent = process.memoryUsage().external - leaving > MOST_KEPT_BYTES;
  port.postMessage({ ...outcome, isSpent } satisfies Reply, transferred);
}

/** The names and inputs of jobs belong together, which only the pool can say. */
const work = ({ name, input }: SentJob): Promise<unknown> =>
  (JOBS[name] as (input: unknown, tellDecoded: TellDecoded) => Promise<unknown>)(input, tellDecoded);

const tellDecoded = (): void => port.postMessage({ isDecoded: true } satisfies Reply);

const describe = (error: unknown): Required<Reply>['failure'] =>
  error instanceof ArchiveError
    ? { code: error.code, message: error.message }
    : { message: error instanceof Error ? (error.stack ?? error.message) : String(error) };

port.postMessage({} satisfies Reply);
