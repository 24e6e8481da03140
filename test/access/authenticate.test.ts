import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Authenticator } from '../../src/access/authenticate.js';
import { KeyStore } from '../../src/access/keys.js';
import { issueToken, revokeToken } from '../../src/access/tokens.js';
import { Database } from '../../src/database/database.js';
import { resumeLicence, revokeLicence, suspendLicence } from '../../src/governance/licences.js';
import { AccessBench, decode, NOON_MS, signToken } from './access-bench.js';

const PERSON = 'ada@example.org';

let archive: AccessBench;
let siteID: number;

beforeAll(async () => {
  archive = await AccessBench.open();
  siteID = (await archive.addSite('St Märy’s Hospital')).id;
});

beforeEach(() => {
  archive.nowMs = NOON_MS;
});

afterAll(() => archive.close());

async function licenceToken(reference: string, lifetimeSeconds = 3_600): Promise<string> {
  return (await archive.issue({ kind: 'licence', reference, person: PERSON }, lifetimeSeconds)).token;
}

describe('Authenticator.authenticate', () => {
  it('knows a site, whatever letters its name has', async () => {
    const { token, tokenID } = await archive.issue({ kind: 'site', site: 'St Märy’s Hospital' });
    expect(await archive.authenticate(token)).toEqual({
      kind: 'site',
      tokenID,
      siteID,
      siteName: 'St Märy’s Hospital',
    });
  });

  it('knows a person under a licence, and what the licence covers', async () => {
    const reference = await archive.addLicence({ kinds: ['xray'], sites: ['St Märy’s Hospital'] });
    expect(await archive.authenticate(await licenceToken(reference))).toMatchObject({
      kind: 'licence',
      reference,
      person: PERSON,
      predicate: { kinds: ['xray'], splits: ['training'], siteIDs: [siteID] },
    });
  });

  it('knows the curator', async () => {
    const { token, tokenID } = await archive.issue({ kind: 'curator' });
    expect(await archive.authenticate(token)).toEqual({ kind: 'curator', tokenID });
  });

  it('T1, ST-02: challenges who sends no token, without an error', async () => {
    await expect(archive.authenticator.authenticate([])).rejects.toMatchObject({
      code: 'unauthenticated',
      challenge: 'Bearer realm="nccid"',
    });
  });

  it.each(['Basic YTpi', 'Bearertoken', 'Token abc', ''])(
    'challenges who comes with another scheme: %j',
    async (value) => {
      await expect(archive.authenticator.authenticate([value])).rejects.toMatchObject({
        challenge: 'Bearer realm="nccid"',
      });
    },
  );

  it.each(['Bearer', 'Bearer ', 'bearer   '])('refuses a scheme without a token: %j', async (value) => {
    await expect(archive.authenticator.authenticate([value])).rejects.toMatchObject({
      challenge: expect.stringContaining('error="invalid_token"'),
    });
  });

  it('takes the scheme in any case and with more than one space', async () => {
    const { token } = await archive.issue({ kind: 'curator' });
    for (const scheme of ['bearer ', 'BEARER ', 'Bearer   ']) {
      expect(await archive.authenticator.authenticate([scheme + token])).toMatchObject({ kind: 'curator' });
    }
  });

  it('B36: calls two Authorization headers a bad request, though both hold the same good token', async () => {
    const { token } = await archive.issue({ kind: 'curator' });
    await expect(archive.authenticator.authenticate([`Bearer ${token}`, `Bearer ${token}`])).rejects.toMatchObject({
      code: 'invalid-request',
    });
  });

  it('T6: takes an audience that is a list of exactly this archive', async () => {
    const { header, payload } = decode((await archive.issue({ kind: 'curator' })).token);
    const token = signToken({ header, payload: { ...payload, aud: [payload['aud']] } }, await archive.privateKey());
    expect(await archive.authenticate(token)).toMatchObject({ kind: 'curator' });
  });

  it('answers many requests with one token at once', async () => {
    const { token } = await archive.issue({ kind: 'curator' });
    const callers = await Promise.all(Array.from({ length: 100 }, () => archive.authenticate(token)));
    expect(new Set(callers.map(({ kind }) => kind))).toEqual(new Set(['curator']));
  });
});

describe('Authenticator, as time goes by', () => {
  const atSecond = (seconds: number): void => {
    archive.nowMs = NOON_MS + seconds * 1_000;
  };

  it('T10: gives 59 seconds after the end, and not 61, also when the signature is remembered', async () => {
    const { token } = await archive.issue({ kind: 'curator' }, 600);
    expect(await archive.refusalOf(token)).toBeUndefined();
    atSecond(600 + 59);
    expect(await archive.refusalOf(token)).toBeUndefined();
    atSecond(600 + 61);
    expect(await archive.refusalOf(token)).toBe('The token has expired.');
  });

  it('T10: gives 59 seconds before the issue, and not 61', async () => {
    const { token } = await archive.issue({ kind: 'curator' }, 600);
    atSecond(-61);
    expect(await archive.refusalOf(token)).toBe('The token was issued in the future.');
    atSecond(-59);
    expect(await archive.refusalOf(token)).toBeUndefined();
  });

  it('T10: gives 59 seconds before nbf, and not 61', async () => {
    const { header, payload } = decode((await archive.issue({ kind: 'curator' }, 3_600)).token);
    const nbf = NOON_MS / 1_000 + 600;
    const token = signToken({ header, payload: { ...payload, nbf } }, await archive.privateKey());
    atSecond(600 - 61);
    expect(await archive.refusalOf(token)).toBe('The token is not valid yet.');
    atSecond(600 - 59);
    expect(await archive.refusalOf(token)).toBeUndefined();
  });

  it('holds a licence from the first to the last moment of its term in UTC', async () => {
    const reference = await archive.addLicence({ from: '2026-03-12', until: '2026-03-13' });
    const token = await licenceToken(reference, 7 * 86_400);
    const refusals: (string | undefined)[] = [];
    for (const instant of [
      '2026-03-11T23:59:59.999Z',
      '2026-03-12T00:00:00Z',
      '2026-03-13T23:59:59.999Z',
      '2026-03-14T00:00:00Z',
    ]) {
      archive.nowMs = Date.parse(instant);
      refusals.push(await archive.refusalOf(token));
    }
    expect(refusals).toEqual(['The licence has not begun.', undefined, undefined, 'The licence has ended.']);
  });
});

describe('Authenticator, beside another process', () => {
  let other: Database;

  beforeAll(async () => {
    other = await Database.open(archive.place);
  });

  afterAll(() => other.close());

  it('T8: acts on suspension, resumption and revocation of a licence at the next request', async () => {
    const reference = await archive.addLicence();
    const token = await licenceToken(reference);
    expect(await archive.refusalOf(token)).toBeUndefined();
    await suspendLicence(other, reference);
    expect(await archive.refusalOf(token)).toBe('The licence is suspended.');
    await resumeLicence(other, reference);
    expect(await archive.refusalOf(token)).toBeUndefined();
    await revokeLicence(other, reference);
    expect(await archive.refusalOf(token)).toBe('The licence is revoked.');
  });

  it('T8: acts on the revocation of a token at the next request', async () => {
    const { token, tokenID } = await archive.issue({ kind: 'curator' });
    expect(await archive.refusalOf(token)).toBeUndefined();
    await revokeToken(other, tokenID, archive.nowMs);
    expect(await archive.refusalOf(token)).toBe('The token has been revoked.');
  });

  it('T8: lets a running answer go on until its token is revoked or its licence suspended', async () => {
    const reference = await archive.addLicence();
    const authorization = [`Bearer ${await licenceToken(reference)}`];
    const { token, tokenID } = await archive.issue({ kind: 'curator' });
    expect(await archive.authenticator.mayGoOn(authorization)).toBe(true);
    expect(await archive.authenticator.mayGoOn([`Bearer ${token}`])).toBe(true);
    await suspendLicence(other, reference);
    await revokeToken(other, tokenID, archive.nowMs);
    expect(await archive.authenticator.mayGoOn(authorization)).toBe(false);
    expect(await archive.authenticator.mayGoOn([`Bearer ${token}`])).toBe(false);
  });

  it('T9: lets a running answer go on for a quarter of an hour after its token has ended', async () => {
    const authorization = [`Bearer ${(await archive.issue({ kind: 'curator' }, 600)).token}`];
    archive.nowMs = NOON_MS + (600 + 14 * 60) * 1_000;
    expect(await archive.authenticator.mayGoOn(authorization)).toBe(true);
    archive.nowMs = NOON_MS + (600 + 16 * 60) * 1_000;
    expect(await archive.authenticator.mayGoOn(authorization)).toBe(false);
  });

  it('T8: keeps a revocation over a restart', async () => {
    const { token, tokenID } = await archive.issue({ kind: 'curator' });
    await revokeToken(other, tokenID, archive.nowMs);
    const restarted = new Authenticator({
      keys: await KeyStore.open({ database: other, now: archive.now }),
      database: other,
      now: archive.now,
    });
    await expect(restarted.authenticate([`Bearer ${token}`])).rejects.toThrow('The token has been revoked.');
  });

  it('sees an amendment of what the licence covers at the next request', async () => {
    const reference = await archive.addLicence();
    const token = await licenceToken(reference);
    await archive.authenticate(token);
    await other.write((transaction) =>
      transaction
        .updateTable('licence')
        .set({ kinds: '["ct"]', site_ids: '[]' })
        .where('reference', '=', reference)
        .execute(),
    );
    expect(await archive.authenticate(token)).toMatchObject({ predicate: { kinds: ['ct'], siteIDs: [] } });
  });

  it.each(['', '*', 'null', '"ct"', '["*"]', '[null]'])(
    'T11: shows nothing when what the licence covers reads %j',
    async (kinds) => {
      const reference = await archive.addLicence();
      const token = await licenceToken(reference);
      await other.write((transaction) =>
        transaction.updateTable('licence').set({ kinds }).where('reference', '=', reference).execute(),
      );
      await expect(archive.authenticate(token)).rejects.toMatchObject({ code: 'corrupt' });
    },
  );

  it('takes a token signed with a key that another process has just made', async () => {
    const keys = await KeyStore.open({ database: other, now: archive.now });
    await keys.rotate();
    const before = await archive.issue({ kind: 'curator' });
    const after = (await issueToken({ keys, database: other, now: archive.now }, { kind: 'curator' })).token;
    expect(decode(after).header['kid']).not.toBe(decode(before.token).header['kid']);
    expect(await archive.refusalOf(after)).toBeUndefined();
    expect(await archive.refusalOf(before.token)).toBeUndefined();
  });
});
