/** From the Authorization header of a request to its Caller. RFC 6750 §2.1; RFC 9110 §11.6.2 */
import type { Database } from '../database/database.js';
import { invalidRequest } from '../errors.js';
import type { Caller } from './caller.js';
import { refuseOutsideItsTime, type TokenClaims } from './claims.js';
import type { KeyStore } from './keys.js';
import { TokenRegister } from './token-register.js';
import { invalidToken, noToken, Unauthenticated } from './unauthenticated.js';
import { VerifiedTokens } from './verified-tokens.js';
import { verifyToken } from './verify-token.js';

const REMEMBERED_TOKENS = 1_000;
/** What a running answer may take beyond the end of its token. */
const GRACE_SECONDS = 15 * 60;
const BEARER = /^bearer(?: +|$)/i;

export interface AuthenticatorOptions {
  readonly keys: KeyStore;
  readonly database: Database;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

export class Authenticator {
  readonly #keys: KeyStore;
  readonly #register: TokenRegister;
  readonly #now: () => number;
  readonly #verified = new VerifiedTokens(REMEMBERED_TOKENS);

  constructor({ keys, database, now }: AuthenticatorOptions) {
    this.#keys = keys;
    this.#register = new TokenRegister(database);
    this.#now = now;
  }

  /**
   * Find out who calls. Only the verified signature is remembered from one request to the next; times, revocation and
   * licence are judged anew at each.
   * @param authorization the values of all Authorization headers of the request, as sent
   * @throws Unauthenticated without a good token, ArchiveError `invalid-request` with more than one header
   */
  async authenticate(authorization: readonly string[]): Promise<Caller> {
    const token = bearerTokenIn(authorization);
    const claims = this.#verified.find(token) ?? (await this.#verify(token));
    const nowMs = this.#now();
    refuseOutsideItsTime(claims, nowMs / 1_000);
    return this.#register.callerOf(claims, dateOf(nowMs));
  }

  /**
   * Whether an answer to this caller, once begun, may go on: his token has not been revoked and his licence is in force.
   * A token whose time ends meanwhile has a quarter of an hour more to finish what it began.
   */
  async mayGoOn(authorization: readonly string[]): Promise<boolean> {
    try {
      const token = bearerTokenIn(authorization);
      const claims = this.#verified.find(token) ?? (await this.#verify(token));
      const nowMs = this.#now();
      if (nowMs / 1_000 > claims.expiresAt + GRACE_SECONDS) return false;
      await this.#register.callerOf(claims, dateOf(nowMs));
      return true;
    } catch (error) {
      if (error instanceof Unauthenticated) return false;
      throw error;
    }
  }

  async #verify(token: string): Promise<TokenClaims> {
    const claims = await verifyToken(token, this.#keys);
    this.#verified.remember(token, claims);
    return claims;
  }
}

/** In UTC, `YYYY-MM-DD`. */
const dateOf = (nowMs: number): string => new Date(nowMs).toISOString().slice(0, 10);

function bearerTokenIn(authorization: readonly string[]): string {
  const [value, ...others] = authorization;
  if (value === undefined) throw noToken();
  if (others.length > 0) throw invalidRequest('The request has more than one Authorization header.');
  const scheme = BEARER.exec(value)?.[0];
  if (scheme === undefined) throw noToken();
  const token = value.slice(scheme.length);
  if (token === '') throw invalidToken('The Authorization header holds no token.');
  return token;
}
