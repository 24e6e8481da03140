/** An index that is asked as ever, and every question noted down, with what the database plans to do for it. */
import {
  type CompiledQuery,
  type Kysely,
  type KyselyPlugin,
  type PluginTransformQueryArgs,
  type PluginTransformResultArgs,
  type QueryResult,
  type RootOperationNode,
  sql,
  type UnknownRow,
} from 'kysely';
import type { Database } from '../../src/database/database.js';
import type { Schema } from '../../src/database/schema.js';

export interface RecordedIndex {
  /** To be used as the index itself. */
  readonly database: Database;
  /** What has been asked of it since the last call, each question once. */
  take(): readonly CompiledQuery[];
}

export function recordQueries(database: Database): RecordedIndex {
  const asked = new Map<string, CompiledQuery>();
  const recording = <DB extends Kysely<Schema>>(db: DB): DB =>
    db.withPlugin(
      new Recorder((node, args) => {
        const query = db.getExecutor().compileQuery(node, args.queryId);
        asked.set(query.sql, query);
      }),
    ) as DB;
  const recorded: Database = Object.create(database, {
    dialect: { value: database.dialect },
    read: { value: recording(database.read) },
    search: { value: recording(database.search) },
    write: {
      value: ((work) => database.write((tx) => work(recording(tx)))) satisfies Database['write'],
    },
  });
  return {
    database: recorded,
    take: () => {
      const queries = [...asked.values()];
      asked.clear();
      return queries;
    },
  };
}

class Recorder implements KyselyPlugin {
  readonly #note: (node: RootOperationNode, args: PluginTransformQueryArgs) => void;

  constructor(note: (node: RootOperationNode, args: PluginTransformQueryArgs) => void) {
    this.#note = note;
  }

  transformQuery(args: PluginTransformQueryArgs): RootOperationNode {
    this.#note(args.node, args);
    return args.node;
  }

  async transformResult({ result }: PluginTransformResultArgs): Promise<QueryResult<UnknownRow>> {
    return result;
  }
}

/** One step of a plan: a table that is gone through row by row, or looked into by an index. */
export interface PlanStep {
  readonly table: string;
  /** `rows`: every row of the table; `index`: every entry of an index, in its order; `search`: the entries that match. */
  readonly by: 'rows' | 'index' | 'search';
  /** Whether the index has all that is asked, so that the rows themselves are not read. */
  readonly isIndexAlone: boolean;
}

/** What the database plans to do for a query. */
export async function planOf(database: Database, query: CompiledQuery): Promise<readonly PlanStep[]> {
  return database.dialect.name === 'sqlite' ? sqlitePlan(database, query) : postgresPlan(database, query);
}

/** `SEARCH study USING INDEX study_by_date (study_date>?)`, `SCAN series USING COVERING INDEX …`, `SCAN patient` */
async function sqlitePlan({ read }: Database, query: CompiledQuery): Promise<readonly PlanStep[]> {
  const { rows } = await read.executeQuery<{ detail: string }>({ ...query, sql: `explain query plan ${query.sql}` });
  return rows.flatMap(({ detail }) => {
    const [, verb, table = '', index, covering] =
      /^(SCAN|SEARCH) (\w+)( USING (COVERING )?(?:INDEX|INTEGER))?/.exec(detail) ?? [];
    if (verb === undefined) return [];
    const by = verb === 'SEARCH' ? 'search' : index === undefined ? 'rows' : 'index';
    return [{ table, by, isIndexAlone: covering !== undefined } as const];
  });
}

interface PostgresNode {
  readonly 'Node Type': string;
  readonly 'Relation Name'?: string;
  readonly 'Index Name'?: string;
  readonly 'Index Cond'?: string;
  readonly Plans?: readonly PostgresNode[];
}

async function postgresPlan({ read }: Database, query: CompiledQuery): Promise<readonly PlanStep[]> {
  const { rows } = await read.executeQuery<{ 'QUERY PLAN': readonly { readonly Plan: PostgresNode }[] }>({
    ...query,
    sql: `explain (format json) ${query.sql}`,
  });
  const stepsOf = (node: PostgresNode): readonly PlanStep[] => {
    const table = node['Relation Name'];
    const isScan =
      table !== undefined && node['Node Type'].endsWith('Scan') && node['Node Type'] !== 'Bitmap Heap Scan';
    const by = node['Node Type'] === 'Seq Scan' ? 'rows' : node['Index Cond'] === undefined ? 'index' : 'search';
    const isIndexAlone = node['Node Type'] === 'Index Only Scan';
    return [...(isScan ? [{ table, by, isIndexAlone } as const] : []), ...(node.Plans ?? []).flatMap(stepsOf)];
  };
  return rows.flatMap((row) => row['QUERY PLAN'].flatMap(({ Plan }) => stepsOf(Plan)));
}

/** Fill a table of small rows, so that the database would rather not go through all of it. */
export async function fillTokens(database: Database, count: number): Promise<void> {
  await database.write(async (tx) => {
    await sql`
      with recursive counted(n) as (select 1 union all select n + 1 from counted where n < ${sql.lit(count)})
      insert into token (jti, kind, issued_at, expires_at) select 'token ' || n, 'curator', '2020', '2030' from counted
    `.execute(tx);
  });
}

/** Deletions of studies of one instance, none of which is in the index. */
export async function fillDeletions(database: Database, count: number): Promise<void> {
  const counted = sql`with recursive counted(n) as (select 1 union all select n + 1 from counted where n < ${sql.lit(count)})`;
  await database.write(async (tx) => {
    await sql`
      insert into deletion (deletion_id, level, uid, study_instance_uid, site_id, split, deleted_at, allowed_at, finished_at)
      ${counted} select 'deletion ' || n, 'study', '1.9.' || n, '1.9.' || n, (select min(id) from site), 'training', '2020', '2020', '2020'
      from counted
    `.execute(tx);
    await sql`
      insert into deleted_instance
        (deletion_id, sop_instance_uid, series_instance_uid, study_instance_uid, kind, split, site_id, blob_key)
      ${counted} select 'deletion ' || n, '1.9.' || n || '.1.1', '1.9.' || n || '.1', '1.9.' || n, 'ct', 'training', 1, 'x' || n
      from counted
    `.execute(tx);
    await sql`
      insert into commitment (requester, transaction_uid, requested_at, finished_at)
      ${counted} select 'site ' || (n % 100), '1.8.' || n, '2020', '2020' from counted
    `.execute(tx);
  });
}

/** Give every series and instance values of three attributes, as many different ones as there are rows. */
export async function fillValues(database: Database): Promise<void> {
  await database.write(async (tx) => {
    for (const [table, entity] of [
      ['series_value', 'series'],
      ['instance_value', 'instance'],
    ] as const) {
      await sql`
        insert into ${sql.table(table)} (row_id, attribute_id, position, item, part, value, element)
        select id, attribute, 0, 0, 0, cast(id as text), '{}'
        from ${sql.table(entity)} cross join (select 1 as attribute union all select 2 union all select 3) as attributes
      `.execute(tx);
    }
  });
}
