/**
 * What a token says of its holder, judged claim by claim. The data that its holder may see is not in it: that stands in the
 * index and is looked up at every request. RFC 7519 §4.1, RFC 9068 §2.2
 */
import type { JSONObject } from './compact-token.js';
import { scopeClaimOf } from './permissions.js';
import { invalidToken } from './unauthenticated.js';

/** How far the clocks of two machines may differ. */
export const LEEWAY_SECONDS = 60;
export const MAXIMUM_LIFETIME_SECONDS = 366 * 86_400;

const LICENCE_REFERENCE = /^NCCID-\d{5,10}-v\d{1,3}\.\d{1,3}$/;
const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const MAXIMUM_CHARACTERS = 320;
const KNOWN: readonly string[] = ['iss', 'aud', 'sub', 'jti', 'iat', 'nbf', 'exp', 'scope', 'site', 'lic'];

export type TokenHolder =
  | { readonly kind: 'site'; readonly site: string }
  | { readonly kind: 'licence'; readonly reference: string }
  | { readonly kind: 'curator' };

export interface TokenClaims {
  /** `jti` */
  readonly tokenID: string;
  /** `sub`: the site's name, the person's e-mail address, or `curator`. */
  readonly subject: string;
  readonly holder: TokenHolder;
  /** `iat`, `exp` and `nbf` in seconds since 1970. */
  readonly issuedAt: number;
  readonly expiresAt: number;
  readonly notBefore: number | undefined;
}

/** Who issues the tokens that are believed, and for what. */
export interface TokenNames {
  readonly issuer: string;
  readonly audience: string;
}

/** Write claims as the payload of a token. */
export function payloadOf({ issuer, audience }: TokenNames, claims: TokenClaims): JSONObject {
  const { tokenID, subject, holder, issuedAt, expiresAt, notBefore } = claims;
  return {
    iss: issuer,
    aud: audience,
    sub: subject,
    jti: tokenID,
    iat: issuedAt,
    ...(notBefore === undefined ? {} : { nbf: notBefore }),
    exp: expiresAt,
    scope: scopeClaimOf(holder.kind),
    ...(holder.kind === 'site' ? { site: holder.site } : {}),
    ...(holder.kind === 'licence' ? { lic: holder.reference } : {}),
  };
}

/**
 * Read the payload of a token whose signature has been verified. Whether it holds now is for `refuseOutsideItsTime`.
 * @throws Unauthenticated when a claim is missing, unknown, or not what this archive would have written
 */
export function readClaims(payload: JSONObject, { issuer, audience }: TokenNames): TokenClaims {
  // A claim that this archive does not know could be a limit that it would not keep.
  if (Object.keys(payload).some((name) => !KNOWN.includes(name))) {
    throw invalidToken('The token makes a claim that this archive does not know.');
  }
  if (payload['iss'] !== issuer) throw invalidToken('The token was not issued by this archive.');
  if (!isExactly(audience, payload['aud'])) throw invalidToken('The token is not meant for this archive.');
  return { ...readIdentity(payload), holder: readHolder(payload), ...readTimes(payload) };
}

/**
 * @param nowSeconds seconds since 1970; 60 s of leeway are given either way
 * @throws Unauthenticated before the token begins or after it has ended
 */
export function refuseOutsideItsTime(claims: TokenClaims, nowSeconds: number): void {
  if (nowSeconds >= claims.expiresAt + LEEWAY_SECONDS) throw invalidToken('The token has expired.');
  if (nowSeconds < claims.issuedAt - LEEWAY_SECONDS) throw invalidToken('The token was issued in the future.');
  if (claims.notBefore !== undefined && nowSeconds < claims.notBefore - LEEWAY_SECONDS) {
    throw invalidToken('The token is not valid yet.');
  }
}

function readIdentity(payload: JSONObject): Pick<TokenClaims, 'tokenID' | 'subject'> {
  const { jti, sub } = payload;
  if (typeof jti !== 'string' || !UUID.test(jti)) throw invalidToken('The token has no id of its own.');
  if (!isShortText(sub)) throw invalidToken('The token names no subject.');
  return { tokenID: jti, subject: sub };
}

function readHolder(payload: JSONObject): TokenHolder {
  const holder = holderNamedBy(payload);
  if (payload['scope'] !== scopeClaimOf(holder.kind)) {
    throw invalidToken('The scope of the token does not fit its holder.');
  }
  return holder;
}

function holderNamedBy(payload: JSONObject): TokenHolder {
  const { site, lic } = payload;
  const isForSite = Object.hasOwn(payload, 'site');
  const isForLicence = Object.hasOwn(payload, 'lic');
  if (isForSite && isForLicence) throw invalidToken('The token names both a site and a licence.');
  if (isForSite) {
    if (!isShortText(site)) throw invalidToken('The token names no single site.');
    return { kind: 'site', site };
  }
  if (isForLicence) {
    if (typeof lic !== 'string' || !LICENCE_REFERENCE.test(lic))
      throw invalidToken('The token names no single licence.');
    return { kind: 'licence', reference: lic };
  }
  return { kind: 'curator' };
}

function readTimes({ iat, exp, nbf }: JSONObject): Pick<TokenClaims, 'issuedAt' | 'expiresAt' | 'notBefore'> {
  if (!isInstant(iat)) throw invalidToken('The token does not say when it was issued.');
  if (!isInstant(exp)) throw invalidToken('The token does not say when it expires.');
  if (nbf !== undefined && !isInstant(nbf)) throw invalidToken('The token does not say well when it begins.');
  if (exp <= iat || exp - iat > MAXIMUM_LIFETIME_SECONDS) {
    throw invalidToken('The token has a lifetime that this archive does not give.');
  }
  return { issuedAt: iat, expiresAt: exp, notBefore: nbf };
}

const isExactly = (expected: string, value: unknown): boolean =>
  value === expected || (Array.isArray(value) && value.length === 1 && value[0] === expected);

const isInstant = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) >= 0;

const isShortText = (value: unknown): value is string =>
  typeof value === 'string' && value !== '' && value.length <= MAXIMUM_CHARACTERS;
