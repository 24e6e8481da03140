/**
 * For archives of many nodes and a million studies: the archive's name and its signing keys, which all nodes share; what a
 * Scope asks of a study beside the study; and how many studies there are of each kind, so that nobody need count them.
 */
import { type Kysely, sql } from 'kysely';
import type { Dialect } from '../dialects.js';

/** A bit for each Modality that a licence asks for, and one for all others, as `archive/scope` has them. */
const bitOf = (modality: string): string =>
  `case ${modality} when 'CR' then 1 when 'DX' then 2 when 'CT' then 4 when 'MR' then 8 else 16 end`;

export async function up(db: Kysely<unknown>, dialect: Dialect): Promise<void> {
  await createIdentity(db, dialect);
  await describeStudies(db, dialect);
  await indexReferences(db);
  await createStudyMonth(db, dialect);
  for (const statement of TRIGGERS[dialect.name]) await sql.raw(statement).execute(db);
  if (dialect.name === 'postgres') {
    // It is deflated already.
    await sql`alter table instance_content alter column metadata set storage external`.execute(db);
  }
}

async function createIdentity(db: Kysely<unknown>, { text }: Dialect): Promise<void> {
  await db.schema
    .createTable('archive_identity')
    .addColumn('only_row', 'integer', (c) => c.primaryKey().check(sql`only_row = 1`))
    .addColumn('archive_id', text, (c) => c.notNull())
    .execute();
  await db.schema
    .createTable('signing_key')
    .addColumn('number', 'integer', (c) => c.primaryKey())
    .addColumn('pem', text, (c) => c.notNull())
    .addColumn('created_at', text, (c) => c.notNull())
    .execute();
}

async function describeStudies(db: Kysely<unknown>, { text }: Dialect): Promise<void> {
  await db.schema.alterTable('study').addColumn('split', text).execute();
  await db.schema
    .alterTable('study')
    .addColumn('modality_bits', 'integer', (c) => c.notNull().defaultTo(0))
    .execute();
  await sql`
    update study set
      split = (select split from patient where patient.id = study.patient_row_id),
      modality_bits = coalesce((
        select sum(bit) from (
          select distinct ${sql.raw(bitOf('modality'))} as bit from series where series.study_row_id = study.id
        ) as bits
      ), 0)
  `.execute(db);
  await db.schema.dropIndex('study_by_date').execute();
  await db.schema
    .createIndex('study_by_date')
    .on('study')
    .columns(['study_date', 'id', 'site_id', 'split', 'modality_bits'])
    .execute();
}

/** What a row that goes is asked: whether another still refers to it. */
async function indexReferences(db: Kysely<unknown>): Promise<void> {
  await db.schema.createIndex('study_by_patient').on('study').columns(['patient_row_id']).execute();
  await db.schema.createIndex('instance_by_study').on('instance').columns(['study_row_id']).execute();
}

async function createStudyMonth(db: Kysely<unknown>, { text, rowID }: Dialect): Promise<void> {
  await db.schema
    .createTable('study_month')
    .addColumn('month', text, (c) => c.notNull())
    .addColumn('site_id', rowID, (c) => c.notNull())
    .addColumn('split', text, (c) => c.notNull())
    .addColumn('modality_bits', 'integer', (c) => c.notNull())
    .addColumn('studies', 'integer', (c) => c.notNull())
    .addPrimaryKeyConstraint('study_month_key', ['month', 'site_id', 'split', 'modality_bits'])
    .execute();
  await sql`
    insert into study_month (month, site_id, split, modality_bits, studies)
    select substr(study_date, 1, 6), site_id, split, modality_bits, count(*)
    from study group by substr(study_date, 1, 6), site_id, split, modality_bits
  `.execute(db);
}

/** Raise or lower the count of the cell that a row of `study` belongs to. */
const counted = (row: 'new' | 'old', by: 1 | -1): string => `
  insert into study_month (month, site_id, split, modality_bits, studies)
  values (substr(${row}.study_date, 1, 6), ${row}.site_id, ${row}.split, ${row}.modality_bits, ${by})
  on conflict (month, site_id, split, modality_bits) do update set studies = study_month.studies + ${by};`;

/** Give a study the bits of its series. */
const described = (row: 'new' | 'old'): string => `
  update study set modality_bits = coalesce((
    select sum(bit) from (select distinct ${bitOf('modality')} as bit from series where study_row_id = ${row}.study_row_id) as bits
  ), 0) where id = ${row}.study_row_id;`;

/** A bit is added without a look at the other series; studies of a thousand series are stored one by one. */
const ADDED = `
  update study set modality_bits = modality_bits | (${bitOf('new.modality')})
  where id = new.study_row_id and (modality_bits & (${bitOf('new.modality')})) = 0;`;

const MOVED = ['study_date', 'site_id', 'split', 'modality_bits'];
const isMoved = (differs: string): string =>
  MOVED.map((column) => `old.${column} ${differs} new.${column}`).join(' or ');

const SQLITE_TRIGGERS: readonly string[] = [
  `create trigger study_added after insert on study begin ${counted('new', 1)} end`,
  `create trigger study_removed after delete on study begin ${counted('old', -1)} end`,
  `create trigger study_moved after update of ${MOVED.join()} on study when ${isMoved('is not')}
   begin ${counted('old', -1)} ${counted('new', 1)} end`,
  `create trigger series_added after insert on series begin ${ADDED} end`,
  `create trigger series_removed after delete on series begin ${described('old')} end`,
  `create trigger series_moved after update of modality, study_row_id on series
   when old.modality is not new.modality or old.study_row_id <> new.study_row_id
   begin ${described('old')} ${described('new')} end`,
];

const postgresTrigger = (name: string, event: string, body: string, when?: string): readonly string[] => [
  `create function ${name}() returns trigger language plpgsql as $$ begin ${body} return null; end $$`,
  `create trigger ${name} after ${event} for each row ${when === undefined ? '' : `when (${when})`} execute function ${name}()`,
];

const POSTGRES_TRIGGERS: readonly string[] = [
  ...postgresTrigger('study_added', 'insert on study', counted('new', 1)),
  ...postgresTrigger('study_removed', 'delete on study', counted('old', -1)),
  ...postgresTrigger(
    'study_moved',
    `update of ${MOVED.join()} on study`,
    `${counted('old', -1)} ${counted('new', 1)}`,
    isMoved('is distinct from'),
  ),
  ...postgresTrigger('series_added', 'insert on series', ADDED),
  ...postgresTrigger('series_removed', 'delete on series', described('old')),
  ...postgresTrigger(
    'series_moved',
    'update of modality, study_row_id on series',
    `${described('old')} ${described('new')}`,
    'old.modality is distinct from new.modality or old.study_row_id <> new.study_row_id',
  ),
];

const TRIGGERS = { sqlite: SQLITE_TRIGGERS, postgres: POSTGRES_TRIGGERS };
