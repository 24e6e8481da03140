import pg from 'pg';
import { describe, expect, it } from 'vitest';
import { asArchiveError, notConnected } from '../../src/database/postgres-errors.js';

/** An error as the database tells it, of a row with a patient in it. */
function told(code: string, message: string): pg.DatabaseError {
  const error = new pg.DatabaseError(message, 0, 'error');
  return Object.assign(error, { code, detail: 'Key (pseudonym)=(Covid123) already exists.', table: 'patient' });
}

const withCode = (code: string) => expect.objectContaining({ name: 'ArchiveError', code });

describe('asArchiveError', () => {
  it.each(['08006', '28P01', '53300', '57P01', '57014', '25006', '40P01', '3D000'])('tells %s as away', (code) => {
    expect(asArchiveError(told(code, 'x'))).toEqual(withCode('unavailable'));
  });

  it.each(['ECONNREFUSED', 'ECONNRESET', 'ETIMEDOUT', 'EPIPE', 'ENOTFOUND', 'EAI_AGAIN'])(
    'tells %s as away',
    (code) => {
      expect(asArchiveError(Object.assign(new Error('x'), { code }))).toEqual(withCode('unavailable'));
    },
  );

  it('tells a full disk as that', () => {
    expect(asArchiveError(told('53100', 'could not extend file'))).toEqual(withCode('storage-full'));
  });

  it.each(['22021', '23505', '42P01', 'XX000'])('leaves %s the bug that it is', (code) => {
    expect(asArchiveError(told(code, 'x'))).not.toEqual(withCode('unavailable'));
  });

  it.each(['22P02', '23505', '57P01'])('T49 leaves no value of a row in %s', (code) => {
    const error = asArchiveError(told(code, code.startsWith('2') ? 'invalid input: "Covid123"' : 'terminating'));
    const cause = error instanceof Error ? error.cause : undefined;
    for (const part of [error, cause]) {
      const all = JSON.stringify({ ...(part instanceof Error ? part : {}), message: String(part) });
      expect(all).not.toContain('Covid123');
    }
  });
});

describe('notConnected', () => {
  it.each(['CERT_HAS_EXPIRED', 'DEPTH_ZERO_SELF_SIGNED_CERT', 'ERR_SSL_WRONG_VERSION_NUMBER', ''])(
    'tells whatever kept the connection from being made as away: %j',
    (code) => {
      expect(notConnected(Object.assign(new Error('x'), { code }))).toEqual(withCode('unavailable'));
    },
  );
});
