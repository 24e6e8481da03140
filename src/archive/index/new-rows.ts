/**
 * The rows that new records become, as statements of which none waits for the answer to another: what a row belongs to is
 * referred to by its UID, and the database knows its number. So a statement is the same text for any rows of that number.
 */
import type { CompiledQuery, Kysely } from 'kysely';
import type { Schema } from '../../database/schema.js';
import { imagingKindOf, modalityBit } from '../scope.js';
import { splitOf } from '../split.js';
import type { IndexRecord } from './index-record.js';
import { instanceColumns } from './instance-columns.js';
import { type KnownPatient, type KnownRows, type KnownStudy, pseudonymOf } from './known-rows.js';

/** Rows of one INSERT: below SQLite's limit of bound values with room to spare. */
const ROWS_PER_INSERT = 200;

/** A record that is new, with the study that it belongs to. */
export interface NewInstance {
  readonly record: IndexRecord;
  readonly study: KnownStudy;
  readonly isFirstOfSeries: boolean;
}

interface Statement {
  compile(): CompiledQuery;
}

export class NewRows {
  readonly #db: Kysely<Schema>;
  readonly #known: KnownRows;
  readonly #storedAt: string;
  readonly #levels: Statement[] = [];
  readonly #instances: NewInstance[] = [];

  /** @param known of the records, to which is added what becomes known of them */
  constructor(db: Kysely<Schema>, known: KnownRows, storedAt: string) {
    this.#db = db;
    this.#known = known;
    this.#storedAt = storedAt;
  }

  get instances(): readonly NewInstance[] {
    return this.#instances;
  }

  /** Add a record that is new and fits. */
  add(record: IndexRecord): NewInstance {
    const { sopInstanceUID, seriesInstanceUID, studyInstanceUID } = record.identity;
    const study = this.#known.studies.get(studyInstanceUID) ?? this.#addStudy(record);
    const isFirstOfSeries = !this.#known.series.has(seriesInstanceUID);
    if (isFirstOfSeries) this.#addSeries(record, study);
    const added = { record, study, isFirstOfSeries };
    this.#instances.push(added);
    this.#known.instances.set(sopInstanceUID, {
      sha256: record.sha256,
      sha256AsSent: record.sha256AsSent,
      seriesInstanceUID,
      studyInstanceUID,
      siteID: study.siteID,
    });
    return added;
  }

  /** To be run in their order. */
  statements(): readonly CompiledQuery[] {
    const statements = [...this.#levels];
    for (let i = 0; i < this.#instances.length; i += ROWS_PER_INSERT) {
      const some = this.#instances.slice(i, i + ROWS_PER_INSERT);
      statements.push(this.#insertInstances(some), this.#insertContents(some));
    }
    statements.push(...this.#raiseCounts());
    return statements.map((statement) => statement.compile());
  }

  #addPatient(record: IndexRecord): KnownPatient {
    const pseudonym = pseudonymOf(record);
    const split = splitOf(pseudonym, record.site.splitPolicy);
    this.#levels.push(this.#db.insertInto('patient').values({ pseudonym, split, first_site_id: record.site.id }));
    const patient = { split, firstSiteID: record.site.id };
    this.#known.patients.set(pseudonym, patient);
    return patient;
  }

  #addStudy(record: IndexRecord): KnownStudy {
    const { studyInstanceUID } = record.identity;
    const pseudonym = pseudonymOf(record);
    const patient = this.#known.patients.get(pseudonym) ?? this.#addPatient(record);
    this.#levels.push(
      this.#db.insertInto('study').values({
        ...record.description.study,
        study_instance_uid: studyInstanceUID,
        patient_row_id: this.#db.selectFrom('patient').select('id').where('pseudonym', '=', pseudonym),
        site_id: record.site.id,
        split: patient.split,
        modality_bits: modalityBit(record.description.series.modality ?? undefined),
        stored_at: this.#storedAt,
      }),
    );
    const study = { rowID: undefined, siteID: record.site.id, pseudonym };
    this.#known.studies.set(studyInstanceUID, study);
    return study;
  }

  #addSeries(record: IndexRecord, study: KnownStudy): void {
    const { seriesInstanceUID, studyInstanceUID } = record.identity;
    const { series, requests } = record.description;
    const patient = this.#known.patients.get(study.pseudonym);
    if (patient === undefined) throw new Error('A study that is known has a patient that is known.');
    this.#levels.push(
      this.#db.insertInto('series').values({
        ...series,
        series_instance_uid: seriesInstanceUID,
        study_row_id: this.#studyRow(studyInstanceUID),
        kind: imagingKindOf(series.modality ?? undefined),
        split: patient.split,
        site_id: study.siteID,
        instance_count: 0,
      }),
    );
    if (requests.length > 0) {
      const rows = requests.map((request, index) => ({
        ...request,
        series_row_id: this.#seriesRow(seriesInstanceUID),
        item_index: index,
      }));
      this.#levels.push(this.#db.insertInto('series_request').values(rows));
    }
    this.#known.series.set(seriesInstanceUID, { studyInstanceUID, modality: series.modality });
  }

  #insertInstances(instances: readonly NewInstance[]): Statement {
    const rows = instances.map(({ record }) => ({
      ...instanceColumns(record),
      study_row_id: this.#studyRow(record.identity.studyInstanceUID),
      series_row_id: this.#seriesRow(record.identity.seriesInstanceUID),
      stored_at: this.#storedAt,
    }));
    return this.#db.insertInto('instance').values(rows);
  }

  #insertContents(instances: readonly NewInstance[]): Statement {
    const rows = instances.map(({ record }) => ({
      ...record.description.content,
      instance_row_id: this.#db
        .selectFrom('instance')
        .select('id')
        .where('sop_instance_uid', '=', record.identity.sopInstanceUID),
    }));
    return this.#db.insertInto('instance_content').values(rows);
  }

  #raiseCounts(): readonly Statement[] {
    const added = new Map<string, number>();
    for (const { record } of this.#instances) {
      const { seriesInstanceUID } = record.identity;
      added.set(seriesInstanceUID, (added.get(seriesInstanceUID) ?? 0) + 1);
    }
    return [...added].map(([uid, count]) =>
      this.#db
        .updateTable('series')
        .set((eb) => ({ instance_count: eb('instance_count', '+', count) }))
        .where('series_instance_uid', '=', uid),
    );
  }

  #studyRow(studyInstanceUID: string) {
    return this.#db.selectFrom('study').select('id').where('study_instance_uid', '=', studyInstanceUID);
  }

  #seriesRow(seriesInstanceUID: string) {
    return this.#db.selectFrom('series').select('id').where('series_instance_uid', '=', seriesInstanceUID);
  }
}
