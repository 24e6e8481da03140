/** Giving tokens out and taking them back. Each is registered in the index: one that is not there is good for nothing. */
import { randomUUID } from 'node:crypto';
import jsonwebtoken from 'jsonwebtoken';
import type { Transaction } from 'kysely';
import type { Database } from '../database/database.js';
import type { Schema } from '../database/schema.js';
import { ArchiveError, invalidRequest } from '../errors.js';
import { MAXIMUM_LIFETIME_SECONDS, payloadOf, type TokenClaims, type TokenHolder } from './claims.js';
import { ALGORITHM, TOKEN_TYPE } from './compact-token.js';
import type { KeyStore } from './keys.js';
import type { CallerKind } from './permissions.js';

const DEFAULT_LIFETIME_SECONDS = 3_600;

const EMAIL = /^[\w.!#$%&'*+/=?^`{|}~-]{1,64}@[\w.-]{1,255}$/;

export type TokenRequest =
  | { readonly kind: 'site'; readonly site: string }
  | { readonly kind: 'licence'; readonly reference: string; readonly person: string }
  | { readonly kind: 'curator' };

export interface TokenIssuer {
  readonly keys: KeyStore;
  readonly database: Database;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

export interface IssuedToken {
  /** What the caller sends; it is shown once and kept nowhere. */
  readonly token: string;
  /** `jti`: by this it is revoked. */
  readonly tokenID: string;
  readonly expiresAt: Date;
}

/** What the register keeps of a token beside its id and times. */
interface Registration {
  readonly subject: string;
  readonly holder: TokenHolder;
  readonly siteID: number | null;
  readonly licenceID: number | null;
  readonly person: string | null;
}

/**
 * Issue a token and register it.
 * @throws ArchiveError `not-found` for an unknown site or licence, `conflict` for a licence that is suspended, revoked or
 * at its end, `invalid-request` for a lifetime over 366 days or a person who is no e-mail address
 */
export async function issueToken(
  { keys, database, now }: TokenIssuer,
  request: TokenRequest,
  lifetimeSeconds = DEFAULT_LIFETIME_SECONDS,
): Promise<IssuedToken> {
  if (!Number.isSafeInteger(lifetimeSeconds) || lifetimeSeconds < 1 || lifetimeSeconds > MAXIMUM_LIFETIME_SECONDS) {
    throw invalidRequest('A token can be issued for 1 second to 366 days.');
  }
  const issuedAt = Math.floor(now() / 1_000);
  const times = { issuedAt, expiresAt: issuedAt + lifetimeSeconds, notBefore: undefined };
  const tokenID = randomUUID();
  const { subject, holder } = await database.write(async (transaction) => {
    const registration = await registrationFor(transaction, request, instantOf(issuedAt).slice(0, 10));
    await register(transaction, tokenID, registration, times);
    return registration;
  });
  const token = sign(keys, { tokenID, subject, holder, ...times });
  return { token, tokenID, expiresAt: new Date(times.expiresAt * 1_000) };
}

/**
 * Take a token back: it is refused from the next request on. To take it back twice changes nothing.
 * @throws ArchiveError `not-found` when no token with this id was issued
 */
export async function revokeToken(database: Database, tokenID: string, nowMs: number): Promise<void> {
  await database.write(async (transaction) => {
    const row = await transaction.selectFrom('token').select('jti').where('jti', '=', tokenID).executeTakeFirst();
    if (row === undefined) throw new ArchiveError('not-found', 'No token with this id was issued.');
    await transaction
      .updateTable('token')
      .set({ revoked_at: new Date(nowMs).toISOString() })
      .where('jti', '=', tokenID)
      .where('revoked_at', 'is', null)
      .execute();
  });
}

function registrationFor(
  transaction: Transaction<Schema>,
  request: TokenRequest,
  today: string,
): Promise<Registration> | Registration {
  switch (request.kind) {
    case 'site':
      return registrationForSite(transaction, request.site);
    case 'licence':
      return registrationForLicence(transaction, request.reference, request.person, today);
    case 'curator':
      return { subject: 'curator', holder: { kind: 'curator' }, siteID: null, licenceID: null, person: null };
  }
}

async function registrationForSite(transaction: Transaction<Schema>, site: string): Promise<Registration> {
  const row = await transaction.selectFrom('site').select('id').where('name', '=', site).executeTakeFirst();
  if (row === undefined) throw new ArchiveError('not-found', 'There is no site of this name.');
  return { subject: site, holder: { kind: 'site', site }, siteID: row.id, licenceID: null, person: null };
}

async function registrationForLicence(
  transaction: Transaction<Schema>,
  reference: string,
  person: string,
  today: string,
): Promise<Registration> {
  if (!EMAIL.test(person)) throw invalidRequest('The person is not an e-mail address.');
  const row = await transaction
    .selectFrom('licence')
    .select(['id', 'status', 'ends_on'])
    .where('reference', '=', reference)
    .executeTakeFirst();
  if (row === undefined) throw new ArchiveError('not-found', 'There is no licence with this reference.');
  if (row.status !== 'active') throw new ArchiveError('conflict', `The licence ${reference} is ${row.status}.`);
  if (row.ends_on < today) throw new ArchiveError('conflict', `The licence ${reference} has ended.`);
  return { subject: person, holder: { kind: 'licence', reference }, siteID: null, licenceID: row.id, person };
}

async function register(
  transaction: Transaction<Schema>,
  tokenID: string,
  { holder, siteID, licenceID, person }: Registration,
  { issuedAt, expiresAt }: Pick<TokenClaims, 'issuedAt' | 'expiresAt'>,
): Promise<void> {
  await transaction
    .insertInto('token')
    .values({
      jti: tokenID,
      kind: holder.kind,
      site_id: siteID,
      licence_id: licenceID,
      person,
      issued_at: instantOf(issuedAt),
      expires_at: instantOf(expiresAt),
      revoked_at: null,
    })
    .execute();
}

function sign(keys: KeyStore, claims: TokenClaims): string {
  const { kid, privateKey } = keys.signingKey();
  const header = { alg: ALGORITHM, typ: TOKEN_TYPE, kid };
  return jsonwebtoken.sign(payloadOf(keys, claims), privateKey, { algorithm: ALGORITHM, header });
}

const instantOf = (seconds: number): string => new Date(seconds * 1_000).toISOString();

/** A token that is neither revoked nor at its end. */
export interface RegisteredToken {
  readonly tokenID: string;
  readonly kind: CallerKind;
  /** The site's name; the licence's reference and the person; or `curator`. */
  readonly holder: string;
  readonly expiresAt: Date;
}

/** Give the tokens that are good now as far as they go themselves, those that end first at the head. */
export async function listTokens(database: Database, nowMs: number): Promise<readonly RegisteredToken[]> {
  const rows = await database.read
    .selectFrom('token')
    .leftJoin('site', 'site.id', 'token.site_id')
    .leftJoin('licence', 'licence.id', 'token.licence_id')
    .select(['token.jti', 'token.kind', 'token.person', 'token.expires_at', 'site.name', 'licence.reference'])
    .where('token.revoked_at', 'is', null)
    .where('token.expires_at', '>', new Date(nowMs).toISOString())
    .orderBy('token.expires_at')
    .orderBy('token.jti')
    .execute();
  return rows.map(({ jti, kind, name, reference, person, expires_at }) => ({
    tokenID: jti,
    kind,
    holder: name ?? (reference === null ? 'curator' : `${reference} ${person}`),
    expiresAt: new Date(expires_at),
  }));
}
