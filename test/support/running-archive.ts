/** A whole server over a temporary archive folder, real in everything, and the tokens to speak to it. */
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KeyStore } from '../../src/access/keys.js';
import { issueToken, type TokenRequest } from '../../src/access/tokens.js';
import { startServer } from '../../src/app.js';
import { openArchiveFolder } from '../../src/archive/archive-folder.js';
import type { SplitPolicy } from '../../src/archive/split.js';
import { Database } from '../../src/database/database.js';
import { addLicence, type NewLicence } from '../../src/governance/licences.js';
import { addSite } from '../../src/governance/sites.js';
import { silentLog } from '../../src/log.js';

export interface RunningArchive {
  /** The URL of the DICOMweb services. */
  readonly base: string;
  /** The URL of the server. */
  readonly url: string;
  readonly folder: string;
  readonly database: Database;
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

/** Start a server. Close it when done: that removes its folder. */
export async function startArchive(): Promise<RunningArchive> {
  const folder = await mkdtemp(join(tmpdir(), 'nccid-'));
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const config = { dataFolder: folder, port, host: '127.0.0.1', publicURL: url };
  const server = await startServer({ config, log: silentLog, now: Date.now });
  const paths = await openArchiveFolder(folder);
  const database = await Database.open(paths.index);
  const keys = await KeyStore.open(paths.keys);
  const base = `${url}/dicom-web`;
  const ask: RunningArchive['fetch'] = (token, path, init = {}) => {
    const headers = new Headers(init.headers);
    if (token !== undefined) headers.set('Authorization', `Bearer ${token}`);
    return fetch(base + path, { ...init, headers });
  };
  return {
    base,
    url,
    folder,
    database,
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
      await database.close();
      await server.close();
      await rm(folder, { recursive: true, force: true });
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

/** A port that was free a moment ago. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => (address !== null && typeof address === 'object' ? resolve(address.port) : reject(address)));
    });
  });
}
