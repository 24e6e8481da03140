/** The tokens whose signatures were found good lately, so that a caller's next request need not pay for it again. */
import { createHash } from 'node:crypto';
import type { TokenClaims } from './claims.js';

/** Keeps the most recently used, up to `capacity`. Holds digests, never a token that could be used. */
export class VerifiedTokens {
  readonly #capacity: number;
  /** By SHA-256 of the token, least recently used first. */
  readonly #claims = new Map<string, TokenClaims>();

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  get size(): number {
    return this.#claims.size;
  }

  find(token: string): TokenClaims | undefined {
    const digest = digestOf(token);
    const claims = this.#claims.get(digest);
    if (claims !== undefined) this.#putLast(digest, claims);
    return claims;
  }

  remember(token: string, claims: TokenClaims): void {
    this.#putLast(digestOf(token), claims);
    const [oldest] = this.#claims.keys();
    if (this.#claims.size > this.#capacity && oldest !== undefined) this.#claims.delete(oldest);
  }

  #putLast(digest: string, claims: TokenClaims): void {
    this.#claims.delete(digest);
    this.#claims.set(digest, claims);
  }
}

const digestOf = (token: string): string => createHash('sha256').update(token).digest('base64');
