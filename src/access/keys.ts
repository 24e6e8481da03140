/**
 * The keys with which an archive signs its tokens, and the name it signs them under. They stand in the index, so that all
 * nodes have the same: ES256 keys, numbered; the newest signs, all of them verify. RFC 7517, RFC 7518 §3.4
 */
import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { Transaction } from 'kysely';
import { ensureArchiveID } from '../database/archive-identity.js';
import type { Database } from '../database/database.js';
import type { Schema } from '../database/schema.js';
import { ArchiveError } from '../errors.js';

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

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
/** The first eight digits of the archive's id, and the key's number. */
const KID = /^[0-9a-f]{8}-(\d{4,6})$/;
const CIPHER = 'aes-256-cbc';
const PAUSE_BETWEEN_READS_MS = 100;

/** Whether `value` has the form of a key's id. What has not is never looked up. */
export const isKid = (value: unknown): value is string => typeof value === 'string' && KID.test(value);

export interface KeyStoreOptions {
  readonly database: Database;
  /** With it private keys are encrypted in the index, so that whoever reads a copy of it can sign nothing. */
  readonly passphrase?: string | undefined;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

export class KeyStore {
  /** `iss` of this archive's tokens. It outlives a change of the public URL, and no other archive has it. */
  readonly issuer: string;
  /** `aud` of the tokens for this archive's DICOMweb services. */
  readonly audience: string;
  readonly #options: KeyStoreOptions;
  readonly #kidPrefix: string;
  #keys: ReadonlyMap<string, KeyPair> = new Map();
  #lastReadMs = Number.NEGATIVE_INFINITY;
  #comingRead: Promise<void> | undefined;

  private constructor(options: KeyStoreOptions, archiveID: string) {
    this.issuer = `urn:uuid:${archiveID}`;
    this.audience = `${this.issuer}/dicom-web`;
    this.#options = options;
    this.#kidPrefix = archiveID.slice(0, 8);
  }

  /**
   * Open the keys of an archive; its id and a first key are made when they are not there.
   * @throws ArchiveError `corrupt` when the id or a key can not be read, `unavailable` when the passphrase is missing or not
   * the one that a key was encrypted with
   */
  static async open(options: KeyStoreOptions): Promise<KeyStore> {
    const store = new KeyStore(options, await openArchiveID(options.database));
    await store.#read();
    if (store.#keys.size === 0) {
      await options.database.write((transaction) => store.#createFirst(transaction));
      await store.#read();
    }
    return store;
  }

  /** Give the key that signs: the newest that this process has seen. */
  signingKey(): SigningKey {
    const newest = [...this.#keys.values()].at(-1);
    if (newest === undefined) throw new ArchiveError('unavailable', 'The index of this archive holds no key.');
    return newest;
  }

  /**
   * Find the public key with this id. An id not seen yet makes the keys be read again, at most once in 100 ms: the call
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
    const number = await this.#options.database.write(async (transaction) => {
      const next = (await newestNumber(transaction)) + 1;
      await this.#create(transaction, next);
      return next;
    });
    await this.#read();
    return this.#kidOf(number);
  }

  /** Give the public keys as the index has them now, oldest first. RFC 7517 §5 */
  async jwks(): Promise<JWKSet> {
    await this.#readAgain();
    return { keys: [...this.#keys.values()].map(publicJWKOf) };
  }

  /** Another node may have been first. */
  async #createFirst(transaction: Transaction<Schema>): Promise<void> {
    if ((await newestNumber(transaction)) === 0) await this.#create(transaction, 1);
  }

  async #create(transaction: Transaction<Schema>, number: number): Promise<void> {
    const { passphrase, now } = this.#options;
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const secrecy = passphrase === undefined ? {} : { cipher: CIPHER, passphrase };
    const pem = privateKey.export({ type: 'pkcs8', format: 'pem', ...secrecy }).toString();
    await transaction
      .insertInto('signing_key')
      .values({ number, pem, created_at: new Date(now()).toISOString() })
      .execute();
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
    const rows = await this.#options.database.read
      .selectFrom('signing_key')
      .select(['number', 'pem'])
      .orderBy('number')
      .execute();
    this.#keys = new Map(rows.map(({ number, pem }) => this.#entryOf(number, pem)));
  }

  #entryOf(number: number, pem: string): [string, KeyPair] {
    const kid = this.#kidOf(number);
    return [kid, this.#keys.get(kid) ?? keyPairOf({ kid, number, pem, passphrase: this.#options.passphrase })];
  }

  #kidOf(number: number): string {
    return `${this.#kidPrefix}-${String(number).padStart(4, '0')}`;
  }
}

async function openArchiveID(database: Database): Promise<string> {
  const id = await ensureArchiveID(database);
  if (!UUID.test(id)) throw new ArchiveError('corrupt', 'The id of this archive, in its index, is no UUID.');
  return id;
}

async function newestNumber(transaction: Transaction<Schema>): Promise<number> {
  const row = await transaction.selectFrom('signing_key').select('number').orderBy('number', 'desc').executeTakeFirst();
  return row?.number ?? 0;
}

interface StoredKey {
  readonly kid: string;
  readonly number: number;
  readonly pem: string;
  readonly passphrase: string | undefined;
}

function keyPairOf({ kid, number, pem, passphrase }: StoredKey): KeyPair {
  const isEncrypted = pem.includes('ENCRYPTED');
  if (isEncrypted && passphrase === undefined) {
    throw new ArchiveError('unavailable', 'The keys of this archive are encrypted: it needs NCCID_KEY_PASSPHRASE.');
  }
  try {
    const privateKey = createPrivateKey({ key: pem, ...(isEncrypted ? { passphrase } : {}) });
    const publicKey = createPublicKey(privateKey);
    if (privateKey.asymmetricKeyDetails?.namedCurve !== 'prime256v1') throw new Error('Not a key on the curve P-256.');
    return { kid, number, privateKey, publicKey };
  } catch (error) {
    throw isEncrypted
      ? new ArchiveError('unavailable', `NCCID_KEY_PASSPHRASE does not open the key ${kid}.`, { cause: error })
      : new ArchiveError('corrupt', `The key ${kid} in the index is no P-256 private key.`, { cause: error });
  }
}

function publicJWKOf({ kid, publicKey }: KeyPair): PublicJWK {
  const { x, y } = publicKey.export({ format: 'jwk' });
  if (x === undefined || y === undefined) throw new Error('A P-256 key has two coordinates.');
  return { kty: 'EC', crv: 'P-256', x, y, kid, alg: 'ES256', use: 'sig' };
}
