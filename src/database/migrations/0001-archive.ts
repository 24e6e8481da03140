/** The first tables: sites, licences, tokens, and the index of patients, studies, series and instances. */
import type { Kysely } from 'kysely';
import { sql } from 'kysely';
import type { Dialect } from '../dialects.js';

const STUDY_TEXT = [
  'study_time',
  'accession_number',
  'study_id',
  'study_description',
  'patient_id',
  'patient_birth_date',
  'patient_sex',
  'patient_name',
  'patient_name_ideographic',
  'patient_name_phonetic',
  'referring_physician_name',
  'referring_physician_name_ideographic',
  'referring_physician_name_phonetic',
];

/** Columns searched by equality or by prefix; each index ends in the order in which studies are answered. */
const STUDY_INDEXED = [
  'accession_number',
  'study_id',
  'patient_id',
  'patient_name',
  'patient_name_ideographic',
  'patient_name_phonetic',
  'referring_physician_name',
  'referring_physician_name_ideographic',
  'referring_physician_name_phonetic',
];

const SERIES_TEXT = [
  'modality',
  'series_number',
  'series_description',
  'series_date',
  'body_part_examined',
  'manufacturer',
  'manufacturer_model_name',
  'performed_procedure_step_start_date',
  'performed_procedure_step_start_time',
];

export async function up(db: Kysely<unknown>, dialect: Dialect): Promise<void> {
  await createGovernance(db, dialect);
  await createStudy(db, dialect);
  await createSeries(db, dialect);
  await createInstance(db, dialect);
}

async function createGovernance(db: Kysely<unknown>, { text, rowID, asOwnRowID }: Dialect): Promise<void> {
  await db.schema
    .createTable('site')
    .addColumn('id', rowID, asOwnRowID)
    .addColumn('name', text, (c) => c.notNull().unique())
    .addColumn('split_policy', text, (c) => c.notNull())
    .addColumn('created_at', text, (c) => c.notNull())
    .execute();
  await db.schema
    .createTable('licence')
    .addColumn('id', rowID, asOwnRowID)
    .addColumn('reference', text, (c) => c.notNull().unique())
    .addColumn('project', text, (c) => c.notNull())
    .addColumn('kinds', text, (c) => c.notNull())
    .addColumn('splits', text, (c) => c.notNull())
    .addColumn('site_ids', text)
    .addColumn('starts_on', text, (c) => c.notNull())
    .addColumn('ends_on', text, (c) => c.notNull())
    .addColumn('status', text, (c) => c.notNull().check(sql`status in ('active', 'suspended', 'revoked')`))
    .addColumn('created_at', text, (c) => c.notNull())
    .execute();
  await db.schema
    .createTable('token')
    .addColumn('jti', text, (c) => c.primaryKey())
    .addColumn('kind', text, (c) => c.notNull().check(sql`kind in ('site', 'licence', 'curator')`))
    .addColumn('site_id', rowID, (c) => c.references('site.id'))
    .addColumn('licence_id', rowID, (c) => c.references('licence.id'))
    .addColumn('person', text)
    .addColumn('issued_at', text, (c) => c.notNull())
    .addColumn('expires_at', text, (c) => c.notNull())
    .addColumn('revoked_at', text)
    .execute();
}

async function createStudy(db: Kysely<unknown>, { text, rowID, asOwnRowID }: Dialect): Promise<void> {
  await db.schema
    .createTable('patient')
    .addColumn('id', rowID, asOwnRowID)
    .addColumn('pseudonym', text, (c) => c.notNull().unique())
    .addColumn('split', text, (c) => c.notNull().check(sql`split in ('training', 'validation')`))
    .addColumn('first_site_id', rowID, (c) => c.notNull().references('site.id'))
    .execute();
  let study = db.schema
    .createTable('study')
    .addColumn('id', rowID, asOwnRowID)
    .addColumn('study_instance_uid', text, (c) => c.notNull().unique())
    .addColumn('patient_row_id', rowID, (c) => c.notNull().references('patient.id'))
    .addColumn('site_id', rowID, (c) => c.notNull().references('site.id'))
    .addColumn('study_date', text, (c) => c.notNull());
  for (const column of STUDY_TEXT) study = study.addColumn(column, text);
  await study
    .addColumn('attributes', text, (c) => c.notNull())
    .addColumn('stored_at', text, (c) => c.notNull())
    .execute();
  await db.schema.createIndex('study_by_date').on('study').columns(['study_date', 'id']).execute();
  for (const column of STUDY_INDEXED) {
    await db.schema.createIndex(`study_by_${column}`).on('study').columns([column, 'study_date', 'id']).execute();
  }
}

async function createSeries(db: Kysely<unknown>, { text, rowID, asOwnRowID }: Dialect): Promise<void> {
  let series = db.schema
    .createTable('series')
    .addColumn('id', rowID, asOwnRowID)
    .addColumn('series_instance_uid', text, (c) => c.notNull().unique())
    .addColumn('study_row_id', rowID, (c) => c.notNull().references('study.id'))
    .addColumn('kind', text, (c) => c.notNull().check(sql`kind in ('xray', 'ct', 'mri', 'other')`))
    .addColumn('split', text, (c) => c.notNull())
    .addColumn('site_id', rowID, (c) => c.notNull())
    .addColumn('series_order', 'double precision', (c) => c.notNull())
    .addColumn('instance_count', 'integer', (c) => c.notNull());
  for (const column of SERIES_TEXT) series = series.addColumn(column, text);
  await series.addColumn('attributes', text, (c) => c.notNull()).execute();
  await db.schema
    .createIndex('series_by_study')
    .on('series')
    .columns(['study_row_id', 'kind', 'split', 'site_id', 'modality', 'instance_count'])
    .execute();
  await db.schema
    .createTable('series_request')
    .addColumn('series_row_id', rowID, (c) => c.notNull().references('series.id'))
    .addColumn('item_index', 'integer', (c) => c.notNull())
    .addColumn('scheduled_procedure_step_id', text)
    .addColumn('requested_procedure_id', text)
    .addPrimaryKeyConstraint('series_request_key', ['series_row_id', 'item_index'])
    .execute();
}

async function createInstance(db: Kysely<unknown>, { text, bytes, rowID, asOwnRowID }: Dialect): Promise<void> {
  await db.schema
    .createTable('instance')
    .addColumn('id', rowID, asOwnRowID)
    .addColumn('sop_instance_uid', text, (c) => c.notNull().unique())
    .addColumn('series_row_id', rowID, (c) => c.notNull().references('series.id'))
    .addColumn('study_row_id', rowID, (c) => c.notNull().references('study.id'))
    .addColumn('sop_class_uid', text, (c) => c.notNull())
    .addColumn('instance_number', text)
    .addColumn('instance_order', 'double precision', (c) => c.notNull())
    .addColumn('transfer_syntax_uid', text, (c) => c.notNull())
    .addColumn('attributes', text, (c) => c.notNull())
    .addColumn('blob_key', text, (c) => c.notNull())
    .addColumn('size_bytes', 'bigint', (c) => c.notNull())
    .addColumn('sha256', text, (c) => c.notNull())
    .addColumn('crc32', 'bigint', (c) => c.notNull())
    .addColumn('frame_count', 'integer', (c) => c.notNull())
    .addColumn('stored_at', text, (c) => c.notNull())
    .addColumn('damaged_at', text)
    .execute();
  await db.schema
    .createIndex('instance_by_series')
    .on('instance')
    .columns(['series_row_id', 'instance_order', 'sop_instance_uid'])
    .execute();
  await db.schema
    .createTable('instance_content')
    .addColumn('instance_row_id', rowID, (c) => c.primaryKey().references('instance.id'))
    .addColumn('metadata', bytes, (c) => c.notNull())
    .addColumn('bulkdata', text, (c) => c.notNull())
    .addColumn('frame_table', bytes)
    .execute();
}
