/** Whether a token was signed by this archive. The costly half of authentication, so what it finds may be remembered. */
import type { KeyObject } from 'node:crypto';
import jsonwebtoken from 'jsonwebtoken';
import { readClaims, type TokenClaims } from './claims.js';
import { ALGORITHM, readCompactToken } from './compact-token.js';
import type { KeyStore } from './keys.js';
import { invalidToken } from './unauthenticated.js';

/**
 * Verify form, signature and claims of a token, at any time: whether it holds now, and whether it has been revoked, is
 * asked at every request.
 * @throws Unauthenticated
 */
export async function verifyToken(token: string, keys: KeyStore): Promise<TokenClaims> {
  const { kid, payload } = readCompactToken(token);
  const publicKey = await keys.findPublicKey(kid);
  if (publicKey === undefined) throw invalidToken('The token names no key of this archive.');
  refuseBadSignature(token, publicKey);
  return readClaims(payload, keys);
}

function refuseBadSignature(token: string, publicKey: KeyObject): void {
  try {
    // Times are judged by refuseOutsideItsTime, and only there: this library reads them more leniently.
    jsonwebtoken.verify(token, publicKey, { algorithms: [ALGORITHM], ignoreExpiration: true, ignoreNotBefore: true });
  } catch (error) {
    throw invalidToken('The signature of the token is not good.', { cause: error });
  }
}
