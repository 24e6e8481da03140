/** The index's word on a token, now: whether it is registered, whose it is, and how its licence stands. */
import type { CompiledQuery } from 'kysely';
import type { LicencePredicate } from '../archive/scope.js';
import type { Database } from '../database/database.js';
import type { Caller } from './caller.js';
import type { TokenClaims } from './claims.js';
import { licencePredicateOf } from './licence-predicate.js';
import { invalidToken } from './unauthenticated.js';

type Row = Awaited<ReturnType<ReturnType<typeof selectTokens>['executeTakeFirstOrThrow']>>;

/** Asked at every request, so the query is built once; what it answers is not remembered. */
export class TokenRegister {
  readonly #database: Database;
  readonly #query: CompiledQuery<Row>;

  constructor(database: Database) {
    this.#database = database;
    this.#query = selectTokens(database).where('token.jti', '=', '').compile();
  }

  /**
   * Make the caller of a token whose signature and time are good: suspension, revocation and the end of a licence act on the
   * next request.
   * @param today the date in UTC, `YYYY-MM-DD`
   * @throws Unauthenticated when the register does not know the token as it is, or its licence does not hold today
   */
  async callerOf(claims: TokenClaims, today: string): Promise<Caller> {
    const { rows } = await this.#database.read.executeQuery<Row>({ ...this.#query, parameters: [claims.tokenID] });
    const [row] = rows;
    if (row === undefined) throw invalidToken('The token is not registered in this archive.');
    if (row.revoked_at !== null) throw invalidToken('The token has been revoked.');
    const caller = holderOf(claims, row);
    if (caller === undefined) throw invalidToken('The token is registered for another holder.');
    if (caller.kind === 'licence') refuseUnlessHeld(row, today);
    return caller;
  }
}

const selectTokens = ({ read }: Database) =>
  read
    .selectFrom('token')
    .leftJoin('site', 'site.id', 'token.site_id')
    .leftJoin('licence', 'licence.id', 'token.licence_id')
    .select(['token.kind', 'token.person', 'token.revoked_at', 'site.id as site_id', 'site.name as site_name'])
    .select(['licence.id as licence_id', 'licence.reference', 'licence.status', 'licence.starts_on', 'licence.ends_on'])
    .select(['licence.kinds', 'licence.splits', 'licence.site_ids']);

function holderOf({ tokenID, subject, holder }: TokenClaims, row: Row): Caller | undefined {
  if (row.kind !== holder.kind) return undefined;
  switch (holder.kind) {
    case 'site':
      if (row.site_id === null || row.site_name !== holder.site || subject !== holder.site) return undefined;
      return { kind: 'site', tokenID, siteID: row.site_id, siteName: holder.site };
    case 'licence': {
      const { licence_id: licenceID, reference, person } = row;
      if (licenceID === null || reference !== holder.reference || person === null || person !== subject)
        return undefined;
      return { kind: 'licence', tokenID, licenceID, reference, person, predicate: predicateOf(row) };
    }
    case 'curator':
      return subject === 'curator' ? { kind: 'curator', tokenID } : undefined;
  }
}

/** The columns of a licence are null together, when there is none; a licence without them would cover nothing. */
function predicateOf({ kinds, splits, site_ids }: Row): LicencePredicate {
  return licencePredicateOf({ kinds: kinds ?? '[]', splits: splits ?? '[]', site_ids });
}

function refuseUnlessHeld({ status, starts_on: startsOn, ends_on: endsOn }: Row, today: string): void {
  if (status !== 'active') throw invalidToken(`The licence is ${status === 'suspended' ? 'suspended' : 'revoked'}.`);
  if (startsOn === null || today < startsOn) throw invalidToken('The licence has not begun.');
  if (endsOn === null || today > endsOn) throw invalidToken('The licence has ended.');
}
