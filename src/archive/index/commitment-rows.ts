/** The requests for storage commitment in the index, where every node finds them: asked, worked on by one node at a time, answered. */
import { type RawBuilder, sql } from 'kysely';
import type { Database } from '../../database/database.js';

/** SOP Class UID and SOP Instance UID. */
export type InstanceReference = readonly [sopClassUID: string, sopInstanceUID: string];

export interface CommitmentKey {
  /** Who has asked: another has none of this name. */
  readonly requester: string;
  readonly transactionUID: string;
}

export interface CommitmentRow extends CommitmentKey {
  /** Undefined when it was swept away. */
  readonly instances: readonly InstanceReference[] | undefined;
  /** Of the first so many instances: 0 when it is committed, else why not. */
  readonly result: readonly number[];
  readonly isFinished: boolean;
}

/** A commitment that one node works on, until an instant; it is told apart from others by that. */
export interface Lease extends CommitmentKey {
  /** ISO 8601. */
  readonly until: string;
}

/** Add a request, which nobody works on yet. Returns false when the requester has used its UID before. */
export async function addCommitment(
  database: Database,
  { requester, transactionUID }: CommitmentKey,
  { instances, requestedAt }: { readonly instances: readonly InstanceReference[]; readonly requestedAt: string },
): Promise<boolean> {
  const added = await database.write((tx) =>
    tx
      .insertInto('commitment')
      .values({
        requester,
        transaction_uid: transactionUID,
        requested_at: requestedAt,
        instances: JSON.stringify(instances),
        result: null,
        finished_at: null,
        leased_until: null,
      })
      .onConflict((conflict) => conflict.columns(['requester', 'transaction_uid']).doNothing())
      .returning('transaction_uid')
      .executeTakeFirst(),
  );
  return added !== undefined;
}

/** Find a request by who has made it. */
export async function findCommitment(
  { read }: Database,
  { requester, transactionUID }: CommitmentKey,
): Promise<CommitmentRow | undefined> {
  const row = await read
    .selectFrom('commitment')
    .select(['instances', 'result', 'finished_at'])
    .where('requester', '=', requester)
    .where('transaction_uid', '=', transactionUID)
    .executeTakeFirst();
  if (row === undefined) return undefined;
  return {
    requester,
    transactionUID,
    instances: row.instances === null ? undefined : (JSON.parse(row.instances) as readonly InstanceReference[]),
    result: JSON.parse(row.result ?? '[]') as readonly number[],
    isFinished: row.finished_at !== null,
  };
}

/** How many requests of somebody have no answer yet. */
export async function countUnfinished({ read }: Database, requester: string): Promise<number> {
  const { count } = await read
    .selectFrom('commitment')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .where('finished_at', 'is', null)
    .where('requester', '=', requester)
    .executeTakeFirstOrThrow();
  return count;
}

/** Take up the oldest request that no node works on, or this one; undefined when there is none. */
export async function leaseCommitment(
  database: Database,
  { now, until }: { readonly now: string; readonly until: string },
  key?: CommitmentKey,
): Promise<Lease | undefined> {
  return database.write(async (tx) => {
    let query = tx
      .selectFrom('commitment')
      .select(['requester', 'transaction_uid'])
      .where('finished_at', 'is', null)
      .where((eb) => eb.or([eb('leased_until', 'is', null), eb('leased_until', '<', now)]))
      .orderBy('requested_at')
      .limit(1);
    if (key !== undefined) {
      query = query.where('requester', '=', key.requester).where('transaction_uid', '=', key.transactionUID);
    }
    const row = await query.executeTakeFirst();
    if (row === undefined) return undefined;
    await tx
      .updateTable('commitment')
      .set({ leased_until: until })
      .where('requester', '=', row.requester)
      .where('transaction_uid', '=', row.transaction_uid)
      .execute();
    return { requester: row.requester, transactionUID: row.transaction_uid, until };
  });
}

/** What is written of a request that is worked on; `until` null gives it to whoever is next. */
export interface CommitmentProgress {
  readonly result: readonly number[];
  readonly until: string | null;
  readonly finishedAt: string | null;
}

/** Write how far the work is. Returns false when the lease had ended and another node has taken it up. */
export async function keepProgress(database: Database, lease: Lease, progress: CommitmentProgress): Promise<boolean> {
  const { numUpdatedRows } = await database.write((tx) =>
    tx
      .updateTable('commitment')
      .set({
        result: JSON.stringify(progress.result),
        leased_until: progress.until,
        finished_at: progress.finishedAt,
      })
      .where('requester', '=', lease.requester)
      .where('transaction_uid', '=', lease.transactionUID)
      .where('leased_until', '=', lease.until)
      .where('finished_at', 'is', null)
      .executeTakeFirstOrThrow(),
  );
  return numUpdatedRows > 0n;
}

/** Sweep results away that were finished before an instant, ISO 8601; their UIDs stay used. */
export async function sweepCommitments(database: Database, before: string): Promise<number> {
  const { numUpdatedRows } = await database.write((tx) =>
    tx
      .updateTable('commitment')
      .set({ instances: null, result: null })
      .where('finished_at', '<', before)
      .where('instances', 'is not', null)
      .executeTakeFirstOrThrow(),
  );
  return Number(numUpdatedRows);
}

/** Forget requests that were finished before an instant, ISO 8601: their UIDs may be used again. */
export async function forgetCommitments(database: Database, before: string): Promise<void> {
  await database.write((tx) => tx.deleteFrom('commitment').where('finished_at', '<', before).execute());
}

/** What of one requester is kept, the newest first. */
export interface CommitmentQuota {
  /** Of finished requests, with results or without. */
  readonly mostRequests: number;
  /** Of their results and what they are of, as text. */
  readonly mostResultBytes: number;
}

/** Keep no more of anybody than the quota. Reads every request. Returns how many results it took. */
export async function keepWithinQuota(
  database: Database,
  { mostRequests, mostResultBytes }: CommitmentQuota,
): Promise<number> {
  const numbered = newestFirst(sql`row_number() over newest`, sql`true`);
  const weighed = newestFirst(
    sql`sum(octet_length(instances) + octet_length(result)) over newest`,
    sql`instances is not null`,
  );
  return database.write(async (tx) => {
    const { numAffectedRows: forgotten = 0n } = await sql`
      delete from commitment where (requester, transaction_uid) in (${beyond(numbered, mostRequests)})
    `.execute(tx);
    const { numAffectedRows: emptied = 0n } = await sql`
      update commitment set instances = null, result = null
      where (requester, transaction_uid) in (${beyond(weighed, mostResultBytes)})
    `.execute(tx);
    return Number(forgotten + emptied);
  });
}

/** Finished requests with what there is of their requester up to each. */
const newestFirst = (amount: RawBuilder<unknown>, condition: RawBuilder<unknown>): RawBuilder<unknown> => sql`
  select requester, transaction_uid, ${amount} as amount from commitment
  where finished_at is not null and ${condition}
  window newest as (partition by requester order by finished_at desc, transaction_uid)
`;

const beyond = (rows: RawBuilder<unknown>, most: number): RawBuilder<unknown> =>
  sql`select requester, transaction_uid from (${rows}) as kept where amount > ${most}`;
