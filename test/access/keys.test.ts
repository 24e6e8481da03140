import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createExclusively } from '../../src/access/exclusive-file.js';
import { isKid, KeyStore } from '../../src/access/keys.js';

let parent: string;
let folder: string;

beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), 'nccid-keys-'));
  folder = join(parent, 'keys');
});

afterEach(() => rm(parent, { recursive: true }));

const modeOf = async (path: string): Promise<number> => (await stat(path)).mode & 0o777;
const keyFiles = async (): Promise<string[]> => (await readdir(folder)).filter((name) => name.endsWith('.pem')).sort();

describe('KeyStore.open', () => {
  it('makes an id and one key, which only their owner can read', async () => {
    const keys = await KeyStore.open(folder);
    expect((await readdir(folder)).sort()).toEqual([`${keys.signingKey().kid}.pem`, 'archive-id']);
    expect(await modeOf(folder)).toBe(0o700);
    for (const name of await readdir(folder)) expect(await modeOf(join(folder, name))).toBe(0o600);
  });

  it('closes a folder that was open to others', async () => {
    await mkdir(folder);
    await chmod(folder, 0o755);
    await KeyStore.open(folder);
    expect(await modeOf(folder)).toBe(0o700);
  });

  it('finds the same names and the same key when opened again', async () => {
    const first = await KeyStore.open(folder);
    const second = await KeyStore.open(folder);
    expect(second.issuer).toBe(first.issuer);
    expect(second.audience).toBe(first.audience);
    expect(await second.jwks()).toEqual(await first.jwks());
  });

  it('agrees on one id and one key when opened eight times at once', async () => {
    const stores = await Promise.all(Array.from({ length: 8 }, () => KeyStore.open(folder)));
    expect(new Set(stores.map(({ issuer }) => issuer)).size).toBe(1);
    expect(new Set(stores.map((store) => store.signingKey().kid)).size).toBe(1);
    expect((await readdir(folder)).length).toBe(2);
  });

  it('gives two archives different names', async () => {
    const [first, second] = await Promise.all([KeyStore.open(folder), KeyStore.open(join(parent, 'other'))]);
    expect(first.issuer).toMatch(/^urn:uuid:[0-9a-f-]{36}$/);
    expect(first.audience).toBe(`${first.issuer}/dicom-web`);
    expect(second.issuer).not.toBe(first.issuer);
    expect(second.signingKey().kid).not.toBe(first.signingKey().kid);
  });

  it('passes over what is no key of this archive', async () => {
    const { kid } = (await KeyStore.open(folder)).signingKey();
    for (const name of ['.4b1c.tmp', 'notes.txt', `${kid}.pem.bak`, '00000000-0009.pem', 'id_rsa.pem']) {
      await writeFile(join(folder, name), 'not a key');
    }
    expect((await (await KeyStore.open(folder)).jwks()).keys.map((key) => key.kid)).toEqual([kid]);
  });

  it('says which key file is damaged', async () => {
    const { kid } = (await KeyStore.open(folder)).signingKey();
    await writeFile(join(folder, `${kid}.pem`), 'damaged');
    await expect(KeyStore.open(folder)).rejects.toMatchObject({
      code: 'corrupt',
      message: expect.stringContaining(kid),
    });
  });

  it('refuses a key on another curve', async () => {
    const { kid } = (await KeyStore.open(folder)).signingKey();
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-384' });
    await writeFile(join(folder, `${kid}.pem`), privateKey.export({ type: 'pkcs8', format: 'pem' }));
    await expect(KeyStore.open(folder)).rejects.toMatchObject({ code: 'corrupt' });
  });

  it('refuses an id that is none', async () => {
    await KeyStore.open(folder);
    await writeFile(join(folder, 'archive-id'), '../../etc/passwd\n');
    await expect(KeyStore.open(folder)).rejects.toMatchObject({ code: 'corrupt' });
  });
});

describe('KeyStore.rotate', () => {
  it('adds a key that signs, and keeps the older ones', async () => {
    const keys = await KeyStore.open(folder);
    const first = keys.signingKey().kid;
    const second = await keys.rotate();
    expect(keys.signingKey().kid).toBe(second);
    expect((await keys.jwks()).keys.map(({ kid }) => kid)).toEqual([first, second]);
    expect(await keyFiles()).toEqual([`${first}.pem`, `${second}.pem`]);
  });

  it('makes as many keys as there are rotations at once', async () => {
    const stores = await Promise.all([KeyStore.open(folder), KeyStore.open(folder), KeyStore.open(folder)]);
    const kids = await Promise.all(stores.map((keys) => keys.rotate()));
    expect(new Set(kids).size).toBe(3);
    expect((await keyFiles()).length).toBe(4);
  });

  it('lets the eleventh key sign after the tenth', async () => {
    const keys = await KeyStore.open(folder);
    for (let count = 0; count < 10; count++) await keys.rotate();
    expect(keys.signingKey().kid).toMatch(/-0011$/);
  });
});

describe('KeyStore.findPublicKey', () => {
  it('finds a key that another process has made since', async () => {
    const serving = await KeyStore.open(folder);
    const kid = await (await KeyStore.open(folder)).rotate();
    const publicKey = await serving.findPublicKey(kid);
    expect(publicKey?.asymmetricKeyType).toBe('ec');
    expect(publicKey?.type).toBe('public');
    expect(serving.signingKey().kid).toBe(kid);
  });

  it('finds it also within 100 ms of the last look', async () => {
    const serving = await KeyStore.open(folder);
    const commandLine = await KeyStore.open(folder);
    await serving.findPublicKey(`${serving.signingKey().kid.slice(0, 8)}-0999`);
    const kid = await commandLine.rotate();
    expect(await serving.findPublicKey(kid)).toBeDefined();
  });

  it('looks into the folder once for all who ask for unknown keys, and again only 100 ms later', async () => {
    const keys = await KeyStore.open(folder);
    await keys.jwks();
    const startedAt = performance.now();
    await Promise.all(Array.from({ length: 200 }, (_, index) => keys.findPublicKey(`00000000-${1_000 + index}`)));
    const betweenMs = performance.now() - startedAt;
    await keys.findPublicKey('00000000-0001');
    expect(betweenMs).toBeGreaterThan(60);
    expect(performance.now() - startedAt).toBeGreaterThan(betweenMs + 60);
  });

  it('T4: looks for nothing when the id is not one of a key', async () => {
    const keys = await KeyStore.open(folder);
    await writeFile(join(parent, 'outside.pem'), await readFile(join(folder, `${keys.signingKey().kid}.pem`)));
    for (const kid of ['../outside', 'archive-id', '', '__proto__', "' OR 1=1"]) {
      expect(isKid(kid)).toBe(false);
      expect(await keys.findPublicKey(kid)).toBeUndefined();
    }
  });
});

describe('KeyStore.jwks', () => {
  it('gives public keys that can be imported, and nothing private', async () => {
    const keys = await KeyStore.open(folder);
    const [jwk] = (await keys.jwks()).keys;
    expect(Object.keys(jwk ?? {}).sort()).toEqual(['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y']);
    expect(jwk).toMatchObject({ kty: 'EC', crv: 'P-256', alg: 'ES256', use: 'sig', kid: keys.signingKey().kid });
    const imported = createPublicKey({ key: { ...jwk }, format: 'jwk' });
    expect(imported.equals(createPublicKey(keys.signingKey().privateKey))).toBe(true);
  });

  it('shows a rotation by another process', async () => {
    const serving = await KeyStore.open(folder);
    const kid = await (await KeyStore.open(folder)).rotate();
    expect((await serving.jwks()).keys.map((key) => key.kid)).toContain(kid);
  });
});

describe('createExclusively', () => {
  it('leaves a file that is there as it is, and no other behind', async () => {
    const path = join(parent, 'file');
    expect(await createExclusively(path, 'first')).toBe(true);
    expect(await createExclusively(path, 'second')).toBe(false);
    expect(await readFile(path, 'utf8')).toBe('first');
    expect(await readdir(parent)).toEqual(['file']);
  });
});
