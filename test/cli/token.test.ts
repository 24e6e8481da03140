import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Authenticator } from '../../src/access/authenticate.js';
import { KeyStore } from '../../src/access/keys.js';
import { Database } from '../../src/database/database.js';
import { takeFolderLock } from '../../src/database/folder-lock.js';
import { CommandLine, NOW_MS } from './command-line.js';

let nccid: CommandLine;

beforeEach(async () => {
  nccid = await CommandLine.open();
  await nccid.result('site', 'add', 'North');
});

afterEach(() => nccid.close());

const claimsOf = (token: string) => JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());

describe('nccid token', () => {
  it('prints the token of a site, and nothing else', async () => {
    const { status, printed, errors } = await nccid.run('token', '--site', 'North');
    expect({ status, errors, lines: printed.length }).toEqual({ status: 0, errors: [], lines: 1 });
    expect(claimsOf(printed[0] ?? '')).toMatchObject({
      site: 'North',
      iat: NOW_MS / 1_000,
      exp: NOW_MS / 1_000 + 3_600,
    });
  });

  it('prints the token of a person under a licence, good for as long as asked', async () => {
    const reference = await nccid.result('licence', 'add', '--project', 'P');
    const token = await nccid.result('token', '--licence', reference, '--person', 'ada@example.org', '--ttl', '7d');
    expect(claimsOf(token)).toMatchObject({
      lic: reference,
      sub: 'ada@example.org',
      exp: NOW_MS / 1_000 + 7 * 86_400,
    });
  });

  it('prints the token of a curator', async () => {
    expect(claimsOf(await nccid.result('token', '--curator'))).toMatchObject({ sub: 'curator' });
  });

  it.each([
    [[]],
    [['--person', 'ada@example.org']],
    [['--licence', 'NCCID-00001-v1.0']],
    [['--site', 'North', '--curator']],
    [['--site', 'North', '--person', 'ada@example.org']],
    [['--curator', '--licence', 'NCCID-00001-v1.0', '--person', 'ada@example.org']],
  ])('calls %j misuse', async (args) => {
    const { status, printed, errors } = await nccid.run('token', ...args);
    expect({ status, printed, lines: errors.length }).toEqual({ status: 2, printed: [], lines: 1 });
  });

  it.each([
    [['--site', 'Nowhere'], 'There is no site of this name.'],
    [['--licence', 'x', '--person', 'a@b.org'], 'There is no licence with this reference.'],
    [['--licence', 'x', '--person', 'nobody'], 'The person is not an e-mail address.'],
    [['--curator', '--ttl', '1y'], 'A length of time is a number and s, m, h or d, such as 30s, 15m, 1h or 7d.'],
    [['--curator', '--ttl', '367d'], 'A token can be issued for 1 second to 366 days.'],
  ])('refuses %j in one sentence', async (args, sentence) => {
    expect(await nccid.run('token', ...args)).toEqual({ status: 1, printed: [], errors: [sentence] });
  });
});

describe('nccid token revoke', () => {
  it('takes a token back, by its id', async () => {
    const { jti } = claimsOf(await nccid.result('token', '--curator'));
    expect(await nccid.result('token', 'revoke', jti)).toBe(`${jti} revoked`);
  });

  it('says when no token has the id', async () => {
    expect(await nccid.run('token', 'revoke', '../x')).toEqual({
      status: 1,
      printed: [],
      errors: ['No token with this id was issued.'],
    });
  });
});

describe('nccid token list', () => {
  it('prints the tokens that are still good, and nobody else’s', async () => {
    const reference = await nccid.result('licence', 'add', '--project', 'P');
    const holders = [
      ['--curator', '--ttl', '1d'],
      ['--site', 'North', '--ttl', '2d'],
      ['--licence', reference, '--person', 'ada@example.org', '--ttl', '3d'],
    ];
    const ids: string[] = [];
    for (const holder of holders) ids.push(claimsOf(await nccid.result('token', ...holder)).jti);
    const revoked = claimsOf(await nccid.result('token', '--curator')).jti;
    await nccid.result('token', 'revoke', revoked);
    const { printed } = await nccid.run('token', 'list');
    const rows = printed.map((line) => line.split('\t')).filter(([id = '']) => ids.includes(id));
    expect(rows.map(([id, kind, holder]) => [id, kind, holder])).toEqual([
      [ids[0], 'curator', 'curator'],
      [ids[1], 'site', 'North'],
      [ids[2], 'licence', `${reference} ada@example.org`],
    ]);
    expect(printed.join()).not.toContain(revoked);
  });
});

describe('nccid, while the archive is being served', () => {
  it('T8: acts on the server’s next request', async () => {
    const release = takeFolderLock(join(nccid.folder, 'server.lock'));
    const database = await Database.open({ kind: 'sqlite', path: join(nccid.folder, 'index.sqlite') });
    const keys = await KeyStore.open({ database, now: () => NOW_MS });
    const server = new Authenticator({ keys, database, now: () => NOW_MS });
    const call = (token: string) => server.authenticate([`Bearer ${token}`]);
    try {
      const reference = await nccid.result('licence', 'add', '--project', 'P');
      const token = await nccid.result('token', '--licence', reference, '--person', 'ada@example.org');
      expect(await call(token)).toMatchObject({ kind: 'licence', reference });

      await nccid.result('licence', 'suspend', reference);
      await expect(call(token)).rejects.toThrow('The licence is suspended.');
      await nccid.result('licence', 'resume', reference);
      expect(await call(token)).toMatchObject({ reference });

      const kid = await nccid.result('key', 'rotate');
      expect(await call(await nccid.result('token', '--site', 'North'))).toMatchObject({ siteName: 'North' });
      expect((await keys.jwks()).keys.at(-1)?.kid).toBe(kid);

      await nccid.result('token', 'revoke', claimsOf(token).jti);
      await expect(call(token)).rejects.toThrow('The token has been revoked.');
    } finally {
      await database.close();
      release();
    }
  });
});
