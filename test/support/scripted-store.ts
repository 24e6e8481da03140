/** An object store that says what a test has it say: faults that no real one commits when it is asked to. */
import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { onTestFinished } from 'vitest';
import type { S3Place } from '../../src/archive/blobs/s3/place.js';

export interface StoreRequest {
  readonly method: string;
  /** The key, or empty for what is asked of the bucket. */
  readonly key: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
}

export interface StoreAnswer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
}

/** An answer that names an error. */
export const failing = (status: number, code: string): StoreAnswer => ({
  status,
  body: `<?xml version="1.0"?><Error><Code>${code}</Code><Message>no</Message></Error>`,
});

/** An answer that lists objects by key and size. */
export const listing = (objects: Readonly<Record<string, number>>): StoreAnswer => ({
  body: `<?xml version="1.0"?><ListBucketResult><IsTruncated>false</IsTruncated>${Object.entries(objects)
    .map(([key, size]) => `<Contents><Key>${key}</Key><Size>${size}</Size></Contents>`)
    .join('')}</ListBucketResult>`,
});

/** Serve answers until the test has ended. A listing of no more than one object, as it is asked for at first, is empty. */
export async function scriptedStore(
  answer: (request: StoreRequest) => StoreAnswer | Promise<StoreAnswer>,
): Promise<S3Place> {
  const server = createServer(async (incoming, response) => {
    const url = new URL(incoming.url ?? '', 'http://store');
    const request = {
      method: incoming.method ?? '',
      key: decodeURIComponent(url.pathname.slice('/bucket/'.length)),
      query: url.searchParams,
      headers: incoming.headers,
      body: await buffer(incoming),
    };
    const {
      status = 200,
      headers = {},
      body = '',
    } = url.searchParams.get('max-keys') === '1' ? listing({}) : await answer(request);
    response.writeHead(status, { 'Content-Length': Buffer.byteLength(body), ...headers });
    response.end(request.method === 'HEAD' ? undefined : body);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return { bucket: 'bucket', prefix: '', endpoint: `http://127.0.0.1:${port}`, region: 'us-east-1', isPathStyle: true };
}
