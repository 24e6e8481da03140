/**
 * The one way in, whatever door an instance came through: received, made durable, indexed, and only then told as stored.
 * Files of one request are flushed side by side while the next part arrives; their rows are written in one transaction.
 */
import type { Database } from '../database/database.js';
import { FAILURE_REASON } from '../dicom/failure-reasons.js';
import { ArchiveError } from '../errors.js';
import type { Log } from '../log.js';
import type { BlobStore } from './blobs/blob-store.js';
import { HeaderBudget } from './header-budget.js';
import type { IndexOutcome, IndexRecord, StoringSite } from './index/index-record.js';
import { type Indexed, type IndexWriter, isMisfit } from './index/index-writer.js';
import { refusalOf } from './index/known-deletions.js';
import { compareWithKnown, type FoundInstance } from './index/known-rows.js';
import { LookUp } from './index/look-up.js';
import { findKnownFile, markRestored, replaceFile } from './index/restored-file.js';
import { instanceKeyOf } from './instance-key.js';
import { LetThrough } from './let-through.js';
import { outcomeOf } from './outcome-of.js';
import { type ReceivedInstance, receiveInstance } from './receive-instance.js';
import { SentPart } from './sent-part.js';
import { type Refused, refused, type SentIdentity, type StoreOutcome } from './store-outcome.js';
import type { SendingSite } from './storing-site.js';
import type { IndexedStudy, SubmissionRecords } from './submission-records.js';

/** Parts whose files and rows are waited for together: bounds what a request of ten thousand parts holds in memory. */
const BATCH_PARTS = 64;

export interface StoreRequest {
  readonly site: SendingSite;
  readonly expectedStudy: string | undefined;
  /** What the door does not take, although it could be read. */
  readonly refusedTransferSyntaxes?: ReadonlySet<string | undefined>;
  /** Each part's bytes; a part is read to its end before the next one is asked for. */
  readonly parts: AsyncIterable<AsyncIterable<Buffer>>;
}

export interface StoreResult {
  /** One for each whole part, in order. */
  readonly outcomes: readonly StoreOutcome[];
  /** Why the parts broke off before their end; what came before stands. */
  readonly failure: unknown;
  /** Why the disk or the index did not take a part, when one was refused for that. */
  readonly diskFailure: unknown;
}

export interface InstanceStoreOptions {
  readonly blobs: BlobStore;
  readonly database: Database;
  readonly writer: IndexWriter;
  readonly submissions: SubmissionRecords;
  readonly maxInstanceBytes: number;
  readonly log: Log;
  readonly now: () => Date;
}

/** What became of a part, and why the disk or the index did not take it where that is what became of it. */
interface Judged {
  readonly outcome: StoreOutcome;
  /** The row of its study, where the index has told it. */
  readonly studyRowID?: number | undefined;
  readonly diskFailure?: unknown;
}

interface NotKept extends Judged {
  readonly outcome: Refused;
  readonly diskFailure: unknown;
}

/** What is to become of a part that has been received; without an outcome, its file is to be written. */
interface Judgement {
  readonly record: IndexRecord;
  /** What is stored under its SOP Instance UID. */
  readonly same?: FoundInstance;
  readonly outcome?: IndexOutcome;
}

/** A part whose file is durable and waits for its row. */
interface Waiting {
  readonly record: IndexRecord;
  readonly received: ReceivedInstance;
}

type Settled = Judged | Waiting;

export class InstanceStore {
  readonly #options: InstanceStoreOptions;
  readonly #lookUp: LookUp;
  readonly #headers = new HeaderBudget();

  constructor(options: InstanceStoreOptions) {
    this.#options = options;
    this.#lookUp = new LookUp(options.database);
  }

  async store(request: StoreRequest): Promise<StoreResult> {
    const outcomes: StoreOutcome[] = [];
    const letThrough = new LetThrough();
    let batch: Promise<Settled>[] = [];
    let failure: unknown;
    let diskFailure: unknown;
    const finishBatch = async (): Promise<void> => {
      const settled = await Promise.all(batch);
      batch = [];
      const judged = await this.#finish(settled);
      outcomes.push(...judged.map(({ outcome }) => outcome));
      diskFailure ??= judged.find((one) => one.diskFailure !== undefined)?.diskFailure;
    };
    try {
      for await (const part of request.parts) {
        const received = await this.#receive(part, request);
        // Not awaited: its file is flushed while the next part is read.
        batch.push(
          'diskFailure' in received ? Promise.resolve(received) : this.#settle(received, request.site, letThrough),
        );
        if (batch.length >= BATCH_PARTS) await finishBatch();
      }
    } catch (error) {
      failure = error;
    }
    await finishBatch();
    return { outcomes, failure, diskFailure };
  }

  /** A disk that does not take one part, or a fault of the archive, is no reason to give up the others; that no more comes is. */
  async #receive(
    part: AsyncIterable<Buffer>,
    { site, expectedStudy, refusedTransferSyntaxes }: StoreRequest,
  ): Promise<ReceivedInstance | Refused | NotKept> {
    const { blobs, maxInstanceBytes, now } = this.#options;
    const sent = new SentPart(part);
    try {
      return await receiveInstance(sent, {
        blobs,
        headers: this.#headers,
        maxInstanceBytes,
        expectedStudy,
        refusedTransferSyntaxes,
        coercedAttributes: site.coercedAttributes,
        beginLookUp: (keys) => this.#lookUp.begin(keys),
        now,
      });
    } catch (error) {
      if (isDiskFailure(error)) return this.#notKept({}, error);
      if (sent.hasBrokenOff) throw error;
      return this.#notProcessed({}, error);
    }
  }

  /** Never rejects: a part that can not be kept now is an outcome like another. */
  async #settle(received: ReceivedInstance | Refused, site: StoringSite, letThrough: LetThrough): Promise<Settled> {
    if (received.outcome === 'refused') return { outcome: received };
    try {
      return await this.#publish(received, site, letThrough);
    } catch (error) {
      return isDiskFailure(error)
        ? this.#notKept(received.identity, error)
        : { outcome: this.#notProcessed(received.identity, error) };
    }
  }

  async #publish(received: ReceivedInstance, site: StoringSite, letThrough: LetThrough): Promise<Settled> {
    try {
      const { record, same, outcome } = await letThrough.inTurn(() => this.#judge(received, site, letThrough));
      if (outcome === 'already-stored' && same !== undefined) return await this.#keepAgain(received, site, same);
      if (outcome !== undefined) return { outcome: outcomeOf(outcome, received) };
      await received.staged.publish(record.blobKey, record.sha256);
      return { record, received };
    } finally {
      await received.staged.discard();
    }
  }

  /** Before its file is among the others, where a later `reindex` could not tell it from what was acknowledged. */
  async #judge(received: ReceivedInstance, site: StoringSite, letThrough: LetThrough): Promise<Judgement> {
    // Asked before the file is written, whose name says how often it was deleted: so its row can tell whether it is the last.
    const { history, same, known } = await received.lookUp();
    const record = indexRecord(received, site, history.generation);
    const refusal = refusalOf(history, site);
    if (refusal !== undefined) return { record, outcome: refusal };
    if (same !== undefined) return { record, same, outcome: compareWithKnown(record, same) };
    return isMisfit(record, known) || !letThrough.take(record) ? { record, outcome: 'misfit' } : { record };
  }

  /** The same instance is indexed: a file of it that is lost or damaged is replaced by the one that has come. */
  async #keepAgain(received: ReceivedInstance, site: StoringSite, same: FoundInstance): Promise<Settled> {
    const { database, blobs, log } = this.#options;
    const { file, sha256AsSent, generation } = same;
    if (!file.isDamaged && (await blobs.sizeOf(file.blobKey)) === file.sizeBytes) {
      return { outcome: outcomeOf('already-stored', received, same) };
    }
    // What has come may be the archive's own file: the instance goes on to be known by what its site once sent.
    const record = indexRecord({ ...received, sha256AsSent }, site, generation);
    await received.staged.publish(record.blobKey, record.sha256);
    log.warn(
      { sopInstanceUID: record.identity.sopInstanceUID },
      'the lost or damaged file of an instance was replaced',
    );
    const isSameFile = record.blobKey === file.blobKey;
    const isRowThere = await (isSameFile ? markRestored(database, file) : replaceFile(database, file, record));
    // The row may have been removed meanwhile, and is written anew; or somebody else was faster to replace the file.
    if (!isRowThere) return { record, received };
    if (!isSameFile) await blobs.remove(file.blobKey);
    return { outcome: outcomeOf('already-stored', received) };
  }

  /** Give a batch its rows and its studies their records. Never rejects: what can not be had refuses those who need it. */
  async #finish(batch: readonly Settled[]): Promise<readonly Judged[]> {
    const judged = await this.#index(batch);
    try {
      await this.#options.submissions.ensure(studiesOf(judged));
      return judged;
    } catch (error) {
      return judged.map((one) =>
        one.outcome.outcome === 'refused' ? one : this.#notKept(one.outcome.identity, error),
      );
    }
  }

  /** Write the rows of a batch. A file whose row is not written stays, for who knows whether it was: it is not acknowledged. */
  async #index(batch: readonly Settled[]): Promise<readonly Judged[]> {
    const waiting = batch.filter((settled) => 'record' in settled);
    try {
      const records = waiting.map(({ record }) => record);
      const indexed = records.length === 0 ? [] : await this.#options.writer.add(records);
      const byRecord = new Map(records.map((record, i) => [record, indexed[i] ?? MISFIT]));
      // A misfit that a race with another request has let this far stays, for `verify` to tell of: its bytes may be on their way in for the right site.
      for (const [record, { outcome }] of byRecord) if (isLost(outcome)) await this.#removeLost(record);
      return batch.map((settled) => {
        if (!('record' in settled)) return settled;
        const { outcome, studyRowID } = byRecord.get(settled.record) ?? MISFIT;
        return { outcome: outcomeOf(outcome, settled.received), studyRowID };
      });
    } catch (error) {
      return batch.map((settled) => ('record' in settled ? this.#notKept(settled.received.identity, error) : settled));
    }
  }

  /** Remove the file of a record whose row lost against another, or against a deletion; the row that won may name the very file. */
  async #removeLost({ identity, blobKey }: IndexRecord): Promise<void> {
    const { database, blobs, log } = this.#options;
    try {
      const known = await findKnownFile(database.read, identity.sopInstanceUID);
      if (known?.blobKey !== blobKey) await blobs.remove(blobKey);
    } catch (err) {
      log.error(
        { sopInstanceUID: identity.sopInstanceUID, err },
        'the file of a refused instance could not be removed',
      );
    }
  }

  #notKept(identity: SentIdentity, error: unknown): NotKept {
    this.#tell(identity, error, 'an instance could not be kept');
    const explanation = 'The archive could not keep the instance now.';
    return { outcome: refused(identity, FAILURE_REASON.outOfResources, explanation), diskFailure: error };
  }

  #notProcessed(identity: SentIdentity, error: unknown): Refused {
    this.#tell(identity, error, 'an instance could not be processed');
    return refused(identity, FAILURE_REASON.processingFailure, 'The archive could not process the instance.');
  }

  #tell({ sopInstanceUID }: SentIdentity, error: unknown, message: string): void {
    const code = error instanceof ArchiveError ? error.code : 'bug';
    this.#options.log.error({ sopInstanceUID, code, err: error }, message);
  }
}

const isDiskFailure = (error: unknown): boolean =>
  error instanceof ArchiveError && (error.code === 'storage-full' || error.code === 'unavailable');

/** Also where the same bytes were faster, for they may have another name: that of one more deletion. */
const isLost = (outcome: IndexOutcome): boolean =>
  outcome === 'duplicate' || outcome === 'deleted' || outcome === 'already-stored';

const indexRecord = (received: ReceivedInstance, site: StoringSite, generation: number): IndexRecord => ({
  identity: received.identity,
  site,
  patientID: received.patientID,
  blobKey: instanceKeyOf({ ...received, generation }),
  generation,
  sha256: received.sha256,
  sha256AsSent: received.sha256AsSent,
  crc32: received.crc32,
  sizeBytes: received.sizeBytes,
  description: received.description,
});

const MISFIT: Indexed = { outcome: 'misfit' };

const studiesOf = (judged: readonly Judged[]): readonly IndexedStudy[] =>
  judged.flatMap(({ outcome, studyRowID: rowID }) =>
    outcome.outcome === 'refused' ? [] : [{ studyInstanceUID: outcome.identity.studyInstanceUID, rowID }],
  );
