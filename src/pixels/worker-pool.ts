/**
 * Threads in which pixels are worked on, so that the server goes on answering. A job that takes too long or brings its
 * thread down fails alone: the thread is replaced. Pixels come from outside, and so may a bomb.
 */
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { ArchiveError } from '../errors.js';
import type { Log } from '../log.js';
import { CodecFailure } from './codecs/codec-failure.js';
import type { JobInput, JobName, JobResult, Reply, SentJob } from './jobs.js';
import { transferable } from './transferable.js';

export interface WorkerPoolOptions {
  readonly log: Log;
  /** How many threads there are at most. */
  readonly size?: number;
  /** Counted from when a thread begins with a job. */
  readonly deadlineMs?: number;
  /** How many jobs may wait. */
  readonly mostWaiting?: number;
}

const DEADLINE_MS = 5_000;
const START_MS = 30_000;
const MOST_WAITING = 1_000;
const THREAD_HEAP_MB = 512;

interface Job extends SentJob {
  readonly transferred: readonly ArrayBuffer[];
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: Error) => void;
}

interface Thread {
  readonly worker: Worker;
  job: Job | undefined;
  hasStarted: boolean;
  deadline: NodeJS.Timeout | undefined;
}

/** From its sources the product runs in tests only, which build it first. */
const SCRIPT = new URL(
  import.meta.url.endsWith('.ts') ? '../../dist/pixels/pixel-worker.js' : './pixel-worker.js',
  import.meta.url,
);

export class WorkerPool {
  readonly #log: Log;
  readonly #size: number;
  readonly #deadlineMs: number;
  readonly #mostWaiting: number;
  readonly #threads = new Set<Thread>();
  readonly #idle: Thread[] = [];
  readonly #waiting: Job[] = [];
  #isClosed = false;

  constructor({
    log,
    size = availableParallelism(),
    deadlineMs = DEADLINE_MS,
    mostWaiting = MOST_WAITING,
  }: WorkerPoolOptions) {
    this.#log = log;
    this.#size = size;
    this.#deadlineMs = deadlineMs;
    this.#mostWaiting = mostWaiting;
  }

  /** How many jobs are done at the same moment. */
  get size(): number {
    return this.#size;
  }

  /**
   * Have a job done. The memory of its input goes to the thread where nothing else is in it.
   * @throws CodecFailure when the job can not be done; ArchiveError `unavailable` when too many wait
   */
  run<Name extends JobName>(name: Name, input: JobInput<Name>): Promise<JobResult<Name>> {
    return new Promise<JobResult<Name>>((resolve, reject) => {
      if (this.#isClosed || this.#waiting.length >= this.#mostWaiting) {
        reject(new ArchiveError('unavailable', 'Too many images wait to be decoded: ask again.'));
        return;
      }
      this.#waiting.push({
        name,
        input,
        transferred: transferable(input),
        resolve: resolve as (result: unknown) => void,
        reject,
      });
      this.#assign();
    });
  }

  /** Stop all threads; what still waits or runs fails. */
  async close(): Promise<void> {
    this.#isClosed = true;
    const error = new ArchiveError('unavailable', 'The server is shutting down.');
    for (const job of this.#waiting.splice(0)) job.reject(error);
    await Promise.all(
      [...this.#threads].map((thread) => {
        this.#settle(thread)?.reject(error);
        return thread.worker.terminate();
      }),
    );
  }

  #assign(): void {
    while (this.#waiting.length > 0) {
      const thread = this.#idle.pop() ?? this.#start();
      if (thread === undefined) return;
      const job = this.#waiting.shift();
      if (job !== undefined) this.#give(thread, job);
    }
  }

  #start(): Thread | undefined {
    if (this.#threads.size >= this.#size) return undefined;
    const worker = new Worker(SCRIPT, { resourceLimits: { maxOldGenerationSizeMb: THREAD_HEAP_MB } });
    const thread: Thread = { worker, job: undefined, hasStarted: false, deadline: undefined };
    this.#threads.add(thread);
    worker.on('message', (reply: Reply) => this.#take(thread, reply));
    worker.on('error', (error) => this.#replace(thread, error));
    worker.on('exit', () => this.#replace(thread, new Error('A thread has ended.')));
    return thread;
  }

  #give(thread: Thread, job: Job): void {
    thread.job = job;
    this.#limit(thread, thread.hasStarted ? this.#deadlineMs : START_MS);
    thread.worker.ref();
    thread.worker.postMessage({ name: job.name, input: job.input } satisfies SentJob, job.transferred);
  }

  #limit(thread: Thread, ms: number): void {
    clearTimeout(thread.deadline);
    thread.deadline = setTimeout(() => this.#replace(thread, new Error('A job took too long.')), ms);
  }

  #take(thread: Thread, { result, failure }: Reply): void {
    if (!thread.hasStarted) {
      thread.hasStarted = true;
      if (thread.job !== undefined) this.#limit(thread, this.#deadlineMs);
      return;
    }
    const job = this.#settle(thread);
    if (failure === undefined) job?.resolve(result);
    else job?.reject(failure.isBug ? new Error(failure.message) : new CodecFailure(failure.message));
    thread.worker.unref();
    this.#idle.push(thread);
    this.#assign();
  }

  /** A thread that is lost is replaced when the next job needs one. */
  #replace(thread: Thread, cause: Error): void {
    if (!this.#threads.delete(thread)) return;
    const at = this.#idle.indexOf(thread);
    if (at >= 0) this.#idle.splice(at, 1);
    const job = this.#settle(thread);
    if (!this.#isClosed) this.#log.warn({ job: job?.name, err: cause }, 'a pixel thread was given up');
    job?.reject(new CodecFailure('The pixels take too long, or too much memory, to be decoded.', { cause }));
    void thread.worker.terminate();
    this.#assign();
  }

  #settle(thread: Thread): Job | undefined {
    clearTimeout(thread.deadline);
    const { job } = thread;
    thread.job = undefined;
    return job;
  }
}
