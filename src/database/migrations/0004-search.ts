/**
 * For searches that ask for more: instants of studies that know their offset from UTC; trigrams of the texts that are searched
 * in part; and attributes that curators add to those that are searched.
 */
import { type Kysely, sql } from 'kysely';
import type { Dialect } from '../dialects.js';

export async function up(db: Kysely<unknown>, dialect: Dialect): Promise<void> {
  await keepInstants(db, dialect);
  for (const statement of TRIGRAMS[dialect.name]) await sql.raw(statement).execute(db);
  await createQueryAttributes(db, dialect);
}

async function keepInstants(db: Kysely<unknown>, { name, text }: Dialect): Promise<void> {
  await db.schema.alterTable('study').addColumn('study_instant', text).execute();
  await db.schema.alterTable('series').addColumn('performed_procedure_step_start_instant', text).execute();
  const [minutes, instantOf] = [OFFSET_MINUTES[name], INSTANTS[name]];
  await sql
    .raw(`
      update study set study_instant = ${instantOf('study_date', 'study_time', minutes)}
      where study_time is not null and study_date >= '0001' and attributes like '${KNOWN_OFFSET}'
    `)
    .execute(db);
  const [date, time] = ['performed_procedure_step_start_date', 'performed_procedure_step_start_time'];
  await sql
    .raw(`
      update series set performed_procedure_step_start_instant = (
        select ${instantOf(`series.${date}`, `series.${time}`, minutes)} from study
        where study.id = series.study_row_id and study.attributes like '${KNOWN_OFFSET}'
      ) where ${time} is not null and ${date} >= '0001'
    `)
    .execute(db);
}

const LEVELS = sql`level in ('study', 'series', 'instance')`;

async function createQueryAttributes(db: Kysely<unknown>, { text, rowID, asOwnRowID }: Dialect): Promise<void> {
  await db.schema
    .createTable('query_attribute')
    .addColumn('id', rowID, asOwnRowID)
    .addColumn('path', text, (c) => c.notNull())
    .addColumn('creator', text, (c) => c.notNull())
    .addColumn('vr', text, (c) => c.notNull())
    .addColumn('level', text, (c) => c.notNull().check(LEVELS))
    .addColumn('created_at', text, (c) => c.notNull())
    .addUniqueConstraint('query_attribute_name', ['path', 'creator', 'level'])
    .execute();
  await db.schema
    .createTable('query_attribute_progress')
    .addColumn('attribute_id', rowID, (c) => c.primaryKey())
    .addColumn('level', text, (c) => c.notNull().check(LEVELS))
    .addColumn('up_to_row_id', rowID, (c) => c.notNull())
    .addColumn('last_row_id', rowID, (c) => c.notNull())
    .addColumn('done', rowID, (c) => c.notNull())
    .addColumn('total', rowID)
    .addColumn('finished_at', text)
    .addColumn('worked_by', text)
    .addColumn('worked_until', text)
    .execute();
  for (const entity of ['series', 'instance']) {
    await db.schema
      .createTable(`${entity}_value`)
      .addColumn('row_id', rowID, (c) => c.notNull().references(`${entity}.id`).onDelete('cascade'))
      .addColumn('attribute_id', rowID, (c) => c.notNull())
      .addColumn('position', 'integer', (c) => c.notNull())
      .addColumn('item', 'integer', (c) => c.notNull())
      .addColumn('part', 'integer', (c) => c.notNull())
      .addColumn('value', text)
      .addColumn('element', text)
      .addPrimaryKeyConstraint(`${entity}_value_key`, ['row_id', 'attribute_id', 'position'])
      .execute();
    await db.schema
      .createIndex(`${entity}_value_by_value`)
      .on(`${entity}_value`)
      .columns(['attribute_id', 'value', 'row_id', 'item', 'part'])
      .execute();
  }
}

/** Timezone Offset From UTC as the study's DICOM JSON has it, with its five characters. */
const OFFSET_MEMBER = '"00080201":{"vr":"SH","Value":["';
const KNOWN_OFFSET = `%${OFFSET_MEMBER}_____"]%`;

const minutesBy = (find: string, isFourDigits: (offset: string) => string): string => {
  const offset = `substr(study.attributes, ${find}(study.attributes, '${OFFSET_MEMBER}') + ${OFFSET_MEMBER.length}, 5)`;
  const isOffset = `${isFourDigits(offset)} and substr(${offset}, 2) <= '1459'`;
  const size = `cast(substr(${offset}, 2, 2) as integer) * 60 + cast(substr(${offset}, 4, 2) as integer)`;
  return `case when ${isOffset} then case substr(${offset}, 1, 1) when '-' then -(${size}) else ${size} end end`;
};

const OFFSET_MINUTES = {
  sqlite: minutesBy('instr', (offset) => `${offset} glob '[+-][0-9][0-9][0-9][0-9]'`),
  postgres: minutesBy('strpos', (offset) => `${offset} ~ '^[+-][0-9]{4}$'`),
};

const INSTANTS = {
  sqlite: (date: string, time: string, minutes: string): string => {
    const day = `substr(${date}, 1, 4) || '-' || substr(${date}, 5, 2) || '-' || substr(${date}, 7, 2)`;
    const clock = `substr(${time}, 1, 2) || ':' || substr(${time}, 3, 2) || ':' || substr(${time}, 5, 2)`;
    return `strftime('%Y%m%d%H%M%S', ${day} || ' ' || ${clock}, (-(${minutes})) || ' minutes') || substr(${time}, 7)`;
  },
  postgres: (date: string, time: string, minutes: string): string => {
    const numbers = [
      [date, 1, 4],
      [date, 5, 2],
      [date, 7, 2],
      [time, 1, 2],
      [time, 3, 2],
      [time, 5, 2],
    ].map(([text, from, length]) => `cast(substr(${text}, ${from}, ${length}) as integer)`);
    const local = `make_timestamp(${numbers.join()})`;
    return `to_char(${local} - make_interval(mins => ${minutes}), 'YYYYMMDDHH24MISS') || substr(${time}, 7)`;
  },
};

const TEXTS = ['patient_id', 'accession_number', 'study_description'];
const NAMES = ['patient_name', 'patient_name_ideographic', 'patient_name_phonetic'];

/** The texts of a study, each in a line; in names a caret stands before each word. */
const textOf = (row: string): string => {
  const words = (name: string): string =>
    [' ', '-', ','].reduce((text, separator) => `replace(${text}, '${separator}', '^')`, `'^' || ${row}${name}`);
  const parts = [...TEXTS.map((text) => `${row}${text}`), ...NAMES.map(words)];
  return parts.map((part) => `coalesce(${part}, '')`).join(` || '\n' || `);
};

const isOther = [...TEXTS, ...NAMES].map((column) => `old.${column} is not new.${column}`).join(' or ');
const put = `insert into study_text (rowid, text) values (new.id, ${textOf('new.')});`;
const take = 'delete from study_text where rowid = old.id;';

const TRIGRAMS = {
  sqlite: [
    `create virtual table study_text using fts5
     (text, content = '', contentless_delete = 1, detail = none, tokenize = 'trigram case_sensitive 1')`,
    `insert into study_text (rowid, text) select id, ${textOf('')} from study`,
    `create trigger study_text_added after insert on study begin ${put} end`,
    `create trigger study_text_removed after delete on study begin ${take} end`,
    `create trigger study_text_changed after update of ${[...TEXTS, ...NAMES].join()} on study when ${isOther}
     begin ${take} ${put} end`,
  ],
  postgres: [
    `create function study_trigrams(${[...TEXTS, ...NAMES].map((name) => `${name} text`).join()})
     returns text[] language plpgsql immutable parallel safe cost 1000 as $$
     declare
       whole text := ${textOf('')};
       trigrams text[] := '{}';
     begin
       for i in 1 .. length(whole) - 2 loop
         trigrams := trigrams || substr(whole, i, 3);
       end loop;
       return trigrams;
     end $$`,
    `create index study_by_trigrams on study using gin (study_trigrams(${[...TEXTS, ...NAMES].join()}))`,
  ],
};
