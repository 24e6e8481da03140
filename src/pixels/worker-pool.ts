/**
 * Threads in which pixels are worked on, so that the server goes on answering. A job that takes too long or brings its
 * thread down fails alone: the thread is replaced. Pixels come from outside, and so may a bomb.
 */
import { availableParallelism, loadavg } from 'node:os';
import { Worker } from 'node:worker_threads';
import { ArchiveError } from '../errors.js';
import type { Log } from '../log.js';
import { CodecFailure, ThreadLost } from './codecs/codec-failure.js';
import { FailedFrames } from './failed-frames.js';
import { HeldBytes } from './held-bytes.js';
import type { JobInput, JobName, JobResult, Reply, SentJob } from './jobs.js';
import { transferable } from './transferable.js';

export interface WorkerPoolOptions {
  readonly log: Log;
  /** How many threads there are at most. */
  readonly size?: number;
  /** Counted from when a thread begins with a job, on a machine with nothing else to do. */
  readonly deadlineMs?: number;
  /** How many jobs may wait. */
  readonly mostWaiting?: number;
  /** Bytes of the inputs of jobs that wait. */
  readonly mostWaitingBytes?: number;
}

const DEADLINE_MS = 5_000;
const START_MS = 30_000;
const MOST_WAITING = 1_000;
const MOST_WAITING_BYTES = 512 * 1024 * 1024;
/** How much longer a job may take where others want the cores too. */
const MOST_PATIENCE = 4;
const THREAD_HEAP_MB = 512;

/** Whoever asked for a job has gone before it was begun. */
export class JobAbandoned extends ArchiveError {
  constructor() {
    super('unavailable', 'Nobody waits for it any more.');
  }
}

interface Job extends SentJob {
  readonly transferred: readonly ArrayBuffer[];
  readonly lengthBytes: number;
  readonly isAbandoned: () => boolean;
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: Error) => void;
}

interface Thread {
  readonly worker: Worker;
  job: Job | undefined;
  hasStarted: boolean;
  /** Whether its job has got as far as that. */
  hasDecoded: boolean;
  deadline: NodeJS.Timeout | undefined;
}

/** From its sources the product runs in tests only, which build it first. */
const SCRIPT = new URL(
  import.meta.url.endsWith('.ts') ? '../../dist/pixels/pixel-worker.js' : './pixel-worker.js',
  import.meta.url,
);

export class WorkerPool {
  /** What its threads could not do just now. */
  readonly failedFrames = new FailedFrames();
  /** What they have made, until it has been sent. */
  readonly held = new HeldBytes();
  readonly #log: Log;
  readonly #size: number;
  readonly #deadlineMs: number;
  readonly #mostWaiting: number;
  readonly #threads = new Set<Thread>();
  readonly #idle: Thread[] = [];
  readonly #waiting: Job[] = [];
  readonly #mostWaitingBytes: number;
  #waitingBytes = 0;
  #isClosed = false;

  constructor({
    log,
    size = availableParallelism(),
    deadlineMs = DEADLINE_MS,
    mostWaiting = MOST_WAITING,
    mostWaitingBytes = MOST_WAITING_BYTES,
  }: WorkerPoolOptions) {
    this.#log = log;
    this.#size = size;
    this.#deadlineMs = deadlineMs;
    this.#mostWaiting = mostWaiting;
    this.#mostWaitingBytes = mostWaitingBytes;
  }

  /** How many threads there are now: they are started when they are needed. */
  get threadCount(): number {
    return this.#threads.size;
  }

  /** How many jobs are done at the same moment. */
  get size(): number {
    return this.#size;
  }

  /**
   * Have a job done. The memory of its input goes to the thread where nothing else is in it.
   * @param isAbandoned is asked before the job is begun: whether nobody waits for it any more
   * @throws CodecFailure when the job can not be done; ArchiveError of the job, or `unavailable` when too many wait;
   *   JobAbandoned
   */
  run<Name extends JobName>(
    name: Name,
    input: JobInput<Name>,
    isAbandoned: () => boolean = () => false,
  ): Promise<JobResult<Name>> {
    return new Promise<JobResult<Name>>((resolve, reject) => {
      const transferred = transferable(input);
      const lengthBytes = transferred.reduce((sum, { byteLength }) => sum + byteLength, 0);
      if (this.#isClosed) return reject(closing());
      if (this.#isFull(lengthBytes)) this.#dropAbandoned();
      if (this.#isFull(lengthBytes)) {
        return reject(new ArchiveError('unavailable', 'Too many images wait to be decoded: ask again.'));
      }
      this.#waitingBytes += lengthBytes;
      this.#waiting.push({
        name,
        input,
        transferred,
        lengthBytes,
        isAbandoned,
        resolve: resolve as (result: unknown) => void,
        reject,
      });
      this.#assign();
    });
  }

  /** Stop all threads; what still waits or runs fails. */
  async close(): Promise<void> {
    this.#isClosed = true;
    const error = closing();
    for (const job of this.#waiting.splice(0)) job.reject(error);
    await Promise.all(
      [...this.#threads].map((thread) => {
        this.#settle(thread)?.reject(error);
        return thread.worker.terminate();
      }),
    );
  }

  #isFull(lengthBytes: number): boolean {
    if (this.#waiting.length >= this.#mostWaiting) return true;
    return this.#waiting.length > 0 && this.#waitingBytes + lengthBytes > this.#mostWaitingBytes;
  }

  /** Those that nobody waits for keep nobody out. */
  #dropAbandoned(): void {
    for (const job of this.#waiting.splice(0)) {
      if (job.isAbandoned()) this.#abandon(job);
      else this.#waiting.push(job);
    }
  }

  #abandon(job: Job): void {
    this.#waitingBytes -= job.lengthBytes;
    job.reject(new JobAbandoned());
  }

  #assign(): void {
    while (this.#waiting.length > 0) {
      const thread = this.#idle.pop() ?? this.#start();
      if (thread === undefined) return;
      const job = this.#nextWanted();
      if (job === undefined) this.#idle.push(thread);
      else this.#give(thread, job);
    }
  }

  #nextWanted(): Job | undefined {
    for (let job = this.#waiting.shift(); job !== undefined; job = this.#waiting.shift()) {
      if (job.isAbandoned()) this.#abandon(job);
      else {
        this.#waitingBytes -= job.lengthBytes;
        return job;
      }
    }
    return undefined;
  }

  #start(): Thread | undefined {
    if (this.#threads.size >= this.#size) return undefined;
    const worker = new Worker(SCRIPT, { resourceLimits: { maxOldGenerationSizeMb: THREAD_HEAP_MB } });
    const thread: Thread = { worker, job: undefined, hasStarted: false, hasDecoded: false, deadline: undefined };
    this.#threads.add(thread);
    worker.on('message', (reply: Reply) => this.#take(thread, reply));
    worker.on('error', (error) => this.#replace(thread, error));
    worker.on('exit', () => this.#replace(thread, new Error('A thread has ended.')));
    return thread;
  }

  #give(thread: Thread, job: Job): void {
    thread.job = job;
    thread.hasDecoded = false;
    this.#limit(thread, thread.hasStarted ? this.#deadline() : START_MS);
    thread.worker.ref();
    thread.worker.postMessage({ name: job.name, input: job.input } satisfies SentJob, job.transferred);
  }

  /** A thread that has to share its core with others is not slow by itself. */
  #deadline(): number {
    const crowding = (loadavg()[0] ?? 0) / availableParallelism();
    return this.#deadlineMs * Math.min(Math.max(crowding, 1), MOST_PATIENCE);
  }

  #limit(thread: Thread, ms: number): void {
    clearTimeout(thread.deadline);
    const giveUp = (): void => {
      if (thread.deadline === deadline) this.#replace(thread, new Error('A job took too long.'));
    };
    // Where this process was stopped meanwhile an answer may be waiting, which is heard first.
    const deadline = setTimeout(() => setImmediate(giveUp), ms);
    thread.deadline = deadline;
  }

  #take(thread: Thread, { isDecoded, result, failure, isSpent }: Reply): void {
    // It had just been given up.
    if (!this.#threads.has(thread)) return;
    if (!thread.hasStarted) {
      thread.hasStarted = true;
      if (thread.job !== undefined) this.#limit(thread, this.#deadline());
      return;
    }
    if (isDecoded === true) {
      thread.hasDecoded = true;
      return;
    }
    const job = this.#settle(thread);
    if (failure === undefined) job?.resolve(result);
    else job?.reject(errorOf(failure, thread));
    thread.worker.unref();
    if (isSpent === true) this.#retire(thread);
    else this.#idle.push(thread);
    this.#assign();
  }

  /** With a thread goes its memory. */
  #retire(thread: Thread): void {
    this.#threads.delete(thread);
    void thread.worker.terminate();
  }

  /** A thread that is lost is replaced when the next job needs one. */
  #replace(thread: Thread, cause: Error): void {
    if (!this.#threads.delete(thread)) return;
    const at = this.#idle.indexOf(thread);
    if (at >= 0) this.#idle.splice(at, 1);
    const job = this.#settle(thread);
    if (!this.#isClosed) this.#log.warn({ job: job?.name, err: cause }, 'a pixel thread was given up');
    job?.reject(failureOf(thread, cause));
    void thread.worker.terminate();
    this.#assign();
  }

  #settle(thread: Thread): Job | undefined {
    clearTimeout(thread.deadline);
    thread.deadline = undefined;
    const { job } = thread;
    thread.job = undefined;
    return job;
  }
}

const closing = (): ArchiveError => new ArchiveError('unavailable', 'The server is shutting down.');

/** As it was thrown in the thread. */
const errorOf = ({ code, message }: Required<Reply>['failure'], { hasDecoded }: Thread): Error => {
  if (code === undefined) return new Error(message);
  return code === 'undecodable'
    ? new CodecFailure(message, { isOfDecoded: hasDecoded })
    : new ArchiveError(code, message);
};

function failureOf({ hasStarted, hasDecoded }: Thread, cause: Error): ArchiveError {
  if (!hasStarted) return new ArchiveError('unavailable', 'Images can not be decoded now: ask again.', { cause });
  const end = hasDecoded ? 'to be given so' : 'to be decoded';
  return new ThreadLost(`The pixels take too long, or too much memory, ${end}.`, { cause, isOfDecoded: hasDecoded });
}
