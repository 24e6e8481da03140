/** What the series of a study are, counted beside the study: a search answers hundreds of studies from their own rows. */
import { type Kysely, sql } from 'kysely';
import type { Dialect } from '../dialects.js';

/** `[[kind, modality, series, instances], …]` in JSON, one for each Modality of the study that a row of `series` belongs to. */
const COUNTED = {
  sqlite: (study: string): string => `(
    select json_group_array(json_array(kind, modality, series, instances) order by modality) from (
      select kind, modality, count(*) as series, sum(instance_count) as instances
      from series where study_row_id = ${study} group by kind, modality
    ))`,
  postgres: (study: string): string => `(
    select '[' || coalesce(string_agg(
      '["' || kind || '",' || coalesce(to_json(modality)::text, 'null') || ',' || series || ',' || instances || ']',
      ',' order by modality nulls first
    ), '') || ']' from (
      select kind, modality, count(*) as series, sum(instance_count) as instances
      from series where study_row_id = ${study} group by kind, modality
    ) as counted)`,
} as const;

export async function up(db: Kysely<unknown>, dialect: Dialect): Promise<void> {
  const { name, text } = dialect;
  await db.schema
    .alterTable('study')
    .addColumn('series_counts', text, (c) => c.notNull().defaultTo('[]'))
    .execute();
  await sql.raw(`update study set series_counts = ${COUNTED[name]('study.id')}`).execute(db);
  for (const statement of TRIGGERS[name]) await sql.raw(statement).execute(db);
}

const recount = (dialect: Dialect['name'], row: 'new' | 'old'): string =>
  `update study set series_counts = ${COUNTED[dialect](`${row}.study_row_id`)} where id = ${row}.study_row_id;`;

const COLUMNS = ['study_row_id', 'kind', 'modality', 'instance_count'];
const isChanged = (differs: string): string =>
  COLUMNS.map((column) => `old.${column} ${differs} new.${column}`).join(' or ');

const SQLITE_TRIGGERS: readonly string[] = [
  `create trigger series_counted_added after insert on series begin ${recount('sqlite', 'new')} end`,
  `create trigger series_counted_removed after delete on series begin ${recount('sqlite', 'old')} end`,
  `create trigger series_counted_changed after update of ${COLUMNS.join()} on series when ${isChanged('is not')}
   begin ${recount('sqlite', 'new')} end`,
  `create trigger series_counted_left after update of study_row_id on series when old.study_row_id <> new.study_row_id
   begin ${recount('sqlite', 'old')} end`,
];

const postgresTrigger = (name: string, event: string, body: string, when = ''): readonly string[] => [
  `create function ${name}() returns trigger language plpgsql as $$ begin ${body} return null; end $$`,
  `create trigger ${name} after ${event} on series for each row ${when} execute function ${name}()`,
];

const POSTGRES_TRIGGERS: readonly string[] = [
  ...postgresTrigger('series_counted_added', 'insert', recount('postgres', 'new')),
  ...postgresTrigger('series_counted_removed', 'delete', recount('postgres', 'old')),
  ...postgresTrigger(
    'series_counted_changed',
    `update of ${COLUMNS.join()}`,
    recount('postgres', 'new'),
    `when (${isChanged('is distinct from')})`,
  ),
  ...postgresTrigger(
    'series_counted_left',
    'update of study_row_id',
    recount('postgres', 'old'),
    'when (old.study_row_id <> new.study_row_id)',
  ),
];

const TRIGGERS = { sqlite: SQLITE_TRIGGERS, postgres: POSTGRES_TRIGGERS };
