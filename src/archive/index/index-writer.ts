/**
 * Writes instances into the index. Requests that come while a transaction runs are written together in the next one
 * (group commit): the disk is waited for once, for all of them.
 */
import type { Transaction } from 'kysely';
import type { Database } from '../../database/database.js';
import type { Schema } from '../../database/schema.js';
import type { QueryAttribute } from '../query-attributes/query-attribute.js';
import { addValues } from '../query-attributes/value-rows.js';
import { imagingKindOf, modalityBit } from '../scope.js';
import { splitOf } from '../split.js';
import type { IndexOutcome, IndexRecord } from './index-record.js';
import { instanceColumns } from './instance-columns.js';
import { type KnownBefore, KnownBeforeReader } from './known-before.js';
import { isOfDeleted, type KnownDeletions, refusalOf } from './known-deletions.js';
import { compareWithKnown, type KnownRows, pseudonymOf } from './known-rows.js';

interface Waiting {
  readonly records: readonly IndexRecord[];
  readonly resolve: (outcomes: readonly IndexOutcome[]) => void;
  readonly reject: (error: unknown) => void;
}

/** Rows of one INSERT: below SQLite's limit of bound values with room to spare. */
const ROWS_PER_INSERT = 200;
/** Records of one transaction: so that the first to wait is not kept waiting by all who came after. */
const RECORDS_PER_TRANSACTION = 1_000;

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

  /** Add records, one outcome each in their order; resolved when the rows are on disk. */
  add(records: readonly IndexRecord[]): Promise<readonly IndexOutcome[]> {
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
    for (const waiting of this.#waiting) {
      if (count > 0 && records + waiting.records.length > RECORDS_PER_TRANSACTION) break;
      count += 1;
      records += waiting.records.length;
    }
    return this.#waiting.splice(0, count);
  }

  async #writeGroup(group: readonly Waiting[]): Promise<void> {
    const records = group.flatMap((waiting) => waiting.records);
    try {
      const outcomes = await this.#database.write((tx) => this.#write(tx, records));
      let next = 0;
      for (const { records: own, resolve } of group) {
        resolve(outcomes.slice(next, next + own.length));
        next += own.length;
      }
    } catch (error) {
      for (const { reject } of group) reject(error);
    }
  }

  async #write(tx: Transaction<Schema>, records: readonly IndexRecord[]): Promise<readonly IndexOutcome[]> {
    const before = await this.#known.read(records, tx);
    return addRecords(tx, records, before, this.#now().toISOString());
  }
}

/** A record that is new, and the rows that it belongs to. */
interface FreshRecord {
  readonly record: IndexRecord;
  readonly seriesRowID: number;
  readonly studyRowID: number;
  readonly isFirstOfSeries: boolean;
}

async function addRecords(
  tx: Transaction<Schema>,
  records: readonly IndexRecord[],
  { known, deletions, attributes }: KnownBefore,
  storedAt: string,
): Promise<IndexOutcome[]> {
  const outcomes: IndexOutcome[] = [];
  const fresh: FreshRecord[] = [];
  for (const record of records) {
    const { sopInstanceUID, seriesInstanceUID, studyInstanceUID } = record.identity;
    const same = known.instances.get(sopInstanceUID);
    if (same !== undefined) {
      outcomes.push(compareWithKnown(record, same));
      continue;
    }
    const refusal = refusalAsDeleted(record, deletions) ?? (isMisfit(record, known) ? 'misfit' : undefined);
    if (refusal !== undefined) {
      outcomes.push(refusal);
      continue;
    }
    const study = known.studies.get(studyInstanceUID) ?? (await addStudy(tx, record, known, storedAt));
    const there = known.series.get(seriesInstanceUID);
    const series = there ?? (await addSeries(tx, record, study, known));
    fresh.push({ record, seriesRowID: series.rowID, studyRowID: study.rowID, isFirstOfSeries: there === undefined });
    known.instances.set(sopInstanceUID, {
      sha256: record.sha256,
      sha256AsSent: record.sha256AsSent,
      seriesInstanceUID,
      studyInstanceUID,
      siteID: study.siteID,
    });
    outcomes.push('stored');
  }
  for (let i = 0; i < fresh.length; i += ROWS_PER_INSERT) {
    await addInstances(tx, fresh.slice(i, i + ROWS_PER_INSERT), { attributes, storedAt });
  }
  await raiseCounts(tx, fresh);
  return outcomes;
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

async function addPatient(tx: Transaction<Schema>, record: IndexRecord, known: KnownRows) {
  const pseudonym = pseudonymOf(record);
  const split = splitOf(pseudonym, record.site.splitPolicy);
  const { id } = await tx
    .insertInto('patient')
    .values({ pseudonym, split, first_site_id: record.site.id })
    .returning('id')
    .executeTakeFirstOrThrow();
  const patient = { rowID: id, split, firstSiteID: record.site.id };
  known.patients.set(pseudonym, patient);
  return patient;
}

async function addStudy(tx: Transaction<Schema>, record: IndexRecord, known: KnownRows, storedAt: string) {
  const pseudonym = pseudonymOf(record);
  const patient = known.patients.get(pseudonym) ?? (await addPatient(tx, record, known));
  const { id } = await tx
    .insertInto('study')
    .values({
      ...record.description.study,
      study_instance_uid: record.identity.studyInstanceUID,
      patient_row_id: patient.rowID,
      site_id: record.site.id,
      split: patient.split,
      modality_bits: modalityBit(record.description.series.modality ?? undefined),
      stored_at: storedAt,
    })
    .returning('id')
    .executeTakeFirstOrThrow();
  const study = { rowID: id, siteID: record.site.id, pseudonym };
  known.studies.set(record.identity.studyInstanceUID, study);
  return study;
}

async function addSeries(
  tx: Transaction<Schema>,
  record: IndexRecord,
  study: { rowID: number; siteID: number; pseudonym: string },
  known: KnownRows,
) {
  const { series, requests } = record.description;
  const patient = known.patients.get(study.pseudonym);
  if (patient === undefined) throw new Error('A study that is known has a patient that is known.');
  const { id } = await tx
    .insertInto('series')
    .values({
      ...series,
      series_instance_uid: record.identity.seriesInstanceUID,
      study_row_id: study.rowID,
      kind: imagingKindOf(series.modality ?? undefined),
      split: patient.split,
      site_id: study.siteID,
      instance_count: 0,
    })
    .returning('id')
    .executeTakeFirstOrThrow();
  if (requests.length > 0) {
    await tx
      .insertInto('series_request')
      .values(requests.map((request, index) => ({ ...request, series_row_id: id, item_index: index })))
      .execute();
  }
  const added = { rowID: id, studyInstanceUID: record.identity.studyInstanceUID, modality: series.modality };
  known.series.set(record.identity.seriesInstanceUID, added);
  return added;
}

async function addInstances(
  tx: Transaction<Schema>,
  fresh: readonly FreshRecord[],
  { attributes, storedAt }: { readonly attributes: readonly QueryAttribute[]; readonly storedAt: string },
): Promise<void> {
  const rows = await tx
    .insertInto('instance')
    .values(fresh.map((one) => ({ ...instanceColumns(one.record, one), stored_at: storedAt })))
    .returning(['id', 'sop_instance_uid'])
    .execute();
  const rowIDs = new Map(rows.map((row) => [row.sop_instance_uid, row.id]));
  const rowIDOf = ({ record }: FreshRecord): number => {
    const rowID = rowIDs.get(record.identity.sopInstanceUID);
    if (rowID === undefined) throw new Error('An inserted instance has a row.');
    return rowID;
  };
  const contents = fresh.map((one) => ({ ...one.record.description.content, instance_row_id: rowIDOf(one) }));
  const indexed = fresh.map((one) => ({
    instanceRowID: rowIDOf(one),
    seriesRowID: one.isFirstOfSeries ? one.seriesRowID : undefined,
    metadata: one.record.description.content.metadata,
  }));
  // One after another: what runs beside a write that fails comes after the roll-back, and stays.
  await tx.insertInto('instance_content').values(contents).execute();
  await addValues(tx, attributes, indexed);
}

async function raiseCounts(tx: Transaction<Schema>, fresh: readonly FreshRecord[]): Promise<void> {
  const added = new Map<number, number>();
  for (const { seriesRowID } of fresh) added.set(seriesRowID, (added.get(seriesRowID) ?? 0) + 1);
  for (const [id, count] of added) {
    await tx
      .updateTable('series')
      .set((eb) => ({ instance_count: eb('instance_count', '+', count) }))
      .where('id', '=', id)
      .execute();
  }
}
