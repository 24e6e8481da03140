/**
 * What curators have deleted under the UIDs of instances that are sent. Deletions only ever become more: so their number tells
 * one state of a UID from every later one, and a file that is named for an earlier one is never referred to again.
 */
import type { CompiledQuery, Kysely } from 'kysely';
import type { Database } from '../../database/database.js';
import type { Schema } from '../../database/schema.js';
import type { SentIdentity } from '../store-outcome.js';

type SentUIDs = Pick<Required<SentIdentity>, 'studyInstanceUID' | 'seriesInstanceUID' | 'sopInstanceUID'>;

/** What the UIDs of an instance have been through. */
export interface DeletionHistory {
  /** How many deletions there are of the instance, or of a study or series with its UIDs; it is in the name of its file. */
  readonly generation: number;
  /** Whether it may not be stored. */
  readonly isRefused: boolean;
  /** The sites whose it was, as far as it is refused. */
  readonly siteIDs: ReadonlySet<number>;
}

/** Whether a file was deleted, or came too late: no row names it, and none will. @param generation in the file's name */
export const isOfDeleted = (generation: number, history: DeletionHistory): boolean => generation < history.generation;

/** How an instance stands to what was deleted: a site is told of what was its own only. */
export function refusalOf(
  history: DeletionHistory,
  site: { readonly id: number; readonly mayJoinAnyStudy: boolean },
): 'deleted' | 'misfit' | undefined {
  if (!history.isRefused) return undefined;
  const isOwn = site.mayJoinAnyStudy || [...history.siteIDs].every((id) => id === site.id);
  return isOwn ? 'deleted' : 'misfit';
}

export interface DeletionRow {
  readonly deletion_id: string;
  readonly uid: string;
  readonly site_id: number;
  readonly allowed_at: string | null;
}

/** The question of all deletions of two lists of UIDs; in it they are empty. */
export const selectDeletions = ({ read, dialect }: Database) =>
  read
    .selectFrom('deletion')
    .select(['deletion.deletion_id', 'deletion.uid', 'deletion.site_id', 'deletion.allowed_at'])
    .where(dialect.isAmongTexts('deletion.uid', dialect.listOfTexts([])))
    .unionAll(
      read
        .selectFrom('deleted_instance')
        .innerJoin('deletion', 'deletion.deletion_id', 'deleted_instance.deletion_id')
        .select([
          'deletion.deletion_id',
          'deleted_instance.sop_instance_uid as uid',
          'deletion.site_id',
          'deletion.allowed_at',
        ])
        .where(dialect.isAmongTexts('deleted_instance.sop_instance_uid', dialect.listOfTexts([]))),
    );

/** The two lists of `selectDeletions` for these. */
export const deletionLists = (identities: readonly SentUIDs[]): readonly (readonly string[])[] => [
  [...new Set(identities.flatMap(uidsOf))],
  [...new Set(identities.map(({ sopInstanceUID }) => sopInstanceUID))],
];

/** The deletions that concern a batch of instances. */
export class KnownDeletions {
  readonly #byUID = new Map<string, DeletionRow[]>();

  constructor(rows: readonly DeletionRow[]) {
    for (const row of rows) {
      const known = this.#byUID.get(row.uid);
      if (known === undefined) this.#byUID.set(row.uid, [row]);
      else known.push(row);
    }
  }

  of(identity: SentUIDs): DeletionHistory {
    if (this.#byUID.size === 0) return UNTOUCHED;
    const rows = new Map(
      uidsOf(identity).flatMap((uid) => (this.#byUID.get(uid) ?? []).map((row) => [row.deletion_id, row])),
    );
    const refusing = [...rows.values()].filter((row) => row.allowed_at === null);
    return {
      generation: rows.size,
      isRefused: refusing.length > 0,
      siteIDs: new Set(refusing.map((row) => row.site_id)),
    };
  }
}

const UNTOUCHED: DeletionHistory = { generation: 0, isRefused: false, siteIDs: new Set() };

const uidsOf = ({ studyInstanceUID, seriesInstanceUID, sopInstanceUID }: SentUIDs): string[] => [
  studyInstanceUID,
  seriesInstanceUID,
  sopInstanceUID,
];

/** Looks deletions up: asked for every file that is verified or indexed anew, so the query is built once. */
export class DeletionHistories {
  readonly #database: Database;
  readonly #query: CompiledQuery<DeletionRow>;

  constructor(database: Database) {
    this.#database = database;
    this.#query = selectDeletions(database).compile();
  }

  /** What the UIDs of these have been through. @param db a transaction, for which it is to hold */
  async read(identities: readonly SentUIDs[], db: Kysely<Schema> = this.#database.read): Promise<KnownDeletions> {
    const parameters = deletionLists(identities).map(this.#database.dialect.listOfTexts);
    const { rows } = await db.executeQuery<DeletionRow>({ ...this.#query, parameters });
    return new KnownDeletions(rows);
  }
}
