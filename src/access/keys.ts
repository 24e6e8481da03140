/**
 * The keys with which an archive signs its tokens, and the name it signs them under: ES256 keys as PEM files
 * `<kid>.pem`, and `archive-id`, in one folder. The newest key signs; all of them verify. Server and command line may open
 * the folder at the same moment. RFC 7517, RFC 7518 §3.4
 */
import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, mkdir, readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { ArchiveError } from '../errors.js';
import { createExclusively } from './exclusive-file.js';

/** One public key of the JWK Set. RFC 7517 §4 */
export interface PublicJWK {
  readonly kty: 'EC';
  readonly crv: 'P-256';
  readonly x: string;
  readonly y: string;
  readonly kid: string;
  readonly alg: 'ES256';
  readonly use: 'sig';
}

export interface JWKSet {
  readonly keys: readonly PublicJWK[];
}

export interface SigningKey {
  readonly kid: string;
  readonly privateKey: KeyObject;
}

interface KeyPair extends SigningKey {
  readonly number: number;
  readonly publicKey: KeyObject;
}

const ARCHIVE_ID_FILE = 'archive-id';
const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
/** The first eight digits of the archive's id, and the key's number. */
const KID = /^[0-9a-f]{8}-(\d{4,6})$/;
const KEY_FILE_ENDING = '.pem';
const OWNER_ONLY = 0o700;
const PAUSE_BETWEEN_READS_MS = 100;

/** Whether `value` has the form of a key's id. What has not is never looked up. */
export const isKid = (value: unknown): value is string => typeof value === 'string' && KID.test(value);

export class KeyStore {
  /** `iss` of this archive's tokens. It outlives a change of the public URL, and no other archive has it. */
  readonly issuer: string;
  /** `aud` of the tokens for this archive's DICOMweb services. */
  readonly audience: string;
  readonly #folder: string;
  readonly #kidPrefix: string;
  #keys: ReadonlyMap<string, KeyPair> = new Map();
  #lastReadMs = Number.NEGATIVE_INFINITY;
  #comingRead: Promise<void> | undefined;

  private constructor(folder: string, archiveID: string) {
    this.issuer = `urn:uuid:${archiveID}`;
    this.audience = `${this.issuer}/dicom-web`;
    this.#folder = folder;
    this.#kidPrefix = archiveID.slice(0, 8);
  }

  /**
   * Open the keys in `folder`; the folder, the archive's id and a first key are made when they are not there.
   * @throws ArchiveError `corrupt` when the id or a key can not be read
   */
  static async open(folder: string): Promise<KeyStore> {
    await mkdir(folder, { recursive: true, mode: OWNER_ONLY });
    await closeToOthers(folder);
    const store = new KeyStore(folder, await openArchiveID(folder));
    await store.#read();
    if (store.#keys.size === 0) {
      await store.#create(1);
      await store.#read();
    }
    return store;
  }

  /** Give the key that signs: the newest that this process has seen. */
  signingKey(): SigningKey {
    const newest = this.#newest();
    if (newest === undefined) throw new ArchiveError('unavailable', 'The keys folder of this archive holds no key.');
    return newest;
  }

  /**
   * Find the public key with this id. An id not seen yet makes the folder be read again, at most once in 100 ms: the call
   * waits for that, so a key that another process has just made is found.
   */
  async findPublicKey(kid: string): Promise<KeyObject | undefined> {
    if (!isKid(kid)) return undefined;
    const known = this.#keys.get(kid);
    if (known !== undefined) return known.publicKey;
    await this.#readAgain();
    return this.#keys.get(kid)?.publicKey;
  }

  /** Add a key, which signs from now on, and give its id. Tokens signed by older keys stay good. */
  async rotate(): Promise<string> {
    for (;;) {
      await this.#read();
      const kid = await this.#create((this.#newest()?.number ?? 0) + 1);
      if (kid === undefined) continue;
      await this.#read();
      return kid;
    }
  }

  /** Give the public keys as they are on disk now, oldest first. RFC 7517 §5 */
  async jwks(): Promise<JWKSet> {
    await this.#readAgain();
    return { keys: [...this.#keys.values()].map(publicJWKOf) };
  }

  #newest(): KeyPair | undefined {
    return [...this.#keys.values()].at(-1);
  }

  /** Make key number `number`; undefined when another process was first. */
  async #create(number: number): Promise<string | undefined> {
    const kid = `${this.#kidPrefix}-${String(number).padStart(4, '0')}`;
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
    return (await createExclusively(this.#pathOf(kid), pem)) ? kid : undefined;
  }

  #readAgain(): Promise<void> {
    this.#comingRead ??= this.#pauseThenRead();
    return this.#comingRead;
  }

  async #pauseThenRead(): Promise<void> {
    const waitMs = this.#lastReadMs + PAUSE_BETWEEN_READS_MS - performance.now();
    await pause(Math.max(0, waitMs));
    // Whoever asks from here on may be after a key that this read has already missed.
    this.#comingRead = undefined;
    await this.#read();
  }

  async #read(): Promise<void> {
    this.#lastReadMs = performance.now();
    const names = await readdir(this.#folder);
    const pairs = await Promise.all(names.flatMap((name) => this.#kidOf(name) ?? []).map((kid) => this.#readKey(kid)));
    pairs.sort((a, b) => a.number - b.number);
    this.#keys = new Map(pairs.map((pair) => [pair.kid, pair]));
  }

  #kidOf(fileName: string): string | undefined {
    if (!fileName.endsWith(KEY_FILE_ENDING) || !fileName.startsWith(`${this.#kidPrefix}-`)) return undefined;
    const kid = fileName.slice(0, -KEY_FILE_ENDING.length);
    return isKid(kid) ? kid : undefined;
  }

  async #readKey(kid: string): Promise<KeyPair> {
    const known = this.#keys.get(kid);
    if (known !== undefined) return known;
    return keyPairOf(kid, await readFile(this.#pathOf(kid), 'utf8'));
  }

  #pathOf(kid: string): string {
    return join(this.#folder, `${kid}${KEY_FILE_ENDING}`);
  }
}

/** A folder that came back from a backup, or that something else made, may have lost its mode. */
async function closeToOthers(folder: string): Promise<void> {
  const { mode } = await stat(folder);
  if ((mode & 0o777) !== OWNER_ONLY) await chmod(folder, OWNER_ONLY);
}

async function openArchiveID(folder: string): Promise<string> {
  const path = join(folder, ARCHIVE_ID_FILE);
  if (!existsSync(path)) await createExclusively(path, `${randomUUID()}\n`);
  const id = (await readFile(path, 'utf8')).trim();
  if (!UUID.test(id)) throw new ArchiveError('corrupt', 'The file archive-id in the keys folder holds no UUID.');
  return id;
}

function keyPairOf(kid: string, pem: string): KeyPair {
  try {
    const privateKey = createPrivateKey(pem);
    const publicKey = createPublicKey(privateKey);
    if (privateKey.asymmetricKeyDetails?.namedCurve !== 'prime256v1') throw new Error('Not a key on the curve P-256.');
    return { kid, number: Number(KID.exec(kid)?.[1]), privateKey, publicKey };
  } catch (error) {
    throw new ArchiveError('corrupt', `The key file ${kid}.pem holds no P-256 private key.`, { cause: error });
  }
}

function publicJWKOf({ kid, publicKey }: KeyPair): PublicJWK {
  const { x, y } = publicKey.export({ format: 'jwk' });
  if (x === undefined || y === undefined) throw new Error('A P-256 key has two coordinates.');
  return { kty: 'EC', crv: 'P-256', x, y, kid, alg: 'ES256', use: 'sig' };
}
