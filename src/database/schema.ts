/**
 * The tables, as Kysely's types. Text columns named for an attribute hold its normalised value, the form in which it is
 * searched; what is returned to a caller stands in `attributes`, the level's attributes as one DICOM JSON object.
 * Instants are ISO 8601 text in UTC; dates are `YYYY-MM-DD`.
 */
import type { Generated } from 'kysely';

/** One row: the name under which tokens are issued. */
export interface ArchiveIdentityTable {
  only_row: 1;
  /** A UUID. */
  archive_id: string;
}

export interface SigningKeyTable {
  /** 1, 2, …: the newest signs. */
  number: number;
  /** A P-256 private key, PKCS #8 as PEM; encrypted where the archive has a passphrase. */
  pem: string;
  created_at: string;
}

export interface SiteTable {
  id: Generated<number>;
  name: string;
  /** `training`, `validation`, or the percentage of patients that goes to training. */
  split_policy: string;
  created_at: string;
  /** JSON: pairs of a tag and the value that all instances of the site are to have; null for none. */
  coerced_attributes: string | null;
}

export interface LicenceTable {
  id: Generated<number>;
  reference: string;
  project: string;
  /** JSON arrays of text; `site_ids` is null for every site. */
  kinds: string;
  splits: string;
  site_ids: string | null;
  starts_on: string;
  /** The last day on which the licence holds. */
  ends_on: string;
  status: 'active' | 'suspended' | 'revoked';
  created_at: string;
}

export interface TokenTable {
  jti: string;
  kind: 'site' | 'licence' | 'curator';
  site_id: number | null;
  licence_id: number | null;
  person: string | null;
  issued_at: string;
  expires_at: string;
  revoked_at: string | null;
}

export interface PatientTable {
  id: Generated<number>;
  /** Patient ID in its canonical form; for a patient without one, a name made of the Study. */
  pseudonym: string;
  split: 'training' | 'validation';
  first_site_id: number;
}

export interface StudyTable {
  id: Generated<number>;
  study_instance_uid: string;
  patient_row_id: number;
  site_id: number;
  /** That of its patient. */
  split: 'training' | 'validation';
  /** A bit for each of the common Modalities of its series; kept by triggers. */
  modality_bits: Generated<number>;
  /** How many series and instances it has of each Modality: `[[kind, modality, series, instances], …]`; kept by triggers. */
  series_counts: Generated<string>;
  /** Empty when absent or not a date, so that it sorts last when the latest come first. */
  study_date: string;
  study_time: string | null;
  /** Both in UTC, YYYYMMDDHHMMSS.FFFFFF; null without one of them or without Timezone Offset From UTC. */
  study_instant: string | null;
  accession_number: string | null;
  study_id: string | null;
  study_description: string | null;
  patient_id: string | null;
  patient_birth_date: string | null;
  patient_sex: string | null;
  patient_name: string | null;
  patient_name_ideographic: string | null;
  patient_name_phonetic: string | null;
  referring_physician_name: string | null;
  referring_physician_name_ideographic: string | null;
  referring_physician_name_phonetic: string | null;
  attributes: string;
  stored_at: string;
}

/** How many studies there are of each sort; kept by triggers. */
export interface StudyMonthTable {
  /** `YYYYMM` of the Study Date, or less where that is shorter; empty without one. */
  month: string;
  site_id: number;
  split: 'training' | 'validation';
  modality_bits: number;
  studies: number;
}

export interface SeriesTable {
  id: Generated<number>;
  series_instance_uid: string;
  study_row_id: number;
  /** What a Scope asks of a series, kept beside it: kind, split of its patient, site of its study. */
  kind: 'xray' | 'ct' | 'mri' | 'other';
  split: 'training' | 'validation';
  site_id: number;
  modality: string | null;
  series_number: string | null;
  /** Series Number as a number, for order; a series without one comes last. */
  series_order: number;
  series_description: string | null;
  series_date: string | null;
  body_part_examined: string | null;
  manufacturer: string | null;
  manufacturer_model_name: string | null;
  performed_procedure_step_start_date: string | null;
  performed_procedure_step_start_time: string | null;
  /** As `study_instant`. */
  performed_procedure_step_start_instant: string | null;
  attributes: string;
  instance_count: number;
  /**
   * How often instances were taken out of it, the file of one replaced by another, or its metadata made anew: with their
   * count, this tells one state of the series from another.
   */
  removals: Generated<number>;
}

/** The items of Request Attributes Sequence that are searched. */
export interface SeriesRequestTable {
  series_row_id: number;
  item_index: number;
  scheduled_procedure_step_id: string | null;
  requested_procedure_id: string | null;
}

export interface InstanceTable {
  id: Generated<number>;
  sop_instance_uid: string;
  series_row_id: number;
  study_row_id: number;
  sop_class_uid: string;
  instance_number: string | null;
  instance_order: number;
  transfer_syntax_uid: string;
  attributes: string;
  blob_key: string;
  size_bytes: number;
  /** SHA-256 of the stored file, 64 hexadecimal digits. */
  sha256: string;
  /** CRC-32 of the stored file, unsigned. */
  crc32: number;
  frame_count: number;
  /** See `dicom/pixel-format`; null without Pixel Data, or where it is not known. */
  pixel_format: string | null;
  /** Of `instance_content.metadata` as it is kept, unsigned; null where it was written before the index told. */
  metadata_crc32: number | null;
  stored_at: string;
  /** When a read or a scrub found other bytes than were stored. */
  damaged_at: string | null;
}

/** What a retrieval needs and a search does not. */
export interface InstanceContentTable {
  instance_row_id: number;
  /** The metadata as DICOM JSON, raw deflated, the instance's URL left open. */
  metadata: Buffer;
  /** JSON: where each value that metadata leaves out stands in the file. */
  bulkdata: string;
  /** The encoded frame table; null without Pixel Data. */
  frame_table: Buffer | null;
}

/** A study, series or instance that a curator has deleted. It keeps no more than who could see it. */
export interface DeletionTable {
  /** A UUID. */
  deletion_id: string;
  level: 'study' | 'series' | 'instance';
  /** Of the study, series or instance. */
  uid: string;
  study_instance_uid: string;
  /** That of its study. */
  site_id: number;
  /** That of its patient. */
  split: 'training' | 'validation';
  deleted_at: string;
  /** From when on it may be stored again; null as long as it may not. */
  allowed_at: string | null;
  /** When its record was on disk and its files were gone. */
  finished_at: string | null;
}

export interface DeletedInstanceTable {
  deletion_id: string;
  sop_instance_uid: string;
  series_instance_uid: string;
  study_instance_uid: string;
  /** What a Scope asks of it, as of a series. */
  kind: 'xray' | 'ct' | 'mri' | 'other';
  split: 'training' | 'validation';
  site_id: number;
  /** Of the file that goes. */
  blob_key: string;
}

/** Instances that somebody has asked the archive to commit to, and what it found. */
export interface CommitmentTable {
  /** Who has asked: `site 5`, or `curators`. */
  requester: string;
  transaction_uid: string;
  requested_at: string;
  /** JSON: pairs of SOP Class UID and SOP Instance UID; null when the result has been swept away. */
  instances: string | null;
  /** JSON: for each of them 0 when it is committed, else the Failure Reason; null before, and when it has been swept away. */
  result: string | null;
  finished_at: string | null;
  /** Until when a node works on it; another may take it up then. */
  leased_until: string | null;
}

/** An attribute that a curator has added to those that are searched; a row never changes. */
export interface QueryAttributeTable {
  id: Generated<number>;
  /** Tags with dots between, outermost first: `00180060`, `00400275.00401001`; a private one `0023xx02`. */
  path: string;
  /** Private Creator; empty of an attribute of the standard. */
  creator: string;
  vr: string;
  level: 'study' | 'series' | 'instance';
  created_at: string;
}

/** How far what was there before an attribute is indexed by it, and for one that is gone how its values go. */
export interface QueryAttributeProgressTable {
  attribute_id: number;
  level: 'study' | 'series' | 'instance';
  /** The last series, or instance, that was there when it was added. */
  up_to_row_id: number;
  last_row_id: number;
  done: number;
  /** Null until somebody has counted. */
  total: number | null;
  finished_at: string | null;
  /** Who works on it, and until when nobody else does. */
  worked_by: string | null;
  worked_until: string | null;
}

/** A value of an added attribute. */
export interface AttributeValueTable {
  /** A series, by its first instance; or an instance. */
  row_id: number;
  attribute_id: number;
  position: number;
  item: number;
  part: number;
  value: string | null;
  element: string | null;
}

export interface Schema {
  archive_identity: ArchiveIdentityTable;
  signing_key: SigningKeyTable;
  site: SiteTable;
  licence: LicenceTable;
  token: TokenTable;
  patient: PatientTable;
  study: StudyTable;
  study_month: StudyMonthTable;
  series: SeriesTable;
  series_request: SeriesRequestTable;
  instance: InstanceTable;
  instance_content: InstanceContentTable;
  deletion: DeletionTable;
  deleted_instance: DeletedInstanceTable;
  commitment: CommitmentTable;
  query_attribute: QueryAttributeTable;
  query_attribute_progress: QueryAttributeProgressTable;
  series_value: AttributeValueTable;
  instance_value: AttributeValueTable;
}
