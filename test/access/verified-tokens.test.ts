import { describe, expect, it } from 'vitest';
import type { TokenClaims } from '../../src/access/claims.js';
import { VerifiedTokens } from '../../src/access/verified-tokens.js';

const claimsOf = (tokenID: string): TokenClaims => ({
  tokenID,
  subject: 'curator',
  holder: { kind: 'curator' },
  issuedAt: 0,
  expiresAt: 1,
  notBefore: undefined,
});

describe('VerifiedTokens', () => {
  it('remembers claims by token', () => {
    const verified = new VerifiedTokens(2);
    verified.remember('a', claimsOf('1'));
    expect(verified.find('a')).toEqual(claimsOf('1'));
    expect(verified.find('b')).toBeUndefined();
  });

  it('forgets the least recently used when it is full', () => {
    const verified = new VerifiedTokens(2);
    verified.remember('a', claimsOf('1'));
    verified.remember('b', claimsOf('2'));
    verified.find('a');
    verified.remember('c', claimsOf('3'));
    expect(verified.find('b')).toBeUndefined();
    expect(verified.find('a')).toBeDefined();
    expect(verified.find('c')).toBeDefined();
  });

  it('never holds more than its capacity', () => {
    const verified = new VerifiedTokens(10);
    for (let count = 0; count < 1_000; count++) verified.remember(String(count % 37), claimsOf(String(count)));
    expect(verified.size).toBe(10);
  });
});
