/**
 * Where the archives of tests are: each its own. A run is for SQLite and a folder, or for PostgreSQL and an object store;
 * the suites are the same. Of an object store, which `npm test` does not bring, `NCCID_TEST_S3` names one.
 */
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { inject } from 'vitest';
import { S3BlobStore } from '../../src/archive/blobs/s3/store.js';
import { type ArchivePlaces, type BlobsPlace, placesInFolder } from '../../src/archive/places.js';
import type { DatabasePlace, PostgresPlace } from '../../src/database/database-place.js';
import { findTestBucket } from './test-object-store.js';

declare module 'vitest' {
  interface ProvidedContext {
    /** The URL of a PostgreSQL server whose user may make databases; empty in runs for SQLite. */
    readonly postgres: string;
  }
}

/** Few, so that many archives at once do not take all that a server has. */
const CONNECTIONS = 4;

/** Whether this run is for an index and blobs that many nodes share. */
export const isForNodes = (): boolean => inject('postgres') !== '';

export interface TestPlaces {
  readonly places: ArchivePlaces;
  /** A folder of the test's own, in which an archive on this machine alone is kept. */
  readonly folder: string;
  /** Remove all of it. */
  drop(): Promise<void>;
}

/** Make places for one archive. */
export async function newPlaces(): Promise<TestPlaces> {
  const folder = await mkdtemp(join(tmpdir(), 'nccid-'));
  const removeFolder = () => rm(folder, { recursive: true, force: true });
  if (!isForNodes()) return { places: placesInFolder(folder), folder, drop: removeFolder };
  const [database, blobs] = [await newDatabase(), newBlobsPlace(folder)];
  return {
    places: { database, blobs },
    folder,
    drop: async () => {
      await dropDatabase(database);
      await clearBlobs(blobs);
      await removeFolder();
    },
  };
}

/** A place for an index alone: what drops it is given with it. */
export async function newDatabasePlace(): Promise<{ readonly place: DatabasePlace; drop(): Promise<void> }> {
  if (isForNodes()) {
    const place = await newDatabase();
    return { place, drop: () => dropDatabase(place) };
  }
  const folder = await mkdtemp(join(tmpdir(), 'nccid-index-'));
  return { place: placesInFolder(folder).database, drop: () => rm(folder, { recursive: true }) };
}

/** Make an empty database on the server of this run. */
export async function newDatabase(server: string = inject('postgres')): Promise<PostgresPlace> {
  const name = `test_${randomBytes(8).toString('hex')}`;
  await asAdministrator(server, `create database ${name}`);
  const url = new URL(server);
  url.pathname = `/${name}`;
  return { kind: 'postgres', url: url.href, connections: CONNECTIONS };
}

/** Remove a database, whoever is still connected to it. */
export async function dropDatabase({ url }: PostgresPlace): Promise<void> {
  const server = new URL(url);
  const name = server.pathname.slice(1);
  server.pathname = '/postgres';
  await asAdministrator(server.href, `drop database if exists ${name} with (force)`);
}

async function asAdministrator(url: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}

/** A prefix of its own in the object store of this run; the folder where there is no object store. */
export function newBlobsPlace(folder: string): BlobsPlace {
  const bucket = findTestBucket();
  if (bucket === undefined) return { kind: 'folder', path: folder };
  return { kind: 's3', ...bucket, prefix: `${bucket.prefix}${randomBytes(8).toString('hex')}/` };
}

/** Remove every blob of a place in the object store. */
export async function clearBlobs(place: BlobsPlace): Promise<void> {
  if (place.kind === 'folder') return;
  const store = await S3BlobStore.open(place);
  try {
    for (const folder of ['studies/', 'deletions/', 'incoming/']) {
      for await (const { key } of store.list(folder)) await store.remove(key);
    }
  } finally {
    await store.close();
  }
}
