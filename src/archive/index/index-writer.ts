/**
 * Writes instances into the index. Requests that come while a transaction runs are written together in the next one
 * (group commit): the disk is waited for once, for all of them.
 */
import type { Transaction } from 'kysely';
import type { Database } from '../../database/database.js';
import type { Dialect } from '../../database/dialects.js';
import type { Schema } from '../../database/schema.js';
import type { QueryAttribute } from '../query-attributes/query-attribute.js';
import { addValues } from '../query-attributes/value-rows.js';
import { splitOf } from '../split.js';
import type { IndexOutcome, IndexRecord } from './index-record.js';
import { type KnownBefore, KnownBeforeReader } from './known-before.js';
import { isOfDeleted, type KnownDeletions, refusalOf } from './known-deletions.js';
import { compareWithKnown, type KnownRows, pseudonymOf } from './known-rows.js';
import { type NewInstance, NewRows } from './new-rows.js';

/** What became of a record. */
export interface Indexed {
  readonly outcome: IndexOutcome;
  /** The row of the study into which it was written, where that was there before. */
  readonly studyRowID?: number | undefined;
}

interface Waiting {
  readonly records: readonly IndexRecord[];
  readonly resolve: (indexed: readonly Indexed[]) => void;
  readonly reject: (error: unknown) => void;
}

/** Records of one transaction: so that the first to wait is not kept waiting by all who came after. */
const RECORDS_PER_TRANSACTION = 1_000;
/** Of their metadata, which goes to the database all at once. */
const METADATA_BYTES_PER_TRANSACTION = 32 * 1024 * 1024;

export class IndexWriter {
  readonly #database: Database;
  readonly #now: () => Date;
  readonly #known: KnownBeforeReader;
  #waiting: Waiting[] = [];
  #isWriting = false;

  constructor(database: Database, now: () => Date) {
    this.#database = database;
    this.#now = now;
    this.#known = new KnownBeforeReader(database);
  }

  /** Add records; what became of each, in their order, when the rows are on disk. */
  add(records: readonly IndexRecord[]): Promise<readonly Indexed[]> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ records, resolve, reject });
      if (!this.#isWriting) void this.#writeAll();
    });
  }

  async #writeAll(): Promise<void> {
    this.#isWriting = true;
    while (this.#waiting.length > 0) await this.#writeGroup(this.#takeGroup());
    this.#isWriting = false;
  }

  #takeGroup(): readonly Waiting[] {
    let count = 0;
    let records = 0;
    let bytes = 0;
    for (const waiting of this.#waiting) {
      records += waiting.records.length;
      for (const { description } of waiting.records) bytes += description.content.metadata.length;
      const isTooMuch = records > RECORDS_PER_TRANSACTION || bytes > METADATA_BYTES_PER_TRANSACTION;
      if (count > 0 && isTooMuch) break;
      count += 1;
    }
    return this.#waiting.splice(0, count);
  }

  async #writeGroup(group: readonly Waiting[]): Promise<void> {
    const records = group.flatMap((waiting) => waiting.records);
    try {
      const indexed = await this.#database.write((tx) => this.#write(tx, records));
      let next = 0;
      for (const { records: own, resolve } of group) {
        resolve(indexed.slice(next, next + own.length));
        next += own.length;
      }
    } catch (error) {
      for (const { reject } of group) reject(error);
    }
  }

  async #write(tx: Transaction<Schema>, records: readonly IndexRecord[]): Promise<readonly Indexed[]> {
    const { dialect } = this.#database;
    const before = await this.#known.read(records, tx);
    const rows = new NewRows(tx, before.known, this.#now().toISOString());
    const indexed = records.map((record) => judge(record, before, rows));
    // One after another: what runs beside a write that fails comes after the roll-back, and stays.
    for (const statement of rows.statements()) await tx.executeQuery(dialect.unheard(statement));
    await indexValues(tx, before.attributes, { dialect, instances: rows.instances });
    return indexed;
  }
}

/** What is to become of a record; one that is new and fits is added to the rows. */
function judge(record: IndexRecord, { known, deletions }: KnownBefore, rows: NewRows): Indexed {
  const same = known.instances.get(record.identity.sopInstanceUID);
  if (same !== undefined) return { outcome: compareWithKnown(record, same) };
  const refusal = refusalAsDeleted(record, deletions) ?? (isMisfit(record, known) ? 'misfit' : undefined);
  if (refusal !== undefined) return { outcome: refusal };
  const { study } = rows.add(record);
  return { outcome: 'stored', studyRowID: study.rowID };
}

/** What was allowed again since its file was named is refused this once: its file may have been removed already. */
function refusalAsDeleted(record: IndexRecord, deletions: KnownDeletions): 'deleted' | 'misfit' | undefined {
  const history = deletions.of(record.identity);
  return refusalOf(history, record.site) ?? (isOfDeleted(record.generation, history) ? 'deleted' : undefined);
}

/**
 * Whether an instance that is new contradicts what its UIDs stand for already: a study has one patient and one site; a series
 * one study and one Modality, for a Scope decides by it. So does a new study whose patient has the split of another site
 * against the rule of its own: one of both would see him on the wrong side of the hold-out.
 */
export function isMisfit(record: IndexRecord, known: KnownRows): boolean {
  const { identity, site, description } = record;
  const study = known.studies.get(identity.studyInstanceUID);
  if (study === undefined) {
    if (contradictsSplit(record, known)) return true;
  } else {
    if (study.pseudonym !== pseudonymOf(record)) return true;
    if (study.siteID !== site.id && !site.mayJoinAnyStudy) return true;
  }
  const series = known.series.get(identity.seriesInstanceUID);
  if (series === undefined) return false;
  return series.studyInstanceUID !== identity.studyInstanceUID || series.modality !== description.series.modality;
}

/** A patient of the site itself stays where he is, whatever its rule says by now; and curators have no rule of their own. */
function contradictsSplit(record: IndexRecord, known: KnownRows): boolean {
  const { site } = record;
  const pseudonym = pseudonymOf(record);
  const patient = known.patients.get(pseudonym);
  if (patient === undefined || patient.firstSiteID === site.id || site.mayJoinAnyStudy) return false;
  return patient.split !== splitOf(pseudonym, site.splitPolicy);
}

/** Index instances whose rows have just been written by the attributes that have been added. */
async function indexValues(
  tx: Transaction<Schema>,
  attributes: readonly QueryAttribute[],
  { dialect, instances }: { readonly dialect: Dialect; readonly instances: readonly NewInstance[] },
): Promise<void> {
  if (attributes.length === 0 || instances.length === 0) return;
  const bySOPInstanceUID = new Map(instances.map((one) => [one.record.identity.sopInstanceUID, one]));
  const rows = await tx
    .selectFrom('instance')
    .select(['id', 'series_row_id', 'sop_instance_uid'])
    .where(dialect.isAmongTexts('sop_instance_uid', dialect.listOfTexts([...bySOPInstanceUID.keys()])))
    .execute();
  const indexed = rows.flatMap(({ id, series_row_id, sop_instance_uid }) => {
    const one = bySOPInstanceUID.get(sop_instance_uid);
    if (one === undefined) return [];
    const { metadata } = one.record.description.content;
    return [{ instanceRowID: id, seriesRowID: one.isFirstOfSeries ? series_row_id : undefined, metadata }];
  });
  await addValues(tx, attributes, indexed);
}
