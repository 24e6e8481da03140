/**
 * In what SQLite and PostgreSQL differ for this archive: the one place that knows. All queries are the same Kysely code on
 * both; where the two would read it differently, the schema or the connection makes them agree:
 *
 * - Text is compared by its bytes in UTF-8: SQLite does so by itself, PostgreSQL by the collation "C" of every text column.
 *   So order, ranges and prefixes are the same, and an index serves all three.
 * - LIKE tells case: PostgreSQL does, SQLite by `case_sensitive_like` on every connection.
 * - Counts, sums of integers and row ids are numbers: SQLite gives them so, PostgreSQL's 64-bit integers are read as such.
 * - One transaction writes at a time: SQLite has one writer, PostgreSQL's take an advisory lock first. What a transaction
 *   has read when it decides is then what it decides on, whichever node it runs on.
 * - A commit is on disk when it has returned: SQLite by `synchronous=FULL`; PostgreSQL by its own settings, which are
 *   looked at when it is opened.
 * - A row that comes with its number, as when an archive is copied, makes SQLite go on after that number; PostgreSQL is told
 *   to, by `goOnAfter`, when all rows of the table have come.
 * - Parts of texts are found by trigrams: SQLite's full text search has a tokenizer for them; PostgreSQL's own extension for
 *   them may not be installed, so an index of arrays holds what a function makes of a row.
 * - PostgreSQL is asked over a wire: statements whose answers nobody waits for go out at once there (`unheard`), and the commit
 *   fails if one of them has. SQLite is asked one after the other.
 * - By `or` over several columns SQLite looks into an index of each, and needs no rows when those know enough. PostgreSQL reads
 *   every row that matches, so it is asked for the column that most of them match by itself.
 * - NULL is never sorted on: SQLite puts it first, PostgreSQL last.
 * - NUL is in no text, for PostgreSQL takes none: requests with one are refused, and values with one are not searched.
 */
import {
  type ColumnDataType,
  type ColumnDefinitionBuilder,
  type CompiledQuery,
  type Expression,
  type RawBuilder,
  type SqlBool,
  sql,
} from 'kysely';
import { jsonArrayFrom as postgresArrayFrom } from 'kysely/helpers/postgres';
import { jsonArrayFrom as sqliteArrayFrom } from 'kysely/helpers/sqlite';

type ColumnType = ColumnDataType | RawBuilder<unknown>;
/** What selects rows, column by column. */
type Question = Parameters<typeof sqliteArrayFrom>[0];

export interface Dialect {
  readonly name: 'sqlite' | 'postgres';
  readonly text: ColumnType;
  readonly bytes: ColumnType;
  /** A number of a row that another row refers to. */
  readonly rowID: ColumnType;
  /** Make a column of that type the key of its table, whose numbers the database gives out and never gives out again. */
  readonly asOwnRowID: (column: ColumnDefinitionBuilder) => ColumnDefinitionBuilder;
  /**
   * Whether a column is one of many row ids. They go as one value, so that the question is the same text for any number of
   * them: it is built fast, and prepared once.
   */
  readonly isAmong: (column: string, rowIDs: readonly number[]) => Expression<SqlBool>;
  /**
   * Whether the texts of a study that are searched in part have all of these trigrams between them: PatientID,
   * AccessionNumber, StudyDescription, and the names of the patient as words that each begin with `^`.
   */
  readonly hasTrigrams: (trigrams: readonly string[]) => Expression<SqlBool>;
  /** As `isAmong`, of texts as `listOfTexts` writes them: a question can be built once and asked with other lists. */
  readonly isAmongTexts: (column: string, list: string) => Expression<SqlBool>;
  readonly listOfTexts: (texts: readonly string[]) => string;
  /** All rows of a question in one value, the text of a JSON array of objects: so that several questions go as one. */
  readonly rowsAsJSON: (question: Question) => RawBuilder<string>;
  /**
   * The same statement of a transaction, for whose answer nobody waits: where that is over a wire, it goes out at once, and what
   * is asked next, or the commit, fails as it did.
   */
  readonly unheard: (statement: CompiledQuery) => CompiledQuery;
  /** Whether a search in any of several columns is asked in parts: that in the first of them, and that in the others alone. */
  readonly searchesInParts: boolean;
  /** Make the numbers that the database gives out go on after the highest of a table; undefined where they do by themselves. */
  readonly goOnAfter: ((table: string) => RawBuilder<unknown>) | undefined;
}

/** What statements begin with that are for nobody to wait for. */
export const UNHEARD = '/* unheard */ ';

const quoted = (text: string): string => `"${text.replaceAll('"', '""')}"`;
const escaped = (text: string): string => `"${text.replace(/["\\]/g, '\\$&')}"`;

export const SQLITE: Dialect = {
  name: 'sqlite',
  text: 'text',
  bytes: 'blob',
  rowID: 'integer',
  asOwnRowID: (column) => column.primaryKey().autoIncrement(),
  isAmong: (column, rowIDs) => sql`${sql.ref(column)} in (select value from json_each(${JSON.stringify(rowIDs)}))`,
  hasTrigrams: (trigrams) =>
    sql`study.id in (select rowid from study_text where study_text match ${trigrams.map(quoted).join(' AND ')})`,
  isAmongTexts: (column, list) => sql`${sql.ref(column)} in (select value from json_each(${list}))`,
  listOfTexts: (texts) => JSON.stringify(texts),
  rowsAsJSON: (question) => sql`${sqliteArrayFrom(question)}`,
  unheard: (statement) => statement,
  searchesInParts: false,
  goOnAfter: undefined,
};

export const POSTGRES: Dialect = {
  name: 'postgres',
  text: sql`text collate "C"`,
  bytes: 'bytea',
  rowID: 'bigint',
  asOwnRowID: (column) => column.primaryKey().generatedByDefaultAsIdentity(),
  isAmong: (column, rowIDs) => sql`${sql.ref(column)} = any(${`{${rowIDs.join()}}`}::bigint[])`,
  hasTrigrams: (trigrams) =>
    sql`study_trigrams(study.patient_id, study.accession_number, study.study_description, study.patient_name,
      study.patient_name_ideographic, study.patient_name_phonetic) @> ${`{${trigrams.map(escaped).join()}}`}::text[]`,
  // Out of a sub-select, for each list that it could look at would be planned for anew: that takes longer than to ask.
  isAmongTexts: (column, list) => sql`${sql.ref(column)} = any((select ${list})::text[])`,
  listOfTexts: (texts) => `{${texts.map(escaped).join()}}`,
  rowsAsJSON: (question) => sql`${postgresArrayFrom(question)}::text`,
  unheard: (statement) => ({ ...statement, sql: UNHEARD + statement.sql }),
  searchesInParts: true,
  goOnAfter: (table) =>
    sql`select setval(pg_get_serial_sequence(${table}, 'id'), coalesce(max(id), 0) + 1, false) from ${sql.table(table)}`,
};
