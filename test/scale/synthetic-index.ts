/**
 * An index as large as is wished, written straight to the database: studies over twenty years, of four modalities, two of a
 * patient, 200 surnames, each of one series of five instances. No files belong to it. Every row is as long as a real one, and
 * is made by the database itself, so that a million studies take minutes.
 */
import { sql, type Transaction } from 'kysely';
import pg from 'pg';
import { InstanceDescriber } from '../../src/archive/instance-describer.js';
import type { Database } from '../../src/database/database.js';
import type { DatabasePlace } from '../../src/database/database-place.js';
import type { Schema } from '../../src/database/schema.js';
import { ctSeries } from '../../src/phantom/ct-series.js';
import { phantomPatient } from '../../src/phantom/patient.js';

export const INSTANCES_OF_STUDY = 5;
export const UID_ROOT = '1.2.826.0.1.3680043.10.1440';
const DAYS = 7_305;
const STUDIES_OF_TRANSACTION = 20_000;
/** What makes neighbours differ: Knuth's multiplier, modulo 2^32. */
const SCATTER = 2_654_435_761;
const MODALITIES = [
  { name: 'CT', kind: 'ct' },
  { name: 'DX', kind: 'xray' },
  { name: 'CR', kind: 'xray' },
  { name: 'MR', kind: 'mri' },
] as const;

export interface SyntheticStudy {
  readonly studyInstanceUID: string;
  readonly patientID: string;
  readonly surname: string;
  /** `YYYYMMDD` */
  readonly studyDate: string;
  readonly modality: string;
}

/** What the index says of study number `n`, from 0: the same in every database. */
export function syntheticStudy(n: number): SyntheticStudy {
  const scattered = Number((BigInt(n) * BigInt(SCATTER)) % 4_294_967_296n);
  const patient = Math.floor(n / 2);
  return {
    studyInstanceUID: `${UID_ROOT}.${n}`,
    patientID: `IDX-${String(patient).padStart(7, '0')}`,
    surname: `IDXNAME${String(patient % 200).padStart(3, '0')}`,
    studyDate: dateOf(scattered % DAYS),
    modality: MODALITIES[Math.floor(scattered / 65_536) % 4]?.name ?? '',
  };
}

/** The day so many days after the first of January 2000. */
export const dateOf = (day: number): string =>
  new Date(Date.UTC(2000, 0, 1) + day * 86_400_000).toISOString().slice(0, 10).replaceAll('-', '');

interface Sample {
  readonly study: string;
  readonly series: string;
  readonly instance: string;
  readonly metadata: Buffer;
  readonly bulkdata: string;
  readonly frameTable: Buffer | null;
}

/** Fill an empty index with studies number 0 to `studies` - 1; `onProgress` is told how many there are. */
export async function fillIndex(
  database: Database,
  studies: number,
  onProgress: (done: number) => void = () => undefined,
): Promise<void> {
  const sample = await describeSample();
  await database.write(prepare);
  for (let from = 0; from < studies; from += STUDIES_OF_TRANSACTION) {
    const to = Math.min(studies, from + STUDIES_OF_TRANSACTION);
    await database.write((tx) => addStudies(tx, sample, from, to));
    onProgress(to);
  }
  await database.write(async (tx) => {
    for (const table of ['scale_study', 'scale_day', 'scale_modality']) await tx.schema.dropTable(table).execute();
    for (const table of ['patient', 'study', 'series', 'instance']) {
      await database.dialect.goOnAfter?.(table).execute(tx);
    }
  });
}

/** Let PostgreSQL look at what it holds, as it does by itself in time; SQLite does not. */
export async function settle(place: DatabasePlace): Promise<void> {
  if (place.kind === 'sqlite') return;
  const client = new pg.Client({ connectionString: place.url });
  await client.connect();
  try {
    await client.query('vacuum analyze');
    // Its rows are changed one by one in life, not thousands of times in one transaction.
    await client.query('vacuum full study_month');
  } finally {
    await client.end();
  }
}

async function describeSample(): Promise<Sample> {
  const [slice] = ctSeries(phantomPatient(1, { positive: true, site: 'Northgate General' }), { slices: 1, size: 64 });
  if (slice === undefined) throw new Error('A series has a slice.');
  const describer = new InstanceDescriber({ admit: () => 0 });
  await describer.write(slice);
  const { study, series, instance, content } = await describer.end();
  return {
    study: study.attributes,
    series: series.attributes,
    instance: instance.attributes,
    metadata: content.metadata,
    bulkdata: content.bulkdata,
    frameTable: content.frame_table,
  };
}

async function prepare(tx: Transaction<Schema>): Promise<void> {
  await sql`create table scale_day (day integer primary key, study_date text not null)`.execute(tx);
  await sql`create table scale_modality (number integer primary key, name text not null, kind text not null)`.execute(
    tx,
  );
  await sql`create table scale_study (n bigint primary key, scattered bigint not null)`.execute(tx);
  for (let day = 0; day < DAYS; day += 500) {
    const days = Array.from({ length: Math.min(500, DAYS - day) }, (_, i) => sql`(${day + i}, ${dateOf(day + i)})`);
    await sql`insert into scale_day values ${sql.join(days)}`.execute(tx);
  }
  for (const [number, { name, kind }] of MODALITIES.entries()) {
    await sql`insert into scale_modality values (${number}, ${name}, ${kind})`.execute(tx);
  }
  await sql`
    insert into site (id, name, split_policy, created_at) values (1000, 'Scale', '50', '2020-01-01T00:00:00.000Z')
  `.execute(tx);
}

const digits = (number: string, count: number) => sql.raw(`substr(cast(${10 ** count} + ${number} as text), 2)`);
const PATIENT = '(n / 2)';
const NOW = '2026-01-01T00:00:00.000Z';

async function addStudies(tx: Transaction<Schema>, sample: Sample, from: number, to: number): Promise<void> {
  const root = sql.raw(`'${UID_ROOT}.'`);
  await sql`delete from scale_study`.execute(tx);
  await sql`
    with recursive counted(n) as (
      select cast(${from} as bigint) union all select n + 1 from counted where n + 1 < cast(${to} as bigint)
    )
    insert into scale_study select n, (n * ${sql.raw(String(SCATTER))}) % 4294967296 from counted
  `.execute(tx);
  await sql`
    insert into patient (id, pseudonym, split, first_site_id)
    select ${sql.raw(PATIENT)}, 'IDX-' || ${digits(PATIENT, 7)},
      case when ${sql.raw(PATIENT)} % 2 = 0 then 'training' else 'validation' end, 1000
    from scale_study where n % 2 = 0
  `.execute(tx);
  await sql`
    insert into study (id, study_instance_uid, patient_row_id, site_id, split, modality_bits, study_date, study_time,
      accession_number, study_id, study_description, patient_id, patient_sex, patient_name, attributes, stored_at)
    select n, ${root} || n, ${sql.raw(PATIENT)}, 1000,
      case when ${sql.raw(PATIENT)} % 2 = 0 then 'training' else 'validation' end,
      case name when 'CR' then 1 when 'DX' then 2 when 'CT' then 4 else 8 end,
      study_date, '101112.000000', 'IX' || ${digits('n', 9)}, cast(n as text), 'Index study ' || (n % 50),
      'IDX-' || ${digits(PATIENT, 7)}, 'F',
      'idxname' || ${digits(`${PATIENT} % 200`, 3)} || '^given' || ${digits(PATIENT, 7)}, ${sample.study}, ${NOW}
    from scale_study
      inner join scale_day on day = scattered % ${sql.raw(String(DAYS))}
      inner join scale_modality on number = (scattered / 65536) % 4
  `.execute(tx);
  await sql`
    insert into series (id, series_instance_uid, study_row_id, kind, split, site_id, series_order, instance_count,
      modality, series_number, series_description, series_date, body_part_examined, manufacturer, attributes)
    select n, ${root} || n || '.1', n, kind,
      case when ${sql.raw(PATIENT)} % 2 = 0 then 'training' else 'validation' end, 1000, 1, ${INSTANCES_OF_STUDY},
      name, '1', 'Index', study_date, 'CHEST', 'NCCID', ${sample.series}
    from scale_study
      inner join scale_day on day = scattered % ${sql.raw(String(DAYS))}
      inner join scale_modality on number = (scattered / 65536) % 4
  `.execute(tx);
  await sql`
    insert into series_request (series_row_id, item_index, scheduled_procedure_step_id, requested_procedure_id)
    select n, 0, 'SPS' || n, 'RP' || n from scale_study where n % 4 = 0
  `.execute(tx);
  await addInstances(tx, sample);
}

async function addInstances(tx: Transaction<Schema>, sample: Sample): Promise<void> {
  const root = sql.raw(`'${UID_ROOT}.'`);
  const numbers = sql.join(
    Array.from({ length: INSTANCES_OF_STUDY }, (_, i) => sql.raw(`select ${i + 1} as number`)),
    sql` union all `,
  );
  await sql`
    insert into instance (id, sop_instance_uid, series_row_id, study_row_id, sop_class_uid, instance_number,
      instance_order, transfer_syntax_uid, attributes, blob_key, size_bytes, sha256, crc32, frame_count, stored_at)
    select n * ${INSTANCES_OF_STUDY} + number, ${root} || n || '.1.' || number, n, n, '1.2.840.10008.5.1.4.1.1.2',
      cast(number as text), number, '1.2.840.10008.1.2.1', ${sample.instance},
      'studies/' || ${root} || n || '/' || ${root} || n || '.1/' || ${root} || n || '.1.' || number || '.0123456789abcdef.dcm',
      526000, ${'0123456789abcdef'.repeat(4)}, 4000000000, 1, ${NOW}
    from scale_study cross join (${numbers}) as numbers
  `.execute(tx);
  await sql`
    insert into instance_content (instance_row_id, metadata, bulkdata, frame_table)
    select n * ${INSTANCES_OF_STUDY} + number, ${sample.metadata}, ${sample.bulkdata}, ${sample.frameTable}
    from scale_study cross join (${numbers}) as numbers
  `.execute(tx);
}
