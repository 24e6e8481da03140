/**
 * The one way in, whatever door an instance came through: received, made durable, indexed, and only then told as stored.
 * Files of one request are flushed side by side while the next part arrives; their rows are written in one transaction.
 */
import type { Database } from '../database/database.js';
import { FAILURE_REASON } from '../dicom/failure-reasons.js';
import { ArchiveError } from '../errors.js';
import type { Log } from '../log.js';
import type { BlobStore } from './blobs/blob-store.js';
import type { IndexOutcome, IndexRecord, StoringSite } from './index/index-record.js';
import { type IndexWriter, isMisfit } from './index/index-writer.js';
import { compareWithKnown, KnownInstances, pseudonymOf, readKnownRows } from './index/known-rows.js';
import { instanceKeyOf } from './instance-key.js';
import { type ReceivedInstance, receiveInstance } from './receive-instance.js';
import { type Refused, refused, type SentIdentity, type StoreOutcome } from './store-outcome.js';
import type { SubmissionRecords } from './submission-records.js';

/** Parts whose files and rows are waited for together: bounds what a request of ten thousand parts holds in memory. */
const BATCH_PARTS = 64;

export interface StoreRequest {
  readonly site: StoringSite;
  readonly expectedStudy: string | undefined;
  /** Each part's bytes; a part is read to its end before the next one is asked for. */
  readonly parts: AsyncIterable<AsyncIterable<Buffer>>;
}

export interface StoreResult {
  /** One for each whole part, in order. */
  readonly outcomes: readonly StoreOutcome[];
  /** Why the parts broke off before their end; what came before stands. */
  readonly failure: unknown;
  /** Why the disk did not take a part, when one was refused for that. */
  readonly diskFailure: unknown;
}

export interface InstanceStoreOptions {
  readonly blobs: BlobStore;
  readonly database: Database;
  readonly writer: IndexWriter;
  readonly submissions: SubmissionRecords;
  readonly maxInstanceBytes: number;
  readonly log: Log;
}

/** A part on its way: judged already, or durable and waiting for its row. */
type Settled =
  | { readonly outcome: StoreOutcome; readonly diskFailure?: unknown }
  | { readonly record: IndexRecord; readonly received: ReceivedInstance };

export class InstanceStore {
  readonly #options: InstanceStoreOptions;
  readonly #knownInstances: KnownInstances;

  constructor(options: InstanceStoreOptions) {
    this.#options = options;
    this.#knownInstances = new KnownInstances(options.database.read);
  }

  async store(request: StoreRequest): Promise<StoreResult> {
    const outcomes: StoreOutcome[] = [];
    const fitting = new Set<string>();
    let batch: Promise<Settled>[] = [];
    let failure: unknown;
    let diskFailure: unknown;
    const finishBatch = async (): Promise<void> => {
      const settled = await Promise.all(batch);
      batch = [];
      outcomes.push(...(await this.#finish(settled)));
      diskFailure ??= settled.map((one) => ('diskFailure' in one ? one.diskFailure : undefined)).find(Boolean);
    };
    try {
      for await (const part of request.parts) {
        const received = await this.#receive(part, request.expectedStudy);
        // Not awaited: its file is flushed while the next part is read.
        batch.push(
          'diskFailure' in received ? Promise.resolve(received) : this.#settle(received, request.site, fitting),
        );
        if (batch.length >= BATCH_PARTS) await finishBatch();
      }
    } catch (error) {
      failure = error;
    }
    await finishBatch();
    return { outcomes, failure, diskFailure };
  }

  /** A disk that does not take one part is no reason to give up the others. */
  async #receive(part: AsyncIterable<Buffer>, expectedStudy: string | undefined) {
    const { blobs, maxInstanceBytes } = this.#options;
    try {
      return await receiveInstance(part, { blobs, maxInstanceBytes, expectedStudy });
    } catch (error) {
      if (!isDiskFailure(error)) throw error;
      return { outcome: this.#notKept({}, error), diskFailure: error };
    }
  }

  /** Never rejects: a part that can not be kept now is an outcome like another. */
  async #settle(received: ReceivedInstance | Refused, site: StoringSite, fitting: Set<string>): Promise<Settled> {
    if (received.outcome === 'refused') return { outcome: received };
    try {
      return await this.#publish(received, site, fitting);
    } catch (error) {
      return { outcome: this.#notKept(received.identity, error), diskFailure: error };
    } finally {
      await received.staged.discard();
    }
  }

  async #publish(received: ReceivedInstance, site: StoringSite, fitting: Set<string>): Promise<Settled> {
    const record = indexRecord(received, site);
    const same = await this.#knownInstances.find(record.identity.sopInstanceUID);
    if (same !== undefined) return { outcome: outcomeOf(compareWithKnown(record, same), received) };
    // Before its file is among the others, where a later `reindex` could not tell it from what was acknowledged.
    if (!(await this.#fits(record, fitting))) return { outcome: outcomeOf('misfit', received) };
    await received.staged.publish(record.blobKey);
    return { record, received };
  }

  /** Whether the record fits what is indexed; asked once for each series of a request, for what fits goes on to fit. */
  async #fits(record: IndexRecord, fitting: Set<string>): Promise<boolean> {
    const { studyInstanceUID, seriesInstanceUID } = record.identity;
    const series = [studyInstanceUID, seriesInstanceUID, pseudonymOf(record), record.description.series.modality].join(
      '/',
    );
    if (fitting.has(series)) return true;
    const isFitting = !isMisfit(record, await readKnownRows(this.#options.database.read, [record]));
    if (isFitting) fitting.add(series);
    return isFitting;
  }

  /** Write the rows of a batch; a file whose row lost against another is removed. */
  async #finish(batch: readonly Settled[]): Promise<readonly StoreOutcome[]> {
    const waiting = batch.filter((settled) => 'record' in settled);
    const indexed = waiting.length === 0 ? [] : await this.#options.writer.add(waiting.map(({ record }) => record));
    const outcomeOfRecord = new Map<IndexRecord, IndexOutcome>();
    for (const [i, { record }] of waiting.entries()) {
      const outcome = indexed[i] ?? 'misfit';
      outcomeOfRecord.set(record, outcome);
      // A misfit that a race has let this far stays, for `verify` to tell of: its bytes may be on their way in for the right site.
      if (outcome === 'duplicate') await this.#removeLost(record);
    }
    const outcomes = batch.map((settled) =>
      'record' in settled
        ? outcomeOf(outcomeOfRecord.get(settled.record) ?? 'misfit', settled.received)
        : settled.outcome,
    );
    await this.#options.submissions.ensure(studiesOf(outcomes));
    return outcomes;
  }

  /** The row that won may name the very file. */
  async #removeLost({ identity, blobKey }: IndexRecord): Promise<void> {
    const { database, blobs } = this.#options;
    const row = await database.read
      .selectFrom('instance')
      .select('blob_key')
      .where('sop_instance_uid', '=', identity.sopInstanceUID)
      .executeTakeFirst();
    if (row?.blob_key !== blobKey) await blobs.remove(blobKey);
  }

  #notKept(identity: SentIdentity, error: unknown): StoreOutcome {
    const { sopInstanceUID } = identity;
    const code = error instanceof ArchiveError ? error.code : 'bug';
    this.#options.log.error({ sopInstanceUID, code, err: error }, 'an instance could not be kept');
    return refused(identity, FAILURE_REASON.outOfResources, 'The archive could not keep the instance now.');
  }
}

const isDiskFailure = (error: unknown): boolean =>
  error instanceof ArchiveError && (error.code === 'storage-full' || error.code === 'unavailable');

const indexRecord = (received: ReceivedInstance, site: StoringSite): IndexRecord => ({
  identity: received.identity,
  site,
  blobKey: instanceKeyOf(received.identity, received.sha256),
  sha256: received.sha256,
  crc32: received.crc32,
  sizeBytes: received.sizeBytes,
  description: received.description,
});

function outcomeOf(outcome: IndexOutcome, received: ReceivedInstance): StoreOutcome {
  const { identity, warning } = received;
  switch (outcome) {
    case 'stored':
    case 'already-stored':
      return { outcome, identity, warning };
    case 'duplicate':
      return refused(
        identity,
        FAILURE_REASON.duplicateSOPInstance,
        'Another instance is stored under this SOP Instance UID; the first one is kept.',
      );
    case 'misfit':
      return refused(
        identity,
        FAILURE_REASON.dataSetDoesNotMatchSOPClass,
        'The Patient, Study, Series, Modality or site of the instance is another than its UIDs stand for here.',
      );
  }
}

const studiesOf = (outcomes: readonly StoreOutcome[]): Set<string> =>
  new Set(outcomes.flatMap((o) => (o.outcome === 'refused' ? [] : [o.identity.studyInstanceUID])));
