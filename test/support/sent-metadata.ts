/** Bodies of Store requests of metadata and bulkdata, by hand or out of what an archive gives. PS3.18 §10.5.1.4 */
import { randomBytes } from 'node:crypto';
import { readParts } from '../http/parts.js';
import type { RunningArchive } from './running-archive.js';

export const DICOM_JSON = 'application/dicom+json';
export const DICOM_XML = 'application/dicom+xml';
const OCTETS = 'application/octet-stream';

export interface SentBody {
  readonly contentType: string;
  readonly body: Buffer;
}

export interface BodyPart {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array | string;
}

/** A multipart/related body of these parts, of the type of the first one unless it is given. */
export function sentBody(parts: readonly BodyPart[], type = parts[0]?.headers['Content-Type'] ?? DICOM_JSON): SentBody {
  const boundary = randomBytes(16).toString('hex');
  const pieces = parts.flatMap(({ headers, body }) => [
    Buffer.from(
      `--${boundary}\r\n${Object.entries(headers)
        .map(([name, value]) => `${name}: ${value}\r\n`)
        .join('')}\r\n`,
    ),
    Buffer.from(body),
    Buffer.from('\r\n'),
  ]);
  return {
    contentType: `multipart/related; type="${type}"; boundary=${boundary}`,
    body: Buffer.concat([...pieces, Buffer.from(`--${boundary}--\r\n`)]),
  };
}

export const jsonPart = (instances: unknown): BodyPart => ({
  headers: { 'Content-Type': DICOM_JSON },
  body: typeof instances === 'string' ? instances : JSON.stringify(instances),
});

export const xmlPart = (document: string): BodyPart => ({ headers: { 'Content-Type': DICOM_XML }, body: document });

export const bulkPart = (location: string, body: Uint8Array, contentType = OCTETS): BodyPart => ({
  headers: { 'Content-Type': contentType, 'Content-Location': location },
  body,
});

/** Ask a server; an answer that is none of 200 is an error. */
type Get = (path: string, accept: string) => Promise<Response>;

/** An instance as an archive gives it, in the form in which it can be stored again: metadata of that type, and all its values. */
export async function retrieveAsSent(get: Get, path: string, type: string): Promise<SentBody> {
  const metadata = Buffer.from(await (await get(`${path}/metadata`, type)).arrayBuffer());
  return sentBody([{ headers: { 'Content-Type': type }, body: metadata }, ...(await bulkPartsOf(get, path))]);
}

async function bulkPartsOf(get: Get, path: string): Promise<readonly BodyPart[]> {
  const accept = `multipart/related; type="${OCTETS}"; transfer-syntax=*`;
  const response = await get(path, accept).catch((error: unknown) => {
    if (error instanceof NotFound) return undefined;
    throw error;
  });
  if (response === undefined) return [];
  const bytes = new Uint8Array(await response.arrayBuffer());
  const { parts } = readParts(response.headers.get('content-type'), bytes);
  return parts.map(({ headers, body }) => ({
    headers: Object.fromEntries([...headers].filter(([name]) => name !== 'Content-Length')),
    body,
  }));
}

/** There are no values that are kept apart. */
export class NotFound extends Error {}

export const getterOf =
  (archive: Pick<RunningArchive, 'fetch'>, token: string): Get =>
  async (path, accept) => {
    const response = await archive.fetch(token, path, { headers: { Accept: accept } });
    if (response.status === 404) throw new NotFound(path);
    if (response.status !== 200) throw new Error(`GET ${path} gave ${response.status}: ${await response.text()}`);
    return response;
  };

export const storeSent = (
  archive: Pick<RunningArchive, 'fetch'>,
  token: string,
  { contentType, body }: SentBody,
  path = '/studies',
): Promise<Response> =>
  archive.fetch(token, path, { method: 'POST', headers: { 'Content-Type': contentType }, body: new Uint8Array(body) });
