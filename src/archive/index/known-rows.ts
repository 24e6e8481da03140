/** What the index knows of the UIDs of a batch of records, read at once; a batch is judged and grown in memory. */
import type { InferResult, Kysely } from 'kysely';
import type { Schema } from '../../database/schema.js';
import { findInstanceKey } from '../instance-key.js';
import type { Split } from '../scope.js';
import { patientPseudonym } from '../split.js';
import type { IndexRecord } from './index-record.js';
import { type KnownFile, knownFile } from './restored-file.js';

export interface KnownInstance {
  readonly sha256: string;
  /** See `IndexRecord`. */
  readonly sha256AsSent: string;
  readonly seriesInstanceUID: string;
  readonly studyInstanceUID: string;
  readonly siteID: number;
}

/** An instance as one look at the index has found it, with its file. */
export interface FoundInstance extends KnownInstance {
  readonly file: KnownFile;
  /** See `IndexRecord`. */
  readonly generation: number;
}

export interface KnownSeries {
  readonly studyInstanceUID: string;
  readonly modality: string | null;
}

export interface KnownStudy {
  /** Undefined of a row that is about to be written. */
  readonly rowID: number | undefined;
  readonly siteID: number;
  readonly pseudonym: string;
}

export interface KnownPatient {
  readonly split: Split;
  /** The site by whose rule the split was decided. */
  readonly firstSiteID: number;
}

export interface KnownRows<Instance extends KnownInstance = KnownInstance> {
  readonly instances: Map<string, Instance>;
  readonly series: Map<string, KnownSeries>;
  readonly studies: Map<string, KnownStudy>;
  readonly patients: Map<string, KnownPatient>;
}

/** By what the index knows an instance. */
export type SentKeys = Pick<IndexRecord, 'patientID' | 'identity'>;

/** The pseudonym under which a record's patient is kept. */
export const pseudonymOf = ({ patientID, identity }: SentKeys): string =>
  patientPseudonym(patientID, identity.studyInstanceUID);

/** Of which keys the rows are asked, each once. */
export const keysOf = (records: readonly SentKeys[]) => {
  const distinct = (select: (record: SentKeys) => string): string[] => [...new Set(records.map(select))];
  return {
    instances: distinct(({ identity }) => identity.sopInstanceUID),
    studies: distinct(({ identity }) => identity.studyInstanceUID),
    series: distinct(({ identity }) => identity.seriesInstanceUID),
    patients: distinct(pseudonymOf),
  };
};

/** The rows as the index gives them. */
export interface FoundRows {
  readonly instances: readonly KnownInstanceRow[];
  readonly studies: InferResult<ReturnType<typeof selectKnownStudies>>;
  readonly series: InferResult<ReturnType<typeof selectKnownSeries>>;
  readonly patients: InferResult<ReturnType<typeof selectKnownPatients>>;
}

export const knownRows = ({ instances, studies, series, patients }: FoundRows): KnownRows<FoundInstance> => ({
  instances: new Map(instances.map((row) => [row.sop_instance_uid, foundInstance(row)])),
  series: new Map(
    series.map((row) => [
      row.series_instance_uid,
      { studyInstanceUID: row.study_instance_uid, modality: row.modality },
    ]),
  ),
  studies: new Map(
    studies.map((row) => [row.study_instance_uid, { rowID: row.id, siteID: row.site_id, pseudonym: row.pseudonym }]),
  ),
  patients: new Map(patients.map((row) => [row.pseudonym, { split: row.split, firstSiteID: row.first_site_id }])),
});

export const selectKnownStudies = (db: Kysely<Schema>) =>
  db
    .selectFrom('study')
    .innerJoin('patient', 'patient.id', 'study.patient_row_id')
    .select(['study.id', 'study.study_instance_uid', 'study.site_id', 'patient.pseudonym']);

export const selectKnownSeries = (db: Kysely<Schema>) =>
  db
    .selectFrom('series')
    .innerJoin('study', 'study.id', 'series.study_row_id')
    .select(['series.series_instance_uid', 'series.modality', 'study.study_instance_uid']);

export const selectKnownPatients = (db: Kysely<Schema>) =>
  db.selectFrom('patient').select(['patient.pseudonym', 'patient.split', 'patient.first_site_id']);

export const selectKnownInstances = (db: Kysely<Schema>) =>
  db
    .selectFrom('instance')
    .innerJoin('series', 'series.id', 'instance.series_row_id')
    .innerJoin('study', 'study.id', 'instance.study_row_id')
    .select([
      'instance.id',
      'instance.sop_instance_uid',
      'instance.sha256',
      'instance.blob_key',
      'instance.size_bytes',
      'instance.damaged_at',
      'series.series_instance_uid',
      'study.study_instance_uid',
      'study.site_id',
    ]);

type KnownInstanceRow = InferResult<ReturnType<typeof selectKnownInstances>>[number];

function foundInstance(row: KnownInstanceRow): FoundInstance {
  const { sha256AsSent = row.sha256, generation = 0 } = findInstanceKey(row.blob_key) ?? {};
  return {
    sha256: row.sha256,
    sha256AsSent,
    generation,
    seriesInstanceUID: row.series_instance_uid,
    studyInstanceUID: row.study_instance_uid,
    siteID: row.site_id,
    file: knownFile(row),
  };
}

/**
 * How a record stands to what is stored under its SOP Instance UID. The same bytes are the same, whatever values the site sets
 * by now; and so is a file of the archive that comes back to it.
 */
export function compareWithKnown(record: IndexRecord, known: KnownInstance): 'already-stored' | 'duplicate' | 'misfit' {
  const { identity, site } = record;
  const isElsewhere =
    known.studyInstanceUID !== identity.studyInstanceUID ||
    known.seriesInstanceUID !== identity.seriesInstanceUID ||
    (known.siteID !== site.id && !site.mayJoinAnyStudy);
  if (isElsewhere) return 'misfit';
  const isSame = record.sha256AsSent === known.sha256AsSent || record.sha256AsSent === known.sha256;
  return isSame ? 'already-stored' : 'duplicate';
}
