/**
 * Writes what the files of one study say over what the index says of it, some files at a time. Rows keep their ids and
 * the instants at which they were stored, so whoever reads the index meanwhile finds what he had located.
 */
import type { Transaction } from 'kysely';
import type { Database } from '../../database/database.js';
import type { Schema } from '../../database/schema.js';
import { replaceValues } from '../query-attributes/value-rows.js';
import { imagingKindOf, type Split } from '../scope.js';
import type { IndexRecord } from './index-record.js';
import { instanceColumns } from './instance-columns.js';
import { DeletionHistories, isOfDeleted } from './known-deletions.js';
import { pseudonymOf } from './known-rows.js';
import { removeEmptyStudies } from './remove-instances.js';

/** A file whose content has been found right, read again. */
export type RebuiltRecord = Omit<IndexRecord, 'site' | 'sha256AsSent'>;

/** Which site a study came from, and to which split its patient belongs: as they were decided when it was stored. */
export interface StudyOrigin {
  readonly studyInstanceUID: string;
  readonly siteID: number;
  readonly split: Split;
}

/**
 * `duplicate`: another file is indexed under this SOP Instance UID. `misfit`: its patient, study, series or Modality is
 * another than those of the files that came before it, or its patient belongs to the other split. `deleted`: a curator has
 * deleted what was in it. `refused`: it was stored after that, and nothing tells that this was allowed.
 */
export type RebuildOutcome = 'indexed' | 'duplicate' | 'misfit' | 'deleted' | 'refused';

interface SeriesRow {
  readonly rowID: number;
  readonly modality: string | null;
}

export class StudyRebuild {
  readonly #database: Database;
  readonly #origin: StudyOrigin;
  readonly #deletions: DeletionHistories;
  readonly #storedAt: string;
  readonly #series = new Map<string, SeriesRow>();
  /** Studies under which the index had, or has, files of this one. */
  readonly #leftStudies = new Set<number>();
  #study: { readonly rowID: number; readonly pseudonym: string } | undefined;

  /** @param storedAt the instant of rows that are new */
  constructor(database: Database, origin: StudyOrigin, storedAt: string) {
    this.#database = database;
    this.#origin = origin;
    this.#deletions = new DeletionHistories(database);
    this.#storedAt = storedAt;
  }

  /**
   * Index these files in one transaction. The first file of the study gives the attributes of study and patient, the
   * first of a series those of the series. What is left without a file is not left behind.
   */
  async add(records: readonly RebuiltRecord[]): Promise<readonly RebuildOutcome[]> {
    return this.#database.write(async (tx) => {
      const outcomes: RebuildOutcome[] = [];
      await this.#forgetGone(tx);
      const identities = records.map(({ identity }) => identity);
      const deletions = await this.#deletions.read(identities, tx);
      for (const record of records) {
        const history = deletions.of(record.identity);
        if (isOfDeleted(record.generation, history)) outcomes.push('deleted');
        else outcomes.push(history.isRefused ? 'refused' : await this.#addRecord(tx, record));
      }
      await this.#tidy(tx);
      return outcomes;
    });
  }

  /** What was indexed before may have been deleted since, and with it the rows it belonged to. */
  async #forgetGone(tx: Transaction<Schema>): Promise<void> {
    if (this.#study === undefined) return;
    const rows = await tx
      .selectFrom('study')
      .leftJoin('series', 'series.study_row_id', 'study.id')
      .select('series.id')
      .where('study.id', '=', this.#study.rowID)
      .execute();
    const there = new Set(rows.map(({ id }) => id));
    for (const [uid, { rowID }] of this.#series) if (!there.has(rowID)) this.#series.delete(uid);
    if (rows.length === 0) this.#study = undefined;
  }

  async #addRecord(tx: Transaction<Schema>, record: RebuiltRecord): Promise<RebuildOutcome> {
    const { identity } = record;
    const indexed = await tx
      .selectFrom('instance')
      .select(['blob_key', 'study_row_id', 'metadata_crc32'])
      .where('sop_instance_uid', '=', identity.sopInstanceUID)
      .executeTakeFirst();
    if (indexed !== undefined && indexed.blob_key !== record.blobKey) return 'duplicate';
    const study = this.#study ?? (await this.#putStudy(tx, record));
    if (study === undefined || study.pseudonym !== pseudonymOf(record)) return 'misfit';
    this.#study = study;
    const there = this.#series.get(identity.seriesInstanceUID);
    const series = there ?? (await this.#putSeries(tx, record, study.rowID));
    if (series === undefined || series.modality !== record.description.series.modality) return 'misfit';
    this.#series.set(identity.seriesInstanceUID, series);
    const instanceRowID = await this.#putInstance(tx, record, study.rowID, series.rowID);
    await replaceValues(tx, {
      instanceRowID,
      seriesRowID: there === undefined ? series.rowID : undefined,
      metadata: record.description.content.metadata,
    });
    if (indexed !== undefined) {
      this.#leftStudies.add(indexed.study_row_id);
      if (indexed.metadata_crc32 !== record.description.instance.metadata_crc32) await tellChanged(tx, series.rowID);
    }
    return 'indexed';
  }

  /** The patient's row; undefined when it is in the other split. */
  async #putPatient(tx: Transaction<Schema>, pseudonym: string): Promise<number | undefined> {
    const { siteID, split } = this.#origin;
    await tx
      .insertInto('patient')
      .values({ pseudonym, split, first_site_id: siteID })
      .onConflict((conflict) => conflict.column('pseudonym').doNothing())
      .execute();
    const patient = await tx
      .selectFrom('patient')
      .select(['id', 'split'])
      .where('pseudonym', '=', pseudonym)
      .executeTakeFirstOrThrow();
    return patient.split === split ? patient.id : undefined;
  }

  async #putStudy(tx: Transaction<Schema>, record: RebuiltRecord) {
    const pseudonym = pseudonymOf(record);
    const patientRowID = await this.#putPatient(tx, pseudonym);
    if (patientRowID === undefined) return undefined;
    const columns = {
      ...record.description.study,
      study_instance_uid: this.#origin.studyInstanceUID,
      patient_row_id: patientRowID,
      site_id: this.#origin.siteID,
      split: this.#origin.split,
    };
    const { id } = await tx
      .insertInto('study')
      .values({ ...columns, stored_at: this.#storedAt })
      .onConflict((conflict) => conflict.column('study_instance_uid').doUpdateSet(columns))
      .returning('id')
      .executeTakeFirstOrThrow();
    return { rowID: id, pseudonym };
  }

  /** The series' row; undefined when the series is of another study. */
  async #putSeries(tx: Transaction<Schema>, record: RebuiltRecord, studyRowID: number): Promise<SeriesRow | undefined> {
    const { series, requests } = record.description;
    const columns = {
      ...series,
      series_instance_uid: record.identity.seriesInstanceUID,
      study_row_id: studyRowID,
      kind: imagingKindOf(series.modality ?? undefined),
      split: this.#origin.split,
      site_id: this.#origin.siteID,
    };
    const row = await tx
      .insertInto('series')
      .values({ ...columns, instance_count: 0 })
      .onConflict((conflict) =>
        conflict.column('series_instance_uid').doUpdateSet(columns).where('series.study_row_id', '=', studyRowID),
      )
      .returning('id')
      .executeTakeFirst();
    if (row === undefined) return undefined;
    await tx.deleteFrom('series_request').where('series_row_id', '=', row.id).execute();
    if (requests.length > 0) {
      await tx
        .insertInto('series_request')
        .values(requests.map((request, index) => ({ ...request, series_row_id: row.id, item_index: index })))
        .execute();
    }
    return { rowID: row.id, modality: series.modality };
  }

  async #putInstance(tx: Transaction<Schema>, record: RebuiltRecord, studyRowID: number, seriesRowID: number) {
    const { description } = record;
    const columns = { ...instanceColumns(record), study_row_id: studyRowID, series_row_id: seriesRowID };
    const { id } = await tx
      .insertInto('instance')
      .values({ ...columns, stored_at: this.#storedAt })
      .onConflict((conflict) => conflict.column('sop_instance_uid').doUpdateSet(columns))
      .returning('id')
      .executeTakeFirstOrThrow();
    await tx
      .insertInto('instance_content')
      .values({ ...description.content, instance_row_id: id })
      .onConflict((conflict) => conflict.column('instance_row_id').doUpdateSet(description.content))
      .execute();
    return id;
  }

  /** Count the instances of each series, and remove series, studies and the patient that none has been found for. */
  async #tidy(tx: Transaction<Schema>): Promise<void> {
    const studyRowIDs = await this.#touchedStudies(tx);
    if (studyRowIDs.length === 0) return;
    await tx
      .updateTable('series')
      .set((eb) => ({
        instance_count: eb
          .selectFrom('instance')
          .select((count) => count.fn.countAll<number>().as('count'))
          .whereRef('instance.series_row_id', '=', 'series.id'),
      }))
      .where('study_row_id', 'in', studyRowIDs)
      .execute();
    const emptySeries = await tx
      .selectFrom('series')
      .select('id')
      .where('study_row_id', 'in', studyRowIDs)
      .where('instance_count', '=', 0)
      .execute();
    await this.#removeSeries(
      tx,
      emptySeries.map(({ id }) => id),
    );
    await removeEmptyStudies(tx, studyRowIDs);
    if (this.#series.size === 0) this.#study = undefined;
  }

  async #touchedStudies(tx: Transaction<Schema>): Promise<readonly number[]> {
    const known = await tx
      .selectFrom('study')
      .select('id')
      .where('study_instance_uid', '=', this.#origin.studyInstanceUID)
      .execute();
    const rowIDs = new Set([...known.map(({ id }) => id), ...this.#leftStudies]);
    this.#leftStudies.clear();
    return [...rowIDs];
  }

  /** What is removed is forgotten too: a file that comes later may put it again. */
  async #removeSeries(tx: Transaction<Schema>, rowIDs: readonly number[]): Promise<void> {
    if (rowIDs.length === 0) return;
    await tx.deleteFrom('series_request').where('series_row_id', 'in', rowIDs).execute();
    await tx.deleteFrom('series').where('id', 'in', rowIDs).execute();
    for (const [uid, { rowID }] of this.#series) if (rowIDs.includes(rowID)) this.#series.delete(uid);
  }
}

/** What nodes keep in memory of the series is of another state of it from now on. */
const tellChanged = (tx: Transaction<Schema>, seriesRowID: number) =>
  tx
    .updateTable('series')
    .set((eb) => ({ removals: eb('removals', '+', 1) }))
    .where('id', '=', seriesRowID)
    .execute();
