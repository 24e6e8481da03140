import { createPrivateKey, createPublicKey, generateKeyPairSync } from 'node:crypto';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { isKid, KeyStore } from '../../src/access/keys.js';
import { Database } from '../../src/database/database.js';
import { newDatabasePlace } from '../support/test-places.js';

const now = Date.now;
const PASSPHRASE = 'correct horse battery staple';

async function openDatabase(): Promise<Database> {
  const { place, drop } = await newDatabasePlace();
  const opened = await Database.open(place);
  onTestFinished(async () => {
    await opened.close();
    await drop();
  });
  return opened;
}

let database: Database;

beforeEach(async () => {
  database = await openDatabase();
});

const open = (passphrase?: string): Promise<KeyStore> => KeyStore.open({ database, passphrase, now });

const pems = async (): Promise<readonly string[]> =>
  (await database.read.selectFrom('signing_key').select('pem').orderBy('number').execute()).map(({ pem }) => pem);

/** Put another text in the place of every key. */
const spoil = (pem: string): Promise<unknown> =>
  database.write((transaction) => transaction.updateTable('signing_key').set({ pem }).execute());

describe('KeyStore.open', () => {
  it('makes an id and one key', async () => {
    const keys = await open();
    expect(keys.signingKey().kid).toBe(`${keys.issuer.slice('urn:uuid:'.length).slice(0, 8)}-0001`);
    expect(await pems()).toHaveLength(1);
  });

  it('finds the same names and the same key when opened again', async () => {
    const [first, second] = [await open(), await open()];
    expect(second.issuer).toBe(first.issuer);
    expect(second.audience).toBe(first.audience);
    expect(await second.jwks()).toEqual(await first.jwks());
  });

  it('agrees on one id and one key when opened eight times at once', async () => {
    const stores = await Promise.all(Array.from({ length: 8 }, () => open()));
    expect(new Set(stores.map(({ issuer }) => issuer)).size).toBe(1);
    expect(new Set(stores.map((store) => store.signingKey().kid)).size).toBe(1);
    expect(await pems()).toHaveLength(1);
  });

  it('gives two archives different names', async () => {
    const other = await openDatabase();
    const [first, second] = await Promise.all([open(), KeyStore.open({ database: other, now })]);
    expect(first.issuer).toMatch(/^urn:uuid:[0-9a-f-]{36}$/);
    expect(first.audience).toBe(`${first.issuer}/dicom-web`);
    expect(second.issuer).not.toBe(first.issuer);
    expect(second.signingKey().kid).not.toBe(first.signingKey().kid);
  });

  it('says which key is damaged', async () => {
    const { kid } = (await open()).signingKey();
    await spoil('damaged');
    await expect(open()).rejects.toMatchObject({ code: 'corrupt', message: expect.stringContaining(kid) });
  });

  it('refuses a key on another curve', async () => {
    await open();
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-384' });
    await spoil(privateKey.export({ type: 'pkcs8', format: 'pem' }).toString());
    await expect(open()).rejects.toMatchObject({ code: 'corrupt' });
  });

  it('refuses an id that is none', async () => {
    await open();
    await database.write((transaction) =>
      transaction.updateTable('archive_identity').set({ archive_id: '../../etc/passwd' }).execute(),
    );
    await expect(open()).rejects.toMatchObject({ code: 'corrupt' });
  });
});

describe('KeyStore with a passphrase', () => {
  it('T68: leaves no key in the index that can be read without it', async () => {
    const keys = await open(PASSPHRASE);
    await keys.rotate();
    for (const pem of await pems()) {
      expect(pem).toMatch(/^-----BEGIN ENCRYPTED PRIVATE KEY-----\n/);
      expect(() => createPrivateKey(pem)).toThrow();
    }
    expect((await open(PASSPHRASE)).signingKey().kid).toBe(keys.signingKey().kid);
  });

  it.each([
    [undefined, 'it needs NCCID_KEY_PASSPHRASE'],
    ['wrong', 'NCCID_KEY_PASSPHRASE does not open the key'],
  ])('refuses to open with %j, and says why', async (passphrase, sentence) => {
    await open(PASSPHRASE);
    await expect(open(passphrase)).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining(sentence),
    });
  });

  it('reads keys that were made before there was one, and encrypts those that come after', async () => {
    const first = (await open()).signingKey().kid;
    const keys = await open(PASSPHRASE);
    expect(keys.signingKey().kid).toBe(first);
    await keys.rotate();
    expect((await pems()).map((pem) => pem.includes('ENCRYPTED'))).toEqual([false, true]);
  });
});

describe('KeyStore.rotate', () => {
  it('adds a key that signs, and keeps the older ones', async () => {
    const keys = await open();
    const first = keys.signingKey().kid;
    const second = await keys.rotate();
    expect(keys.signingKey().kid).toBe(second);
    expect((await keys.jwks()).keys.map(({ kid }) => kid)).toEqual([first, second]);
  });

  it('makes as many keys as there are rotations at once', async () => {
    const stores = await Promise.all([open(), open(), open()]);
    const kids = await Promise.all(stores.map((keys) => keys.rotate()));
    expect(new Set(kids).size).toBe(3);
    expect(await pems()).toHaveLength(4);
  });

  it('lets the eleventh key sign after the tenth', async () => {
    const keys = await open();
    for (let count = 0; count < 10; count++) await keys.rotate();
    expect(keys.signingKey().kid).toMatch(/-0011$/);
  });
});

describe('KeyStore.findPublicKey', () => {
  it('finds a key that another node has made since', async () => {
    const serving = await open();
    const kid = await (await open()).rotate();
    const publicKey = await serving.findPublicKey(kid);
    expect(publicKey?.asymmetricKeyType).toBe('ec');
    expect(publicKey?.type).toBe('public');
    expect(serving.signingKey().kid).toBe(kid);
  });

  it('finds it also within 100 ms of the last look', async () => {
    const [serving, commandLine] = [await open(), await open()];
    await serving.findPublicKey(`${serving.signingKey().kid.slice(0, 8)}-0999`);
    const kid = await commandLine.rotate();
    expect(await serving.findPublicKey(kid)).toBeDefined();
  });

  it('looks into the index once for all who ask for unknown keys, and again only 100 ms later', async () => {
    const keys = await open();
    await new Promise((resolve) => setTimeout(resolve, 110));
    const startedAt = performance.now();
    await keys.jwks();
    await Promise.all(Array.from({ length: 200 }, (_, index) => keys.findPublicKey(`00000000-${1_000 + index}`)));
    expect(performance.now() - startedAt).toBeGreaterThan(95);
    await keys.findPublicKey('00000000-0001');
    expect(performance.now() - startedAt).toBeGreaterThan(195);
  });

  it('T4: looks for nothing when the id is not one of a key', async () => {
    const keys = await open();
    for (const kid of ['../outside', 'archive-id', '', '__proto__', "' OR 1=1"]) {
      expect(isKid(kid)).toBe(false);
      expect(await keys.findPublicKey(kid)).toBeUndefined();
    }
  });
});

describe('KeyStore.jwks', () => {
  it('gives public keys that can be imported, and nothing private', async () => {
    const keys = await open();
    const [jwk] = (await keys.jwks()).keys;
    expect(Object.keys(jwk ?? {}).sort()).toEqual(['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y']);
    expect(jwk).toMatchObject({ kty: 'EC', crv: 'P-256', alg: 'ES256', use: 'sig', kid: keys.signingKey().kid });
    const imported = createPublicKey({ key: { ...jwk }, format: 'jwk' });
    expect(imported.equals(createPublicKey(keys.signingKey().privateKey))).toBe(true);
  });

  it('shows a rotation by another node', async () => {
    const serving = await open();
    const kid = await (await open()).rotate();
    expect((await serving.jwks()).keys.map((key) => key.kid)).toContain(kid);
  });
});
