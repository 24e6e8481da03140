/** An archive's keys and index, all its own, with a clock that stands still and a forger who has the key. */
import { createPrivateKey, type KeyObject, sign } from 'node:crypto';
import { Authenticator } from '../../src/access/authenticate.js';
import type { Caller } from '../../src/access/caller.js';
import { KeyStore } from '../../src/access/keys.js';
import { type IssuedToken, issueToken, type TokenRequest } from '../../src/access/tokens.js';
import { Unauthenticated } from '../../src/access/unauthenticated.js';
import { Database } from '../../src/database/database.js';
import type { DatabasePlace } from '../../src/database/database-place.js';
import { addLicence, type NewLicence } from '../../src/governance/licences.js';
import { addSite } from '../../src/governance/sites.js';
import { newDatabasePlace } from '../support/test-places.js';

/** Noon, so that no test depends on where in a day it runs. */
export const NOON_MS = Date.UTC(2026, 2, 10, 12);

export type JSONRecord = Record<string, unknown>;

export interface DecodedToken {
  readonly header: JSONRecord;
  readonly payload: JSONRecord;
}

export class AccessBench {
  nowMs = NOON_MS;
  readonly place: DatabasePlace;
  readonly keys: KeyStore;
  readonly database: Database;
  readonly authenticator: Authenticator;
  readonly now = (): number => this.nowMs;

  readonly #drop: () => Promise<void>;

  private constructor(place: DatabasePlace, keys: KeyStore, database: Database, drop: () => Promise<void>) {
    this.place = place;
    this.#drop = drop;
    this.keys = keys;
    this.database = database;
    this.authenticator = new Authenticator({ keys, database, now: this.now });
  }

  static async open(): Promise<AccessBench> {
    const { place, drop } = await newDatabasePlace();
    const database = await Database.open(place);
    return new AccessBench(place, await KeyStore.open({ database, now: () => NOON_MS }), database, drop);
  }

  async close(): Promise<void> {
    await this.database.close();
    await this.#drop();
  }

  addSite(name: string): Promise<{ readonly id: number }> {
    return addSite(this.database, { name, splitPolicy: 50 }, this.nowMs);
  }

  addLicence(licence: Partial<NewLicence> = {}): Promise<string> {
    return addLicence(this.database, { project: 'A project', ...licence }, this.nowMs);
  }

  issue(request: TokenRequest, lifetimeSeconds?: number): Promise<IssuedToken> {
    return issueToken({ keys: this.keys, database: this.database, now: this.now }, request, lifetimeSeconds);
  }

  authenticate(token: string): Promise<Caller> {
    return this.authenticator.authenticate([`Bearer ${token}`]);
  }

  /** The sentence with which a token is refused; undefined when it is accepted. */
  async refusalOf(token: string): Promise<string | undefined> {
    try {
      await this.authenticate(token);
      return undefined;
    } catch (error) {
      if (!(error instanceof Unauthenticated)) throw error;
      return error.message;
    }
  }

  /** The key that signs, as who breaks into the index would have it. */
  async privateKey(): Promise<KeyObject> {
    const row = await this.database.read
      .selectFrom('signing_key')
      .select('pem')
      .orderBy('number', 'desc')
      .executeTakeFirstOrThrow();
    return createPrivateKey(row.pem);
  }
}

export const base64url = (text: string | Buffer): string => Buffer.from(text).toString('base64url');

export function decode(token: string): DecodedToken {
  const [header = '', payload = ''] = token.split('.');
  const read = (part: string): JSONRecord => JSON.parse(Buffer.from(part, 'base64url').toString());
  return { header: read(header), payload: read(payload) };
}

/** Sign two texts with ES256, whatever they are. */
export function signParts(header: string, payload: string, privateKey: KeyObject): string {
  const signed = `${base64url(header)}.${base64url(payload)}`;
  return `${signed}.${base64url(sign('sha256', Buffer.from(signed), { key: privateKey, dsaEncoding: 'ieee-p1363' }))}`;
}

/** Sign a header and a payload as this archive would. */
export const signToken = ({ header, payload }: DecodedToken, privateKey: KeyObject): string =>
  signParts(JSON.stringify(header), JSON.stringify(payload), privateKey);
