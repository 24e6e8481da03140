/**
 * Where an archive is: its index and its blobs. By default both in one folder; or the index in a database and the blobs in
 * an object store, that many nodes share.
 */
import { join } from 'node:path';
import { type DatabasePlace, describeDatabasePlace } from '../database/database-place.js';
import { invalidRequest } from '../errors.js';
import type { S3Place } from './blobs/s3/place.js';

export type BlobsPlace = { readonly kind: 'folder'; readonly path: string } | ({ readonly kind: 's3' } & S3Place);

export interface ArchivePlaces {
  readonly database: DatabasePlace;
  readonly blobs: BlobsPlace;
}

/** The index of an archive that is one folder. */
export const INDEX_FILE = 'index.sqlite';
const CONNECTIONS = 20;
const FEWEST_CONNECTIONS = 4;
const MOST_CONNECTIONS = 1_000;
/** The length of a bucket's name is 3 to 63; Swift and Ceph take longer ones. */
const BUCKET = /^[a-z0-9][a-z0-9._-]{1,254}$/i;
const KEY_CHARACTERS = /^[A-Za-z0-9!_.*'()/-]*$/;

/** The index and the blobs of the archive folder at `path`. */
export const placesInFolder = (path: string): ArchivePlaces => ({
  database: { kind: 'sqlite', path: join(path, INDEX_FILE) },
  blobs: { kind: 'folder', path },
});

/**
 * Read `sqlite:PATH` or a libpq URL `postgres://…`, in which `connections` may be a parameter of its own.
 * @throws ArchiveError `invalid-request`
 */
export function parseDatabasePlace(text: string): DatabasePlace {
  if (text.startsWith('sqlite:')) {
    const path = text.slice('sqlite:'.length).replace(/^\/\/(?=\/)/, '');
    if (path === '' || path.includes('\0')) throw invalidRequest('After sqlite: stands the path of a file.');
    return { kind: 'sqlite', path };
  }
  const url = /^postgres(?:ql)?:\/\//.test(text) && URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || url.pathname.length < 2) {
    throw invalidRequest('A database is sqlite:PATH or postgres://USER:PASSWORD@HOST:PORT/NAME.');
  }
  const connections = Number(url.searchParams.get('connections') ?? CONNECTIONS);
  if (!Number.isInteger(connections) || connections < FEWEST_CONNECTIONS || connections > MOST_CONNECTIONS) {
    throw invalidRequest('The connections of a database are a number from 4 to 1000.');
  }
  url.searchParams.delete('connections');
  return { kind: 'postgres', url: url.href, connections };
}

/**
 * Read a folder's path, or `s3://BUCKET/PREFIX?endpoint=URL&region=NAME&path-style=true`.
 * @throws ArchiveError `invalid-request`
 */
export function parseBlobsPlace(text: string): BlobsPlace {
  if (!text.startsWith('s3:')) {
    if (text === '' || text.includes('\0') || /^[a-z0-9]+:\/\//i.test(text)) {
      throw invalidRequest('Blobs are kept in a folder, or in s3://BUCKET/PREFIX.');
    }
    return { kind: 'folder', path: text };
  }
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !BUCKET.test(url.hostname) || url.username !== '' || url.port !== '') {
    throw invalidRequest('An object store is s3://BUCKET/PREFIX; credentials come from the AWS variables or files.');
  }
  const { endpoint, region, 'path-style': pathStyle = 'false', ...unknown } = Object.fromEntries(url.searchParams);
  const [name] = Object.keys(unknown);
  if (name !== undefined) throw invalidRequest('The parameters of s3:// are endpoint, region and path-style.');
  if (endpoint !== undefined && !/^https?:\/\/[^/?#@]+\/?$/.test(endpoint)) {
    throw invalidRequest('The endpoint of s3:// is an http or https URL of a host.');
  }
  if (pathStyle !== 'true' && pathStyle !== 'false') throw invalidRequest('path-style is true or false.');
  return {
    kind: 's3',
    bucket: url.hostname,
    prefix: prefixOf(url),
    endpoint,
    region,
    isPathStyle: pathStyle === 'true',
  };
}

function prefixOf({ pathname }: URL): string {
  const prefix = pathname.replace(/^\/+|\/+$/g, '');
  const steps = prefix.split('/');
  if (!KEY_CHARACTERS.test(prefix) || (prefix !== '' && steps.some((step) => /^\.*$/.test(step)))) {
    throw invalidRequest("The prefix of s3:// is of letters, digits and -_.!*'(), with slashes between.");
  }
  return prefix === '' ? '' : `${prefix}/`;
}

/** The places as people may see them: without secrets. */
export function describePlaces({ database, blobs }: ArchivePlaces): string {
  const where = blobs.kind === 'folder' ? blobs.path : `s3://${blobs.bucket}/${blobs.prefix}`;
  return `${describeDatabasePlace(database)} and ${where}`;
}
