/**
 * Storage commitment: hospitals ask whether what they have sent is safe, before they delete their own. What is little is
 * checked while they wait, the rest after it. Requests and results are in the index: any node answers, and whatever node is
 * there goes on where one has ended. PS3.18 §13, PS3.4 §J
 */
import { ArchiveError, gone, notFound } from '../errors.js';
import { bytesToCheck, CHECKED_AT_ONCE, type CheckOptions, checkInstances } from './commitment-check.js';
import {
  addCommitment,
  type CommitmentKey,
  countUnfinished,
  findCommitment,
  forgetCommitments,
  type InstanceReference,
  keepProgress,
  keepWithinQuota,
  type Lease,
  leaseCommitment,
  sweepCommitments,
} from './index/commitment-rows.js';
import type { Scope } from './scope.js';

export interface CommitmentResult {
  readonly instances: readonly InstanceReference[];
  /** For each of them 0 when the archive commits to it, else the Failure Reason. */
  readonly reasons: readonly number[];
}

/** References of one request. */
export const MAX_COMMITTED = 5_000;
/** Results are kept so long after they were there. */
export const RESULT_DAYS = 30;
/** Requests are remembered so long: their UIDs stay used. */
export const REMEMBERED_DAYS = 366;
/** Finished requests of one site that are remembered. */
export const MAX_REMEMBERED = 100_000;
/** Of the results of one site, with the instances that they are of: two million and a half of those. The oldest go first. */
export const MAX_RESULT_BYTES = 256 * 1024 * 1024;
const QUOTA = { mostRequests: MAX_REMEMBERED, mostResultBytes: MAX_RESULT_BYTES };
/** When so much has been asked the quota is looked after, without waiting for the next hour. */
const ASKED_BYTES = 16 * 1024 * 1024;
/** Of a request with few instances. */
const ROW_BYTES = 256;
/** What is checked while whoever asks waits. */
const BYTES_AT_ONCE = 128 * 1024 * 1024;
const REFERENCES_AT_ONCE = 1_000;
/** Requests of one site that wait for their answer. */
export const MAX_UNFINISHED = 100;
/** A node that has not said for so long that it goes on has ended. */
const LEASE_MS = 120_000;
const RENEWAL_MS = 20_000;
const DAY_MS = 86_400_000;

export class Commitments {
  readonly #options: CheckOptions;
  #working: Promise<void> | undefined;
  /** Since the quota was looked after. */
  #askedBytes = 0;
  #isClosed = false;

  constructor(options: CheckOptions) {
    this.#options = options;
  }

  /**
   * Ask the archive to commit to instances; undefined when that takes longer: the result is to be asked for then.
   * @throws ArchiveError `conflict` when the Transaction UID has been used, `forbidden` for whoever does not store,
   * `too-large`, and `unavailable` when too many requests wait already
   */
  async request(
    scope: Scope,
    transactionUID: string,
    instances: readonly InstanceReference[],
  ): Promise<CommitmentResult | undefined> {
    const { database, now } = this.#options;
    const key = { requester: requesterOf(scope), transactionUID };
    if (instances.length > MAX_COMMITTED) {
      throw new ArchiveError('too-large', `At most ${MAX_COMMITTED} instances can be asked about at once.`);
    }
    if ((await countUnfinished(database, key.requester)) >= MAX_UNFINISHED) {
      throw new ArchiveError('unavailable', 'Too many requests for commitment wait for their results.');
    }
    await this.#countAsked(instances.length);
    if (!(await addCommitment(database, key, { instances, requestedAt: now().toISOString() }))) {
      throw new ArchiveError('conflict', 'The Transaction UID has been used before.');
    }
    const isLittle =
      instances.length <= REFERENCES_AT_ONCE && (await bytesToCheck(this.#options, scope, instances)) <= BYTES_AT_ONCE;
    if (!isLittle) {
      this.work();
      return undefined;
    }
    const lease = await leaseCommitment(database, this.#leaseTimes(), key);
    if (lease !== undefined) await this.#finish(lease).catch((error: unknown) => this.#putOff(lease, error));
    return this.result(scope, transactionUID);
  }

  /**
   * The result of an earlier request; undefined while it is worked on.
   * @throws ArchiveError `not-found` when whoever asks has made none with this UID, `gone` when it was swept away
   */
  async result(scope: Scope, transactionUID: string): Promise<CommitmentResult | undefined> {
    const row = await findCommitment(this.#options.database, { requester: requesterOf(scope), transactionUID });
    if (row === undefined) throw notFound();
    if (!row.isFinished) return undefined;
    if (row.instances === undefined) {
      throw gone(
        `The result has been removed: each is kept for ${RESULT_DAYS} days, and fewer when there are very many.`,
      );
    }
    return { instances: row.instances, reasons: row.result };
  }

  /** Work on what waits, in the background, until nothing does. To be called when something may: also now and then. */
  work(): void {
    if (this.#isClosed || this.#working !== undefined) return;
    this.#working = this.#workOnAll().finally(() => {
      this.#working = undefined;
    });
  }

  /** Sweep results away that nobody has a claim to any more: the old ones, and the oldest of whoever has too many. */
  async sweep(): Promise<number> {
    const { database } = this.#options;
    await forgetCommitments(database, this.#daysAgo(REMEMBERED_DAYS));
    const old = await sweepCommitments(database, this.#daysAgo(RESULT_DAYS));
    return old + (await this.#keepWithinQuota());
  }

  #daysAgo(days: number): string {
    return new Date(this.#options.now().getTime() - days * DAY_MS).toISOString();
  }

  async #countAsked(instances: number): Promise<void> {
    this.#askedBytes += ROW_BYTES * (1 + instances);
    if (this.#askedBytes >= ASKED_BYTES) await this.#keepWithinQuota();
  }

  #keepWithinQuota(): Promise<number> {
    this.#askedBytes = 0;
    return keepWithinQuota(this.#options.database, QUOTA);
  }

  /** Stop working; what is not done is done by whoever comes next. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#working;
  }

  async #workOnAll(): Promise<void> {
    const { database, log } = this.#options;
    try {
      for (;;) {
        if (this.#isClosed) return;
        const lease = await leaseCommitment(database, this.#leaseTimes());
        if (lease === undefined) return;
        await this.#finish(lease).catch((error: unknown) => this.#putOff(lease, error));
      }
    } catch (err) {
      log.warn({ err }, 'requests for commitment could not be worked on now');
    }
  }

  /** Check what is left of a request, and keep from time to time how far it is. */
  async #finish(taken: Lease): Promise<void> {
    const { database, now } = this.#options;
    const row = await findCommitment(database, taken);
    if (row?.instances === undefined) throw new Error('A request that is worked on is there.');
    const { instances } = row;
    const result = [...row.result];
    let lease = taken;
    let keptAtMs = now().getTime();
    const keep = async (): Promise<void> => {
      if (this.#isClosed) {
        await keepProgress(database, lease, { result, until: null, finishedAt: null });
        throw new PutOff();
      }
      if (now().getTime() - keptAtMs < RENEWAL_MS) return;
      keptAtMs = now().getTime();
      const { until } = this.#leaseTimes();
      const renewed = { ...lease, until };
      if (!(await keepProgress(database, lease, { result, until, finishedAt: null }))) throw new PutOff();
      lease = renewed;
    };
    const goOn = onceAtATime(keep);
    while (result.length < instances.length) {
      const some = instances.slice(result.length, result.length + CHECKED_AT_ONCE);
      result.push(...(await checkInstances(this.#options, scopeOf(taken.requester), some, goOn)));
      await goOn();
    }
    await keepProgress(database, lease, { result, until: null, finishedAt: now().toISOString() });
  }

  /** Let another, or this one later, go on: when the lease has ended, for what failed now may fail again at once. */
  #putOff({ transactionUID }: CommitmentKey, error: unknown): void {
    if (error instanceof PutOff) return;
    this.#options.log.warn({ transactionUID, err: error }, 'a request for commitment is put off');
  }

  #leaseTimes(): { readonly now: string; readonly until: string } {
    const now = this.#options.now();
    return { now: now.toISOString(), until: new Date(now.getTime() + LEASE_MS).toISOString() };
  }
}

/** The server closes, or another node has taken the work up. */
class PutOff extends Error {
  override readonly name = 'PutOff';
}

/** Files that are read side by side all ask: one asks for all. Once that has failed it fails for whoever asks again. */
function onceAtATime(work: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | undefined;
  return () => {
    running ??= work().then(() => {
      running = undefined;
    });
    return running;
  };
}

function requesterOf(scope: Scope): string {
  if (scope.kind === 'site') return `site ${scope.siteID}`;
  if (scope.kind === 'everything') return 'curators';
  throw new ArchiveError('forbidden', 'The archive commits to those who store.');
}

const scopeOf = (requester: string): Scope =>
  requester === 'curators' ? { kind: 'everything' } : { kind: 'site', siteID: Number(requester.slice('site '.length)) };
