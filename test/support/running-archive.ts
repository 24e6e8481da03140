/** A whole server over a temporary archive, real in everything, and the tokens to speak to it. */
import { KeyStore } from '../../src/access/keys.js';
import { issueToken, type TokenRequest } from '../../src/access/tokens.js';
import { startServer } from '../../src/app.js';
import type { BlobStore } from '../../src/archive/blobs/blob-store.js';
import { openArchive } from '../../src/archive/open-archive.js';
import type { ArchivePlaces } from '../../src/archive/places.js';
import type { SplitPolicy } from '../../src/archive/split.js';
import { type Config, loadConfig } from '../../src/config.js';
import type { Database } from '../../src/database/database.js';
import { addLicence, type NewLicence } from '../../src/governance/licences.js';
import { addSite } from '../../src/governance/sites.js';
import { silentLog } from '../../src/log.js';
import { freePort } from './free-port.js';
import { newPlaces } from './test-places.js';

export interface RunningArchive {
  /** The URL of the DICOMweb services. */
  readonly base: string;
  /** The URL of the server. */
  readonly url: string;
  readonly places: ArchivePlaces;
  /** A folder of its own, in which an archive on this machine alone is kept. */
  readonly folder: string;
  readonly database: Database;
  readonly blobs: BlobStore;
  addSite(name: string, splitPolicy?: SplitPolicy): Promise<void>;
  /** Gives the licence's reference. */
  addLicence(licence: NewLicence): Promise<string>;
  token(request: TokenRequest): Promise<string>;
  /** Ask the DICOMweb services; `path` begins with a slash. */
  fetch(token: string | undefined, path: string, init?: RequestInit): Promise<Response>;
  /** Send Part 10 files in one multipart request. */
  store(token: string, files: readonly Uint8Array[], path?: string): Promise<Response>;
  close(): Promise<void>;
}

/** What a test may want otherwise than it is by default; with `publicURL` it believes to be reached there. */
export type ArchiveSettings = Partial<Pick<Config, 'corsOrigins' | 'isStrict' | 'publicURL' | 'viewerFolder'>>;

/** Start a server. Close it when done: that removes its archive. */
export async function startArchive(settings: ArchiveSettings = {}): Promise<RunningArchive> {
  const { places, folder, drop } = await newPlaces();
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const config = { ...loadConfig({}), places, port, publicURL: url, ...settings };
  const server = await startServer({ config, log: silentLog, now: Date.now });
  const opened = await openArchive(places, { log: silentLog, now: () => new Date() });
  const { database, blobs } = opened;
  const keys = await KeyStore.open({ database, now: Date.now });
  const base = `${url}/dicom-web`;
  const ask: RunningArchive['fetch'] = (token, path, init = {}) => {
    const headers = new Headers(init.headers);
    if (token !== undefined) headers.set('Authorization', `Bearer ${token}`);
    return fetch(base + path, { ...init, headers });
  };
  return {
    base,
    url,
    places,
    folder,
    database,
    blobs,
    addSite: async (name, splitPolicy = 50) => void (await addSite(database, { name, splitPolicy }, Date.now())),
    addLicence: (licence) => addLicence(database, licence, Date.now()),
    token: async (request) => (await issueToken({ keys, database, now: Date.now }, request)).token,
    fetch: ask,
    store: (token, files, path = '/studies') =>
      ask(token, path, {
        method: 'POST',
        headers: { 'Content-Type': 'multipart/related; type="application/dicom"; boundary=parts' },
        body: multipartBody(files, 'parts'),
      }),
    close: async () => {
      await opened.close();
      await server.close();
      await drop();
    },
  };
}

/** A multipart/related body of Part 10 files. */
export function multipartBody(files: readonly Uint8Array[], boundary: string): Buffer {
  const head = Buffer.from(`--${boundary}\r\nContent-Type: application/dicom\r\n\r\n`);
  return Buffer.concat([
    ...files.flatMap((file) => [head, file, Buffer.from('\r\n')]),
    Buffer.from(`--${boundary}--\r\n`),
  ]);
}
