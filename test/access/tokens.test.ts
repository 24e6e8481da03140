import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { revokeToken } from '../../src/access/tokens.js';
import { revokeLicence, suspendLicence } from '../../src/governance/licences.js';
import { AccessBench, decode, NOON_MS } from './access-bench.js';

const NOON = NOON_MS / 1_000;
const PERSON = 'ada@example.org';

let archive: AccessBench;
let reference: string;

beforeAll(async () => {
  archive = await AccessBench.open();
  await archive.addSite('Northwick');
  reference = await archive.addLicence();
});

afterAll(() => archive.close());

const rowOf = (tokenID: string) =>
  archive.database.read.selectFrom('token').selectAll().where('jti', '=', tokenID).executeTakeFirst();

describe('issueToken', () => {
  it('writes exactly the header that it will accept', async () => {
    const { token } = await archive.issue({ kind: 'curator' });
    expect(decode(token).header).toEqual({ alg: 'ES256', typ: 'at+jwt', kid: archive.keys.signingKey().kid });
  });

  it('writes the claims of a site, good for an hour', async () => {
    const { token, tokenID, expiresAt } = await archive.issue({ kind: 'site', site: 'Northwick' });
    expect(decode(token).payload).toEqual({
      iss: archive.keys.issuer,
      aud: archive.keys.audience,
      sub: 'Northwick',
      jti: tokenID,
      iat: NOON,
      exp: NOON + 3_600,
      scope: 'dicomweb.store dicomweb.search',
      site: 'Northwick',
    });
    expect(expiresAt).toEqual(new Date(NOON_MS + 3_600_000));
  });

  it('writes the claims of a person under a licence', async () => {
    const { token } = await archive.issue({ kind: 'licence', reference, person: PERSON }, 30);
    expect(decode(token).payload).toMatchObject({
      sub: PERSON,
      lic: reference,
      exp: NOON + 30,
      scope: 'dicomweb.search dicomweb.retrieve',
    });
  });

  it('writes the claims of a curator, who has neither site nor licence', async () => {
    const { payload } = decode((await archive.issue({ kind: 'curator' })).token);
    expect(payload).toMatchObject({
      sub: 'curator',
      scope: 'dicomweb.store dicomweb.search dicomweb.retrieve dicomweb.delete curate',
    });
    expect(Object.keys(payload)).not.toContain('lic');
    expect(Object.keys(payload)).not.toContain('site');
  });

  it('registers the token under an id of its own', async () => {
    const [one, two] = [
      await archive.issue({ kind: 'licence', reference, person: PERSON }),
      await archive.issue({ kind: 'licence', reference, person: PERSON }),
    ];
    expect(one.tokenID).not.toBe(two.tokenID);
    expect(await rowOf(one.tokenID)).toMatchObject({
      kind: 'licence',
      person: PERSON,
      site_id: null,
      issued_at: '2026-03-10T12:00:00.000Z',
      expires_at: '2026-03-10T13:00:00.000Z',
      revoked_at: null,
    });
  });

  it('refuses an unknown site and an unknown licence', async () => {
    await expect(archive.issue({ kind: 'site', site: 'Nowhere' })).rejects.toMatchObject({ code: 'not-found' });
    const unknown = archive.issue({ kind: 'licence', reference: 'NCCID-99999-v1.0', person: PERSON });
    await expect(unknown).rejects.toMatchObject({ code: 'not-found' });
  });

  it('refuses a licence that is suspended, revoked or at its end', async () => {
    const [suspended, revoked, ended] = [
      await archive.addLicence(),
      await archive.addLicence(),
      await archive.addLicence({ from: '2025-01-01', until: '2026-03-09' }),
    ];
    await suspendLicence(archive.database, suspended);
    await revokeLicence(archive.database, revoked);
    for (const closed of [suspended, revoked, ended]) {
      const refused = archive.issue({ kind: 'licence', reference: closed, person: PERSON });
      await expect(refused).rejects.toMatchObject({ code: 'conflict' });
    }
  });

  it.each([
    '',
    'ada',
    '@example.org',
    'ada@',
    'ada@b@c',
    'a da@example.org',
    'ada@example.org\n',
    'a\u0000@example.org',
  ])('refuses a person who is no e-mail address: %j', async (person) => {
    await expect(archive.issue({ kind: 'licence', reference, person })).rejects.toMatchObject({
      code: 'invalid-request',
    });
  });

  it.each([0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 366 * 86_400 + 1])(
    'refuses a lifetime of %d seconds',
    async (lifetime) => {
      await expect(archive.issue({ kind: 'curator' }, lifetime)).rejects.toMatchObject({ code: 'invalid-request' });
    },
  );

  it('issues for the longest lifetime, and believes what it issued', async () => {
    const { token } = await archive.issue({ kind: 'curator' }, 366 * 86_400);
    expect(await archive.refusalOf(token)).toBeUndefined();
  });
});

describe('revokeToken', () => {
  it('keeps the first time when a token is taken back twice', async () => {
    const { tokenID } = await archive.issue({ kind: 'curator' });
    await revokeToken(archive.database, tokenID, NOON_MS);
    await revokeToken(archive.database, tokenID, NOON_MS + 5_000);
    expect((await rowOf(tokenID))?.revoked_at).toBe('2026-03-10T12:00:00.000Z');
  });

  it('says when no token has the id', async () => {
    await expect(revokeToken(archive.database, 'no such id', NOON_MS)).rejects.toMatchObject({ code: 'not-found' });
  });
});
